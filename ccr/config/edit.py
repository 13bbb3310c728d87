"""Changes one route in a file's text, where it stands: comments, order and quoting stay.

What comes out is read again. Where it says anything else than what went in with that one change, nothing is changed.
"""

import json
import re
from itertools import starmap
from typing import NamedTuple

import pyjson5
import yaml

from ccr.config import keys, litellm
from ccr.config.problems import folded
from ccr.config.text import TOKEN, is_yaml, read
from ccr.config.yaml_text import Loader
from ccr.errors import ConfigInvalid
from ccr.messages.json import JsonObject

ROUTER = "Router"
GAP = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/|#[^\n]*)*", re.DOTALL)  # what may stand between a value and its comma
REST = re.compile(
    r"[ \t]*(?://[^\r\n]*|/\*(?:(?!\*/)[^\r\n])*\*/|#[^\r\n]*)?[ \t]*(?=\r?\n|$)"
)  # of a line, with nothing that counts
PLAIN = re.compile(r"[A-Za-z][\w./,:@+~-]*\w")  # what YAML takes for text without quotes, and JSON5 for no name


class Entry(NamedTuple):
    """Where a key and its value stand in the text."""

    key: str
    start: int
    value: int
    end: int


class Object(NamedTuple):
    inside: int  # behind its brace; in a block, where its first key stands
    entries: tuple[Entry, ...]
    block: bool = False  # YAML by indentation, without braces and commas


def with_route(text: str, suffix: str, name: str, target: str | None) -> str:
    """The text with this route set, or without it. Raises ConfigInvalid."""
    mark, text = ("\ufeff", text[1:]) if text.startswith("\ufeff") else ("", text)
    before = read(text, suffix)
    if litellm.is_litellm(before):
        raise ConfigInvalid("this is a file of LiteLLM's, which has no routes; `ccr config import` makes one of ours")
    wanted = _wanted(before, name, target)
    try:
        after = _edited(text, suffix, name, target)
        if _plain(read(after, suffix)) == _plain(wanted):
            return mark + after
    except (ConfigInvalid, LookupError, TypeError):
        pass
    said = f'set Router.{name} to "{target}"' if target else f"take Router.{name} out"
    raise ConfigInvalid(f"the file is written in a way that cannot be changed safely: {said} by hand")


def _wanted(raw: JsonObject, name: str, target: str | None) -> JsonObject:
    own = next((key for key in raw if folded(key) == folded(ROUTER)), ROUTER)
    routes = raw.get(own) or {}
    if not isinstance(routes, dict):
        raise ConfigInvalid(f"{own}: expected an object")
    key = next((key for key in routes if is_named(key, name)), name)
    changed = {**routes, key: target} if target else {each: value for each, value in routes.items() if each != key}
    return {**raw, own: changed}


def is_named(key: str, name: str) -> bool:
    """In any spelling that the route has."""
    return key == name or keys.ROUTES.get(folded(key), key) == name


def _plain(raw: JsonObject) -> dict[str, object]:
    return {key: value for key, value in raw.items() if value not in (None, {})}


def _edited(text: str, suffix: str, name: str, target: str | None) -> str:
    if not text.strip():
        text = "{}\n" if not is_yaml(text, suffix) else ""
    if not text:
        return f"{ROUTER}:{_block(text, name, str(target))}\n" if target else text
    root, router, routes = (_yaml if is_yaml(text, suffix) else _json)(text)
    entry = next((each for each in routes.entries if is_named(each.key, name)), None) if routes else None
    if target is None:
        return _removed(text, routes, entry) if routes and entry else text
    if routes is None:
        value = _block(text, name, target) if root.block else _braces(name, target)
        return _replaced(text, router, value) if router else _inserted(text, root, ROUTER, value)
    if entry is None:
        like = text[routes.entries[-1].value :][:1] if routes.entries else '"'
        return _inserted(text, routes, name, _quoted(target, like, plain=routes.block))
    like = text[entry.value : entry.end][:1]
    if like and like in "&!*|>":
        raise LookupError
    return _replaced(text, entry, _quoted(target, like, plain=routes.block))


def _braces(name: str, target: str) -> str:
    return f"{{{json.dumps(name)}: {json.dumps(target, ensure_ascii=False)}}}"


def _block(text: str, name: str, target: str) -> str:
    return f"{_newline(text)}  {name}: {_quoted(target, '', plain=True)}"


def _quoted(value: str, like: str, *, plain: bool) -> str:
    """As the value that stands there, or beside it."""
    if like == "'" and value.isprintable() and not {"'", "\\"} & set(value):
        return f"'{value}'"
    if like not in ("'", '"') and plain and PLAIN.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _replaced(text: str, entry: Entry, value: str) -> str:
    apart = text[entry.value : entry.end][:1].strip() or text[entry.value - 1] == " " or value[0].isspace()
    space = "" if apart else " "
    return text[: entry.value] + space + value + text[entry.end :]


def _inserted(text: str, owner: Object, key: str, value: str) -> str:
    if not owner.entries:
        return f"{text[: owner.inside]}{json.dumps(key)}: {value}{text[owner.inside :]}"
    last = owner.entries[-1]
    colon = ":" if value[0].isspace() else ": "
    if owner.block:
        return _inserted_line(text, owner, f"{key}{colon}{value}")
    quote = text[last.start]
    name = (
        key
        if quote not in "'\"" and key.isidentifier()
        else f"{quote}{key}{quote}"
        if quote in "'\""
        else json.dumps(key)
    )
    comma = _behind_comma(text, last.end)
    if comma is None:
        text, at, after = f"{text[: last.end]},{text[last.end :]}", last.end + 1, ""
    else:
        at, after = comma, ","
    indent = _indent(text, last.start)
    if indent is None:
        return f"{text[:at]} {name}: {value}{after}{text[at:]}"
    rest = REST.match(text, at)
    at = rest.end() if rest else at
    return f"{text[:at]}{_newline(text)}{indent}{name}: {value}{after}{text[at:]}"


def _inserted_line(text: str, owner: Object, line: str) -> str:
    """Below the last entry, or above the first where that is no single line."""
    first, last = owner.entries[0], owner.entries[-1]
    indent = " " * (first.start - _line_start(text, first.start))
    rest = None if "\n" in text[last.value : last.end] else REST.match(text, last.end)
    if rest:
        return f"{text[: rest.end()]}{_newline(text)}{indent}{line}{text[rest.end() :]}"
    at = _line_start(text, first.start)
    return f"{text[:at]}{indent}{line}{_newline(text)}{text[at:]}"


def _removed(text: str, owner: Object, entry: Entry) -> str:
    comma = None if owner.block else _behind_comma(text, entry.end)
    start, end = entry.start, comma or entry.end
    rest, indent = REST.match(text, end), _indent(text, start)
    if indent is not None and rest:
        start, end = start - len(indent), rest.end()
        end += 2 if text.startswith("\r\n", end) else 1 if end < len(text) else 0
    text = text[:start] + text[end:]
    before = [each for each in owner.entries if each.start < entry.start]
    if comma is None and before and (stray := _behind_comma(text, before[-1].end)):
        return text[: stray - 1] + text[stray:]
    return text


def _behind_comma(text: str, at: int) -> int | None:
    gap = GAP.match(text, at)
    end = gap.end() if gap else at
    return end + 1 if text.startswith(",", end) else None


def _indent(text: str, at: int) -> str | None:
    """What stands before it on its line, where that is white space alone."""
    start = _line_start(text, at)
    return text[start:at] if start and not text[start:at].strip() else None


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


Found = tuple[Object, Entry | None, Object | None]  # all settings; Router; what is in it, if it is an object


def _json(text: str) -> Found:
    tokens = [token for token in TOKEN.finditer(text) if token.lastgroup]  # comments have none
    root = _json_object(tokens, 0)
    router = _router(root)
    at = next((place for place, token in enumerate(tokens) if router and token.start() == router.value), 0)
    return root, router, _json_object(tokens, at) if tokens[at]["mark"] == "{" and at else None


def _json_object(tokens: list[re.Match[str]], at: int) -> Object:
    entries: list[Entry] = []
    place = at + 1
    while tokens[place]["mark"] != "}":
        key, value = tokens[place], tokens[place + 2]
        last = _json_end(tokens, place + 2)
        name = str(pyjson5.decode(key["text"])) if key["text"] else key["bare"]
        entries.append(Entry(name, key.start(), value.start(), tokens[last].end()))
        place = last + 2 if tokens[last + 1]["mark"] == "," else last + 1
    return Object(tokens[at].end(), tuple(entries))


def _json_end(tokens: list[re.Match[str]], at: int) -> int:
    """The last token of the value that begins there."""
    depth = 0
    while True:
        mark = tokens[at]["mark"]
        depth += (mark in ("{", "[")) - (mark in ("}", "]"))
        if not depth:
            return at
        at += 1


def _yaml(text: str) -> Found:
    node = yaml.compose(text, Loader)
    root = _yaml_object(node)
    router = _router(root)
    assert isinstance(node, yaml.MappingNode)
    value = next((value for key, value in node.value if router and key.value == router.key), None)
    return root, router, _yaml_object(value) if isinstance(value, yaml.MappingNode) else None


def _yaml_object(node: yaml.Node | None) -> Object:
    if not isinstance(node, yaml.MappingNode):
        raise LookupError
    pairs = ((key.value, key.start_mark.index, _yaml_start(key, value), _yaml_end(value)) for key, value in node.value)
    return Object(
        node.start_mark.index + (1 if node.flow_style else 0), tuple(starmap(Entry, pairs)), not node.flow_style
    )


def _in_block(node: yaml.Node) -> bool:
    return isinstance(node, yaml.CollectionNode) and not node.flow_style and bool(node.value)


def _yaml_start(key: yaml.Node, value: yaml.Node) -> int:
    """A block begins behind its key's colon."""
    return int(key.end_mark.index + 1 if _in_block(value) else value.start_mark.index)


def _yaml_end(node: yaml.Node) -> int:
    """A block ends with the last thing in it: the library counts what follows up to the next key."""
    while _in_block(node):
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return int(node.end_mark.index)


def _router(root: Object) -> Entry | None:
    return next((each for each in root.entries if folded(each.key) == folded(ROUTER)), None)
