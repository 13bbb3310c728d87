"""What JSON is, to the type checker, and how foreign JSON is read."""

import gc
import json
import re
from collections.abc import Mapping, Sequence

import msgspec

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
JsonObject = Mapping[str, Json]


class _Nothing(dict[str, Json]):
    """An empty object that encodes as one, and has a hash: a dataclass takes no other default (Python 3.11)."""

    __slots__ = ()

    def __hash__(self) -> int:  # type: ignore[override]
        return 0


NOTHING: JsonObject = _Nothing()

# Bytes from which on Python's collector is kept out: it looks again and again at all that has been read so far, which takes
# three times as long as the reading itself, and nobody else is served meanwhile.
LARGE = 1024 * 1024

# What is nested deeper could be read, but not always walked and written again within the interpreter's stack.
DEEPEST = 200
_TOO_DEEP = "it is nested too deeply"
# Nobody else is served while a text is read. Each bracket is a token or so, and no model has room for half as many.
MOST_BRACKETS = 4_000_000
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def read(text: bytes | str) -> object:
    """The value. Whatever is wrong with the text is a ValueError.

    Half a surrogate pair is read as U+FFFD: clients that cut a text inside an emoji send such JSON, and no encoder
    would take the half again.
    """
    openings = _openings(text)
    if openings > MOST_BRACKETS:
        raise ValueError(f"it has more than {MOST_BRACKETS} brackets")
    try:
        value = _read(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    if openings > DEEPEST and _is_deep(value):
        raise ValueError(_TOO_DEEP)
    return value


def text_of(raw: JsonObject, name: str) -> str:
    """A field's text; "" where there is none, or something else."""
    value = raw.get(name)
    return value if isinstance(value, str) else ""


def _openings(text: bytes | str) -> int:
    """No value is nested deeper than this, and to count is cheap."""
    return text.count("[") + text.count("{") if isinstance(text, str) else text.count(b"[") + text.count(b"{")


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ())
            if isinstance(inner, dict | list)
        ]
    return bool(level)


def _decoded(text: bytes | str) -> object:
    if len(text) < LARGE or not gc.isenabled():
        return msgspec.json.decode(text)
    gc.disable()
    try:
        return msgspec.json.decode(text)
    finally:
        gc.enable()


def _read(text: bytes | str) -> object:
    try:
        return _decoded(text)
    except msgspec.DecodeError:
        raw = text.encode() if isinstance(text, str) else text
        if not _SURROGATE.search(raw):
            raise
        whole = json.dumps(json.loads(raw), ensure_ascii=False)
        return msgspec.json.decode(whole.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
