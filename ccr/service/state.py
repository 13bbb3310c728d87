"""What is known of the router that runs here: its state file, and the two locks around it.

`ccr.lock` is held by whoever is about to start or stop the router, so that two such commands take turns. `ccr.claim` is
held by the keeper, or by a router that has none, for as long as it lives, so that there is one.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import msgspec

from ccr.config import files
from ccr.errors import ServiceProblem
from ccr.service.keeper import CLAIM, STATE

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    pid: int
    born: int | None


@dataclass(frozen=True, slots=True)
class State:
    pid: int
    born: int | None  # when the process started, in the kernel's count: a reused pid has another
    host: str
    port: int
    started: float  # Unix seconds
    config: str  # the file in use, or what stands for it
    version: str
    arguments: tuple[str, ...] = ()  # what it was started with, for a restart
    for_sessions: bool = False  # started by `ccr code` or `ccr shell`, and stopped after the last of them
    keeper: Process | None = None  # what starts it again (keeper.py)
    key: str = field(default="", repr=False)  # what it took from clients when it started; the file is 0600

    @property
    def address(self) -> str:
        return address(self.host, self.port)


def address(host: str, port: int) -> str:
    """The URL under which a client on this machine reaches what listens on `host`."""
    reachable = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


def born(pid: int, proc: Path = PROC) -> int | None:
    """The process's start time; None where the system does not tell."""
    fields = _stat(pid, proc)
    return int(fields[19]) if fields else None


def alive(state: State, proc: Path = PROC) -> bool:
    """The process that wrote the state still runs, or what starts it again."""
    return lives(state.pid, state.born, proc) or (
        state.keeper is not None and lives(state.keeper.pid, state.keeper.born, proc)
    )


def lives(pid: int, born: int | None, proc: Path = PROC) -> bool:
    """This process runs: the same one, and not as a zombie."""
    if pid <= 1:
        return False  # 0 and -1 mean whole groups of processes
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass  # somebody else's process: it exists
    fields = _stat(pid, proc)
    return not fields or (fields[0] not in "ZX" and born in (None, int(fields[19])))


def _stat(pid: int, proc: Path) -> list[str]:
    """The fields after the command's name, which may hold spaces and parentheses: the state, and at 19 the start time."""
    try:
        return (proc / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def folder(home: Path) -> Path:
    """The folder, made if need be, for the user alone."""
    try:
        files.make_dir(home)
    except OSError as error:
        raise unwritten(home, error) from error
    return home


class Unwritten(ServiceProblem):
    """The folder takes no files."""


def unwritten(path: Path, error: OSError) -> Unwritten:
    own = next((file for name in files.NAMES if (file := path.parent / name).is_file()), None)
    keep = f", and CCR_CONFIG_PATH to {own}" if own else ""
    return Unwritten(f"cannot write {path}: {error.strerror}. Set CCR_HOME to a folder that can be written{keep}.")


def running(home: Path) -> State | None:
    """The router that runs here; a stale state is removed."""
    path = home / STATE
    try:
        state = msgspec.json.decode(path.read_bytes(), type=State)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ServiceProblem(f"cannot read {path}: {error.strerror}") from error
    except msgspec.MsgspecError:
        state = None
    if state and alive(state):
        return state
    path.unlink(missing_ok=True)
    return None


def write(home: Path, state: State) -> None:
    replace(folder(home) / STATE, msgspec.json.format(msgspec.json.encode(state), indent=2))


def clear(home: Path, pid: int) -> None:
    """Forgets the router `pid`, and no other."""
    state = running(home)
    if state and state.pid == pid:
        (home / STATE).unlink(missing_ok=True)


def replace(path: Path, content: bytes) -> None:
    """Writes a file whole or not at all, readable by the user alone."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with os.fdopen(files.make_file(beside, os.O_WRONLY | os.O_TRUNC), "wb") as file:
            file.write(content)
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def turn(home: Path, within: float = 60.0) -> Iterator[None]:
    """Waits until nobody else is starting or stopping the router."""
    deadline = time.monotonic() + within
    with _open(home, "ccr.lock") as file:
        while not _locked(file):
            if time.monotonic() > deadline:
                raise ServiceProblem(
                    f"another ccr has been starting or stopping the router for {within:.0f} s; it holds {file.name}"
                )
            time.sleep(0.05)
        yield


@contextlib.contextmanager
def claim(home: Path) -> Iterator[None]:
    """Makes this process the one router of `home`, for as long as the block lasts."""
    with _open(home, CLAIM) as file:
        if not _locked(file):
            state = running(home)
            where = f" (pid {state.pid}, {state.address})" if state else ""
            raise ServiceProblem(f"the router is already running{where}; `ccr stop` ends it")
        yield


def make_claim(home: Path) -> None:
    """For the keeper, which knows nothing of owners."""
    _open(home, CLAIM).close()


def _open(home: Path, name: str) -> IO[bytes]:
    path = folder(home) / name
    try:
        return os.fdopen(files.make_file(path, os.O_RDWR), "r+b")
    except OSError as error:
        raise unwritten(path, error) from error


def _locked(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
