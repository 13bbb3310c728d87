"""The router's process: start it detached, with a keeper; ask it, replace it, stop it."""

import contextlib
import errno
import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ccr.config import files
from ccr.errors import ServiceProblem
from ccr.service import health, keeper, state
from ccr.service.health import Health
from ccr.service.state import State

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

SOME_ROOM = 16 * 1024
OUTPUT_LIMIT = 1024 * 1024
HEARD = 0.3  # seconds after which a signal has been heard, and a second one is another
MOMENT = 2.0  # for the second, by which what is under way is told that it ends
PATIENCE = keeper.LEAVES_WITHIN  # as long as the keeper waits


@dataclass(frozen=True, slots=True)
class Options:
    """What `ccr start` may be told."""

    config: Path | None = None
    host: str | None = None
    port: int | None = None
    verbose: bool = False

    def arguments(self) -> tuple[str, ...]:
        words: list[str] = []
        if self.config is not None:
            words += ["--config", str(self.config.absolute())]
        if self.host is not None:
            words += ["--host", self.host]
        if self.port is not None:
            words += ["--port", str(self.port)]
        if self.verbose:
            words += ["--verbose"]
        return tuple(words)

    def overrides(self) -> dict[str, str]:
        """The same as variables, which the configuration lets win over its file."""
        said = {"CCR_HOST": self.host, "CCR_PORT": None if self.port is None else str(self.port)}
        return {name: value for name, value in said.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Started:
    state: State
    already: bool  # it ran before


@dataclass(frozen=True, slots=True)
class Stopped:
    pid: int
    how: Literal["drained", "cut", "killed"]  # cut: what was under way was ended, with a word to its clients
    seconds: float


def command(arguments: Sequence[str]) -> tuple[str, ...]:
    """A router that is started again when it crashes."""
    return (sys.executable, "-I", "-S", keeper.__file__, *router(arguments))


def router(arguments: Sequence[str]) -> tuple[str, ...]:
    """-P: what lies in the current folder is not ours to import."""
    return (sys.executable, "-P", "-m", "ccr", "start", "--foreground", *arguments)


def start(home: Path, argv: Sequence[str], env: Mapping[str, str], within: float = 15.0) -> Started:
    """Starts the router unless it runs, and returns when it answers; called in one's turn (state.turn)."""
    found = state.running(home)
    if found and not _leaves(found):
        await_health(found, within=5.0)
        return Started(found, already=True)
    if found and not _gone(found, PATIENCE):
        stop(home, now=True)
    output = output_file(home)
    state.make_claim(home)
    with output.open("ab") as sink:
        child = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            env={**env, "CCR_HOME": str(home)},
            cwd="/",
            start_new_session=True,
        )
    try:
        started = _started(home, child, output, within)
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)  # a router that hangs would outlive its keeper
        child.wait()
        raise
    threading.Thread(target=child.wait, name="reaper", daemon=True).start()
    return started


def _started(home: Path, child: subprocess.Popen[bytes], output: Path, within: float) -> Started:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        code = child.poll()
        found = state.running(home)
        if found:
            await_health(found, within=deadline - time.monotonic())
            return Started(found, already=child.pid not in (found.pid, found.keeper and found.keeper.pid))
        if code is not None:
            raise ServiceProblem(_last_words(output) or f"the router ended with exit code {code} and said nothing")
        time.sleep(0.02)
    said = _last_words(output)
    raise ServiceProblem(f"the router did not begin to listen within {within:.0f} s{': ' if said else ''}{said}")


def output_file(home: Path) -> Path:
    """Where a detached router's stdout and stderr go; each start begins it anew."""
    logs = state.folder(state.folder(home) / "logs")
    path = logs / "ccr.out"
    try:
        if path.is_fifo():  # opening it would wait for a reader
            raise OSError(errno.ESPIPE, "it is a pipe, not a file")
        with os.fdopen(files.make_file(path, os.O_WRONLY | os.O_TRUNC), "wb", buffering=0) as file:
            file.write(b" " * SOME_ROOM)  # a full disk is said now: a router on it could not say a word
            file.truncate(0)
    except OSError as error:
        raise state.unwritten(path, error) from error
    return path


class Lossy(io.RawIOBase):
    """A descriptor that loses what it cannot take: a full disk must not stop whoever says so."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def writable(self) -> bool:
        return True

    def write(self, data: "ReadableBuffer") -> int:
        with contextlib.suppress(OSError):
            os.write(self._descriptor, data)
        return len(memoryview(data))


def lose_output() -> None:
    """What this process prints is lost rather than an error."""
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(Lossy(1)), line_buffering=True)
    sys.stderr = io.TextIOWrapper(io.BufferedWriter(Lossy(2)), line_buffering=True)


def bound_output(limit: int = OUTPUT_LIMIT, every: float = 30.0) -> None:
    """Keeps the file behind this process's stderr, if it is one, from growing without end."""

    def cut() -> None:
        while True:
            time.sleep(every)
            cut_output(2, limit)

    threading.Thread(target=cut, name="output", daemon=True).start()


def cut_output(descriptor: int, limit: int) -> None:
    """Empties the file behind `descriptor` when it is over the limit; it was opened to append, so writing goes on."""
    try:
        if os.fstat(descriptor).st_size > limit:
            os.ftruncate(descriptor, 0)
    except OSError:
        return  # not a file


def replace(
    home: Path, found: State, argv: Sequence[str], env: Mapping[str, str], within: float = 15.0
) -> State | None:
    """Has the keeper put another router in the place of the one that runs, which listens until the other does. None:
    there is no keeper to ask; raises ServiceProblem where the other does not begin, and the one that ran goes on."""
    output = home / "logs" / "ccr.out"
    since = output.stat().st_size if output.exists() else 0
    with contextlib.suppress(OSError), _keeper(home) as asked:
        asked.settimeout(within)
        asked.sendall(keeper.order(argv, {**env, "CCR_HOME": str(home)}))
        asked.shutdown(socket.SHUT_WR)
        done = _heard(asked) == keeper.DONE
        asked.settimeout(2.0)
        _heard(asked)  # its end: the one before listens no more
        after = state.running(home)
        if done and after:
            await_health(after, within=5.0)
            if after.pid == found.pid:
                missing = f"{home / keeper.STATE} could not be written"
                raise ServiceProblem(f"another router has begun, but {missing}: make room there, and restart it again")
            return after
        said = _last_words(output, since) or f"the new router did not begin to listen within {within:.0f} s"
        raise ServiceProblem(f"{said}\nthe router (pid {found.pid}) was left running as it is")
    return None


def _heard(asked: socket.socket) -> bytes:
    try:
        return asked.recv(16)
    except TimeoutError:
        return b""


def _keeper(home: Path) -> socket.socket:
    """A connection to it. A socket's path may have no more than 107 bytes, and by the folder's descriptor it has."""
    asked = socket.socket(socket.AF_UNIX)
    folder = os.open(home, os.O_RDONLY)
    try:
        path = home / keeper.SOCKET
        asked.connect(str(path) if len(os.fsencode(path)) < 100 else f"/proc/self/fd/{folder}/{keeper.SOCKET}")
    except BaseException:
        asked.close()
        raise
    finally:
        os.close(folder)
    return asked


def _last_words(output: Path, since: int = 0) -> str:
    """Why it ended: the error that it printed, or else its last lines."""
    said = output.read_bytes()
    text = said[since if since <= len(said) else 0 :].decode(errors="replace")
    lines = [line for line in text.splitlines() if line.strip()]
    errors = [number for number, line in enumerate(lines) if line.startswith("ccr: ")]
    return "\n".join(lines[errors[-1] :] if errors else lines[-10:]).removeprefix("ccr: ")


def await_health(found: State, within: float) -> Health:
    deadline = time.monotonic() + within
    while True:
        answer = health.ask(found.address)
        if answer and answer.ok:
            return answer
        if time.monotonic() > deadline or not state.alive(found):
            said = f"answers {answer.status}" if answer else "does not answer"
            raise ServiceProblem(f"the router (pid {found.pid}) {said} at {found.address}/health; try `ccr restart`")
        time.sleep(0.02)


def stop(home: Path, within: float = PATIENCE, *, now: bool = False, moment: float = MOMENT) -> Stopped | None:
    """Ends the router: streams under way may finish, up to `within` seconds. None: none ran."""
    found = state.running(home)
    if not found:
        return None
    begin, how = time.monotonic(), _ended(found, HEARD if now else within, moment)
    state.running(home)  # takes away what a killed one left
    return Stopped(found.pid, how, time.monotonic() - begin)


def _ended(found: State, within: float, moment: float) -> Literal["drained", "cut", "killed"]:
    if not _leaves(found):  # a second signal would cut what is under way
        _send(found, signal.SIGTERM)
    if _gone(found, within):
        return "drained"
    _send(found, signal.SIGTERM)
    if _gone(found, moment):
        return "cut"
    _send(found, signal.SIGKILL)
    if not _gone(found, 5.0):
        raise ServiceProblem(f"the router (pid {found.pid}) does not end, not even killed")
    return "killed"


def _leaves(found: State) -> bool:
    """It ends once what is under way has ended: it was told to, or its keeper is gone."""
    if found.keeper and not state.lives(found.keeper.pid, found.keeper.born):
        return True
    answer = health.ask(found.address)
    return answer is not None and answer.said.get("status") == health.DRAINING


def _send(found: State, number: signal.Signals) -> None:
    """To the keeper, which passes it on; what nothing survives, to both."""
    kept = [found.keeper] if found.keeper and state.lives(found.keeper.pid, found.keeper.born) else []
    own = [state.Process(found.pid, found.born)] if not kept or number == signal.SIGKILL else []
    for each in (*kept, *own):
        if not state.lives(each.pid, each.born):
            continue
        try:
            os.kill(each.pid, number)
        except ProcessLookupError:
            continue
        except PermissionError as error:
            raise ServiceProblem(f"the router (pid {each.pid}) belongs to another user") from error


def _gone(found: State, within: float) -> bool:
    deadline = time.monotonic() + within
    while state.alive(found):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
