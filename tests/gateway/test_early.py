"""Streams that begin before their content is here, and answers that fail before their client hangs up."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from ccr.config.schema import Config, Routes, Timeouts
from ccr.errors import Draining, RequestProblem, UpstreamUnreachable
from ccr.gateway import early
from ccr.gateway.inbound import Answer, Body
from ccr.gateway.ports import Exchange
from ccr.providers.resolve import Upstream
from ccr.wire.dialect import ClientDialect, UpstreamRequest
from ccr.wire.openai_chat import ChatClient
from ccr.wire.openai_responses import ResponsesClient, ResponsesUpstream
from tests.support import responses
from tests.support.asking import ASKED, CHAT_HI, HI, STREAMED, error_of, openai
from tests.support.canned import Canned, CannedExchange, canned
from tests.support.parts import text, usage
from tests.support.sse import frames, heard
from tests.support.wiring import Wired, read, upstream_at


class Held(Canned):
    """Answers once it is released."""

    def __init__(self, *answers: CannedExchange | RequestProblem) -> None:
        super().__init__(*answers)
        self.released = asyncio.Event()
        self.waiting = 0

    async def send(self, upstream: Upstream, request: UpstreamRequest) -> Exchange:
        self.waiting += 1
        try:
            await self.released.wait()
        finally:
            self.waiting -= 1
        return await super().send(upstream, request)


class Late(Wired):
    """Whoever asks for a stream has its head before any provider answers."""

    def __init__(self, *answers: CannedExchange | RequestProblem, **wiring: Any) -> None:
        self.held = Held(*answers)
        config = Config(routes=Routes(), timeouts=Timeouts(head=0.001))
        super().__init__(transport=self.held, config=config, **wiring)

    async def begin(self, asked: object = STREAMED, client: ClientDialect | None = None) -> tuple[Answer, Body]:
        answer = await self.ask(asked, client)
        assert not isinstance(answer.body, bytes)
        return answer, answer.body

    async def hear(self, asked: object = STREAMED, client: ClientDialect | None = None) -> bytes:
        answer, _ = await self.begin(asked, client)
        self.held.released.set()
        return await read(answer)


async def test_a_stream_without_content_in_time_begins_with_a_start_of_ours_and_signs_of_life() -> None:
    late = Late(canned(HI))
    answer, body = await late.begin()
    first = anext(aiter(body))
    assert answer.headers["content-type"].startswith("text/event-stream")
    ((name, start),) = frames(await first)
    assert (name, start["message"]["id"], start["message"]["model"]) == ("message_start", "msg_test", "claude-opus")
    assert set(start["message"]["usage"].values()) == {0}, "older clients add it up with each sign of life"
    assert [name for name, _ in frames(await anext(aiter(body)))] == ["ping", "message_delta"]
    await body.aclose()


async def test_the_head_names_the_route_and_no_model_since_nobody_has_answered() -> None:
    late = Late(canned(HI))
    answer, body = await late.begin()
    assert answer.headers["x-ccr-route"] == "default"
    assert {"x-ccr-request-id", "request-id"} <= answer.headers.keys()
    assert not {"x-ccr-model", "x-ccr-attempts"} & answer.headers.keys()
    await body.aclose()


async def test_signs_of_life_go_on_until_the_answer_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(early, "SILENCE", 0.001)
    late = Late(canned(HI))
    _, body = await late.begin()
    sent = b"".join([await anext(aiter(body)) for _ in range(5)])
    late.held.released.set()
    sent += b"".join([data async for data in body])
    await body.aclose()
    answer = heard(sent)
    assert answer.pings >= 4
    assert (answer.text, answer.stop_reason) == ("hi there", "end_turn")


@pytest.mark.parametrize("pieces", [[HI], [HI[i : i + 7] for i in range(0, len(HI), 7)]], ids=["whole", "in sevens"])
async def test_of_an_answer_that_is_copied_only_its_start_is_missing(pieces: list[bytes]) -> None:
    late = Late(canned(pieces))
    written = await late.hear()
    start = HI.index(b"\n\n") + 2
    assert written.endswith(HI[start:])
    assert written.count(b"event: message_start") == 1
    assert heard(written).usage["input_tokens"] == 10, "the end says it all once more"


OPENING, REST = HI[: HI.index(b"\n\n") + 2], HI[HI.index(b"\n\n") + 2 :]
DATA = OPENING.partition(b"data: ")[2]
CRLF = HI.replace(b"\n", b"\r\n")


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([CRLF[:end], CRLF[end:]], id=f"{end} bytes of CRLF")
        for end in range(CRLF.index(b"\r\n\r\n") - 1, CRLF.index(b"\r\n\r\n") + 6)
    ]
    + [
        pytest.param([HI.replace(b"\n", b"\r")], id="CR"),
        pytest.param([HI.replace(b"\n\n", b"\n\r\n")], id="mixed line ends"),
        pytest.param([b': {"type":"message_start"}\n\n' + HI], id="a comment of the same words"),
        pytest.param([OPENING.replace(b', "', b',\ndata: "') + REST], id="data in several lines"),
        pytest.param([HI.replace(b'"message_start"', b'"message\\u005fstart"')], id="escaped"),
        pytest.param([OPENING.replace(b'"type": "message_start", ', b"") + REST], id="the type beside the data"),
        pytest.param([b"data: " + DATA + REST], id="without its name"),
        pytest.param([OPENING.replace(b"\n\n", b"\n"), b"\n" + REST], id="cut before its blank line"),
    ],
)
async def test_a_start_is_told_once_in_whatever_form_the_provider_has_it(pieces: list[bytes]) -> None:
    late = Late(canned(pieces))
    written = await late.hear()
    assert written.count(b'"role"') == 1
    assert written.count(b"content_block_stop") == HI.count(b"content_block_stop")
    named = [each.replace(b"claude-opus", b"claude-opus-5-5-20260101") for each in pieces]
    assert await read(await Wired(canned(named)).ask(STREAMED)) == b"".join(pieces)


async def test_an_answer_that_begins_without_a_start_keeps_its_first_block() -> None:
    block = HI.index(b"event: content_block_start")
    assert (await Late(canned(HI[block:])).hear()).endswith(HI[block:])


async def test_what_stands_before_the_start_of_a_copied_answer_stays() -> None:
    assert b": hello\n\n" in await Late(canned(b": hello\n\n" + HI)).hear()


async def test_a_translated_answer_goes_on_where_the_head_left_off() -> None:
    late = Late(canned(CHAT_HI), upstreams=[openai()])
    answer = heard(await late.hear())
    assert (answer.text, answer.usage["input_tokens"], answer.started_with["output_tokens"]) == ("hi there", 10, 0)
    assert (late.seen.only.status, late.seen.only.usage.input) == (200, 10)


async def test_other_targets_are_tried_while_the_client_waits() -> None:
    late = Late(
        UpstreamUnreachable("refused"),
        canned(HI),
        upstreams=[upstream_at("http://a.test", name="a"), upstream_at("http://b.test", name="b")],
        routes={"default": "a,m"},
        fallback={"default": ("b,m",)},
    )
    assert heard(await late.hear()).text == "hi there"
    assert [tried.failure is None for tried in late.seen.only.attempts] == [False, True]
    assert str(late.seen.only.target) == "b,m"


async def test_a_failure_after_the_head_is_an_error_event_that_says_what_was_tried() -> None:
    late = Late(
        UpstreamUnreachable("refused"),
        canned(b'{"error":{"message":"busy"}}', 529),
        upstreams=[upstream_at("http://a.test", name="a"), upstream_at("http://b.test", name="b")],
        routes={"default": "a,m"},
        fallback={"default": ("b,m",)},
    )
    error = heard(await late.hear()).error
    assert error
    assert error["type"] == "overloaded_error"
    assert "(also tried: a,m: unreachable)" in error["message"]
    assert late.seen.only.status == 529


class Broken(Held):
    """A transport with a fault."""

    async def send(self, upstream: Upstream, request: UpstreamRequest) -> Exchange:
        await self.released.wait()
        raise ZeroDivisionError


async def test_a_fault_of_ours_after_the_head_is_told_too() -> None:
    late = Late()
    late.runtime = replace(late.runtime, transport=(broken := Broken()))
    _, body = await late.begin()
    broken.released.set()
    sent = b""
    with pytest.raises(ZeroDivisionError):
        async for data in body:
            sent += data
    await body.aclose()
    assert b"the router failed on this request (req_test)" in sent


async def test_a_client_that_leaves_while_it_waits_ends_the_work_for_it() -> None:
    late = Late(canned(HI))
    _, body = await late.begin()
    await anext(aiter(body))
    assert late.held.waiting == 1
    await body.aclose()
    assert late.held.waiting == 0
    assert late.seen.only.status == 499


async def test_a_client_that_leaves_before_it_could_be_told_of_the_answer_ends_that() -> None:
    exchange = CannedExchange([HI, None])
    late = Late(exchange)
    _, body = await late.begin()
    late.held.released.set()
    while not exchange_is_open(late):
        await asyncio.sleep(0)
    await body.aclose()
    assert exchange.closed
    assert late.seen.only.status == 499


def exchange_is_open(late: Late) -> bool:
    return bool(late.held.sent) and not asyncio.all_tasks() - {asyncio.current_task()}


async def test_a_router_that_stops_tells_those_who_wait() -> None:
    late = Late(canned(HI))
    _, body = await late.begin()
    await anext(aiter(body))
    assert frames(body.cut(Draining("the router is stopping")))[0][1]["error"]["type"] == "overloaded_error"
    await body.aclose()
    assert (late.held.waiting, late.seen.only.status) == (0, 503)


@pytest.mark.parametrize("copied", [True, False])
async def test_a_client_of_chat_completions_gets_comments_and_no_chunk_of_ours(copied: bool) -> None:
    late = Late(canned(CHAT_HI if copied else HI), upstreams=[openai() if copied else upstream_at("http://acme.test")])
    comments, _, chunks = (await late.hear({**CHAT, "stream": True}, ChatClient())).partition(b"data: ")
    assert set(comments.split(b"\n\n")) == {b": ping", b""}
    assert b"data: " + chunks == CHAT_HI if copied else chunks.count(b'"role"') == 1


CHAT = {"model": "m", "messages": ASKED["messages"]}
RESPONSES = {"model": "m", "input": "hi", "stream": True}


@pytest.mark.parametrize("copied", [True, False])
async def test_a_client_of_responses_gets_comments_before_the_answers_own_first_event(copied: bool) -> None:
    upstream = upstream_at("http://acme.test", ResponsesUpstream()) if copied else openai()
    body = responses.body(text("hi there"), usage(10, 3)) if copied else CHAT_HI
    written = await Late(canned(body), upstreams=[upstream]).hear(RESPONSES, ResponsesClient())
    comments, _, events = written.partition(b"event: ")
    assert set(comments.split(b"\n\n")) == {b": ping", b""}
    assert b"event: " + events == body if copied else events.startswith(b"response.created\n")


async def test_codex_waits_for_its_head_until_there_is_an_answer() -> None:
    late = Late(canned(CHAT_HI), upstreams=[openai()])
    asking = asyncio.create_task(late.ask(RESPONSES, ResponsesClient(), user_agent="codex_exec/0.169.0 (Debian)"))
    await asyncio.sleep(0.01)
    assert not asking.done()
    late.held.released.set()
    assert (await read(await asking)).startswith(b"event: response.created")


async def test_an_answer_that_is_not_streamed_fails_before_its_client_hangs_up() -> None:
    exchange = CannedExchange([None])
    wired = Wired(exchange)
    answer = await wired.ask(ASKED, x_stainless_timeout="0.01")
    status, kind, message = error_of(answer)
    assert (status, kind, answer.headers["x-should-retry"]) == (504, "timeout_error", "false")
    assert "acme,m gave no whole answer" in message
    assert exchange.closed
    assert [tried.failure for tried in wired.seen.only.attempts] == [message]


async def test_one_that_is_cancelled_leaves_nothing_behind() -> None:
    late = Late(canned(HI))
    asking = asyncio.create_task(late.ask(ASKED))
    while not late.held.waiting:
        await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (late.held.waiting, late.seen.only.status) == (0, 499)


async def test_a_client_that_leaves_just_as_its_answer_comes_leaves_nothing_open() -> None:
    class Leaving(Canned):
        async def send(self, upstream: Upstream, request: UpstreamRequest) -> Exchange:
            asker.cancel()
            return await super().send(upstream, request)

    exchange = canned(HI)
    wired = Wired(transport=Leaving(exchange))
    asker = asyncio.create_task(wired.ask(STREAMED))
    with pytest.raises(asyncio.CancelledError):
        await asker
    assert exchange.closed
    assert wired.seen.only.status == 499
