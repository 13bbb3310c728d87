"""The user's own router: a Python file with `route(request, config)`, or a `.js` file of CCR's form, run by node.

Whatever goes wrong in it is reported, and the request goes on without it.
"""

import asyncio
import inspect
import shutil
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Protocol

import msgspec

from ccr.errors import ConfigInvalid
from ccr.messages.json import JsonObject

LIMIT = 2.0  # seconds for an answer
PATIENCE = 3  # failures in a row, then the script rests
REST = 30.0  # seconds, or until its file changes
MOST_THREADS = 32  # Python calls at once, those that hang included

Report = Callable[[str], None]


class ScriptFailure(Exception):
    """Why a script gave no answer."""


class Host(Protocol):
    """Runs a script."""

    async def ask(self, question: bytes) -> object:
        """The question is JSON. Raises ScriptFailure; may take any time."""
        ...

    async def close(self) -> None: ...


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
        if self._host is None:
            self._host = self._make()
        answer = await self._host.ask(msgspec.json.encode(question, enc_hook=dict))
        if answer is not None and not isinstance(answer, str):
            raise ScriptFailure(f'it answered with a value of type {type(answer).__name__}, expected "provider,model"')
        return answer or None

    async def _failed(self, why: str) -> None:
        self._failures += 1
        rest = ""
        if self._failures >= PATIENCE:
            self._failures = 0
            self._rests_until = asyncio.get_running_loop().time() + REST
            rest = f"; after {PATIENCE} failures in a row it is left out for {REST:g} s, or until the file changes"
            await self._stop()
        self._report(f"custom router {self._path}: {why}; the other rules decide{rest}")


def load(path: str | Path, config: JsonObject, report: Report, *, limit: float = LIMIT) -> Script | None:
    """None, and a report, where a `.js` file has no node to run it. The file itself is read at the first request.

    Raises ConfigInvalid for a file of neither kind.
    """
    file = Path(path).expanduser().absolute()
    settings = msgspec.json.encode(config, enc_hook=dict)
    match file.suffix:
        case ".py":
            return Script(file, lambda: PythonHost(file, settings), report, limit)
        case ".js" | ".cjs" | ".mjs":
            node = shutil.which("node")
            if node:
                return Script(file, lambda: NodeHost(node, file, settings, report), report, limit)
            report(f"custom router {file}: left out, for there is no `node` to run it; install Node.js or use Python")
            return None
        case _:
            raise ConfigInvalid(f"CUSTOM_ROUTER_PATH: {path}: expected a .py or a .js file")


@dataclass(frozen=True, slots=True)
class Question:
    """What a Python script is asked; `request.body` and `request["body"]` are the same."""

    body: JsonObject
    headers: Mapping[str, str]
    session_id: str | None
    token_count: int

    def __getitem__(self, name: str) -> object:
        return getattr(self, name)


class PythonHost:
    """Each call has a thread of its own, a daemon: one that hangs harms nobody else, and does not keep us from ending."""

    def __init__(self, path: Path, config: bytes) -> None:
        self._path = path
        self._config: JsonObject = msgspec.json.decode(config)
        self._route: Callable[..., object] | None = None
        self._loading = threading.Lock()
        self._running = 0

    async def ask(self, question: bytes) -> object:
        if self._running >= MOST_THREADS:
            raise ScriptFailure(f"{MOST_THREADS} calls of it are still running")
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[object] = loop.create_future()
        self._running += 1

        def settle(answer: object, failure: ScriptFailure | None) -> None:
            self._running -= 1
            _settle(outcome, answer, failure)

        def run() -> None:
            answer, failure = self._call(question)
            with suppress(RuntimeError):  # the loop may have ended while the script was still busy
                loop.call_soon_threadsafe(settle, answer, failure)

        threading.Thread(target=run, name="ccr custom router", daemon=True).start()
        return await outcome

    async def close(self) -> None:
        """Threads cannot be stopped; they end with their call."""

    def _call(self, question: bytes) -> tuple[object, ScriptFailure | None]:
        try:
            answer = self._loaded()(Question(**msgspec.json.decode(question)), self._config)
            return (asyncio.run(_awaited(answer)) if inspect.isawaitable(answer) else answer), None
        except BaseException as problem:  # noqa: BLE001 - foreign code may raise anything, SystemExit included
            return None, ScriptFailure(f"{type(problem).__name__}: {problem}{_line(problem, self._path)}")

    def _loaded(self) -> Callable[..., object]:
        with self._loading:
            if self._route is None:
                self._route = _route_of(self._path)
            return self._route


class NodeHost:
    """One node process that lives as long as the file stays the same."""

    def __init__(self, node: str, path: Path, config: bytes, report: Report) -> None:
        self._node = node
        self._path = path
        self._config = config
        self._report = report
        self._starting = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[object]] = {}
        self._asked = 0

    async def ask(self, question: bytes) -> object:
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
            if self._process and self._reading:
                with suppress(ProcessLookupError):
                    self._process.kill()
                # What the script started may still hold the pipe open.
                await asyncio.wait({self._reading}, timeout=1)
                self._reading.cancel()

    async def _start(self) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            self._node,
            str(Path(__file__).with_name("script_host.cjs")),
            str(self._path),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert process.stdin
        process.stdin.write(b'{"config":' + self._config + b"}\n")
        return process

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout
        with suppress(ValueError):  # a line beyond all measure, which only foreign code can have written
            async for line in process.stdout:
                self._take(line)
        with suppress(ProcessLookupError):
            process.kill()
        code = await process.wait()
        for outcome in self._waiting.values():
            _settle(outcome, None, ScriptFailure(f"node ended with exit code {code}"))

    def _take(self, line: bytes) -> None:
        try:
            message: dict[str, object] = msgspec.json.decode(line, type=dict)
        except msgspec.DecodeError:
            message = {"said": line.decode(errors="replace").strip()}
        if "said" in message:
            self._report(f"custom router {self._path} says: {message['said']}")
            return
        number, error = message.get("id"), message.get("error")
        outcome = self._waiting.get(number) if isinstance(number, int) else None
        if outcome:
            _settle(outcome, message.get("answer"), ScriptFailure(str(error)) if error else None)


def _settle(outcome: asyncio.Future[object], answer: object, failure: ScriptFailure | None) -> None:
    with suppress(asyncio.InvalidStateError):  # nobody waits for it any more
        if failure:
            outcome.set_exception(failure)
        else:
            outcome.set_result(answer)


def _route_of(path: Path) -> Callable[..., object]:
    module = ModuleType("ccr_custom_router")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # dataclasses look their module up
    exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)
    route = getattr(module, "route", None)
    if not callable(route):
        raise ScriptFailure("it defines no function `route(request, config)`")
    return route  # type: ignore[no-any-return]


async def _awaited(answer: Awaitable[object]) -> object:
    return await answer


def _line(problem: BaseException, path: Path) -> str:
    """Where in the script it happened."""
    trace, line = problem.__traceback__, None
    while trace:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return f" (line {line})" if line else ""


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
