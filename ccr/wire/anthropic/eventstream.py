"""AWS's binary event stream (application/vnd.amazon.eventstream), as bedrock-runtime streams.

A message: total length, length of the headers, CRC of these two; headers; payload; CRC of all before. Big-endian.
https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html#streaming-event-stream
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from zlib import crc32

from ccr.errors import UpstreamGarbled

PRELUDE = 12
LEAST = PRELUDE + 4
MOST = 24 * 1024 * 1024  # the format's own limit: 16 MiB of payload, 128 KiB of headers

_TEXT = 7
# Lengths of values by type: two booleans without any, numbers, and at the end a time and a UUID.
_FIXED = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
_SIZED = {6, _TEXT}


@dataclass(frozen=True, slots=True)
class Message:
    headers: Mapping[str, str]  # those that are text
    payload: bytes


class EventStream:
    """Takes pieces of any size."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        self._held += data
        while len(self._held) >= PRELUDE:
            size = self._size()
            if len(self._held) < size:
                return
            message = bytes(self._held[:size])
            del self._held[:size]
            yield _opened(message)

    def _size(self) -> int:
        size, headers, checksum = struct.unpack_from(">III", self._held)
        if crc32(self._held[:8]) != checksum:
            raise UpstreamGarbled("an event stream whose prelude does not fit its checksum")
        if not LEAST + headers <= size <= MOST:
            raise UpstreamGarbled(f"an event stream with a message of {size} bytes")
        return int(size)


def _opened(message: bytes) -> Message:
    body, (checksum,) = message[:-4], struct.unpack(">I", message[-4:])
    if crc32(body) != checksum:
        raise UpstreamGarbled("an event stream with a message that does not fit its checksum")
    (length,) = struct.unpack_from(">I", body, 4)
    end = PRELUDE + length
    try:
        return Message(dict(_headers(body[PRELUDE:end])), body[end:])
    except (IndexError, struct.error, UnicodeDecodeError, KeyError):
        raise UpstreamGarbled("an event stream with headers that cannot be read") from None


def _headers(raw: bytes) -> Iterator[tuple[str, str]]:
    place = 0
    while place < len(raw):
        start, place = place + 1, place + 1 + raw[place]
        name, kind = raw[start:place].decode(), raw[place]
        place += 1
        if kind in _SIZED:
            (size,) = struct.unpack_from(">H", raw, place)
            place += 2
        else:
            size = _FIXED[kind]
        if kind == _TEXT:
            yield name, raw[place : place + size].decode()
        place += size
