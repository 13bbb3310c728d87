"""What can be said of the router that runs here."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from ccr.messages.json import JsonObject
from ccr.service import configured, health, state
from ccr.service.health import Details
from ccr.service.state import State

Condition = Literal["running", "not running", "unhealthy"]


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
        here: JsonObject = msgspec.to_builtins(dataclasses.replace(self.router, key="hidden"))
        here = {**here, "address": self.router.address, "uptime": self.uptime}
        return {**said, **here, **msgspec.to_builtins(self.details), "pid": self.router.pid, "config": self.config}


def status(home: Path, env: Mapping[str, str], now: float) -> Status:
    """`now` in Unix seconds."""
    router = state.running(home)
    if router is None:
        return Status("not running")
    here = configured.load(env)
    answer = health.ask(router.address, here.key)
    found = health.details(answer.said if answer else {})
    if here.rejected and not found.rejected:
        found = msgspec.structs.replace(found, rejected=here.rejected)  # the router looks once a second
    condition: Condition = "running" if answer and answer.ok else "unhealthy"
    return Status(condition, router, max(0.0, now - router.started), found)
