import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from ccr.config.schema import Config, Timeouts
from ccr.errors import Draining, UpstreamUnreachable
from ccr.wire.openai_chat import ChatClient
from ccr.wire.searxng import SearchUpstream
from tests.support import chat, messages
from tests.support.asking import ASKED, CHAT_HI, HI, STREAMED, error_of, openai
from tests.support.canned import CannedExchange, FixedScript, canned
from tests.support.parts import text, tool
from tests.support.wiring import Wired, read, upstream_at


async def test_another_dialect_is_translated_both_ways() -> None:
    wired = Wired(canned(CHAT_HI), upstreams=[openai()])
    answer = await wired.ask(STREAMED)
    written = await read(answer)
    assert b"event: message_start" in written
    assert written.endswith(b'event: message_stop\ndata: {"type":"message_stop"}\n\n')
    assert json.loads(wired.sent[0].body)["messages"] == [{"role": "user", "content": "hi"}]


async def test_a_provider_without_its_key_says_which_variable_to_set() -> None:
    wired = Wired(upstreams=[upstream_at("http://acme.test", key_missing=True, key_source="$ACME_KEY")])
    status, kind, message = error_of(await wired.ask(ASKED))
    assert (status, kind) == (424, "permission_error")
    assert "set $ACME_KEY and restart the router" in message


async def test_in_a_container_the_key_is_set_on_the_host() -> None:
    acme = upstream_at("http://acme.test", key_missing=True, key_source="ACME_KEY")
    wired = Wired(upstreams=[acme], config=Config(localhost="the-host"))
    _, _, message = error_of(await wired.ask(ASKED))
    assert "set ACME_KEY on the host and run `make shell-router` there" in message


async def test_a_malformed_body_is_refused_in_the_callers_dialect() -> None:
    assert error_of(await Wired().ask(b"{"))[:2] == (400, "invalid_request_error")
    status, kind, _ = error_of(await Wired().ask(b"{", ChatClient()))
    assert (status, kind) == (400, "invalid_request_error")


async def test_an_unknown_provider_is_refused_with_the_known_ones() -> None:
    status, _, message = error_of(await Wired().ask(ASKED | {"model": "nobody,m"}))
    assert status == 400
    assert "acme" in message


async def test_the_next_target_is_asked_when_one_fails() -> None:
    wired = Wired(
        UpstreamUnreachable("refused"),
        canned(b'{"error":{"message":"down"}}', 500),
        canned(HI),
        upstreams=[upstream_at("http://a.test", name="a"), openai("b"), upstream_at("http://c.test", name="c")],
        routes={"default": "a,m"},
        fallback={"default": ("b,m", "c,m")},
    )
    answer = await wired.ask(STREAMED)
    assert await read(answer) == HI
    assert answer.headers["x-ccr-model"] == "c,m"
    assert answer.headers["x-ccr-attempts"] == "a,m=unreachable; b,m=failed; c,m=ok"
    assert [tried.failure is None for tried in wired.seen.only.attempts] == [False, False, True]


async def test_an_error_inside_a_stream_before_any_content_goes_elsewhere_too() -> None:
    overloaded = messages.body(text(""))[:200].split(b"\n\n")[0] + b"\n\n"
    overloaded += b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"busy"}}\n\n'
    wired = Wired(
        canned(overloaded),
        canned(HI),
        upstreams=[upstream_at("http://a.test", name="a"), upstream_at("http://c.test", name="c")],
        routes={"default": "a,m"},
        fallback={"default": ("c,m",)},
    )
    assert await read(await wired.ask(STREAMED)) == HI


async def test_a_request_that_is_called_malformed_is_not_tried_elsewhere() -> None:
    wired = Wired(
        canned(b'{"type":"error","error":{"type":"invalid_request_error","message":"no such field"}}', 400),
        upstreams=[upstream_at("http://a.test", name="a"), upstream_at("http://c.test", name="c")],
        routes={"default": "a,m"},
        fallback={"default": ("c,m",)},
    )
    status, _, message = error_of(await wired.ask(STREAMED))
    assert status == 400
    assert message.startswith("no such field")
    assert len(wired.sent) == 1


async def test_an_endless_error_page_is_not_read_to_its_end() -> None:
    exchange = CannedExchange([b"<html>"] * 100_000, 502)
    assert error_of(await Wired(exchange).ask(ASKED))[0] == 502
    assert exchange.closed


async def test_an_answer_that_is_not_whole_in_time_is_a_timeout() -> None:
    upstream = upstream_at("http://acme.test", timeouts=Timeouts(total=0.01))
    status, kind, message = error_of(await Wired(CannedExchange([None]), upstreams=[upstream]).ask(ASKED))
    assert (status, kind) == (504, "timeout_error")
    assert "0.01 s" in message


async def test_the_next_request_of_a_session_knows_what_the_last_one_used() -> None:
    wired = Wired(canned(HI))
    await read(await wired.ask(STREAMED, x_claude_code_session_id="s1"))
    assert wired.sessions.last_input("s1") == 10


async def test_the_users_script_is_asked_and_obeyed() -> None:
    script = FixedScript("b,m")
    wired = Wired(
        canned(HI),
        upstreams=[upstream_at("http://a.test", name="a"), upstream_at("http://b.test", name="b")],
        routes={"default": "a,m"},
        script=script,
    )
    answer = await wired.ask(STREAMED, x_claude_code_session_id="s1")
    await read(answer)
    assert answer.headers["x-ccr-model"] == "b,m"
    assert answer.headers["x-ccr-route"] == "custom"
    (question,) = script.questions
    assert question["session_id"] == "s1"
    assert question["token_count"] == 100


async def test_tool_input_that_is_garbled_goes_elsewhere_when_nothing_has_left() -> None:
    garbled = chat.body(tool("Bash", {"command": "ls"})).replace(b"ls", b'l"s')
    wired = Wired(
        canned(garbled),
        canned(HI),
        upstreams=[openai("a"), upstream_at("http://b.test", name="b")],
        routes={"default": "a,m"},
        fallback={"default": ("b,m",)},
    )
    answer = await wired.ask(ASKED)
    assert answer.status == 200


LONG = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "word " * 20_000}]}


async def test_a_prompt_is_counted_only_where_a_route_depends_on_it() -> None:
    short, far = Wired(canned(HI)), Wired(canned(HI))
    long = Wired(canned(HI), routes={"default": "acme,m", "longContext": "acme,m"})
    for wired, body in ((short, ASKED), (far, LONG), (long, LONG)):
        await read(await wired.ask(body))
    assert [wired.counter.asked for wired in (short, far, long)] == [0, 0, 1]


async def test_a_request_that_is_cancelled_before_its_answer_leaves_a_record_and_nothing_open() -> None:
    exchange = CannedExchange([None])
    wired = Wired(exchange)
    asking = asyncio.create_task(wired.ask(STREAMED))
    await asyncio.sleep(0.01)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert exchange.closed
    assert wired.seen.only.status == 499


async def test_a_request_that_the_router_ends_is_recorded_with_what_its_client_is_told() -> None:
    wired = Wired(CannedExchange([None]))
    asking = asyncio.create_task(wired.ask(STREAMED))
    await asyncio.sleep(0.01)
    asking.cancel(Draining("the router is stopping"))
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (wired.seen.only.status, wired.seen.only.error) == (503, "the router is stopping")


async def test_a_stream_without_content_in_time_is_a_timeout() -> None:
    upstream = upstream_at("http://acme.test", timeouts=Timeouts(first_byte=0.05))
    status, kind, _ = error_of(await Wired(Dripping(), upstreams=[upstream]).ask(STREAMED))
    assert (status, kind) == (504, "timeout_error")


class Dripping(CannedExchange):
    """Sends comments, and nothing else."""

    async def chunks(self) -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(0.01)
            yield b": comment\n\n"


SEARCHING = {
    **STREAMED,
    "messages": [{"role": "user", "content": "Perform a web search for the query: red pandas"}],
    "tools": [{"type": "web_search_20250305", "name": "web_search"}],
}


async def test_a_web_search_that_the_model_cannot_run_goes_to_the_search_engine() -> None:
    engine = upstream_at("http://s.test/search", SearchUpstream(), "searx", models=())
    found = json.dumps({"results": [{"url": "https://a.test", "title": "Pandas", "content": "red"}]}).encode()
    wired = Wired(canned(found), upstreams=[openai(), engine])
    written = await read(await wired.ask(SEARCHING))
    assert b"web_search_tool_result" in written
    assert b"https://a.test" in written
    (sent,) = wired.sent
    assert (sent.url, sent.body) == ("http://s.test/search", b"q=red+pandas&format=json")
    assert sent.headers["content-type"] == "application/x-www-form-urlencoded"
    assert (wired.seen.only.rule, str(wired.seen.only.target)) == ("search", "searx,search")


async def test_a_web_search_without_anybody_to_run_it_is_refused_with_the_remedies() -> None:
    status, kind, message = error_of(await Wired(upstreams=[openai()]).ask(SEARCHING))
    assert (status, kind) == (400, "invalid_request_error")
    assert "cannot search the web: set Router.webSearch" in message
