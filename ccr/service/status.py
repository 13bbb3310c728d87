"""What can be said of the router that we use."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from ccr.messages.json import NOTHING, JsonObject
from ccr.service import configured, health, keeper, state
from ccr.service.health import Details

Condition = Literal["running", "not running", "unhealthy"]

COMES_BACK = "it crashed and is started again; `ccr logs --process` may say why"
ENDS = "it was told to end, and does when what is under way has ended; `ccr start` waits for that and starts another"
BEGIN_ANEW = "`ccr logs --process` may say why; `ccr restart` begins anew"


@dataclass(frozen=True, slots=True)
class Status:
    condition: Condition
    address: str = ""  # "": it has none, as long as it does not run
    pid: int | None = None
    uptime: float | None = None
    config: str = ""  # the file in use, or what stands for it
    details: Details = Details()
    remedy: str | None = None  # for what is not as it should be
    also: JsonObject = NOTHING  # for programs
    name: str = "router"

    def as_json(self) -> JsonObject:
        said: JsonObject = {"condition": self.condition, "running": self.condition != "not running"}
        if self.condition == "not running":
            return said
        details: JsonObject = msgspec.to_builtins(self.details)
        told = {name: value for name, value in details.items() if name != "settings"}
        here = {"address": self.address, "pid": self.pid, "uptime": self.uptime, "config": self.config}
        return {**said, **told, **self.also, **here}


def status(home: Path, env: Mapping[str, str], now: float) -> Status:
    """Of the router that runs here; `now` in Unix seconds."""
    router = state.running(home)
    if router is None:
        return Status("not running", remedy=_gave_up(home) + "`ccr start` starts it")
    here = configured.load(env)
    answer = health.ask(router.address, here.key)
    found = health.details(answer.said if answer else {})
    if here.rejected and not found.rejected:
        found = msgspec.structs.replace(found, rejected=here.rejected)  # the router looks once a second
    condition: Condition = "running" if answer and answer.ok else "unhealthy"
    crashed = not state.lives(router.pid, router.born)
    return Status(
        condition,
        router.address,
        router.pid,
        max(0.0, now - router.started),
        found.config or router.config,  # it may have taken up one since it was started
        found,
        (COMES_BACK if crashed else BEGIN_ANEW) if condition == "unhealthy" else _remedy(found),
        msgspec.to_builtins(dataclasses.replace(router, key="hidden")),
    )


def _gave_up(home: Path) -> str:
    try:
        return f"{(home / keeper.GAVE_UP).read_text()}; `ccr logs --process` may say why; "
    except OSError:
        return ""


def _remedy(found: Details) -> str | None:
    if found.status == health.DRAINING:
        return ENDS
    if found.rejected:
        return "mend the configuration: until then the router goes on with what it had"
    if found.pid is None:
        return "this shell's key is not the router's (CCR_API_KEY, APIKEY): `ccr restart` makes them one"
    return None
