"""Token figures and reasons of an end, both ways. Here `prompt_tokens` holds what came from the cache as well."""

from collections.abc import Mapping

from ccr.messages.json import Json, JsonObject
from ccr.messages.reply import StopReason, Usage
from ccr.wire.fields import token_count

# The provider broke down and calls it an end.
FAILURES = frozenset({"error", "network_error", "insufficient_system_resource"})
FILTERED = frozenset({"content_filter", "sensitive"})
LENGTH = frozenset({"length", "max_tokens", "model_length"})

FINISHES: Mapping[StopReason, str] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


def usage(raw: object) -> Usage:
    """What a host reports. All zeros is not a report."""
    match raw:
        case dict():
            prompt, completion = count(raw, "prompt_tokens"), count(raw, "completion_tokens")
        case _:
            return Usage()
    if not prompt and not completion:
        return Usage()
    into, out = details(raw, "prompt_tokens_details"), details(raw, "completion_tokens_details")
    cached = first(count(into, "cached_tokens"), count(raw, "prompt_cache_hit_tokens"), count(raw, "cached_tokens"))
    written = count(into, "cache_write_tokens")
    reasoning = count(out, "reasoning_tokens")
    if completion is not None and reasoning and count(raw, "total_tokens") == (prompt or 0) + completion + reasoning:
        completion += reasoning  # xAI counts thoughts beside the completion, not in it
    plain = None if prompt is None else max(prompt - (cached or 0) - (written or 0), 0)
    return Usage(plain, completion, cached, written, reasoning)


def count(raw: JsonObject, name: str) -> int | None:
    return token_count(raw.get(name))


def details(raw: JsonObject, name: str) -> JsonObject:
    value = raw.get(name)
    return value if isinstance(value, dict) else {}


def first(*values: int | None) -> int | None:
    return next((value for value in values if value is not None), None)


def reported(used: Usage) -> JsonObject:
    """For a client of this wire. It wants numbers: what is not known is 0."""
    prompt, completion = used.prompt or 0, used.output or 0
    cached: dict[str, Json] = {"cached_tokens": used.cache_read or 0}
    if used.cache_write:
        cached["cache_write_tokens"] = used.cache_write
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": cached,
        "completion_tokens_details": {"reasoning_tokens": used.reasoning or 0},
    }
