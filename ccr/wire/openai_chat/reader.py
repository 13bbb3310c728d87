"""Bytes of an answer -> events, whether it is streamed or one JSON object, and whatever was asked for."""

from collections.abc import Iterator

from ccr.errors import UpstreamGarbled
from ccr.ids import Target
from ccr.messages.events import Event
from ccr.messages.json import JsonObject
from ccr.messages.request import Request
from ccr.wire.body import Body, opened
from ccr.wire.openai_chat.stream import Answer
from ccr.wire.openai_errors import refusal
from ccr.wire.sse import Frame


class ChatReader:
    def __init__(self, request: Request, target: Target) -> None:
        self._answer = Answer(request, target)
        self._body = Body()
        self._done = False

    def feed(self, data: bytes) -> Iterator[Event]:
        return self._read(self._body.feed(data))

    def close(self) -> Iterator[Event]:
        try:
            yield from self._read(self._body.close())
        except UpstreamGarbled:  # half a frame, which may be one after the answer's end
            if not self._answer.finish:
                raise
        if not self._done:
            self._check_end()
            yield from self._end()

    def _check_end(self) -> None:
        if self._body.form == "json" or self._answer.finish:
            return
        if self._body.framed or self._body.breaks_off:
            raise self._body.cut()
        raise self._body.strange()

    def _read(self, frames: Iterator[Frame]) -> Iterator[Event]:
        for event, data in frames:
            if self._done:
                return
            if data.startswith(b"[DONE]"):
                yield from self._end()
            elif event == "error":
                raise refusal(data)
            elif data.strip():
                yield from self._answer.add(chunk(data))

    def _end(self) -> Iterator[Event]:
        self._done = True
        if not self._answer.begun:
            raise self._body.strange("an answer without any choice")
        yield from self._answer.end()


def chunk(data: bytes) -> JsonObject:
    value = opened(data, "a chunk")
    if isinstance(value, list) and value:
        value = value[0]  # Google wraps its errors so
    if not isinstance(value, dict):
        raise UpstreamGarbled("a chunk that is not a JSON object")
    return value
