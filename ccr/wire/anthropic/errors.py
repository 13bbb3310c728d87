"""Errors: what an Anthropic client is told, and what an Anthropic upstream, or a proxy before it, says."""

import re
from collections.abc import Mapping

import msgspec

from ccr.errors import (
    REPLIES,
    ContextOverflow,
    Lack,
    LackKind,
    RequestProblem,
    UpstreamRefused,
    UpstreamSaid,
    reply_for,
)
from ccr.messages.json import read

EXCERPT = 300
HEAD = 4096  # how much of a text is looked at: patterns are slow on long ones
# An error inside a stream has no status of its own.
STATUSES: dict[str, int] = {
    **{reply.kind: reply.status for reply in REPLIES.values()},
    "permission_error": 403,
    "not_found_error": 404,
    "api_error": 500,
    "overloaded_error": 529,
    "conflict_error": 409,
}

_TITLE = re.compile(r"<title[^<>]*>([^<]*)</title>", re.I)


# By these words Claude Code knows what to leave out before it asks again: its versions 2.1.197, 2.1.260 and 2.1.329, but
# for `cache` and `effort`, which the oldest does not heal. `images` is no "too much media": it gives up over that.
HEALING: dict[LackKind, str] = {
    "system": "role 'system' is not supported",
    "cache": "cache_control: Extra inputs are not permitted",
    "signature": "Invalid signature in thinking block",
    "thinking": "thinking.type: {} is not supported",
    "structured": "output_config.format: Extra inputs are not permitted",
    "effort": "This model does not support the effort parameter",
    "images": "Could not process image",
    "image": "Could not process image",
    "document": "Could not process PDF",
    "beta": "Unexpected value(s) `{}` for the `anthropic-beta` header",
}
# It asks for C - A - MARGIN tokens where it is told that A + B > C; for less than LEAST it says that the prompt is too long.
BOTH = "input length and `max_tokens` exceed context limit: {} + {} > {}"
MARGIN = 1000
LEAST = 3000

# Words at which Claude Code says something of its own, of a login or an account that are not meant.
SPOKEN_FOR = (
    (re.compile("x-api-key", re.I), "API key"),
    (re.compile("credit balance is too low", re.I), "balance does not suffice"),
)


def envelope(error: RequestProblem, request_id: str) -> bytes:
    inner = {"type": reply_for(error).kind, "message": words(error)}
    return msgspec.json.encode({"type": "error", "error": inner, "request_id": request_id})


def words(error: RequestProblem) -> str:
    """What Claude Code goes by comes first, then what people read."""
    match error:
        case ContextOverflow():
            return _led(_overflow(error), error.message)
        case UpstreamRefused(lack=Lack("output", limit=int(limit))) if limit >= LEAST:
            room = limit + MARGIN
            return _led(BOTH.format(0, room + 1, room), error.message)
        case UpstreamRefused(lack=Lack(kind, value)) if kind in HEALING:
            return _led(HEALING[kind].format(value), error.message)
        case _ if error.told:  # of the caller's own login
            return error.message
        case _:
            message = error.message
            for theirs, ours in SPOKEN_FOR:
                message = theirs.sub(ours, message)
            return message


def _overflow(error: ContextOverflow) -> str:
    match error.had, error.asked, error.limit:
        case int(had), int(asked), int(limit):
            return BOTH.format(had, asked, limit)
        case int(had), None, int(limit):
            return f"prompt is too long: {had} tokens > {limit} maximum"
        case _:
            return "prompt is too long"


def _led(lead: str, message: str) -> str:
    return message if lead.lower() in message.lower() else f"{lead}: {message}"


def refusal(status: int, body: bytes) -> UpstreamSaid:
    """An error answer, whatever its form."""
    try:
        value = read(body)
    except ValueError:
        value = excerpt(body)
    return said(value, status)


def said(value: object, status: int | None = None) -> UpstreamSaid:
    """An error as JSON. Without a status it stood inside a stream, and its type says which one fits."""
    try:
        code, message = _opened(value)
    except RecursionError:  # errors quoted in errors
        code, message = "", "an error that is nested too deeply"
    fitting = status if status is not None else STATUSES.get(code, 500)
    return UpstreamSaid(message.strip() or f"status {fitting} without a message", status=fitting, code=code)


def excerpt(body: bytes) -> str:
    """Of a text its beginning, of a web page its title: no markup reaches a user."""
    text = " ".join(body.lstrip()[:HEAD].decode(errors="replace").split())
    if text.startswith("<"):
        title = _TITLE.search(text)
        return f"a web page: {title[1].strip()[:EXCERPT]}" if title else "a web page"
    return text if len(text) <= EXCERPT else text[:EXCERPT] + "…"


def _opened(value: object) -> tuple[str, str]:
    """The type and the message: bare, in an envelope, in a list, or quoted in the message of a gateway in between."""
    match value:
        case str():
            return _quoted(value)
        case [first, *_]:
            return _opened(first)
        case dict():
            inner = next((value[name] for name in ("error", "message", "detail", "msg") if value.get(name)), None)
            code, message = _opened(inner)
            return code or _code(value), message
        case _:
            return "", ""


def _code(value: Mapping[str, object]) -> str:
    found = (value.get(name) for name in ("type", "code", "status"))
    return next((code for code in found if isinstance(code, str) and code != "error"), "")


def _quoted(text: str) -> tuple[str, str]:
    """Claude Code goes by the provider's own words: JSON that a gateway quotes is opened, and comes first."""
    start = text.find("{")
    if start >= 0:
        try:
            code, message = _opened(read(text[start : text.rindex("}") + 1]))
        except ValueError:
            code, message = "", ""
        if message:
            return code, message
    return "", text
