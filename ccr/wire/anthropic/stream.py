"""The events of a stream, put into the hub's order: one block open at a time, one Finish, one End.

Deltas of a block that is not the first one open wait until it is their turn.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import msgspec

from ccr.errors import UpstreamCut, UpstreamGarbled
from ccr.messages.blocks import Block, Opaque, Text, Thinking, ToolUse
from ccr.messages.events import (
    BlockStop,
    Delta,
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
from ccr.messages.json import Json, text_of
from ccr.messages.reply import Usage
from ccr.wire.anthropic.blocks import decode
from ccr.wire.anthropic.errors import said
from ccr.wire.anthropic.reply import MESSAGE, decode_usage, stop_reason
from ccr.wire.fields import Fields
from ccr.wire.toolids import ToolIds

MOST_HELD = 32 * 1024 * 1024  # characters that wait for their turn
KNOWN = MESSAGE | {"delta"}  # of a message_delta, wherever in it a lookalike puts them

Raw = dict[str, Json]


@dataclass(slots=True, eq=False)
class Open:
    """A block that has begun."""

    block: Block
    seed: str  # tool input that came with its start: counts when none follows
    held: list[Event] = field(default_factory=list)
    closed: bool = False


class Stream:
    def __init__(self, model: str, ids: ToolIds) -> None:
        self.started = False
        self.done = False
        self._model = model
        self._ids = ids
        self._open: dict[int, Open] = {}
        self._queue: deque[Open] = deque()  # the first one speaks, the others wait
        self._held = 0
        self._last = 0
        self._begun: list[Block] = []
        self._reason: str | None = None
        self._sequence: str | None = None
        self._usage = Usage()
        self._extra: Raw = {}

    @property
    def finished(self) -> bool:
        """It has said why it ends."""
        return self._reason is not None

    def read(self, kind: object, raw: Raw) -> Iterable[Event]:
        match kind:
            case "content_block_delta":
                return self._delta(raw)
            case "content_block_start":
                return [*self._begin({}), *self._block_start(raw)]
            case "content_block_stop":
                return self._block_stop(self._index(raw))
            case "message_start":
                return self._begin(_object(raw.get("message")))
            case "message_delta":
                return [*self._begin({}), *self._message_delta(raw)]
            case "message_stop":
                return self.end(marked=True)
            case "ping":
                return (Ping(),)
            case "error":
                raise said(raw)
            case _ if "error" in raw and not kind:
                raise said(raw)
            case _:  # "we may add new event types": https://platform.claude.com/docs/en/build-with-claude/streaming
                return ()

    def end(self, *, marked: bool) -> Iterable[Event]:
        """At an end mark, or where the bytes end."""
        if not self.started:
            raise UpstreamGarbled("a stream that ends before it begins")
        if self._reason is None and not marked:
            raise UpstreamCut("the answer ended before its end")
        self.done = True
        stops = [event for index in list(self._open) for event in self._block_stop(index)]
        reason = stop_reason(self._reason, self._begun)
        return [*stops, Finish(reason, self._sequence, self._usage, self._extra), End()]

    def _begin(self, message: Raw) -> Iterable[Event]:
        if self.started:
            return ()
        self.started = True
        extra = {name: value for name, value in message.items() if name not in MESSAGE}
        model = str(message.get("model") or self._model)
        return (Start(str(message.get("id") or ""), model, decode_usage(message.get("usage")), extra),)

    def _block_start(self, raw: Raw) -> Iterable[Event]:
        index = self._index(raw)
        content = _object(raw.get("content_block"))
        if content.get("type") == "tool_use":
            content = {**content, "id": content.get("id") or ""}
        block = decode(Fields(content, "content_block", UpstreamGarbled))
        if isinstance(block, ToolUse):
            block = replace(block, id=self._ids.fit(block.id))
        return [*self._block_stop(index), *self._enter(index, block)]

    def _enter(self, index: int, block: Block) -> Iterable[Event]:
        events = list(streamed(block))
        seed = events.pop() if isinstance(events[-1], JsonDelta) else None
        opened = Open(block, seed.json if isinstance(seed, JsonDelta) else "")
        self._open[index] = opened
        self._queue.append(opened)
        self._last = index
        self._begun.append(block)
        return self._put(opened, events)

    def _delta(self, raw: Raw) -> Iterable[Event]:
        index = self._index(raw)
        delta = _object(raw.get("delta"))
        if opened := self._open.get(index):
            if self._queue[0] is not opened:
                self._hold(raw)
            return self._put(opened, (_event(delta, opened),))
        match delta.get("type"):  # a block without its start
            case "text_delta":
                block: Block = Text("")
            case "thinking_delta" | "signature_delta":
                block = Thinking("")
            case kind:
                raise UpstreamGarbled(f"{kind} for block {index}, which has not begun")
        return [*self._begin({}), *self._enter(index, block), *self._delta(raw)]

    def _block_stop(self, index: int) -> Iterable[Event]:
        opened = self._open.pop(index, None)
        if opened is None:
            return ()
        opened.closed = True
        last = (JsonDelta(opened.seed), BlockStop()) if opened.seed else (BlockStop(),)
        return [*self._put(opened, last), *self._advance()]

    def _advance(self) -> Iterator[Event]:
        """Whoever has closed makes room for the next, which says at once what it had to hold back."""
        while self._queue and self._queue[0].closed:
            self._queue.popleft()
            if self._queue:
                yield from self._queue[0].held

    def _put(self, opened: Open, events: Iterable[Event]) -> Iterable[Event]:
        if self._queue[0] is opened:
            return events
        opened.held += events
        return ()

    def _hold(self, raw: Raw) -> None:
        """Counts over the whole answer: hardly any holds anything back."""
        self._held += len(msgspec.json.encode(raw))
        if self._held > MOST_HELD:
            raise UpstreamGarbled(f"more than {MOST_HELD} characters that wait for another block to end")

    def _message_delta(self, raw: Raw) -> Iterable[Event]:
        """Held back: usage may come in several, and after the stop reason."""
        delta = _object(raw.get("delta"))
        self._usage = self._usage.updated(decode_usage(raw.get("usage")))
        if isinstance(reason := delta.get("stop_reason"), str):
            self._reason = reason
            self._sequence = sequence if isinstance(sequence := delta.get("stop_sequence"), str) else None
        self._extra |= {name: value for name, value in (*delta.items(), *raw.items()) if name not in KNOWN}
        return (Ping(),)

    def _index(self, raw: Raw) -> int:
        index = raw.get("index")
        return index if isinstance(index, int) else self._last


def _event(delta: Raw, opened: Open) -> Delta:
    match delta.get("type"):
        case "text_delta" if not isinstance(opened.block, Opaque):
            return TextDelta(text_of(delta, "text"))
        case "input_json_delta":
            piece = text_of(delta, "partial_json")
            if piece:
                opened.seed = ""
            return JsonDelta(piece)
        case "thinking_delta" if not isinstance(opened.block, Opaque):
            return ThinkingDelta(text_of(delta, "thinking"))
        case "signature_delta" if not isinstance(opened.block, Opaque):
            return SignatureDelta(text_of(delta, "signature"))
        case _:
            return OpaqueDelta(delta)


def _object(value: Json) -> Raw:
    return value if isinstance(value, dict) else {}
