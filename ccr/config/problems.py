"""Foreign settings, opened place by place. What does not fit is noted with its path, so that all faults come at once."""

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from ccr.config.schema import Notice
from ccr.messages.json import Json

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
NONE: Mapping[str, str] = {}
QUANTITY = re.compile(r"-?\d[\d.,_]*\s?[A-Za-z%]{1,7}")  # such as 60k, 50% or 30s: no secret, and worth telling
A_DAY = 86_400.0
YES, NO = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})


@dataclass(frozen=True, slots=True)
class Report:
    """What is wrong, and what is understood otherwise than its writer may think."""

    faults: list[Notice] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    strays: list[Notice] = field(default_factory=list)  # keys that are no settings: what a fault may come from
    unset: Mapping[str, str] = field(default_factory=dict)  # path -> the variable that a value was to come from


def folded(name: str) -> str:
    """What all spellings of a key share: api_base_url, apiBaseUrl, API-BASE-URL."""
    return name.lower().replace("_", "").replace("-", "")


def child(path: str, key: str | int) -> str:
    if isinstance(key, int):
        return f"{path}[{key}]"
    if not PLAIN.fullmatch(key):
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key


def suggestion(name: str, known: Mapping[str, str]) -> str:
    """The known key that was probably meant, as the end of a sentence."""
    close = get_close_matches(folded(name), list(known), n=1, cutoff=0.75)
    return f'; did you mean "{known[close[0]]}"?' if close else ""


def kind(value: Json) -> str:
    match value:
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "an object"


@dataclass(frozen=True, slots=True)
class Place:
    """A value in the file. Its readers return None where nothing usable is there, and have said why."""

    value: Json
    path: str
    report: Report

    def fault(self, text: str) -> None:
        self.report.faults.append(Notice(self.path, text))

    def notice(self, text: str) -> None:
        self.report.notices.append(Notice(self.path, text))

    def wrong(self, expected: str) -> None:
        if variable := self.report.unset.get(self.path):
            self.fault(f"expected {expected}, but {variable} is not set")
        elif self.value is None or self.value == "":
            self.fault(f"missing; expected {expected}")
        else:
            self.fault(f"expected {expected}, not {kind(self.value)}")

    def at(self, key: str | int, value: Json) -> "Place":
        return Place(value, child(self.path, key), self.report)

    @property
    def empty(self) -> bool:
        return self.value is None or self.value == "" or self.value == [] or self.value == {}

    def text(self) -> str | None:
        match self.value:
            case None:
                return None
            case str(value):
                return value.strip() or None
            case int(value) if not isinstance(value, bool):  # YAML reads an unquoted 123456 as a number
                return str(value)
            case _:
                self.wrong("text in quotes")
                return None

    def boolean(self) -> bool | None:
        match self.value:
            case None | "":
                return None
            case bool(value):
                return value
            case str(value) if value.lower() in YES:
                return True
            case str(value) if value.lower() in NO:
                return False
            case _:
                self.wrong("true or false")
                return None

    def integer(self, least: int, most: int) -> int | None:
        value = self.number()
        if value is None:
            return None
        if not value.is_integer() or not least <= value <= most:
            self.fault(f"expected a whole number from {least} to {most}, not {self.value}")
            return None
        return int(value)

    def number(self) -> float | None:
        match self.value:
            case None | "":
                return None
            case int(value) if abs(value) > sys.float_info.max:
                self.fault("expected a number, not one that is larger than all that can be computed with")
                return None
            case int(value) | float(value) if not isinstance(value, bool):
                return float(value)
            case str(value) if re.fullmatch(r"\s*-?\d+(\.\d+)?\s*", value):
                return float(value)
            case str(value) if QUANTITY.fullmatch(value.strip()):
                self.fault(f'expected a number, not "{value}"')
                return None
            case _:
                self.wrong("a number")
                return None

    def seconds(self) -> float | None:
        value = self.number()
        if value is not None and value <= 0:
            self.fault(f"expected seconds, more than 0, not {self.value}")
            return None
        if value is not None and value > A_DAY:
            self.notice(f"is {value / 3600:,.0f} hours: it counts in seconds, not in milliseconds")
        return value

    def choice(self, known: Mapping[str, str]) -> str | None:
        """One of a closed set, by folded name."""
        text = self.text()
        if text is None:
            return None
        if folded(text) not in known:
            self.fault(f'expected one of {", ".join(dict.fromkeys(known.values()))}, not "{text}"')
            return None
        return known[folded(text)]

    def items(self) -> "Iterator[Place]":
        match self.value:
            case None | "":
                return
            case list(values):
                yield from (self.at(index, value) for index, value in enumerate(values))
            case _:
                self.wrong("a list")

    def entries(self) -> "Iterator[tuple[str, Place]]":
        match self.value:
            case None | "":
                return
            case Mapping() as values:
                yield from ((key, self.at(key, value)) for key, value in values.items())
            case _:
                self.wrong("an object")

    def opened(self) -> "Fields":
        """The entries as they are."""
        return Fields(dict(self.entries()), self)

    def fields(self, known: Mapping[str, str], elsewhere: Mapping[str, str] = NONE) -> "Fields":
        """The entries under their canonical names; a key that is not known is noticed. `elsewhere` says of some where
        they belong."""
        found: dict[str, Place] = {}
        for key, place in self.entries():
            name = known.get(folded(key))
            if name is None:
                where = elsewhere.get(folded(key))
                stray = (
                    f"is ignored here; {where}" if where else f"is not a setting and is ignored{suggestion(key, known)}"
                )
                self.report.strays.append(Notice(place.path, stray))
            elif name in found and not found[name].empty:
                place.notice(f"is ignored: {found[name].path} says the same thing already")
            else:
                found[name] = place
        return Fields(found, self)


@dataclass(frozen=True, slots=True)
class Fields:
    """An object's entries by name; one that is not there is an empty place."""

    found: Mapping[str, Place]
    owner: Place

    def __getitem__(self, name: str) -> Place:
        return self.found.get(name) or self.owner.at(name, None)


def spellings(*names: str, **others: str) -> Mapping[str, str]:
    """Folded name -> canonical name; `others` are further names for a canonical one."""
    return {folded(name): name for name in names} | {folded(other): name for other, name in others.items()}
