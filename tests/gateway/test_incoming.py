import asyncio
import weakref
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace

import pytest

from ccr.config.schema import Timeouts
from ccr.errors import RequestProblem, UpstreamCut, UpstreamGarbled
from ccr.gateway.incoming import ENDS, Incoming, Naming
from ccr.gateway.meter import Meter
from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.blocks import Text
from ccr.messages.events import BlockStart, Event, Start, TextDelta
from ccr.messages.request import Request
from ccr.wire.anthropic import AnthropicUpstream
from ccr.wire.gemini import GeminiUpstream
from ccr.wire.stages import Stage
from tests.support import messages
from tests.support.asking import ASKED, HI, STREAMED, chat_frames, error_of, openai
from tests.support.canned import CannedExchange, canned
from tests.support.parts import Part, text, thinking, tool, usage
from tests.support.sse import heard
from tests.support.wiring import Wired, read, upstream_at

ONCE = upstream_at("http://acme.test/v1/messages", retries=0)
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
    assert error_of(await Wired(exchange, upstreams=[ONCE]).ask(STREAMED))[0] == 502
    assert exchange.closed


async def test_a_host_may_repeat_a_long_request_before_the_first_content() -> None:
    prompt = b": %s\n\n" % (b"x" * 2**21)
    assert await read(await Wired(canned([prompt, prompt, HI])).ask(STREAMED)) == prompt + prompt + HI


async def test_silence_before_the_first_content_says_nothing() -> None:
    assert await read(await Wired(canned([b"", HI])).ask(STREAMED)) == HI


async def test_a_stream_that_ends_before_its_content_is_an_error_with_a_status() -> None:
    begun = HI.split(b"\n\n")[0] + b"\n\n"
    exchange = canned(begun)
    assert error_of(await Wired(exchange, upstreams=[ONCE]).ask(STREAMED))[0] == 502
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


@dataclass
class Ticking(CannedExchange):
    """Repeats its last chunk for ever, a moment apart."""

    async def chunks(self) -> AsyncIterator[bytes]:
        async for piece in super().chunks():
            yield piece
        while True:
            await asyncio.sleep(0.005)
            yield piece


EMPTY = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":""}}\n\n'
PING = b'event: ping\ndata: {"type": "ping"}\n\n'
BRISK = upstream_at("http://acme.test/v1/messages", timeouts=Timeouts(idle=0.3))
HASTY = upstream_at("http://acme.test/v1/messages", timeouts=Timeouts(idle=0.05))


async def test_the_status_of_an_error_counts_though_its_body_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ccr.gateway.attempting.END_OF_AN_ERROR", 0.01)
    endings: list[RequestProblem | None] = [None, UpstreamCut("cut")]
    for ending in endings:
        wired = Wired(CannedExchange([b"{", ending], status=401), upstreams=[ONCE])
        assert error_of(await wired.ask(STREAMED))[:2] == (424, "permission_error")


async def test_nor_is_it_lost_where_the_deadline_comes_first() -> None:
    hurried = replace(ONCE, timeouts=Timeouts(total=0.1))
    wired = Wired(CannedExchange([b"{", None], status=401), upstreams=[hurried])
    assert error_of(await wired.ask(ASKED))[:2] == (424, "permission_error")


PULSES = [b"", b": keep-alive\n\n", b"\n", PING]


@pytest.mark.parametrize(
    ("lost", "nothing"), [*((b"", pulse) for pulse in [*PULSES, EMPTY]), *((STRANGE, pulse) for pulse in PULSES)]
)
async def test_what_says_nothing_is_no_life(lost: bytes, nothing: bytes) -> None:
    wired = Wired(Ticking([BEGUN, lost, nothing]), upstreams=[HASTY])
    async with asyncio.timeout(2):
        said = await read(await wired.ask(STREAMED))
    assert b"silent for 0.05 s in the middle of its answer (timeouts.idle sets how long is waited)" in said


async def test_an_answer_that_is_finished_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ccr.gateway.incoming.AFTERWORD", 0.01)
    frames = chat_frames()
    wired = Wired(CannedExchange([*frames[:-1], None]), upstreams=[openai()])
    async with asyncio.timeout(2):
        assert heard(await read(await wired.ask(STREAMED))).whole


async def test_a_reason_that_stands_in_every_chunk_is_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ccr.gateway.incoming.AFTERWORD", 0.01)
    frames = [
        b'data: {"candidates":[{"content":{"parts":[{"text":"%d"}]},"finishReason":"STOP"}]}\n\n' % n for n in range(3)
    ]

    class Pausing(CannedExchange):
        async def chunks(self) -> AsyncIterator[bytes]:
            yield frames[0]
            yield frames[1]
            await asyncio.sleep(0.05)
            yield frames[2]

    wired = Wired(Pausing([]), upstreams=[upstream_at("http://acme.test", GeminiUpstream())])
    assert heard(await read(await wired.ask(STREAMED))).text == "012"


async def test_who_goes_while_the_end_of_a_connection_is_waited_for_leaves_nothing_open() -> None:
    exchange = CannedExchange([HI, None])
    answer = await Wired(exchange).ask(STREAMED)
    reading = asyncio.create_task(read(answer))
    await asyncio.wait({reading}, timeout=0.02)
    assert not exchange.closed
    reading.cancel()
    await asyncio.wait({reading})
    assert exchange.closed


@dataclass
class Slow(CannedExchange):
    """A moment before each chunk."""

    async def chunks(self) -> AsyncIterator[bytes]:
        async for piece in super().chunks():
            await asyncio.sleep(0.01)
            yield piece


async def test_who_speaks_slowly_is_alive() -> None:
    said = BEGUN[BEGUN.rindex(b"event:") :]
    slow = Slow([BEGUN, *[b"", said] * 20, HI[len(BEGUN) :]])
    assert b"error" not in await read(await Wired(slow, upstreams=[BRISK]).ask(STREAMED))


class Holding:
    """A stage that lets few words pass."""

    def take(self, event: Event) -> Sequence[Event]:
        return () if isinstance(event, TextDelta) and event.text != "begin" else (event,)


def opened(exchange: CannedExchange, stages: Sequence[Stage] = (), idle: float = 0.3) -> Incoming:
    reader = AnthropicUpstream().reader(Request("m", ()), Target(ProviderName("acme"), ModelName("m")))
    return Incoming(exchange, reader, Meter(1), Naming("req_1"), copy=False, stages=stages, idle=idle)


async def test_what_a_stage_holds_back_is_life_all_the_same() -> None:
    said = BEGUN[BEGUN.rindex(b"event:") :]
    first = said.replace(b"hi there", b"begin")
    incoming = opened(Slow([BEGUN[: -len(said)] + first, *[said] * 40, HI[len(BEGUN) :]]), [Holding()])
    await incoming.open()
    assert [piece async for piece in incoming.pieces()][-1].final
    await incoming.close()


async def test_the_time_in_which_nobody_reads_is_not_the_upstreams() -> None:
    incoming = opened(canned([BEGUN, b"", HI[len(BEGUN) :]]))
    await incoming.open()
    seen = []
    async for piece in incoming.pieces():
        await asyncio.sleep(0.12)
        seen.append(piece)
    assert seen[-1].final
    await incoming.close()


async def test_an_answer_that_is_over_takes_no_memory_until_the_collector_comes() -> None:
    incoming = opened(canned(HI))
    await incoming.open()
    await incoming.close()
    gone = weakref.ref(incoming)
    del incoming
    assert gone() is None


async def test_before_the_first_content_nothing_is_idle() -> None:
    incoming = opened(Slow([PING] * 40 + [HI]))
    await incoming.open()
    await incoming.close()


@pytest.mark.parametrize(
    ("parts", "stop", "empty"),
    [
        ((), "end_turn", True),
        ((text(""),), "end_turn", True),
        ((text("\n\n"),), "end_turn", True),
        ((thinking("hm"),), "end_turn", True),
        ((thinking("hm"), text(" ")), "tool_use", True),
        ((text("."),), "end_turn", False),
        ((thinking("hm"), tool("A", {})), "tool_use", False),
        ((), "max_tokens", False),
        ((), "refusal", False),
        ((), "stop_sequence", False),
    ],
)
async def test_an_answer_is_empty_where_claude_code_would_ask_again(
    parts: tuple[Part, ...], stop: str, empty: bool
) -> None:
    incoming = opened(canned(messages.body(*parts, usage(10, 3), stop=stop)))
    await incoming.open()
    async for _ in incoming.pieces():
        pass
    assert incoming.empty == empty
    await incoming.close()


async def test_an_answer_that_is_not_over_is_not_empty() -> None:
    incoming = opened(canned(messages.body(usage(10, 3)).split(b"event: message_delta")[0]))
    with pytest.raises(UpstreamCut):
        await incoming.open()
    assert not incoming.empty
    await incoming.close()
