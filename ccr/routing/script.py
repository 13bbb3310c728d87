"""The user's own router: a Python file with `route(request, config)`, or a `.js` file of CCR's form, run by node.

It runs in a process of its own. Whatever goes wrong in it is reported, and the request goes on without it.
"""

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from ccr.config.schema import JAVASCRIPT
from ccr.errors import ConfigInvalid
from ccr.messages.json import JsonObject

LIMIT = 2.0  # seconds for an answer
PATIENCE = 3  # failures in a row, then the script rests
REST = 30.0  # seconds, or until its file changes
LONGEST = 2000  # characters of something said
MOST_SAID = 20  # lines in each MINUTE, the others are not reported
MINUTE = 60.0

HERE = Path(__file__).parent

Report = Callable[[str], None]


class ScriptFailure(Exception):
    """Why a script gave no answer."""


class Stopped(ScriptFailure):
    """Its process was stopped, which need not be this question's fault."""


class Host:
    """One process that lives as long as the file stays the same and each question is answered in time."""

    def __init__(self, command: tuple[str, ...], path: Path, config: bytes, report: Report) -> None:
        self._command = command
        self._path = path
        self._config = config
        self._report = report
        self._starting = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[object]] = {}
        self._asked = 0
        self._said = 0
        self._said_since = 0.0

    async def ask(self, question: bytes) -> object:
        """The question is a JSON object. Raises ScriptFailure; may take any time."""
        async with self._starting:
            if self._process is None or self._reading is None or self._reading.done():
                self._process = await self._start()
                self._reading = asyncio.create_task(self._read(self._process))
            process = self._process
        assert process.stdin
        self._asked += 1
        number = self._asked
        outcome = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            process.stdin.write(b'{"id":%d,' % number + question[1:] + b"\n")
            await process.stdin.drain()
            return await outcome
        finally:
            del self._waiting[number]

    async def close(self) -> None:
        async with self._starting:
            self._fail(Stopped("its process was stopped"))
            if self._process and self._reading:
                _kill(self._process)
                # What the script started, and what left its group, may still hold the pipe open.
                await asyncio.wait({self._reading}, timeout=1)
                self._reading.cancel()

    async def _start(self) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *self._command,
            str(self._path),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # a group of its own, which ends with it, and which no Ctrl-C reaches
        )
        assert process.stdin
        process.stdin.write(b'{"config":' + self._config + b"}\n")
        return process

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout
        with suppress(ValueError):  # a line beyond all measure, which only foreign code can have written
            async for line in process.stdout:
                self._take(line)
        _kill(process)
        self._fail(ScriptFailure(f"its process ended with exit code {await process.wait()}"))

    def _fail(self, failure: ScriptFailure) -> None:
        for outcome in self._waiting.values():
            _settle(outcome, None, failure)

    def _take(self, line: bytes) -> None:
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict):
            message = {"said": line.decode(errors="replace").strip()}
        if "said" in message:
            self._say(str(message["said"]))
            return
        number, error = message.get("id"), message.get("error")
        outcome = self._waiting.get(number) if isinstance(number, int) else None
        if outcome:
            _settle(outcome, message.get("answer"), ScriptFailure(str(error)) if error else None)

    def _say(self, text: str) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._said_since >= MINUTE:
            self._said, self._said_since = 0, now
        self._said += 1
        if self._said <= MOST_SAID:
            self._report(f"custom router {self._path} says: {_printable(text)}")
        elif self._said == MOST_SAID + 1:
            self._report(f"custom router {self._path} says more than is reported: {MOST_SAID} lines a minute")


class Script:
    """Asks a script for a target, with a time limit; a changed file is loaded anew."""

    def __init__(self, path: Path, host: Callable[[], Host], report: Report, limit: float = LIMIT) -> None:
        self._path = path
        self._make = host
        self._report = report
        self._limit = limit
        self._host: Host | None = None
        self._stamp = _stamp(path)
        self._failures = 0
        self._rests_until = 0.0
        self._closed = False

    async def route(self, question: JsonObject) -> str | None:
        await self._notice_change()
        if self._closed or asyncio.get_running_loop().time() < self._rests_until:
            return None
        try:
            async with asyncio.timeout(self._limit):
                answer = await self._ask(question)
        except TimeoutError:
            await self._stop()
            await self._failed(f"no answer within {self._limit:g} s")
        except (ScriptFailure, OSError) as failure:
            await self._failed(str(failure))
        else:
            self._failures = 0
            return answer
        return None

    async def close(self) -> None:
        """For good: requests that still come are answered by the other rules."""
        self._closed = True
        await self._stop()

    async def _stop(self) -> None:
        host, self._host = self._host, None
        if host:
            await host.close()

    async def _notice_change(self) -> None:
        stamp = _stamp(self._path)
        if stamp != self._stamp:
            self._stamp, self._failures, self._rests_until = stamp, 0, 0.0
            await self._stop()

    async def _ask(self, question: JsonObject) -> str | None:
        if self._stamp is None:
            raise ScriptFailure("the file cannot be read")
        try:
            text = msgspec.json.encode(question, enc_hook=dict)
        except RecursionError:
            raise ScriptFailure("the request is nested too deeply for it") from None
        answer = await self._told(text)
        if not answer:
            return None
        if not isinstance(answer, str) or not answer.strip().isprintable():
            raise ScriptFailure(f'it answered {answer!r:.100}, expected "provider,model"')
        return answer.strip()

    async def _told(self, question: bytes) -> object:
        while not self._closed:
            self._host = self._host or self._make()
            with suppress(Stopped):  # for another question's sake: this one is asked again
                return await self._host.ask(question)
        return None

    async def _failed(self, why: str) -> None:
        self._failures += 1
        rest = ""
        if self._failures >= PATIENCE:
            self._failures = 0
            self._rests_until = asyncio.get_running_loop().time() + REST
            rest = f"; after {PATIENCE} failures in a row it is left out for {REST:g} s, or until the file changes"
            await self._stop()
        self._report(f"custom router {self._path}: {_printable(why)}; the other rules decide{rest}")


def load(path: str | Path, config: JsonObject, report: Report, *, limit: float = LIMIT) -> Script | None:
    """None where a `.js` file has no node to run it. The file itself is read at the first request.

    Raises ConfigInvalid for a file of neither kind.
    """
    file = Path(path).expanduser().absolute()
    settings = msgspec.json.encode(config, enc_hook=dict)
    match file.suffix:
        case ".py":
            command: tuple[str, ...] = (sys.executable, "-P", str(HERE / "script_host.py"))
        case suffix if suffix in JAVASCRIPT:
            node = shutil.which("node")
            if not node:
                return None
            command = (node, str(HERE / "script_host.cjs"))
        case _:
            raise ConfigInvalid(f"CUSTOM_ROUTER_PATH: {path}: expected a .py or a .js file")
    return Script(file, lambda: Host(command, file, settings, report), report, limit)


def _kill(process: asyncio.subprocess.Process) -> None:
    """Its whole group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text[:LONGEST])


def _settle(outcome: asyncio.Future[object], answer: object, failure: ScriptFailure | None) -> None:
    with suppress(asyncio.InvalidStateError):  # nobody waits for it any more
        if failure:
            outcome.set_exception(failure)
        else:
            outcome.set_result(answer)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
