"""The router that we use: one of this user's own, or one that somebody else runs and CCR_ROUTER names."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from ccr.config.schema import Config
from ccr.messages.json import JsonObject
from ccr.service import elsewhere
from ccr.service.configured import Configured
from ccr.service.here import Here
from ccr.service.outdated import Tell
from ccr.service.process import Options, Stopped
from ccr.service.sessions import Session
from ccr.service.status import Status


class Router(Protocol):
    def status(self, now: float) -> Status: ...

    def configured(self) -> Configured:
        """What a client needs to know of it."""
        ...

    def start(self, options: Options, tell: Tell) -> bool:
        """Returns when it answers; False: it ran already."""
        ...

    def restart(self, options: Options) -> None: ...

    def stop(self, within: float, *, now: bool) -> Stopped | None:
        """None: it did not run."""
        ...

    def ready(self, tell: Tell) -> None:
        """Has it running, if that is ours to do."""
        ...

    def session(self, tell: Tell) -> AbstractContextManager[Session]:
        """The same for the length of a block."""
        ...

    @property
    def source(self) -> str | None:
        """The configuration file in use."""
        ...

    def config(self) -> Config:
        """What that file says now. Raises ConfigInvalid."""
        ...

    def settings(self) -> JsonObject:
        """All that holds, without keys."""
        ...

    def file(self) -> Path | None:
        """That file, to be read or written; raises ServiceProblem where it is out of reach."""
        ...

    def replica(self, tell: Tell) -> AbstractContextManager[tuple[Path | None, Mapping[str, str]]]:
        """A file and an environment by which it decides as it does."""
        ...

    @property
    def log(self) -> Path:
        """The request log."""
        ...

    @property
    def output(self) -> Path:
        """What its process printed."""
        ...


def used(env: Mapping[str, str]) -> Router:
    return elsewhere.named(env) or Here(env)
