"""Token figures and reasons of an end. Here `input_tokens` holds what came from the cache as well."""

from ccr.messages.json import JsonObject
from ccr.messages.reply import Usage
from ccr.wire.fields import token_count


def usage(raw: object) -> Usage:
    """What a host reports. All zeros is not a report."""
    if not isinstance(raw, dict):
        return Usage()
    prompt, output = token_count(raw.get("input_tokens")), token_count(raw.get("output_tokens"))
    if not prompt and not output:
        return Usage()
    into, out = _details(raw, "input_tokens_details"), _details(raw, "output_tokens_details")
    cached, written = token_count(into.get("cached_tokens")), token_count(into.get("cache_write_tokens"))
    plain = None if prompt is None else max(prompt - (cached or 0) - (written or 0), 0)
    return Usage(plain, output, cached, written, token_count(out.get("reasoning_tokens")))


def _details(raw: JsonObject, name: str) -> JsonObject:
    value = raw.get(name)
    return value if isinstance(value, dict) else {}
