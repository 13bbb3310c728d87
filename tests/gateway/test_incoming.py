from collections.abc import Iterator

import pytest

from ccr.errors import UpstreamGarbled
from ccr.gateway.incoming import ENDS, Incoming, Naming
from ccr.gateway.meter import Meter
from ccr.messages.blocks import Text
from ccr.messages.events import BlockStart, Event, Start
from tests.support.asking import HI, STREAMED, error_of
from tests.support.canned import CannedExchange, canned
from tests.support.wiring import Wired, read

BEGUN = HI[: HI.index(b"event: content_block_stop")]
STRANGE = b'event: content_block_delta\ndata: {"type":\n\n'
STOP = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'


async def test_what_our_reading_cannot_follow_is_copied_all_the_same() -> None:
    wired = Wired(canned([BEGUN, STRANGE, b"event: future\ndata: {}\n\n", STOP]))
    assert await read(await wired.ask(STREAMED)) == BEGUN + STRANGE + b"event: future\ndata: {}\n\n" + STOP
    assert wired.seen.only.status == 200


async def test_what_our_reading_cannot_follow_must_end_all_the_same() -> None:
    wired = Wired(canned([BEGUN, STRANGE, b"event: future\ndata: {}\n\n"]))
    assert b"event: error" in await read(await wired.ask(STREAMED))


async def test_a_flood_without_content_is_no_answer() -> None:
    exchange = CannedExchange([b": %s\n\n" % (b"x" * 10_000)] * 1_000)
    assert error_of(await Wired(exchange).ask(STREAMED))[0] == 502
    assert exchange.closed


async def test_a_host_may_repeat_a_long_request_before_the_first_content() -> None:
    prompt = b": %s\n\n" % (b"x" * 2**21)
    assert await read(await Wired(canned([prompt, prompt, HI])).ask(STREAMED)) == prompt + prompt + HI


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
    incoming = Incoming(canned(b"x"), Forgetful(), Meter(1), Naming("req_1"), copy=False)
    with pytest.raises(UpstreamGarbled, match="in block"):
        await incoming.open()
    await incoming.close()


async def test_what_follows_an_answers_end_is_read_away_so_that_the_connection_can_be_used_again() -> None:
    exchange = CannedExchange([HI, b": bye\n\n"])
    assert await read(await Wired(exchange).ask(STREAMED)) == HI
    assert exchange.closed


@pytest.mark.parametrize(
    ("tail", "ended"),
    [
        (b'event: response.incomplete\ndata: {"type":', True),
        (b'"usage":{"input_tokens":5,"input_tokens_details":{"cached_tokens":0}}},"sequence_number":9}\n\n', True),
        (b'event: response.output_text.done\ndata: {"type":"response.output_text.done","text":"x"}\n\n', False),
    ],
)
def test_the_end_of_a_responses_stream_is_known_by_its_tail(tail: bytes, ended: bool) -> None:
    assert bool(ENDS.search(tail)) == ended
