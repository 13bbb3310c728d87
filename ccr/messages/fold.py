"""Events -> Reply, and Reply -> events."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import msgspec

from ccr.errors import UpstreamCut, UpstreamGarbled
from ccr.messages.blocks import Block, Opaque, Text, Thinking, ToolUse
from ccr.messages.events import (
    CUT_SHORT,
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
    tool_input,
)
from ccr.messages.json import JsonObject
from ccr.messages.reply import Reply


class Fold:
    """Gathers one answer. Takes events in the order that the grammar allows."""

    def __init__(self) -> None:
        self._start: Start | None = None
        self._finish: Finish | None = None
        self._content: list[Block] = []
        self._broken: list[Block] = []  # tools whose input is no JSON object
        self._block: Block = Text("")
        self._text: list[str] = []
        self._signature: list[str] = []
        self._deltas: list[JsonObject] = []

    def add(self, event: Event) -> None:
        match event:
            case Start():
                self._start = event
            case BlockStart(block):
                self._block = block
                self._text, self._signature, self._deltas = [], [], []
            case TextDelta(piece) | ThinkingDelta(piece) | JsonDelta(piece):
                self._text.append(piece)
            case SignatureDelta(piece):
                self._signature.append(piece)
            case OpaqueDelta(raw):
                self._deltas.append(raw)
            case BlockStop(broken):
                if not broken:
                    self._close()
            case Finish():
                self._finish = event
            case _:
                pass

    def reply(self) -> Reply:
        if self._start is None or self._finish is None:
            raise UpstreamCut("the answer ended before its end")
        # A call that the token limit cut in two is left out: Claude Code then asks the model to resume, three times at
        # most. Half a call would be answered with a tool error and asked for again, without limit; an invented
        # whole one would be run.
        if self._broken and self._finish.reason not in CUT_SHORT:
            raise UpstreamGarbled("a tool's input is not a JSON object")
        return Reply(
            self._start.id,
            self._start.model,
            tuple(self._content),
            self._finish.reason,
            self._finish.stop_sequence,
            self._start.usage.updated(self._finish.usage),
            {**self._start.extra, **self._finish.extra},
        )

    def _close(self) -> None:
        text = "".join(self._text)
        match self._block:
            case Text() as block:
                self._content.append(replace(block, text=block.text + text, extra=self._cited(block.extra)))
            case Thinking() as block:
                signature = block.signature + "".join(self._signature)
                self._content.append(replace(block, text=block.text + text, signature=signature))
            case ToolUse() | Opaque() as block if text.strip():
                self._close_tool(block, text)
            case Opaque(raw):
                self._content.append(Opaque(_patched(raw, self._deltas)))
            case block:
                self._content.append(block)

    def _close_tool(self, block: ToolUse | Opaque, text: str) -> None:
        input = tool_input(text)
        match block, input:
            case ToolUse(), dict():
                self._content.append(replace(block, input=input))
            case Opaque(raw), dict():
                self._content.append(Opaque({**raw, "input": input}))
            case _:
                self._broken.append(block)

    def _cited(self, extra: JsonObject) -> JsonObject:
        found = [delta["citation"] for delta in self._deltas if "citation" in delta]
        if not found:
            return extra
        first = extra.get("citations")
        return {**extra, "citations": [*first, *found] if isinstance(first, list) else found}


def fold(events: Iterable[Event]) -> Reply:
    gathered = Fold()
    for event in events:
        gathered.add(event)
    return gathered.reply()


def unfold(reply: Reply) -> Iterator[Event]:
    """A whole answer as the stream that it could have been."""
    yield Start(reply.id, reply.model, reply.usage)
    for block in reply.content:
        yield from streamed(block)
        yield BlockStop()
    yield Finish(reply.stop_reason, reply.stop_sequence, reply.usage, reply.extra)
    yield End()


def streamed(block: Block) -> Iterator[Event]:
    """Its events but for the last, BlockStop."""
    match block:
        case Text(text, extra):
            citations = extra.get("citations")
            if not isinstance(citations, list):
                citations = []
            yield BlockStart(Text("", {**extra, "citations": []} if citations else extra))
            if text:
                yield TextDelta(text)
            for citation in citations:
                yield OpaqueDelta({"type": "citations_delta", "citation": citation})
        case Thinking(text, signature, extra):
            yield BlockStart(Thinking("", "", extra))
            if text:
                yield ThinkingDelta(text)
            yield SignatureDelta(signature)
        case ToolUse(id, name, input, extra):
            yield BlockStart(ToolUse(id, name, extra=extra))
            yield JsonDelta(_written(input))
        case Opaque({"input": Mapping() as input, **raw}) if input:
            yield BlockStart(Opaque({**raw, "input": {}}))
            yield JsonDelta(_written(input))
        case _:
            yield BlockStart(block)


def _written(input: Mapping[str, object]) -> str:
    return msgspec.json.encode(input).decode()


def _patched(raw: Mapping[str, object], deltas: list[JsonObject]) -> Mapping[str, object]:
    """Deltas that bring whole fields, such as compaction_delta."""
    for delta in deltas:
        raw = {**raw, **{name: value for name, value in delta.items() if name != "type"}}
    return raw
