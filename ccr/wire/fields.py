"""Foreign JSON, opened field by field. What does not fit is a fault with its path, raised as the kind that is given."""

import re
from collections.abc import Container, Iterator, Mapping

from ccr.errors import BadRequest, RequestProblem
from ccr.messages.json import NOTHING, JsonObject, read

MOST_TOKENS = 2**53  # beyond this other programs read another number
LONGEST_NAME = 512
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

Item = tuple[str, object]  # an element of a list, and its path


class Fields:
    """A JSON object and where it stands."""

    __slots__ = ("fault", "path", "raw")

    def __init__(self, raw: object, path: str = "", fault: type[RequestProblem] = BadRequest) -> None:
        if not isinstance(raw, Mapping):
            raise fault(f"{path or 'the body'}: expected an object, not {kind(raw)}")
        self.raw: JsonObject = raw
        self.path = path
        self.fault = fault

    def at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def wrong(self, name: str, expected: str) -> RequestProblem:
        if name not in self.raw:
            return self.fault(f"{self.at(name)}: missing, expected {expected}")
        return self.fault(f"{self.at(name)}: expected {expected}, not {kind(self.raw[name])}")

    def has(self, name: str) -> bool:
        """Present and not null."""
        return self.raw.get(name) is not None

    def string(self, name: str) -> str:
        value = self.raw.get(name)
        if isinstance(value, str):
            return value
        raise self.wrong(name, "a string")

    def maybe_string(self, name: str) -> str | None:
        return self.string(name) if self.has(name) else None

    def maybe_integer(self, name: str) -> int | None:
        value = self.raw.get(name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        if isinstance(value, float) and value.is_integer():
            return int(value)
        raise self.wrong(name, "an integer")

    def maybe_number(self, name: str) -> float | None:
        value = self.raw.get(name)
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            return value
        raise self.wrong(name, "a number")

    def maybe_boolean(self, name: str) -> bool | None:
        value = self.raw.get(name)
        if value is None or isinstance(value, bool):
            return value
        raise self.wrong(name, "true or false")

    def object(self, name: str) -> "Fields":
        if not isinstance(self.raw.get(name), Mapping):
            raise self.wrong(name, "an object")
        return Fields(self.raw[name], self.at(name), self.fault)

    def maybe_object(self, name: str) -> "Fields | None":
        return self.object(name) if self.has(name) else None

    def mapping(self, name: str) -> JsonObject:
        """An object that is carried, not opened; absent or null is an empty one."""
        return self.object(name).raw if self.has(name) else NOTHING

    def items(self, name: str) -> Iterator[Item]:
        """The elements of a list with their paths; absent or null is an empty list."""
        value = self.raw.get(name)
        if value is None:
            return
        if not isinstance(value, list):
            raise self.wrong(name, "a list")
        for index, item in enumerate(value):
            yield f"{self.at(name)}[{index}]", item

    def objects(self, name: str) -> "Iterator[Fields]":
        for path, item in self.items(name):
            yield Fields(item, path, self.fault)

    def extra(self, known: Container[str]) -> JsonObject:
        """The fields that are not known here."""
        if all(map(known.__contains__, self.raw)):
            return NOTHING
        return {name: value for name, value in self.raw.items() if name not in known}


def kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "a list"
        case _:
            return "an object"


def token_count(value: object) -> int | None:
    """A figure of a usage report; None for what cannot be one."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_TOKENS:
        return value
    return None


def model_name(fields: Fields) -> str:
    """What the client asks for: it goes into logs, headers and URLs."""
    name = fields.string("model")
    if len(name) > LONGEST_NAME or _CONTROL.search(name):
        expected = f"at most {LONGEST_NAME} characters without control characters"
        raise fields.fault(f"{fields.at('model')}: expected {expected}, not {ascii(name[:40])[:60]}…")
    return name


def parse(body: bytes, fault: type[RequestProblem] = BadRequest) -> Fields:
    """A body that must be a JSON object."""
    try:
        value = read(body)
    except ValueError as broken:
        raise fault(f"the body is not JSON: {broken}") from None
    return Fields(value, fault=fault)
