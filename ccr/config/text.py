"""JSON5 and YAML text -> a raw mapping of plain values. Nothing is lost in silence: a key that is said twice is a fault."""

import math
import re
from collections.abc import Iterator

import pyjson5

from ccr.config.problems import child
from ccr.errors import ConfigInvalid
from ccr.messages.json import JsonObject

JSON, YAML = frozenset({".json", ".json5", ".jsonc"}), frozenset({".yaml", ".yml"})
MOST_VALUES = 100_000  # a file of this many values is no configuration: anchors that multiply, most likely
MOST_DEEP = 50
TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/ | (?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*') | (?P<mark>[{}\[\],:]) | (?P<bare>[^\s{}\[\],:"'/]+)""",
    re.DOTALL | re.VERBOSE,
)


def read(text: str, suffix: str = "") -> JsonObject:
    """The settings in a text; the suffix, or else the look of it, says whether it is JSON5 or YAML."""
    text = text.removeprefix("\ufeff")
    if "\0" in text:
        raise ConfigInvalid("this is not text; a configuration is JSON5 or YAML")
    raw = _yaml(text) if is_yaml(text, suffix.lower()) else _json(text)
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise ConfigInvalid('expected an object at the top, such as {"Providers": [...], "Router": {...}}')
    _check(raw)
    return raw


def is_yaml(text: str, suffix: str) -> bool:
    if suffix in JSON or suffix in YAML:
        return suffix in YAML
    return not text.lstrip().startswith(("{", "//", "/*"))


def _place(text: str, offset: int) -> str:
    before = text[:offset]
    return f"line {before.count(chr(10)) + 1}, column {offset - before.rfind(chr(10))}"


def _json(text: str) -> object:
    if not text.strip():
        return None
    try:
        raw: object = pyjson5.decode(text)
    except pyjson5.Json5DecoderException as broken:
        raise ConfigInvalid(_json_fault(text, str(broken.args[0]))) from None
    _no_twins(text)
    return raw


def _json_fault(text: str, said: str) -> str:
    """The library's message speaks in code points, offsets and reprs."""
    found = re.search(r" near (\d+)", said)
    offset = int(found[1]) - 1 if found else 0
    said = re.sub(r" near \d+", "", said)
    said = re.sub(r"U\+([0-9a-f]{4,6})", lambda code: repr(chr(int(code[1], 16))), said)
    said = said.replace("b'comma'", "a comma").replace("b'JSON5Value'", "a value").replace("b'", "'")
    remedy = "look for a comma, quote or bracket too few or too many"
    if is_yaml(text, ""):
        remedy = "a file of YAML ends in .yaml"
    return f"{_place(text, offset)}: not JSON5: {said}; {remedy}"


def _no_twins(text: str) -> None:
    """The text is known to be JSON5; the decoder keeps the last of two equal keys and says nothing."""
    open_keys: list[set[str] | None] = []
    before = ""
    start = 0
    for token in TOKEN.finditer(text):
        match token["mark"]:
            case "{":
                open_keys.append(set())
            case "[":
                open_keys.append(None)
            case "}" | "]":
                open_keys.pop()
            case ":" if open_keys[-1] is not None:
                if before in open_keys[-1]:
                    raise ConfigInvalid(f'{_place(text, start)}: "{before}" is here for the second time; keep one')
                open_keys[-1].add(before)
        if token["text"] or token["bare"]:
            before, start = token["bare"] or token["text"][1:-1], token.start()


def _yaml(text: str) -> object:
    from ccr.config import yaml_text  # noqa: PLC0415 - few have such a file, and the library costs 10 ms

    try:
        return yaml_text.decode(text)
    except RecursionError:
        raise ConfigInvalid(f"nested more than {MOST_DEEP} deep") from None


def _check(raw: object) -> None:
    """Only what JSON knows, and not too much of it: YAML can say sets and bytes, and multiply by anchors."""
    for count, (path, value, depth) in enumerate(_walk(raw, "", 0)):
        if count > MOST_VALUES:
            raise ConfigInvalid(f"more than {MOST_VALUES} values; this is no configuration")
        if depth > MOST_DEEP:
            raise ConfigInvalid(f"nested more than {MOST_DEEP} deep")
        if isinstance(value, float) and not math.isfinite(value):
            raise ConfigInvalid(f"{path}: not a finite number")
        if not isinstance(value, None | bool | int | float | str | list | dict):
            raise ConfigInvalid(f"{path}: neither text nor a number, list or object; put it in quotes")


def _walk(value: object, path: str, depth: int) -> Iterator[tuple[str, object, int]]:
    yield path, value, depth
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _walk(item, child(path, key), depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(item, child(path, index), depth + 1)
