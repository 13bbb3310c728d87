"""Whole answers <-> JSON, and what both ends of a stream share with them: usage, stop reasons, message ids."""

import re
from collections.abc import Iterable, Mapping

import msgspec

from ccr.errors import UpstreamGarbled
from ccr.messages.blocks import Block, ToolUse
from ccr.messages.json import NOTHING, Json, JsonObject
from ccr.messages.reply import Reply, StopReason, Usage
from ccr.wire.anthropic.blocks import decode_content, encode
from ccr.wire.fields import Fields, token_count

FIGURES = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
# What a message has anyway; everything else in one travels in `extra`.
MESSAGE = frozenset({"id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage"})

_FOREIGN = re.compile(r"[^a-zA-Z0-9_-]")


def decode_reply(raw: JsonObject, model: str) -> Reply:
    """`model` is the name for an answer that gives none."""
    fields = Fields(raw, fault=UpstreamGarbled)
    content = decode_content(fields, "content")
    sequence = fields.raw.get("stop_sequence")
    return Reply(
        str(raw.get("id") or ""),
        str(raw.get("model") or model),
        content,
        stop_reason(raw.get("stop_reason"), content),
        sequence if isinstance(sequence, str) else None,
        decode_usage(raw.get("usage")),
        fields.extra(MESSAGE),
    )


def encode_reply(reply: Reply) -> bytes:
    return msgspec.json.encode(
        {
            "id": message_id(reply.id),
            "type": "message",
            "role": "assistant",
            "model": reply.model,
            "content": [encode(block) for block in reply.content],
            "stop_reason": reply.stop_reason,
            "stop_sequence": reply.stop_sequence,
            "usage": whole_usage(reply.usage),
            **reply.extra,
        }
    )


def stop_reason(said: object, content: Iterable[Block]) -> StopReason:
    """Lookalikes end a tool call with end_turn, or say tool_use without a call: clients act on either."""
    calls = any(isinstance(block, ToolUse) for block in content)
    match said:
        case None | "" | "end_turn" | "tool_use":
            return "tool_use" if calls else "end_turn"
        case _:
            return str(said)


def message_id(id: str) -> str:
    return id if id.startswith("msg_") else f"msg_{_FOREIGN.sub('_', id) or '0'}"


def decode_usage(raw: object) -> Usage:
    """Whatever of it can be read; lookalikes leave fields out, or send null."""
    if not isinstance(raw, Mapping):
        return Usage()
    input, output, cache_read, cache_write = (token_count(raw.get(name)) for name in FIGURES)
    extra: dict[str, Json] = {name: value for name, value in raw.items() if name not in FIGURES and value is not None}
    details = extra.get("output_tokens_details")
    reasoning = token_count(details.get("thinking_tokens")) if isinstance(details, Mapping) else None
    return Usage(input, output, cache_read, cache_write, reasoning, extra or NOTHING)


def encode_usage(usage: Usage) -> dict[str, Json]:
    """What is known."""
    values = (usage.input, usage.output, usage.cache_read, usage.cache_write)
    known: dict[str, Json] = {name: value for name, value in zip(FIGURES, values, strict=True) if value is not None}
    if usage.reasoning is not None:
        known["output_tokens_details"] = {"thinking_tokens": usage.reasoning}
    return {**known, **usage.extra}


def whole_usage(usage: Usage) -> dict[str, Json]:
    """What is known, and zero for the rest: clients add these up."""
    return {**dict.fromkeys(FIGURES, 0), **encode_usage(usage)}
