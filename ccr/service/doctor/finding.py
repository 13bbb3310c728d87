"""What a check finds, and what it is given to look at."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ccr.config.schema import Config
from ccr.config.zero import GUIDE
from ccr.errors import CcrError
from ccr.messages.json import NOTHING, JsonObject
from ccr.service.configured import Configured
from ccr.service.elsewhere import Elsewhere
from ccr.service.router import Router, used

State = Literal["ok", "warning", "problem", "skipped"]

SHORTEST_KEY = 8  # a shorter one is nobody's secret, but part of many words


@dataclass(frozen=True, slots=True)
class Finding:
    state: State
    title: str
    seen: str
    remedy: str = ""
    also: JsonObject = NOTHING  # figures, for programs

    def as_json(self) -> JsonObject:
        return {"state": self.state, "title": self.title, "seen": self.seen, "remedy": self.remedy or None, **self.also}


def ok(title: str, seen: str, also: JsonObject = NOTHING) -> Finding:
    return Finding("ok", title, seen, also=also)


def warning(title: str, seen: str, remedy: str = "") -> Finding:
    return Finding("warning", title, seen, remedy)


def problem(title: str, seen: str, remedy: str = "") -> Finding:
    return Finding("problem", title, seen, remedy)


def skipped(title: str, seen: str, remedy: str = "") -> Finding:
    return Finding("skipped", title, seen, remedy)


def parted(message: str) -> tuple[str, str]:
    """A message of ours: what is to be done stands at its end."""
    seen, semicolon, remedy = message.rpartition("; ")
    return (seen, remedy) if semicolon else (message, "")


@dataclass(frozen=True, slots=True)
class Surroundings:
    env: Mapping[str, str]
    folder: Path
    now: float  # Unix seconds
    changed: Mapping[str, str]  # the environment with what a shell of ours has changed in it
    router: Router | None = None  # None: what names it cannot be understood; `fault` says why
    configured: Configured | None = None  # None: it cannot be had; `fault` says why
    fault: str = ""

    @property
    def config(self) -> Config:
        """For checks that need one."""
        assert self.configured is not None
        return self.configured.config

    @property
    def elsewhere(self) -> bool:
        """Somebody else runs the router: its files, its keys and its network are not ours."""
        return isinstance(self.router, Elsewhere)

    @property
    def guided(self) -> bool:
        """There is no provider yet."""
        return self.configured is not None and self.config.providers == (GUIDE,)

    def without_keys(self, finding: Finding) -> Finding:
        seen, remedy = finding.seen, finding.remedy
        for key in self._keys():
            seen, remedy = seen.replace(key, "***"), remedy.replace(key, "***")
        return replace(finding, seen=seen, remedy=remedy)

    def _keys(self) -> list[str]:
        if self.configured is None:
            return []
        providers = self.config.providers
        secrets = [self.configured.key, *(key.secret.reveal() for each in providers for key in each.keys)]
        secrets += [value for each in providers for value in each.headers.values()]
        return sorted((key for key in set(secrets) if len(key) >= SHORTEST_KEY), key=len, reverse=True)


def surroundings(
    env: Mapping[str, str], folder: Path, now: float, changed: Mapping[str, str] | None = None
) -> Surroundings:
    bare = Surroundings(env, folder, now, env if changed is None else changed)
    try:
        router = used(env)
    except CcrError as fault:
        return replace(bare, fault=fault.message)
    try:
        return replace(bare, router=router, configured=router.configured())
    except CcrError as fault:
        return replace(bare, router=router, fault=fault.message)


Look = Callable[[Surroundings], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    look: Look
    seconds: float = 5.0
    configured: bool = True  # needs a configuration
    alone: bool = False  # bounds itself and cleans up after itself: it is not left behind in a thread
