"""OpenAI's errors: what providers say in many forms, and what an OpenAI client is told."""

import re
from typing import NamedTuple

import msgspec

from ccr.errors import (
    CcrError,
    ContextOverflow,
    ErrorKind,
    RequestProblem,
    UnknownTarget,
    UpstreamModelUnknown,
    UpstreamSaid,
    reply_for,
)
from ccr.messages.json import JsonObject, read
from ccr.wire.wording import plain


def refusal(body: bytes, status: int | None = None) -> UpstreamSaid:
    """What an error answer says, whatever its form."""
    text = body.decode(errors="replace").strip()
    try:
        value = read(text)
    except ValueError:
        value = plain(text)
    return reported(value, status)


def reported(value: object, status: int | None = None) -> UpstreamSaid:
    try:
        error = said(value)
    except RecursionError:  # errors quoted in errors
        error = UpstreamSaid("an error that is nested too deeply")
    return UpstreamSaid(
        error.message or (f"status {status} without a message" if status else "an error without a message"),
        status=status or error.status,
        code=error.code,
        retry_after=error.retry_after,
    )


def said(value: object) -> UpstreamSaid:
    """An error in JSON: bare, in an envelope, in a list, or quoted in the message of a gateway in between."""
    match value:
        case str():
            return _quoted(value)
        case [first, *_]:
            return said(first)
        case {"errors": [first, *_]}:
            return said(first)
        case dict():
            inner = value.get("error")
            return _completed(said(inner), value) if inner else _bare(value)
        case _:
            return UpstreamSaid("")


def _bare(value: JsonObject) -> UpstreamSaid:
    message = value.get("message") or value.get("detail") or value.get("msg") or value.get("title")
    inner = said(message)
    match value.get("metadata"):
        case {"raw": str(raw)} if raw.strip():  # OpenRouter: "Provider returned error", and what it returned
            inner = said(raw)
        case _:
            pass
    return _completed(inner, value)


def _completed(error: UpstreamSaid, value: JsonObject) -> UpstreamSaid:
    """The innermost words, with what the envelope knows beside them."""
    numbers = (value.get("code"), value.get("status"), value.get("status_code"))
    status = next((found for number in numbers if (found := _status(number))), None)
    names = (value.get("code"), value.get("type"), value.get("status"))
    words = [plain(name) for name in names if isinstance(name, str) and name != "error" and not name.isdigit()]
    code = next(filter(None, words), "")
    return UpstreamSaid(
        error.message or code,
        status=error.status or status,
        code=error.code or code,
        retry_after=error.retry_after or _retry_delay(value),
    )


def _quoted(text: str) -> UpstreamSaid:
    """A message that ends in another error's JSON is that error."""
    start = text.find("{")
    if start >= 0 and text.rstrip().endswith("}"):
        try:
            inner = said(read(text[start:].strip()))
        except ValueError:
            inner = UpstreamSaid("")
        if inner.message:
            return inner
    return UpstreamSaid(plain(text))


def _status(value: object) -> int | None:
    number = int(value) if isinstance(value, str) and re.fullmatch("[0-9]{3}", value) else value
    return number if isinstance(number, int) and 400 <= number <= 599 else None


def _retry_delay(value: JsonObject) -> float | None:
    """Google's RetryInfo: {"retryDelay": "12s"} among the details."""
    details = value.get("details")
    for detail in details if isinstance(details, list) else ():
        match detail:
            case {"retryDelay": str(delay)} if re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?s", delay):
                return float(delay[:-1])
            case _:
                pass
    return None


class Told(NamedTuple):
    """The `type` and `code` of an error in OpenAI's words."""

    type: str
    code: str | None = None


BY_KIND: dict[ErrorKind, Told] = {
    "invalid_request_error": Told("invalid_request_error"),
    "authentication_error": Told("invalid_request_error", "invalid_api_key"),
    "billing_error": Told("insufficient_quota", "insufficient_quota"),
    "permission_error": Told("permission_error"),
    "not_found_error": Told("invalid_request_error", "not_found"),
    "request_too_large": Told("invalid_request_error", "request_too_large"),
    "rate_limit_error": Told("rate_limit_error", "rate_limit_exceeded"),
    "timeout_error": Told("server_error", "timeout"),
    "overloaded_error": Told("server_error", "overloaded"),
    "api_error": Told("server_error"),
}

BY_CLASS: dict[type[CcrError], Told] = {
    ContextOverflow: Told("invalid_request_error", "context_length_exceeded"),
    UnknownTarget: Told("invalid_request_error", "model_not_found"),
    UpstreamModelUnknown: Told("invalid_request_error", "model_not_found"),
}


def told(error: RequestProblem) -> Told:
    return BY_CLASS.get(type(error)) or BY_KIND[reply_for(error).kind]


def envelope(error: RequestProblem, request_id: str) -> bytes:
    kind, code = told(error)
    inner = {"message": error.message, "type": kind, "param": None, "code": code}
    return msgspec.json.encode({"error": inner, "request_id": request_id})
