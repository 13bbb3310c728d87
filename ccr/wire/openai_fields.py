"""What requests of both OpenAI wires say in the same form."""

import re
from typing import get_args

from ccr.errors import BadRequest
from ccr.messages.blocks import Base64
from ccr.messages.json import NOTHING, JsonObject, read
from ccr.messages.request import Effort, ToolChoice
from ccr.wire.fields import Fields

_DATA_URL = re.compile(r"data:([^;,]*)(?:;[^;,]*)*;base64,(.*)", re.DOTALL)


def inline(url: str, path: str) -> Base64:
    found = _DATA_URL.fullmatch(url)
    if found is None:
        raise BadRequest(f"{path}: expected a URL such as data:image/png;base64,…")
    return Base64(found[1], found[2])


def arguments(function: Fields) -> JsonObject:
    """Clients send back what a model wrote, also when it is not the object that it should be."""
    text = function.maybe_string("arguments") or "{}"
    try:
        value = read(text)
        value = read(value) if isinstance(value, str) else value
    except ValueError:
        return {"arguments": text}
    match value:
        case None:
            return NOTHING
        case dict():
            return value
        case _:
            return {"arguments": text}


def mode(fields: Fields, name: str) -> ToolChoice:
    match fields.string(name):
        case "auto":
            return ToolChoice("auto")
        case "none":
            return ToolChoice("none")
        case "required":
            return ToolChoice("any")
        case other:
            raise BadRequest(f"{fields.at(name)}: expected none, auto or required, not {other!r}")


def effort(fields: Fields, name: str) -> Effort | None:
    value = fields.maybe_string(name)
    known: tuple[Effort, ...] = get_args(Effort)
    for each in known:
        if each == value:
            return each
    if value is None:
        return None
    raise BadRequest(f"{fields.at(name)}: expected one of {', '.join(known)}, not {value!r}")
