"""Texts on which a careless pattern spends its time: they begin to match it again and again, and never end."""

import importlib
import re
from collections.abc import Iterator
from typing import Any

parser: Any = importlib.import_module("re._parser")


def hostile(pattern: re.Pattern[str], size: int) -> Iterator[str]:
    for branch in _branches(parser.parse(pattern.pattern, pattern.flags)):
        said = _said(branch)
        ends = [place for place, letter in enumerate(said, 1) if letter in " 1"]
        for end in (*ends, len(said) - 1, len(said)):
            if piece := said[:end]:
                yield (piece * size)[:size]
                yield (piece + piece[-1] * size)[:size]


def _branches(tokens: Any) -> Iterator[Any]:
    match [(str(token), value) for token, value in tokens]:
        case [("BRANCH", (_, branches))]:
            for branch in branches:
                yield from _branches(branch)
        case [("SUBPATTERN", (*_, inner))]:
            yield from _branches(inner)
        case _:
            yield tokens


def _said(tokens: Any) -> str:
    """A text that fits."""
    return "".join(_letter(str(token), value) for token, value in tokens)


def _letter(token: str, value: Any) -> str:
    match token:
        case "LITERAL":
            return chr(value)
        case "RANGE":
            return chr(value[0])
        case "CATEGORY":
            return "1"
        case "ANY" | "NOT_LITERAL":
            return " "
        case "IN":
            first, of = value[0]
            return _letter(str(first), of)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            least, _, repeated = value
            return _said(repeated) * max(int(least), 1)
        case "SUBPATTERN":
            return _said(value[3])
        case "BRANCH":
            return _said(value[1][0])
        case _:
            return ""
