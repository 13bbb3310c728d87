"""What a model's name says about what it takes."""

import re
from dataclasses import dataclass
from typing import Literal

Level = Literal["minimal", "low", "medium", "high"]

_NUMBER = re.compile(r"gemini-(?:[a-z]+-)*?(\d+)(?:\.(\d+))?(?=-|$|@)")
_ALIAS = re.compile(r"gemini-(?:[a-z]+-)+latest")
_PAINTERS = re.compile(r"-(image|tts|live|audio|embedding)")
_NEWEST = (3, 0)  # what the names that end in -latest stand for, at least


@dataclass(frozen=True, slots=True)
class Family:
    """Of a model with a foreign name (a proxy's alias, Gemma) nothing is known, and nothing special is sent."""

    version: tuple[int, int] | None = None
    # Which of the two a model takes; both together are refused. https://ai.google.dev/gemini-api/docs/thinking
    budgets: tuple[int, int] | None = None  # the least and the most tokens of thought
    can_rest: bool = False  # a budget of 0 is taken
    levels: tuple[Level, ...] = ()
    most_tokens: int | None = None  # Vertex: "The supported range is from 1 (inclusive) to 65537 (exclusive)"

    @property
    def newer(self) -> bool:
        """From 3 on calls are signed, have ids, and their results may hold images."""
        return self.version is not None and self.version >= (3, 0)


def family(model: str) -> Family:
    version = _version(model)
    if version is None:
        return Family()
    if version < (2, 5):
        return Family(version, most_tokens=8192)
    if _PAINTERS.search(model):
        return Family(version)
    if version >= (3, 0):
        return Family(version, levels=_levels(model, version), most_tokens=65536)
    if "flash-lite" in model:
        return Family(version, (512, 24576), can_rest=True, most_tokens=65536)
    if "flash" in model:
        return Family(version, (1, 24576), can_rest=True, most_tokens=65536)
    return Family(version, (128, 32768), most_tokens=65536)


def _version(model: str) -> tuple[int, int] | None:
    if found := _NUMBER.search(model):
        return int(found[1]), int(found[2] or 0)
    return _NEWEST if _ALIAS.search(model) else None


def _levels(model: str, version: tuple[int, int]) -> tuple[Level, ...]:
    """https://ai.google.dev/gemini-api/docs/gemini-3: minimal on Flash alone, and no medium on the first Pro."""
    if "flash" in model:
        return ("minimal", "low", "medium", "high")
    return ("low", "high") if version == (3, 0) else ("low", "medium", "high")
