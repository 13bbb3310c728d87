"""What a scripted model says, in readable form; chat.py and messages.py put it into their wire's words."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Say:
    text: str


@dataclass(frozen=True, slots=True)
class Think:
    text: str
    signature: str


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    input: Mapping[str, object]
    id: str


@dataclass(frozen=True, slots=True)
class Used:
    input: int  # with what came from the cache
    output: int
    cached: int = 0


Part = Say | Think | Call | Used


def text(words: str) -> Say:
    return Say(words)


def thinking(words: str, signature: str = "c2lnbmVk") -> Think:
    return Think(words, signature)


def tool(name: str, arguments: Mapping[str, object], id: str = "") -> Call:
    """A call with an id that no other call has, unless one is given."""
    return Call(name, arguments, id or f"call_{next(_numbers):04}")


def usage(input: int, output: int, cached: int = 0) -> Used:
    return Used(input, output, cached)


def pieces(words: str, size: int = 12) -> list[str]:
    return [words[start : start + size] for start in range(0, len(words), size)]
