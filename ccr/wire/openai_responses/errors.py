"""Errors, as hosts of this wire tell them: as an answer's body, as an event, and as the end of an answer."""

import re
from typing import NamedTuple

from ccr.errors import UpstreamSaid
from ccr.messages.json import read
from ccr.wire.wording import plain

_HEAD = 4096  # how much of a text is looked at: patterns are slow on long ones

# The codes that are the request's fault; in a stream no status says so.
# https://platform.openai.com/docs/api-reference/responses/object, `error.code`
_REFUSALS = frozenset({
    "invalid_prompt", "invalid_request_error", "invalid_encrypted_content", "bio_policy", "data_residency_mismatch",
    "misalignment_policy_violation", "content_policy_violation", "cyber_policy_violation", "invalid_image",
    "invalid_image_format", "invalid_base64_image", "invalid_image_url", "invalid_image_mode", "image_too_large",
    "image_too_small", "image_parse_error", "image_content_policy_violation", "image_file_too_large",
    "unsupported_image_media_type", "empty_image_file", "failed_to_download_image", "image_file_not_found",
    "context_length_exceeded",
})  # fmt: skip
STATUSES: dict[str, int] = {
    **dict.fromkeys(_REFUSALS, 400),
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "server_error": 500,
    "server_is_overloaded": 529,
    "slow_down": 529,
}

# Claude Code reads these words, takes the thoughts out of the conversation, and asks again.
HEALED = "Invalid signature in thinking block"
# "The encrypted content gAAA…Q== could not be verified.", "Item 'rs_1' of type 'reasoning' was provided without its
# required following item.", "Item with id 'rs_1' not found. Items are not persisted when `store` is set to false."
_THOUGHTS = re.compile(
    r"encrypted content\b.{0,500}could not be (verified|decrypted)|of type 'reasoning' was provided without"
    r"|item with id '?rs_\S+ not found",
    re.IGNORECASE | re.DOTALL,
)


# "Rate limit reached … Please try again in 1.52s." In a stream no header says so.
_AGAIN = re.compile(r"try again in (\d{1,6}(?:\.\d{1,6})?) ?(ms|s)", re.IGNORECASE)


class Told(NamedTuple):
    code: str
    message: str


def refusal(body: bytes, status: int | None = None) -> UpstreamSaid:
    """What an error answer says, whatever its form."""
    text = body.decode(errors="replace").strip()
    try:
        value = read(text)
    except ValueError:
        value = plain(text)
    return reported(value, status)


def reported(value: object, status: int | None = None) -> UpstreamSaid:
    code, message = opened(value)
    status = status or STATUSES.get(code)
    if code == "invalid_encrypted_content" or _THOUGHTS.search(message[:_HEAD]):
        message = f"{HEALED}: {message}"
    message = message or code
    return UpstreamSaid(
        message or (f"status {status} without a message" if status else "an error without a message"),
        status=status,
        code=code,
        retry_after=_again(message) if status == 429 else None,
    )


def _again(message: str) -> float | None:
    found = _AGAIN.search(message)
    return float(found[1]) / (1000 if found[2].lower() == "ms" else 1) if found else None


def opened(value: object) -> Told:
    """The code and the message: of an answer that failed, in an envelope, in a list, or bare."""
    match value:
        case str():
            return _quoted(value)
        case [first, *_]:
            return opened(first)
        case {"response": dict(inner)} | {"error": dict(inner)}:
            return opened(inner)
        case {"error": str(text)} if text:
            return _quoted(text)
        case dict():
            said = value.get("message") or value.get("detail")
            told = _quoted(said) if isinstance(said, str) else Told("", "")
            return Told(told.code or _code(value), told.message)
        case _:
            return Told("", "")


def _quoted(text: str) -> Told:
    """A message that ends in another error's JSON is that error: gateways put their own words before it."""
    start = text.find("{")
    if start >= 0 and text.rstrip().endswith("}"):
        try:
            inner = opened(read(text[start:].strip()))
        except ValueError:
            inner = Told("", "")
        if inner.message:
            return inner
    return Told("", plain(text))


def _code(value: dict[str, object]) -> str:
    names = (value.get("code"), value.get("type"))
    return next((name for name in names if isinstance(name, str) and name.strip() and name != "error"), "")
