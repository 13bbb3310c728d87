"""Events -> Reply, and Reply -> events."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ccr.errors import UpstreamCut, UpstreamGarbled
from ccr.messages.blocks import Block, Text, Thinking, ToolUse
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
from ccr.messages.json import JsonObject
from ccr.messages.reply import Reply


class Fold:
    """Gathers one answer. Takes events in the order that the grammar allows."""

    def __init__(self) -> None:
        self._start: Start | None = None
        self._finish: Finish | None = None
        self._content: list[Block] = []
        self._text: list[str] = []
        self._signature: list[str] = []
        self._citations: list[JsonObject] = []

    def add(self, event: Event) -> None:
        match event:
            case Start():
                self._start = event
            case BlockStart(block):
                self._content.append(block)
                self._text, self._signature, self._citations = [], [], []
            case TextDelta(piece) | ThinkingDelta(piece) | JsonDelta(piece):
                self._text.append(piece)
            case SignatureDelta(piece):
                self._signature.append(piece)
            case OpaqueDelta(raw):
                if raw.get("type") == "citations_delta" and isinstance(citation := raw.get("citation"), dict):
                    self._citations.append(citation)
            case BlockStop():
                self._content[-1] = self._closed(self._content[-1])
            case Finish():
                self._finish = event
            case End() | Ping():
                pass

    def reply(self) -> Reply:
        if self._start is None or self._finish is None:
            raise UpstreamCut("the answer ended before its end")
        return Reply(
            self._start.id,
            self._start.model,
            tuple(self._content),
            self._finish.reason,
            self._finish.stop_sequence,
            self._start.usage.updated(self._finish.usage),
            {**self._start.extra, **self._finish.extra},
        )

    def _closed(self, block: Block) -> Block:
        text = "".join(self._text)
        match block:
            case Text():
                extra = {**block.extra, "citations": self._citations} if self._citations else block.extra
                return replace(block, text=block.text + text, extra=extra)
            case Thinking():
                return replace(block, text=block.text + text, signature=block.signature + "".join(self._signature))
            case ToolUse():
                return replace(block, input=_object(text)) if text.strip() else block
            case _:
                return replace(block, raw={**block.raw, "input": _object(text)}) if text.strip() else block


def fold(events: Iterable[Event]) -> Reply:
    gathered = Fold()
    for event in events:
        gathered.add(event)
    return gathered.reply()


def unfold(reply: Reply) -> Iterator[Event]:
    """A whole answer as the stream that it could have been."""
    yield Start(reply.id, reply.model, reply.usage)
    for block in reply.content:
        match block:
            case Text(text, extra):
                yield BlockStart(Text("", extra))
                if text:
                    yield TextDelta(text)
            case Thinking(text, signature, extra):
                yield BlockStart(Thinking("", "", extra))
                if text:
                    yield ThinkingDelta(text)
                yield SignatureDelta(signature)
            case ToolUse(id, name, input, extra):
                yield BlockStart(ToolUse(id, name, extra=extra))
                yield JsonDelta(json.dumps(input, ensure_ascii=False, separators=(",", ":")))
            case _:
                yield BlockStart(block)
        yield BlockStop()
    yield Finish(reply.stop_reason, reply.stop_sequence, reply.usage, reply.extra)
    yield End()


def _object(text: str) -> JsonObject:
    try:
        value = json.loads(text)
    except ValueError:
        raise UpstreamGarbled("a tool's input is not JSON") from None
    if not isinstance(value, dict):
        raise UpstreamGarbled("a tool's input is not a JSON object")
    return value
