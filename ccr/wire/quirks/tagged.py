"""Calls whose arguments stand between tags, as Qwen3-Coder and GLM write them.

Nothing in them is escaped, so a value may hold the very tags that end it. A tag counts where what follows it goes on
with the call; where that leaves more than one reading, or none that has what the tool requires, there is no call.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from ccr.messages.json import Json, JsonObject

Call = tuple[str, JsonObject]  # a name as it is written, and its arguments
Schemas = Mapping[str, JsonObject]
Marks = Sequence[re.Match[str]]  # of arguments: one with a group begins it, one without ends it

_FUNCTION = re.compile(r"\s*+<function=([^>\s<]{1,200})>")
_PAIRED = re.compile(r"\s*+([\w.:/-]++)\s*+(?=<arg_key>)")
_END = re.compile(r"</function>\s*+(?=<function=|\Z)")
_PARAMETER = re.compile(r"<parameter=([^>\s<]{1,200})>|</parameter>")
_PAIR = re.compile(r"<arg_key>([^<]{1,200})</arg_key>\s*+<arg_value>|</arg_value>")
_MOST_TRIES = 20  # to find a function's end
_MOST_JOINTS = 8  # places where an argument may begin, in a call whose tags do not match
_MOST_MARKS = 200


def is_tagged(text: str) -> bool:
    return bool(_FUNCTION.match(text) or _PAIRED.match(text))


def calls(text: str, schemas: Schemas, *, ended: bool) -> list[Call]:
    """None if anything of it cannot be read. `ended`: nothing more can come."""
    inner = text.rstrip().removesuffix("</tool_call>").rstrip()
    if pair := _PAIRED.match(inner):
        found = _arguments(inner[pair.end() :], _PAIR, schemas.get(pair[1], {}), ended)
        return [] if found is None else [(pair[1], found)]
    return _functions(inner, schemas, ended)


def _functions(text: str, schemas: Schemas, ended: bool) -> list[Call]:
    found: list[Call] = []
    at = 0
    while at < len(text):
        head = _FUNCTION.match(text, at)
        if not head or head[1] not in schemas:
            return []
        arguments, at = _function(text, head.end(), schemas[head[1]], ended)
        if arguments is None:
            return []
        found.append((head[1], arguments))
    return found


def _function(text: str, start: int, schema: JsonObject, ended: bool) -> tuple[JsonObject | None, int]:
    """Its arguments, and where it ends."""
    for end, _ in zip(_END.finditer(text, start), range(_MOST_TRIES), strict=False):
        found = _arguments(text[start : end.start()], _PARAMETER, schema, ended and end.end() == len(text))
        if found is not None:
            return found, end.end()
    return (_unclosed(text[start:], schema) if ended else None), len(text)


def _unclosed(text: str, schema: JsonObject) -> JsonObject | None:
    """An answer that ended without one of the last two tags. A value without either may be half of one."""
    inner = text.removesuffix("</function>")
    begun = list(_PARAMETER.finditer(inner))[-1:]
    if not begun or (begun[0][1] and (inner == text or "</function>" in inner[begun[0].end() :])):
        return None
    return _arguments(f"{inner}</parameter>" if begun[0][1] else inner, _PARAMETER, schema, ended=True)


def _arguments(text: str, pattern: re.Pattern[str], schema: JsonObject, ended: bool) -> JsonObject | None:
    marks = list(pattern.finditer(text))
    if not marks:
        return {} if not text.strip() and _fits([], schema) else None
    around = text[: marks[0].start()] + text[marks[-1].end() :]
    if not marks[0][1] or marks[-1][1] or around.strip():
        return None
    joints = [
        at
        for at in range(1, len(marks))
        if marks[at][1] and not marks[at - 1][1] and not text[marks[at - 1].end() : marks[at].start()].strip()
    ]
    begins = _matched(marks, joints)
    if begins is None or not (_fits(_names(marks, begins), schema) and _knows(_names(marks, begins), schema)):
        begins = _only(marks, joints, schema, ended)
    return None if begins is None else _values(text, marks, begins)


def _matched(marks: Marks, joints: list[int]) -> list[int] | None:
    """Which marks begin an argument, if each tag within a value is closed there."""
    begins: list[int] = []
    allowed, depth = {0, *joints}, 0
    for at, mark in enumerate(marks):
        if mark[1] and not depth:
            if at not in allowed:
                return None
            begins.append(at)
        depth += 1 if mark[1] else -1
        if depth < 0:
            return None
    return None if depth else begins


def _only(marks: Marks, joints: list[int], schema: JsonObject, ended: bool) -> list[int] | None:
    """The one way to part the marks into arguments that has all that the tool requires."""
    if len(joints) > _MOST_JOINTS or len(marks) > _MOST_MARKS:
        return None
    ways = ([0, *some] for size in range(len(joints) + 1) for some in combinations(joints, size))
    found = [way for way in ways if _fits(_names(marks, way), schema)]
    if len(found) != 1 or (not ended and _opens(marks, found[0])):
        return None
    return found[0]


def _opens(marks: Marks, begins: list[int]) -> bool:
    """Whether a value leaves a tag open: its end may be that tag's end."""
    for begin, after in zip(begins, [*begins[1:], len(marks)], strict=True):
        depth = 0
        for mark in marks[begin + 1 : after - 1]:
            depth = depth + 1 if mark[1] else max(depth - 1, 0)
        if depth:
            return True
    return False


def _values(text: str, marks: Marks, begins: list[int]) -> JsonObject:
    ends = [*begins[1:], len(marks)]
    return {
        name: text[marks[begin].end() : marks[after - 1].start()].removeprefix("\n").removesuffix("\n")
        for name, begin, after in zip(_names(marks, begins), begins, ends, strict=True)
    }


def _names(marks: Marks, begins: Iterable[int]) -> list[str]:
    return [marks[begin][1].strip() for begin in begins]


def _fits(names: list[str], schema: JsonObject) -> bool:
    required = schema.get("required")
    wanted = required if isinstance(required, list) else []
    return len(set(names)) == len(names) and all(name in names for name in wanted)


def _knows(names: list[str], schema: JsonObject) -> bool:
    known: Json = schema.get("properties")
    if not isinstance(known, Mapping) or not known or schema.get("additionalProperties"):
        return True
    return known.keys() >= set(names)
