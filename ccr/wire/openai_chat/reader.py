"""Bytes of an answer -> events, whether it is streamed or one JSON object, and whatever was asked for."""

from collections.abc import Iterator

from ccr.errors import UpstreamCut, UpstreamGarbled
from ccr.ids import Target
from ccr.messages.events import Event
from ccr.messages.json import JsonObject, read
from ccr.messages.request import Request
from ccr.wire.openai_chat.stream import Answer
from ccr.wire.openai_errors import plain, refusal
from ccr.wire.sse import MAX_FRAME, Frame, Frames

_BOM = b"\xef\xbb\xbf"
_FIELDS = (b":", b"data", b"event", b"id", b"retry")
_EXCERPT = 200


class ChatReader:
    def __init__(self, request: Request, target: Target) -> None:
        self._answer = Answer(request, target)
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
                yield from self._answer.add(chunk(b"".join(self._whole)))
            case _:
                pass
        if not self._done:
            self._check_end()
            yield from self._end()

    def _check_end(self) -> None:
        if self._form == "json" or self._answer.finish:
            return
        if self._framed or not self._head.strip() or self._head.lstrip().startswith(_FIELDS):
            raise UpstreamCut("the answer ended before its end" if self._framed else "an empty answer")
        raise UpstreamGarbled(f"neither a stream nor JSON: {self._excerpt()}")

    def _read(self, frames: Iterator[Frame]) -> Iterator[Event]:
        for event, data in frames:
            if self._done:
                return
            self._framed = True
            if data.startswith(b"[DONE]"):
                yield from self._end()
            elif event == "error":
                raise refusal(data)
            elif data.strip():
                yield from self._answer.add(chunk(data))

    def _end(self) -> Iterator[Event]:
        self._done = True
        if not self._answer.begun:
            raise UpstreamGarbled(f"an answer without any choice: {self._excerpt()}")
        yield from self._answer.end()

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


def chunk(data: bytes) -> JsonObject:
    try:
        value = read(data.removeprefix(_BOM))
    except ValueError:
        excerpt = plain(data[:_EXCERPT].decode(errors="replace"))
        raise UpstreamGarbled(f"a chunk that is not JSON: {excerpt}") from None
    if isinstance(value, list) and value:
        value = value[0]  # Google wraps its errors so
    if not isinstance(value, dict):
        raise UpstreamGarbled("a chunk that is not a JSON object")
    return value
