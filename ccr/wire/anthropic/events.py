"""Events <-> the objects of an Anthropic stream, one for one: for those who look at an answer while it passes."""

from collections.abc import Iterable

from ccr.errors import UpstreamGarbled
from ccr.messages.blocks import Text, Thinking, ToolUse
from ccr.messages.events import (
    BlockStart,
    BlockStop,
    End,
    Event,
    Finish,
    JsonDelta,
    OpaqueDelta,
    Ping,
    SignatureDelta,
    Start,
    TextDelta,
    ThinkingDelta,
)
from ccr.messages.fold import streamed
from ccr.messages.json import Json, JsonObject
from ccr.wire.anthropic.blocks import decode, encode
from ccr.wire.anthropic.reply import MESSAGE, decode_usage, encode_usage
from ccr.wire.fields import Fields

# Of what ends an answer, these stand inside `delta`; all else stands beside it.
IN_DELTA = frozenset({"stop_details", "container"})
REASONS = frozenset({"stop_reason", "stop_sequence"})


def encode_event(event: Event, index: int) -> dict[str, Json]:
    """`index`: of the block that it belongs to."""
    match event:
        case Start(id, model, usage, extra):
            message = {"id": id, "type": "message", "role": "assistant", "model": model, "content": [], **extra}
            return {"type": "message_start", "message": {**message, "usage": encode_usage(usage)}}
        case BlockStart(block):
            return {"type": "content_block_start", "index": index, "content_block": encode(block)}
        case BlockStop():
            return {"type": "content_block_stop", "index": index}
        case Finish(reason, sequence, usage, extra):
            inside = {name: value for name, value in extra.items() if name in IN_DELTA}
            beside = {name: value for name, value in extra.items() if name not in IN_DELTA}
            delta: JsonObject = {"stop_reason": reason, "stop_sequence": sequence, **inside}
            return {"type": "message_delta", "delta": delta, "usage": encode_usage(usage), **beside}
        case End():
            return {"type": "message_stop"}
        case Ping():
            return {"type": "ping"}
        case TextDelta(text):
            delta = {"type": "text_delta", "text": text}
        case JsonDelta(json):
            delta = {"type": "input_json_delta", "partial_json": json}
        case ThinkingDelta(text):
            delta = {"type": "thinking_delta", "thinking": text}
        case SignatureDelta(signature):
            delta = {"type": "signature_delta", "signature": signature}
        case _:
            delta = event.raw
    return {"type": "content_block_delta", "index": index, "delta": delta}


def decode_event(raw: JsonObject) -> Iterable[Event]:
    """What comes whole in a block's start becomes the deltas that it stands for. `index` is not asked for: blocks come
    one after the other. Raises UpstreamGarbled."""
    fields = Fields(raw, "the event", UpstreamGarbled)
    match fields.string("type"):
        case "message_start":
            return (_start(fields.object("message")),)
        case "content_block_start":
            return _begun(fields.object("content_block"))
        case "content_block_delta":
            return (_delta(fields.object("delta")),)
        case "content_block_stop":
            return (BlockStop(),)
        case "message_delta":
            return (_finish(fields),)
        case "message_stop":
            return (End(),)
        case "ping":
            return (Ping(),)
        case unknown:
            raise UpstreamGarbled(f'the event.type: "{unknown}" is none of Anthropic\'s')


def _start(message: Fields) -> Event:
    usage = decode_usage(message.raw.get("usage"))
    return Start(message.string("id"), message.string("model"), usage, message.extra(MESSAGE))


def _begun(fields: Fields) -> Iterable[Event]:
    """Without an empty input: its JSON would stand before that of the deltas."""
    block = decode(fields)
    match block:
        case ToolUse() if block.input:
            return streamed(block)
        case Text() | Thinking() if block.text:
            return streamed(block)
        case _:
            return (BlockStart(block),)


def _delta(delta: Fields) -> Event:
    match delta.string("type"):
        case "text_delta":
            return TextDelta(delta.string("text"))
        case "input_json_delta":
            return JsonDelta(delta.string("partial_json"))
        case "thinking_delta":
            return ThinkingDelta(delta.string("thinking"))
        case "signature_delta":
            return SignatureDelta(delta.string("signature"))
        case _:
            return OpaqueDelta(delta.raw)


def _finish(fields: Fields) -> Event:
    delta = fields.object("delta")
    extra = {**delta.extra(REASONS), **fields.extra(("type", "delta", "usage"))}
    usage = decode_usage(fields.raw.get("usage"))
    return Finish(delta.string("stop_reason"), delta.maybe_string("stop_sequence"), usage, extra)
