from collections.abc import Iterator

import pytest

from ccr.errors import UpstreamGarbled
from ccr.gateway.incoming import Incoming
from ccr.gateway.meter import Meter
from ccr.messages.blocks import Text
from ccr.messages.events import BlockStart, Event, Start
from tests.support.asking import HI, STREAMED, error_of
from tests.support.canned import canned
from tests.support.wiring import Wired, read


async def test_what_our_reading_cannot_follow_is_copied_all_the_same() -> None:
    begun = HI[: HI.index(b"event: content_block_stop")]
    strange = b'event: content_block_delta\ndata: {"type":\n\n'
    wired = Wired(canned([begun, strange, b"event: future\ndata: {}\n\n"]))
    assert await read(await wired.ask(STREAMED)) == begun + strange + b"event: future\ndata: {}\n\n"


async def test_silence_before_the_first_content_says_nothing() -> None:
    assert await read(await Wired(canned([b"", HI])).ask(STREAMED)) == HI


async def test_a_stream_that_ends_before_its_content_is_an_error_with_a_status() -> None:
    begun = HI.split(b"\n\n")[0] + b"\n\n"
    exchange = canned(begun)
    assert error_of(await Wired(exchange).ask(STREAMED))[0] == 502
    assert exchange.closed


class Forgetful:
    """A reader that does not notice where an answer ends."""

    def feed(self, data: bytes) -> Iterator[Event]:
        yield Start("id", "m")

    def close(self) -> Iterator[Event]:
        yield BlockStart(Text(""))


async def test_an_answer_that_no_reader_saw_end_is_garbled() -> None:
    incoming = Incoming(canned(b"x"), Forgetful(), Meter(1), "req_1", copy=False)
    with pytest.raises(UpstreamGarbled, match="in block"):
        await incoming.open()
    await incoming.close()
