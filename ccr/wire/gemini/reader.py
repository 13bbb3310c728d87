"""Bytes of an answer -> events: a stream of events, one JSON array (a stream without alt=sse), or one object."""

from collections.abc import Iterator

from ccr.errors import UpstreamGarbled
from ccr.ids import Target
from ccr.messages.events import Event
from ccr.messages.json import JsonObject
from ccr.messages.request import Request
from ccr.wire.body import Body, opened
from ccr.wire.gemini.errors import said
from ccr.wire.gemini.stream import Answer
from ccr.wire.sse import Frame

_WHAT = "a response"


class GeminiReader:
    def __init__(self, request: Request, target: Target) -> None:
        self._answer = Answer(request, target)
        self._body = Body()

    def feed(self, data: bytes) -> Iterator[Event]:
        return self._read(self._body.feed(data))

    def close(self) -> Iterator[Event]:
        try:
            yield from self._read(self._body.close())
        except UpstreamGarbled:  # half a frame, which may be one after the answer's end
            if not self._answer.finish:
                raise
        self._check_end()
        yield from self._answer.end()

    def _read(self, frames: Iterator[Frame]) -> Iterator[Event]:
        for event, data in frames:
            if event == "error":
                raise said(opened(data, _WHAT))
            if data.strip() and not data.startswith(b"[DONE]"):  # which proxies add
                for response in responses(data):
                    yield from self._answer.add(response)

    def _check_end(self) -> None:
        """An answer is whole if it says why it ended."""
        body, answer = self._body, self._answer
        if answer.finish or (body.form == "json" and answer.begun):
            return
        if answer.begun or (body.breaks_off and not body.framed):
            raise body.cut()
        raise body.strange("an answer without candidates") if body.form == "json" or body.framed else body.strange()


def responses(data: bytes) -> list[JsonObject]:
    value = opened(data, _WHAT)
    found = value if isinstance(value, list) else [value]
    whole: list[JsonObject] = [each for each in found if isinstance(each, dict)]
    if len(whole) < len(found):
        raise UpstreamGarbled(f"{_WHAT} that is not a JSON object")
    return whole
