"""$NAME, ${NAME} and ${NAME:-default} in every string of the settings, given the variables."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ccr.config.problems import child
from ccr.messages.json import Json, JsonObject

# The bare form is for upper-case names alone, and `$$` is two dollars: a dollar in a password stays what it is.
REFERENCE = re.compile(
    r"""\$\$
    | \$\{ (?P<braced>[A-Za-z_][A-Za-z0-9_]*) (?: :- (?P<default>[^}]*) )? \}
    | \$ (?P<bare>[A-Z_][A-Z0-9_]*+) (?![a-z])""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Unset:
    path: str
    name: str
    whole: bool  # the value was nothing but the reference, and counts as not given; else the text stays as it is


@dataclass(frozen=True, slots=True)
class Interpolated:
    raw: JsonObject
    unset: tuple[Unset, ...]
    sources: Mapping[str, str]  # path -> the variable that the whole value comes from


def interpolate(raw: JsonObject, env: Mapping[str, str]) -> Interpolated:
    """A variable that is set to nothing counts as not set: compose files pass on unset ones so."""
    unset: list[Unset] = []
    sources: dict[str, str] = {}

    def fill(value: Json, path: str) -> Json:
        match value:
            case str():
                return fill_text(value, path)
            case Mapping():
                return {key: fill(item, child(path, key)) for key, item in value.items()}
            case list():
                return [fill(item, child(path, index)) for index, item in enumerate(value)]
            case _:
                return value

    def fill_text(text: str, path: str) -> str | None:
        alone = REFERENCE.fullmatch(text.strip())
        whole = _name(alone) if alone else None

        def one(found: re.Match[str]) -> str:
            name = _name(found)
            if name is None:
                return found[0]
            if env.get(name):
                if whole:
                    sources[path] = name
                return env[name]
            if found["default"] is not None:
                return found["default"]
            unset.append(Unset(path, name, whole is not None))
            return found[0]

        filled = REFERENCE.sub(one, text)
        return None if whole and unset and unset[-1].path == path else filled

    filled = {key: fill(value, child("", key)) for key, value in raw.items()}
    return Interpolated(filled, tuple(unset), sources)


def _name(found: re.Match[str]) -> str | None:
    return found["braced"] or found["bare"]
