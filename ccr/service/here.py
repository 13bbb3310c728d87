"""A router of this user's own: known by its state file, started and stopped as a process."""

import contextlib
import shlex
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from ccr.config import files, show
from ccr.config.schema import Config
from ccr.errors import ServiceProblem
from ccr.messages.json import JsonObject
from ccr.service import configured, outdated, process, sessions, state, status
from ccr.service.configured import Configured
from ccr.service.outdated import Tell
from ccr.service.process import Options, Stopped
from ccr.service.sessions import Session
from ccr.service.state import State
from ccr.service.status import Status

FOR_A_SESSION = process.command((sessions.FOR_SESSIONS,))


class Here:
    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._home = files.state_dir(env)

    def status(self, now: float) -> Status:
        return status.status(self._home, self._env, now)

    def configured(self) -> Configured:
        return configured.load(self._env)

    def start(self, options: Options, tell: Tell) -> bool:
        started = sessions.start_by_hand(self._home, process.command(options.arguments()), self._env)
        if started.already:
            _refuse_others(started.state, options)
            outdated.mend(self._home, self._env, tell)
        return not started.already

    def restart(self, options: Options) -> None:
        sessions.restart(self._home, options, self._env)

    def stop(self, within: float, *, now: bool) -> Stopped | None:
        with state.turn(self._home):
            return process.stop(self._home, within, now=now)

    def ready(self, tell: Tell) -> None:
        self.start(Options(), tell)

    def session(self, tell: Tell) -> AbstractContextManager[Session]:
        outdated.mend(self._home, self._env, tell)
        return sessions.session(self._home, FOR_A_SESSION, self._env)

    @property
    def source(self) -> str | None:
        found = self.file()
        return str(found) if found else None

    def config(self) -> Config:
        return files.load(self.file(), self._env)

    def settings(self) -> JsonObject:
        return show.settings(self.config())

    def file(self) -> Path | None:
        return configured.path(self._env, None, state.running(self._home))

    @contextlib.contextmanager
    def replica(self, tell: Tell) -> Iterator[tuple[Path | None, Mapping[str, str]]]:
        yield None, self._env

    @property
    def log(self) -> Path:
        return files.request_log(self._env)

    @property
    def output(self) -> Path:
        return self._home / "logs" / "ccr.out"


def _refuse_others(router: State, options: Options) -> None:
    """Raises where the running router was not started with these options."""
    others = (
        options.config and str(options.config.absolute()) != router.config,
        options.host and state.address(options.host, router.port) != router.address,
        options.port and options.port != router.port,
    )
    if any(others):
        raise ServiceProblem(
            f"the router runs already, at {router.address} with {router.config} (pid {router.pid})\n"
            f"`ccr restart {shlex.join(options.arguments())}` changes that"
        )
