"""A function call whose arguments come in pieces, as Vertex sends them where it is asked to
(streamFunctionCallArguments): {"partialArgs": [{"jsonPath": "$.a[0]", "stringValue": "…"}], "willContinue": true}."""

import re
from typing import Any

from ccr.errors import UpstreamGarbled
from ccr.messages.json import DEEPEST, Json, JsonObject

_STEP = re.compile(r"""\.([^.\[\]]+)|\[(\d{1,6})\]|\[['"](.*?)['"]\]""")
_VALUES = ("stringValue", "numberValue", "boolValue")


class _Text:
    """A text in the making."""

    def __init__(self, *pieces: str) -> None:
        self.pieces = [*pieces]


class Partial:
    def __init__(self) -> None:
        self.signature = ""
        self.size = 0  # characters that came for it
        self._known: dict[str, Json] = {}
        self._args: dict[str, object] = {}

    def add(self, call: JsonObject, signature: str) -> None:
        self.signature = self.signature or signature
        self._known |= {name: call[name] for name in ("id", "name") if call.get(name)}
        match call.get("args"):
            case dict() as args:
                self._args |= args
            case _:
                pass
        pieces = call.get("partialArgs")
        for piece in pieces if isinstance(pieces, list) else ():
            if isinstance(piece, dict) and isinstance(path := piece.get("jsonPath"), str):
                self._put(_steps(path), next((piece[name] for name in _VALUES if name in piece), None))

    def call(self) -> JsonObject:
        return {**self._known, "args": _joined(self._args)}

    def _put(self, steps: list[str | int], value: Json) -> None:
        """A text is continued by the next piece for the same place."""
        place: object = self._args
        for step, following in zip(steps, steps[1:], strict=False):
            place = _within(place, step, [] if isinstance(following, int) else {})
        last = steps[-1]
        before = _within(place, last, None)
        match before, value:
            case _Text(), str():
                before.pieces.append(value)
            case str(), str():
                _set(place, last, _Text(before, value))
            case _:
                _set(place, last, value)


def _steps(path: str) -> list[str | int]:
    found = [int(index) if index else name or quoted for name, index, quoted in _STEP.findall(path.removeprefix("$"))]
    if not found or len(found) > DEEPEST:
        raise UpstreamGarbled(f"a piece of a function call at {path[:100]}")
    return found


def _within(place: object, step: str | int, empty: Json) -> object:
    match place, step:
        case dict(), str():
            return place.setdefault(step, empty)
        case list(), int() if step <= len(place):
            if step == len(place):
                place.append(empty)
            return place[step]
        case _:
            raise UpstreamGarbled("pieces of a function call that do not fit together")


def _set(place: object, step: str | int, value: object) -> None:
    assert isinstance(place, dict | list)
    place[step] = value  # type: ignore[index]


def _joined(value: object) -> Any:
    match value:
        case _Text():
            return "".join(value.pieces)
        case dict():
            return {name: _joined(inner) for name, inner in value.items()}
        case list():
            return [_joined(inner) for inner in value]
        case _:
            return value
