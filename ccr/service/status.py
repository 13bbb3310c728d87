"""What can be said of the router that runs here."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from ccr.errors import ConfigInvalid
from ccr.messages.json import JsonObject
from ccr.service import configured, process, state
from ccr.service.state import State

Condition = Literal["running", "not running", "unhealthy"]


class Provider(msgspec.Struct, frozen=True):
    name: str
    url: str = ""
    key: str = ""  # "set", "none", or which variable is missing
    models: tuple[str, ...] = ()


class Details(msgspec.Struct, frozen=True):
    """What /health tells those who have the key."""

    pid: int | None = None  # None: it did not take us for one of them
    config: str = ""
    routes: dict[str, str] = {}
    providers: tuple[Provider, ...] = ()
    rejected: str | None = None  # why the newest file is not in force
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    condition: Condition
    router: State | None = None
    uptime: float = 0.0
    details: Details = Details()

    @property
    def config(self) -> str:
        """The file in use: the router may have taken up one since it was started."""
        return self.details.config or (self.router.config if self.router else "")

    def as_json(self) -> JsonObject:
        said: JsonObject = {"condition": self.condition, "running": self.router is not None}
        if self.router is None:
            return said
        here: JsonObject = msgspec.to_builtins(self.router) | {"address": self.router.address, "uptime": self.uptime}
        return {**said, **here, **msgspec.to_builtins(self.details), "pid": self.router.pid, "config": self.config}


def status(home: Path, env: Mapping[str, str], now: float) -> Status:
    """`now` in Unix seconds."""
    router = state.running(home)
    if router is None:
        return Status("not running")
    health = process.ask(router.address, _key(env))
    condition: Condition = "running" if health and health.ok else "unhealthy"
    return Status(condition, router, max(0.0, now - router.started), details(health.said if health else {}))


def details(said: JsonObject) -> Details:
    try:
        return msgspec.convert(said, Details)
    except msgspec.ValidationError:
        return Details()


def _key(env: Mapping[str, str]) -> str | None:
    """None where a broken file hides it."""
    try:
        return configured.load(env).key
    except ConfigInvalid:
        return None
