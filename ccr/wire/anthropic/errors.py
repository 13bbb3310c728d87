"""Errors: what an Anthropic client is told, and what an Anthropic upstream, or a proxy before it, says."""

import re
from collections.abc import Mapping

import msgspec

from ccr.errors import REPLIES, RequestProblem, UpstreamSaid, reply_for
from ccr.messages.json import read

EXCERPT = 300
HEAD = 4096  # how much of a text is looked at: patterns are slow on long ones
# An error inside a stream has no status of its own.
STATUSES: dict[str, int] = {
    **{reply.kind: reply.status for reply in REPLIES.values()},
    "api_error": 500,
    "overloaded_error": 529,
    "conflict_error": 409,
}

_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.I | re.S)


def envelope(error: RequestProblem, request_id: str) -> bytes:
    inner = {"type": reply_for(error).kind, "message": error.message}
    return msgspec.json.encode({"type": "error", "error": inner, "request_id": request_id})


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
