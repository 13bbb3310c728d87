"""An answer's bytes: a stream of frames, or one JSON text, whatever was asked for. Its first bytes show which."""

from collections.abc import Iterator
from typing import Literal

from ccr.errors import UpstreamCut, UpstreamGarbled
from ccr.messages.json import read
from ccr.wire.sse import MAX_FRAME, Frame, Frames
from ccr.wire.wording import plain

EXCERPT = 200
_BOM = b"\xef\xbb\xbf"
_FIELDS = (b":", b"data", b"event", b"id", b"retry")

Form = Literal["stream", "json", "other"]


class Body:
    """Gives out frames as they are whole; a JSON text is one frame without a name, at the end."""

    def __init__(self) -> None:
        self.form: Form | None = None  # once it shows
        self.framed = False
        self._head = b""  # the beginning, for what is said about an answer that is none
        self._frames = Frames()
        self._whole: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> Iterator[Frame]:
        if self.form is None:
            data = self._head = self._head + data
            self.form = form(data)
        elif len(self._head) < EXCERPT:
            self._head += data[:EXCERPT]
        if self.form == "stream":
            yield from self._seen(self._frames.feed(data))
        elif self.form:
            self._size += len(data)
            if self._size > MAX_FRAME:
                raise UpstreamGarbled(f"an answer of more than {MAX_FRAME} bytes")
            self._whole.append(data)

    def close(self) -> Iterator[Frame]:
        if self.form == "stream":
            yield from self._seen(self._frames.close())
        elif self.form == "json":
            yield Frame("", b"".join(self._whole))

    def _seen(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        for frame in frames:
            self.framed = True
            yield frame

    @property
    def breaks_off(self) -> bool:
        """It could have become a stream, or anything: it is empty, or holds the beginning of a frame."""
        head = self._head.lstrip()
        return not head or (self.form == "stream" and head.startswith(_FIELDS))

    def cut(self) -> UpstreamCut:
        return UpstreamCut("the answer ended before its end" if self.framed else "an empty answer")

    def strange(self, what: str = "neither a stream nor JSON") -> UpstreamGarbled:
        return UpstreamGarbled(f"{what}: {plain(self._head.decode(errors='replace'))[:EXCERPT]}")


def form(data: bytes) -> Form | None:
    """None while it does not show."""
    head = data.removeprefix(_BOM).lstrip()
    if not head or _BOM.startswith(head):
        return None
    if head.startswith((b"{", b"[")):
        return "json"
    return "other" if head.startswith(b"<") else "stream"


def opened(data: bytes, what: str) -> object:
    """The JSON of a frame; `what` it should be, for the complaint."""
    try:
        return read(data.removeprefix(_BOM))
    except ValueError:
        excerpt = plain(data[:EXCERPT].decode(errors="replace"))
        raise UpstreamGarbled(f"{what} that is not JSON: {excerpt}") from None
