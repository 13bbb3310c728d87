"""Sessions that use the router: a file for each, locked while it lives, so that a crash lets go of it.

A router that was started because of a session is stopped when the last one ends; one started by hand stays.
"""

import contextlib
import dataclasses
import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ccr.config import files
from ccr.errors import ConfigInvalid, ServiceProblem
from ccr.service import configured, ports, process, state
from ccr.service.process import Options
from ccr.service.state import State

FOR_SESSIONS = "--for-sessions"


@dataclass(frozen=True, slots=True)
class Session:
    router: State | None  # None: it is not ours to start and stop
    folder: Path  # for files that only this session needs; gone with it


@contextlib.contextmanager
def session(home: Path, argv: Sequence[str], env: Mapping[str, str]) -> Iterator[Session]:
    """Has the router running for the length of the block; `argv` starts it if need be."""
    leases = state.folder(state.folder(home) / "sessions")
    with contextlib.ExitStack() as held:
        with state.turn(home):
            lease = held.enter_context(_lease(leases))
            router = process.start(home, argv, env).state
        try:
            yield Session(router, state.folder(lease.with_suffix(".d")))
        finally:
            with state.turn(home):
                held.close()
                if not _others(leases):
                    _stop_if_ours(home)


def _stop_if_ours(home: Path) -> None:
    found = state.running(home)
    if found and found.for_sessions:
        process.stop(home, within=5.0)


@contextlib.contextmanager
def _lease(leases: Path) -> Iterator[Path]:
    path = leases / f"{os.getpid()}.lease"
    with os.fdopen(files.make_file(path, os.O_RDWR)) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ServiceProblem(f"{path} is held by another process; do two machines share this folder?") from error
        try:
            yield path
        finally:
            _remove(path)


def any_live(home: Path) -> bool:
    return _others(home / "sessions")


def _others(leases: Path) -> bool:
    """Whether a session lives; what crashed ones left is removed."""
    return any(list(map(_lives, leases.glob("*.lease"))))  # a list: all are looked at


def _lives(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    _remove(path)
    return False


def _remove(path: Path) -> None:
    shutil.rmtree(path.with_suffix(".d"), ignore_errors=True)
    path.unlink(missing_ok=True)


def start_by_hand(home: Path, argv: Sequence[str], env: Mapping[str, str]) -> process.Started:
    """Starts the router, or keeps the one that sessions started when they end."""
    with state.turn(home):
        started = process.start(home, argv, env)
        if started.state.for_sessions:
            state.write(home, dataclasses.replace(started.state, for_sessions=False))
        return started


def restart(home: Path, options: Options, env: Mapping[str, str]) -> process.Started:
    """Puts another router in its place; without options as it was started before. What cannot start leaves the running
    one alone."""
    with state.turn(home):
        found = state.running(home)
        arguments = options.arguments() or (found.arguments if found else ())
        _check({**env, **options.overrides()}, options.config, found)
        for_sessions = found.for_sessions if found else any_live(home)
        argv = (*arguments, *((FOR_SESSIONS,) if for_sessions else ()))
        if found and found.keeper and (after := process.replace(home, found, process.router(argv), env)):
            return process.Started(after, already=False)
        process.stop(home)
        return process.start(home, process.command(argv), env)


def _check(env: Mapping[str, str], config: Path | None, found: State | None) -> None:
    """Raises ConfigInvalid or ServiceProblem, before anything is stopped."""
    try:
        server = files.load(configured.path(env, config, found), env).server
        if found and state.address(server.host, server.port) != found.address:
            ports.refuse_taken(server.host, server.port)
    except (ConfigInvalid, ServiceProblem) as fault:
        if found is None:
            raise
        left = f"the router (pid {found.pid}) was left running as it is"
        raise type(fault)(f"{fault.message}\n{left}") from None
