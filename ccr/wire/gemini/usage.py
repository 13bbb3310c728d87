"""Token figures and reasons of an end."""

from ccr.messages.json import JsonObject
from ccr.messages.reply import Usage
from ccr.wire.fields import token_count

# https://ai.google.dev/api/generate-content#FinishReason
LENGTH = frozenset({"MAX_TOKENS", "CONTINUATION"})
FILTERED = frozenset({
    "SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "IMAGE_RECITATION",
    "IMAGE_PROHIBITED_CONTENT", "IMAGE_OTHER", "ESCALATION", "MODEL_ARMOR",
})  # fmt: skip
# The model stumbled: another try may do better, and what it said is no answer.
FAILURES = frozenset({
    "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MALFORMED_RESPONSE",
    "MISSING_THOUGHT_SIGNATURE", "NO_IMAGE", "OTHER",
})  # fmt: skip


def usage(raw: object) -> Usage:
    """`promptTokenCount` holds what came from the cache, `candidatesTokenCount` leaves out the thoughts."""
    if not isinstance(raw, dict):
        return Usage()
    prompt, cached = _count(raw, "promptTokenCount"), _count(raw, "cachedContentTokenCount")
    said, thought = _count(raw, "candidatesTokenCount"), _count(raw, "thoughtsTokenCount")
    plain = None if prompt is None else max(prompt - (cached or 0), 0) + (_count(raw, "toolUsePromptTokenCount") or 0)
    output = None if said is None and thought is None else (said or 0) + (thought or 0)
    return Usage(plain, output, cached, None, thought)


def _count(raw: JsonObject, name: str) -> int | None:
    return token_count(raw.get(name))
