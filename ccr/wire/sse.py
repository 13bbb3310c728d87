"""Server-sent events: bytes in, frames out, and frames to bytes.

Line ends may be LF, CRLF or CR, and a chunk may end anywhere, also between CR and LF or inside a character: a frame is
decoded only once it is whole. Comments are skipped; a space after the colon is optional; a last frame without its
blank line counts.
"""

from collections.abc import Iterator
from typing import NamedTuple

from ccr.errors import UpstreamGarbled

# A frame holds at most a whole web page or image in one delta; beyond this something else than a stream arrives.
MAX_FRAME = 64 * 1024 * 1024
# By which a frame is known to be whole. An LF that follows `\n\r` in the next chunk is one blank line more.
FRAME_ENDS = (b"\n\n", b"\r\r", b"\n\r\n", b"\n\r")


class Frame(NamedTuple):
    event: str  # "" where the stream does not name it
    data: bytes


class Frames:
    def __init__(self) -> None:
        self._pieces: list[bytes] = []  # of the frame that has begun; joined when it is whole
        self._size = 0
        self._after_cr = False
        self._begun = False

    def feed(self, data: bytes) -> Iterator[Frame]:
        if self._after_cr and data.startswith(b"\n"):
            data = data[1:]
            self._after_cr = False
        if not data:
            return
        self._after_cr = data.endswith(b"\r")
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if b"\n\n" in data or (data.startswith(b"\n") and self._pieces and self._pieces[-1].endswith(b"\n")):
            *whole, data = b"".join((*self._pieces, data)).split(b"\n\n")
            self._pieces, self._size = [], 0
            for text in whole:
                yield from self._frame(text)
        if data:
            self._pieces.append(data)
            self._size += len(data)
        if self._size > MAX_FRAME:
            raise UpstreamGarbled(f"a stream frame of more than {MAX_FRAME} bytes")

    def close(self) -> Iterator[Frame]:
        rest, self._pieces = b"".join(self._pieces), []
        yield from self._frame(rest)

    def _frame(self, text: bytes) -> Iterator[Frame]:
        if not self._begun and text:
            self._begun = True
            text = text.removeprefix(b"\xef\xbb\xbf")
        event, data = "", []
        for line in text.split(b"\n"):
            name, _, value = line.partition(b":")
            if name == b"data":
                data.append(value.removeprefix(b" "))
            elif name == b"event":
                event = value.removeprefix(b" ").decode(errors="replace")
        if data:
            yield Frame(event, b"\n".join(data))


def frame(data: bytes, event: str = "") -> bytes:
    """`data` must hold no line end; JSON as we write it does not."""
    if event:
        return b"event: %s\ndata: %s\n\n" % (event.encode(), data)
    return b"data: %s\n\n" % data
