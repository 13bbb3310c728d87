"""Events -> an Anthropic stream, to the byte as Anthropic writes it.

Clients are strict here: the SDKs skip frames without an `event:` line, Claude Code ignores tool input that stands in
content_block_start, and takes a signature only from a signature_delta.
"""

from dataclasses import replace

import msgspec

from ccr.errors import RequestProblem
from ccr.messages.blocks import Block, Text, Thinking, ToolUse
from ccr.messages.events import (
    BlockStart,
    BlockStop,
    End,
    Event,
    Finish,
    JsonDelta,
    OpaqueDelta,
    SignatureDelta,
    Start,
    TextDelta,
    ThinkingDelta,
)
from ccr.messages.json import JsonObject
from ccr.messages.reply import Usage
from ccr.wire.anthropic.blocks import encode
from ccr.wire.anthropic.errors import envelope
from ccr.wire.anthropic.reply import encode_usage, message_id, whole_usage
from ccr.wire.sse import frame

PING = b'event: ping\ndata: {"type":"ping"}\n\n'
STOP = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
DELTA = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":%s}\n\n'
# A message_delta that tells nothing. The SDKs want every field of it.
WAITING = (
    b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":null,"stop_sequence":null},'
    b'"usage":{"output_tokens":0}}\n\n'
)
BLOCK_STOP = b'event: content_block_stop\ndata: {"type":"content_block_stop","index":%d}\n\n'

# Of what ends an answer, these stand inside `delta`; all else stands beside it.
IN_DELTA = frozenset({"stop_details", "container"})

_json = msgspec.json.encode


class StreamWriter:
    def __init__(self) -> None:
        self._going = False  # it has begun, and no stop_reason is said
        self._index = -1
        self._open: Block | None = None
        self._signature = ""
        self._usage = Usage()

    def open(self, start: Start) -> bytes:
        return self.write(start)

    def write(self, event: Event) -> bytes:
        match event:
            case TextDelta(text):
                return self._delta(b'{"type":"text_delta","text":%s}', text)
            case JsonDelta(json):
                return self._delta(b'{"type":"input_json_delta","partial_json":%s}', json)
            case ThinkingDelta(text):
                return self._delta(b'{"type":"thinking_delta","thinking":%s}', text)
            case SignatureDelta(signature):
                self._signature += signature  # a block has one signature_delta, right before its end
                return b""
            case OpaqueDelta(raw):
                return DELTA % (self._index, _json(raw))
            case BlockStart(block):
                return self._block_start(block)
            case BlockStop(broken=True):
                # Claude Code runs a call at its content_block_stop, whatever its input; one that never stops it drops.
                self._open = None
                return b""
            case BlockStop():
                return self._block_stop()
            case Start():
                return self._start(event)
            case Finish():
                return self._finish(event)
            case End():
                return STOP
            case _:
                return PING

    def fail(self, error: RequestProblem, request_id: str) -> bytes:
        return frame(envelope(error, request_id), "error")

    def ping(self) -> bytes:
        """A sign of life. Claude Code 2.1.197 gives up after 300 s of pings alone; an empty delta keeps it waiting. For
        each message_delta it counts the prompt once more, so that one comes only where no other delta can stand."""
        match self._open:
            case Text():
                return PING + self.write(TextDelta(""))
            case Thinking():
                return PING + self.write(ThinkingDelta(""))
            case ToolUse():
                return PING + self.write(JsonDelta(""))
            case None if self._going:
                return PING + WAITING
            case _:
                return PING

    def _delta(self, form: bytes, text: str) -> bytes:
        return DELTA % (self._index, form % _json(text))

    def _start(self, start: Start) -> bytes:
        self._usage = start.usage
        if self._going:
            return b""
        self._going = True
        message = {
            "id": message_id(start.id),
            "type": "message",
            "role": "assistant",
            "model": start.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": whole_usage(start.usage),
            **start.extra,
        }
        return _frame({"type": "message_start", "message": message})

    def _block_start(self, block: Block) -> bytes:
        self._index += 1
        self._open, self._signature = block, ""
        return _frame({"type": "content_block_start", "index": self._index, "content_block": encode(block)})

    def _block_stop(self) -> bytes:
        signed = b""
        if isinstance(self._open, Thinking):
            signed = self._delta(b'{"type":"signature_delta","signature":%s}', self._signature)
        self._open = None
        return signed + BLOCK_STOP % self._index

    def _finish(self, finish: Finish) -> bytes:
        self._going = False
        usage = {"output_tokens": 0, **encode_usage(_final(self._usage, finish.usage))}
        inside = {name: value for name, value in finish.extra.items() if name in IN_DELTA}
        beside = {name: value for name, value in finish.extra.items() if name not in IN_DELTA}
        delta = {"stop_reason": finish.reason, "stop_sequence": finish.stop_sequence, **inside}
        return _frame({"type": "message_delta", "delta": delta, "usage": usage, **beside})


def _final(start: Usage, end: Usage) -> Usage:
    """Where a figure is zero, Claude Code goes on with that of message_start, which may have been a guess: of a prompt
    that came out of a cache as a whole, one token counts as new."""
    used = start.updated(end)
    if end.input == 0 and end.cache_read:
        return replace(used, input=1, cache_read=end.cache_read - 1)
    return used


def _frame(event: JsonObject) -> bytes:
    return frame(_json(event), str(event["type"]))
