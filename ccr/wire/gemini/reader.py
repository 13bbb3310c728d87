"""Bytes of an answer -> events: a stream of events, one JSON array (a stream without alt=sse), or one object."""

from collections.abc import Iterator

from ccr.errors import UpstreamCut, UpstreamGarbled
from ccr.ids import Target
from ccr.messages.events import Event
from ccr.messages.json import JsonObject, read
from ccr.messages.request import Request
from ccr.wire.gemini.errors import plain, said
from ccr.wire.gemini.stream import Answer
from ccr.wire.sse import MAX_FRAME, Frame, Frames

_BOM = b"\xef\xbb\xbf"
_FIELDS = (b":", b"data", b"event", b"id", b"retry")
_EXCERPT = 200


class GeminiReader:
    def __init__(self, request: Request, target: Target) -> None:
        self._answer = Answer(request, target)
        self._frames = Frames()
        self._head = b""  # the beginning, for what is said about an answer that is none
        self._form: str | None = None  # "json", "stream" or "other" once it shows
        self._whole: list[bytes] = []
        self._size = 0
        self._framed = False

    def feed(self, data: bytes) -> Iterator[Event]:
        if self._form is None:
            data = self._head = self._head + data
            self._form = form(data)
        elif len(self._head) < _EXCERPT:
            self._head += data[:_EXCERPT]
        if self._form == "stream":
            yield from self._read(self._frames.feed(data))
        elif self._form:
            self._size += len(data)
            if self._size > MAX_FRAME:
                raise UpstreamGarbled(f"an answer of more than {MAX_FRAME} bytes")
            self._whole.append(data)

    def close(self) -> Iterator[Event]:
        if self._form == "stream":
            yield from self._read(self._frames.close())
        elif self._form == "json":
            for response in responses(b"".join(self._whole)):
                yield from self._answer.add(response)
        self._check_end()
        yield from self._answer.end()

    def _read(self, frames: Iterator[Frame]) -> Iterator[Event]:
        for event, data in frames:
            self._framed = True
            if event == "error":
                raise said(_value(data))
            if data.strip() and not data.startswith(b"[DONE]"):  # which proxies add
                for response in responses(data):
                    yield from self._answer.add(response)

    def _check_end(self) -> None:
        """An answer is whole if it says why it ended."""
        if self._answer.finish or (self._form == "json" and self._answer.begun):
            return
        if self._answer.begun:
            raise UpstreamCut("the answer ended before its end")
        head = self._head.lstrip()
        if not head or (not self._framed and head.startswith(_FIELDS)):
            raise UpstreamCut("an empty answer")
        what = (
            "neither a stream nor JSON" if self._form != "json" and not self._framed else "an answer without candidates"
        )
        raise UpstreamGarbled(f"{what}: {plain(self._head.decode(errors='replace'))[:_EXCERPT]}")


def form(data: bytes) -> str | None:
    """None while it does not show."""
    head = data.removeprefix(_BOM).lstrip()
    if not head or _BOM.startswith(head):
        return None
    if head.startswith((b"{", b"[")):
        return "json"
    return "other" if head.startswith(b"<") else "stream"


def responses(data: bytes) -> list[JsonObject]:
    value = _value(data)
    found = value if isinstance(value, list) else [value]
    whole: list[JsonObject] = [each for each in found if isinstance(each, dict)]
    if len(whole) < len(found):
        raise UpstreamGarbled("a response that is not a JSON object")
    return whole


def _value(data: bytes) -> object:
    try:
        return read(data.removeprefix(_BOM))
    except ValueError:
        excerpt = plain(data[:_EXCERPT].decode(errors="replace"))
        raise UpstreamGarbled(f"a response that is not JSON: {excerpt}") from None
