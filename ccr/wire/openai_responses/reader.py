"""Bytes of an answer -> events, whether it is streamed or one JSON object, and whatever was asked for."""

from collections.abc import Iterator

from ccr.errors import UpstreamCut, UpstreamGarbled
from ccr.ids import Target
from ccr.messages.events import Event
from ccr.messages.json import JsonObject
from ccr.messages.request import Request
from ccr.wire.body import Body, opened
from ccr.wire.openai_responses.errors import refusal
from ccr.wire.openai_responses.stops import Stops
from ccr.wire.openai_responses.stream import Answer
from ccr.wire.sse import Frame


class ResponsesReader:
    def __init__(self, request: Request, target: Target) -> None:
        self._answer = Answer(request, target)
        self._stops = Stops(request.stop)
        self._body = Body()
        self._done = False

    def feed(self, data: bytes) -> Iterator[Event]:
        return self._read(self._body.feed(data))

    def close(self) -> Iterator[Event]:
        yield from self._read(self._body.close())
        if not self._done:
            raise self._cut()

    def _read(self, frames: Iterator[Frame]) -> Iterator[Event]:
        for name, data in frames:
            if self._done:
                return
            if name == "error":
                raise refusal(data)
            if not data.strip() or data.startswith(b"[DONE]"):  # not of this wire, but some gateways send it
                continue
            yield from self._add(event_of(data), name)
            if self._stops.fired is not None and not self._done:
                self._done = True
                yield from self._stops.end()

    def _add(self, event: JsonObject, name: str) -> Iterator[Event]:
        for each in self._answer.add(event, name):
            yield from self._stops.take(each)
        self._done = self._answer.ended

    def _cut(self) -> UpstreamCut | UpstreamGarbled:
        """Only a last event makes an end; a connection that closes does not."""
        if self._answer.begun or self._body.breaks_off:
            return self._body.cut()
        return self._body.strange("an answer without any output") if self._body.form == "json" else self._body.strange()


def event_of(data: bytes) -> JsonObject:
    value = opened(data, "an event")
    if isinstance(value, list) and value:
        value = value[0]  # gateways wrap errors so
    if not isinstance(value, dict):
        raise UpstreamGarbled("an event that is not a JSON object")
    return value
