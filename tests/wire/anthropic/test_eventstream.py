import contextlib
import struct
from collections.abc import Mapping
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr.errors import UpstreamGarbled
from ccr.wire.anthropic.eventstream import MOST, EventStream, Message
from tests.support.clouds import message


def read(*pieces: bytes) -> list[Message]:
    stream = EventStream()
    return [each for piece in pieces for each in stream.feed(piece)]


HEADERS: Mapping[str, str] = {":message-type": "event", ":event-type": "chunk"}
TWO = message(HEADERS, b"one") + message(HEADERS, b"")


@pytest.mark.parametrize("size", [1, 7, len(TWO)])
def test_messages_come_whole_however_the_bytes_are_cut(size: int) -> None:
    pieces = [TWO[place : place + size] for place in range(0, len(TWO), size)]
    assert read(*pieces) == [Message(HEADERS, b"one"), Message(HEADERS, b"")]


def test_headers_that_are_no_text_are_passed_over() -> None:
    raw = b"".join(
        [
            b"\x01a\x00", b"\x01b\x01", b"\x01c\x02\x07", b"\x01d\x03\x00\x07", b"\x01e\x04\x00\x00\x00\x07",
            b"\x01f\x05" + bytes(8), b"\x01g\x06\x00\x02xy", b"\x01h\x08" + bytes(8), b"\x01i\x09" + bytes(16),
            b"\x01j\x07\x00\x02ok",
        ]
    )  # fmt: skip
    assert read(message(raw, b"p")) == [Message({"j": "ok"}, b"p")]


def test_botocore_reads_what_the_tests_write() -> None:
    from botocore.eventstream import EventStreamBuffer  # noqa: PLC0415

    buffer = EventStreamBuffer()
    buffer.add_data(TWO)
    assert [(each.headers, each.payload) for each in buffer] == [(HEADERS, b"one"), (HEADERS, b"")]


@pytest.mark.parametrize("place", [0, 5, 9, 14, -6, -1])
def test_one_wrong_bit_is_noticed(place: int) -> None:
    broken = bytearray(message(HEADERS, b"one"))
    broken[place] ^= 4
    with pytest.raises(UpstreamGarbled, match="checksum"):
        read(bytes(broken))


@pytest.mark.parametrize("raw", [b"\x05ab", b"\x01a", b"\x01a\x07\x00", b"\x01a\x42", b"\x02\xff\xff\x00"])
def test_headers_that_cannot_be_read_are_a_fault(raw: bytes) -> None:
    with pytest.raises(UpstreamGarbled, match="headers that cannot be read"):
        read(message(raw, b""))


@pytest.mark.parametrize("size", [3, MOST + 1])
def test_a_size_that_no_message_has_is_a_fault(size: int) -> None:
    prelude = struct.pack(">II", size, 0)
    with pytest.raises(UpstreamGarbled, match=f"a message of {size} bytes"):
        read(prelude + struct.pack(">I", crc32(prelude)))


@given(st.lists(st.binary(max_size=40) | st.sampled_from([TWO, TWO[:20], message(b"\x01a", b"")]), max_size=6))
def test_whatever_comes_is_messages_or_a_clear_fault(pieces: list[bytes]) -> None:
    with contextlib.suppress(UpstreamGarbled):
        assert all(isinstance(each, Message) for each in read(*pieces))
