"""What Google's API, or a proxy before it, says when it refuses."""

import re
from collections.abc import Sequence

from ccr.errors import UpstreamSaid
from ccr.messages.json import JsonObject, read, text_of
from ccr.wire.wording import plain

_SECONDS = re.compile(r"([0-9]{1,9}(?:\.[0-9]+)?)s")
_DEEPEST = 8  # errors quoted in errors
# A quota of the day is there again tomorrow, at an hour that is not told: ask again now and then.
_A_WHILE = 3600.0
_CACHE_REMEDY = "; take cachedContent out of the provider's options, Gemini caches by itself"


def refusal(status: int, body: bytes) -> UpstreamSaid:
    text = body.decode(errors="replace").strip()
    try:
        value = read(text)
    except ValueError:
        value = plain(text)
    return said(value, status)


def said(value: object, status: int | None = None) -> UpstreamSaid:
    """{"error": {"code", "message", "status", "details"}}, also in a list, or quoted in the message of a proxy."""
    error = _innermost(value)
    message = plain(text_of(error, "message") or text_of(error, "status"))
    code = error.get("code")
    status = status or (code if isinstance(code, int) and 400 <= code <= 599 else None)
    details = error.get("details")
    found = [each for each in details if isinstance(each, dict)] if isinstance(details, list) else []
    return _known(
        message or (f"status {status} without a message" if status else "an error without a message"),
        status,
        text_of(error, "status"),
        found,
    )


def _known(message: str, status: int | None, code: str, details: Sequence[JsonObject]) -> UpstreamSaid:
    delay = next(
        (float(found[1]) for each in details if (found := _SECONDS.fullmatch(text_of(each, "retryDelay")))), None
    )
    if any(text_of(each, "reason") == "API_KEY_INVALID" for each in details) or "API key not valid" in message:
        return UpstreamSaid(message, status=401, code=code)  # it comes as 400
    if "Cached content is too small" in message:
        return UpstreamSaid(message + _CACHE_REMEDY, status=status, code=code)
    if status == 429 or code == "RESOURCE_EXHAUSTED":
        # The text says "You exceeded your current quota, please check your plan" of every limit, also of one per minute.
        waits = _A_WHILE if "PerDay" in _quotas(details) else delay
        return UpstreamSaid(message, status=429, code="rate_limit_exceeded", retry_after=waits)
    return UpstreamSaid(message, status=status, code=code, retry_after=delay)


def _quotas(details: Sequence[JsonObject]) -> str:
    """Of google.rpc.QuotaFailure: GenerateRequestsPerDayPerProjectPerModel-FreeTier, for instance."""
    found = []
    for each in details:
        violations = each.get("violations")
        for violation in violations if isinstance(violations, list) else ():
            if isinstance(violation, dict):
                found.append(text_of(violation, "quotaId"))
    return " ".join(found)


def _innermost(value: object) -> JsonObject:
    error: JsonObject = {}
    for _ in range(_DEEPEST):
        match value:
            case [first, *_]:
                value = first
            case {"error": inner} if inner:
                value = inner
            case str(text):
                error = {**error, "message": text}
                value = _quoted(text)
                if value is None:
                    break
            case dict():
                error = {**error, **value}
                value = error.get("message")
            case _:
                break
    return error


def _quoted(text: str) -> object:
    """A message that ends in another error's JSON is that error."""
    start = text.find("{")
    if start < 0 or not text.rstrip().endswith("}"):
        return None
    try:
        value = read(text[start:].strip())
    except ValueError:
        return None
    return value if isinstance(value, dict) and ("error" in value or "message" in value) else None
