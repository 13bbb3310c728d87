"""Bytes of an answer -> events, whether it is streamed or one JSON object, and whatever was asked for."""

from collections.abc import Iterator

from ccr.errors import UpstreamCut, UpstreamGarbled
from ccr.ids import Target
from ccr.messages.events import Event
from ccr.messages.json import JsonObject, read
from ccr.messages.request import Request
from ccr.wire.openai_responses.errors import plain, refusal
from ccr.wire.openai_responses.stops import Stops
from ccr.wire.openai_responses.stream import Answer
from ccr.wire.sse import MAX_FRAME, Frame, Frames

_BOM = b"\xef\xbb\xbf"
_FIELDS = (b":", b"data", b"event", b"id", b"retry")
_EXCERPT = 200


class ResponsesReader:
    def __init__(self, request: Request, target: Target) -> None:
        self._answer = Answer(request, target)
        self._stops = Stops(request.stop)
        self._frames = Frames()
        self._head = b""  # the beginning, for what is said about an answer that is none
        self._form: str | None = None  # "json", "stream" or "other" once it shows
        self._whole: list[bytes] = []
        self._size = 0
        self._framed = False
        self._done = False

    def feed(self, data: bytes) -> Iterator[Event]:
        if self._done:
            return
        if self._form is None:
            data = self._head = self._head + data
            self._form = form(data)
        elif len(self._head) < _EXCERPT:
            self._head += data[:_EXCERPT]
        match self._form:
            case "stream":
                yield from self._read(self._frames.feed(data))
            case "json" | "other":
                self._size += len(data)
                if self._size > MAX_FRAME:
                    raise UpstreamGarbled(f"an answer of more than {MAX_FRAME} bytes")
                self._whole.append(data)
            case _:
                pass

    def close(self) -> Iterator[Event]:
        match self._form:
            case "stream":
                yield from self._read(self._frames.close())
            case "json":
                yield from self._add(opened(b"".join(self._whole)))
            case _:
                pass
        if not self._done:
            raise self._cut()

    def _read(self, frames: Iterator[Frame]) -> Iterator[Event]:
        for name, data in frames:
            if self._done:
                return
            self._framed = True
            if name == "error":
                raise refusal(data)
            if not data.strip() or data.startswith(b"[DONE]"):  # not of this wire, but some gateways send it
                continue
            yield from self._add(opened(data), name)
            if self._stops.fired is not None and not self._done:
                self._done = True
                yield from self._stops.end()

    def _add(self, event: JsonObject, name: str = "") -> Iterator[Event]:
        for each in self._answer.add(event, name):
            yield from self._stops.take(each)
        self._done = self._answer.ended

    def _cut(self) -> UpstreamCut | UpstreamGarbled:
        """Only a last event makes an end; a connection that closes does not."""
        if self._answer.begun:
            return UpstreamCut("the answer ended before its end")
        if not self._head.strip() or (self._form == "stream" and self._head.lstrip().startswith(_FIELDS)):
            return UpstreamCut("the answer ended before its end" if self._framed else "an empty answer")
        wrong = "an answer without any output" if self._form == "json" else "neither a stream nor JSON"
        return UpstreamGarbled(f"{wrong}: {self._excerpt()}")

    def _excerpt(self) -> str:
        return plain(self._head.decode(errors="replace"))[:_EXCERPT]


def form(data: bytes) -> str | None:
    """None while it does not show."""
    head = data.removeprefix(_BOM).lstrip()
    if not head or _BOM.startswith(head):
        return None
    if head.startswith((b"{", b"[")):
        return "json"
    return "other" if head.startswith(b"<") else "stream"


def opened(data: bytes) -> JsonObject:
    try:
        value = read(data.removeprefix(_BOM))
    except ValueError:
        excerpt = plain(data[:_EXCERPT].decode(errors="replace"))
        raise UpstreamGarbled(f"an event that is not JSON: {excerpt}") from None
    if isinstance(value, list) and value:
        value = value[0]  # gateways wrap errors so
    if not isinstance(value, dict):
        raise UpstreamGarbled("an event that is not a JSON object")
    return value
