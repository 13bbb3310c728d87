"""What JSON is, to the type checker, and how foreign JSON is read."""

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

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def read(text: bytes | str) -> object:
    """The value. Whatever is wrong with the text is a ValueError.

    Half a surrogate pair is read as U+FFFD: clients that cut a text inside an emoji send such JSON, and no encoder
    would take the half again.
    """
    try:
        return msgspec.json.decode(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except msgspec.DecodeError:
        raw = text.encode() if isinstance(text, str) else text
        if not _SURROGATE.search(raw):
            raise
        whole = json.dumps(json.loads(raw), ensure_ascii=False)
        return msgspec.json.decode(whole.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
