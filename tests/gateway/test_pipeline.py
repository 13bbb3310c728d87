import json

import pytest

from ccr.config.schema import Secret, Timeouts
from ccr.errors import UpstreamFailed, UpstreamUnreachable
from ccr.gateway.inbound import Answer
from ccr.providers.resolve import Upstream
from ccr.wire.openai_chat import ChatClient, ChatUpstream
from tests.support import chat, messages
from tests.support.canned import CannedExchange, FixedScript, canned
from tests.support.parts import text, tool, usage
from tests.support.wiring import Wired, read, upstream_at

ASKED = {"model": "claude-opus", "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}]}
STREAMED = ASKED | {"stream": True}
HI = messages.body(text("hi there"), usage(10, 3))
CHAT_HI = chat.body(text("hi there"), usage(10, 3))


def openai(name: str = "acme") -> Upstream:
    return upstream_at("http://acme.test/v1/chat/completions", ChatUpstream(), name)


def error_of(answer: Answer) -> tuple[int, str, str]:
    assert isinstance(answer.body, bytes)
    error = json.loads(answer.body)["error"]
    return answer.status, error["type"], error["message"]


async def test_a_stream_of_the_same_dialect_passes_to_the_byte() -> None:
    wired = Wired(canned(HI))
    answer = await wired.ask(STREAMED)
    assert await read(answer) == HI
    assert answer.headers["content-type"].startswith("text/event-stream")


async def test_a_body_of_the_same_dialect_keeps_its_bytes_but_for_the_model() -> None:
    wired = Wired(canned(HI))
    body = b'{ "model":"claude-opus" , "max_tokens":1e2, "unknown": {"a":1.50},"stream":true,"messages":[]}'
    await read(await wired.ask(body, query="beta=true", anthropic_beta="new-thing", authorization="Bearer ours"))
    (sent,) = wired.sent
    assert sent.body == body.replace(b"claude-opus", b"m")
    assert sent.url == "http://acme.test/v1/messages?beta=true"
    assert sent.headers["anthropic-beta"] == "new-thing"
    assert "Bearer ours" not in sent.headers.values()


async def test_another_dialect_is_translated_both_ways() -> None:
    wired = Wired(canned(CHAT_HI), upstreams=[openai()])
    answer = await wired.ask(STREAMED)
    written = await read(answer)
    assert b"event: message_start" in written
    assert written.endswith(b'event: message_stop\ndata: {"type":"message_stop"}\n\n')
    assert json.loads(wired.sent[0].body)["messages"] == [{"role": "user", "content": "hi"}]


async def test_an_answer_that_was_not_asked_to_stream_comes_whole() -> None:
    wired = Wired(canned(CHAT_HI), upstreams=[openai()])
    answer = await wired.ask(ASKED)
    said = json.loads(await read(answer))
    assert said["content"] == [{"type": "text", "text": "hi there"}]
    assert said["usage"]["input_tokens"] == 10


async def test_a_whole_answer_to_a_stream_request_is_streamed() -> None:
    whole = json.dumps(
        {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn"}
        | {"content": [{"type": "text", "text": "hi"}], "usage": {"input_tokens": 1, "output_tokens": 1}}
    ).encode()
    wired = Wired(canned(whole))
    assert b'"text":"hi"' in await read(await wired.ask(STREAMED))


async def test_a_stream_for_one_who_did_not_ask_for_it_is_gathered() -> None:
    wired = Wired(canned(HI))
    said = json.loads(await read(await wired.ask(ASKED)))
    assert said["content"] == [{"type": "text", "text": "hi there"}]


async def test_a_whole_answer_of_the_same_dialect_keeps_its_bytes() -> None:
    whole = (
        b'{"id": "msg_1", "type":"message", "role":"assistant", "model":"m", "stop_reason":"end_turn", "new": 1.0,'
        b'"content":[], "usage":{"input_tokens":1,"output_tokens":1}}'
    )
    assert await read(await Wired(canned(whole)).ask(ASKED)) == whole


async def test_the_answer_says_who_gave_it_and_under_which_id() -> None:
    answer = await Wired(canned(HI)).ask(STREAMED)
    await read(answer)
    assert answer.headers["x-ccr-route"] == "default"
    assert answer.headers["x-ccr-model"] == "acme,m"
    assert answer.headers["x-ccr-request-id"] == "req_test"
    assert "x-ccr-attempts" not in answer.headers


async def test_an_upstreams_own_headers_pass_with_its_bytes() -> None:
    exchange = canned(HI, request_id="req_theirs", anthropic_ratelimit_requests_limit="50", set_cookie="a=b")
    answer = await Wired(exchange).ask(STREAMED)
    await read(answer)
    assert answer.headers["request-id"] == "req_theirs"
    assert answer.headers["anthropic-ratelimit-requests-limit"] == "50"
    assert "set-cookie" not in answer.headers


async def test_the_key_goes_out_in_the_way_the_provider_takes_it() -> None:
    for auth, name, value in (
        ("bearer", "authorization", "Bearer sk-1"),
        ("x-api-key", "x-api-key", "sk-1"),
        ("api-key", "api-key", "sk-1"),
    ):
        upstream = upstream_at("http://acme.test", auth=auth, key=Secret("sk-1"), headers={"x-title": "mine"})
        wired = Wired(canned(HI), upstreams=[upstream])
        await read(await wired.ask(STREAMED))
        assert wired.sent[0].headers[name] == value
        assert wired.sent[0].headers["x-title"] == "mine"


async def test_no_key_goes_out_where_none_is_wanted() -> None:
    wired = Wired(canned(HI), upstreams=[upstream_at("http://acme.test", auth="none", key=Secret("sk-1"))])
    await read(await wired.ask(STREAMED))
    assert "sk-1" not in str(dict(wired.sent[0].headers))


async def test_a_provider_without_its_key_says_which_variable_to_set() -> None:
    wired = Wired(upstreams=[upstream_at("http://acme.test", key_missing=True, key_source="$ACME_KEY")])
    status, kind, message = error_of(await wired.ask(ASKED))
    assert (status, kind) == (403, "permission_error")
    assert "set $ACME_KEY" in message


async def test_a_query_joins_the_one_that_the_provider_has() -> None:
    wired = Wired(canned(HI), upstreams=[upstream_at("http://acme.test/messages?api-version=1")])
    await read(await wired.ask(STREAMED, query="beta=true"))
    assert wired.sent[0].url == "http://acme.test/messages?api-version=1&beta=true"


# --- failures before the first content


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
    assert answer.headers["x-ccr-attempts"] == "3"
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


async def test_when_all_fail_the_last_failure_names_the_others() -> None:
    wired = Wired(
        UpstreamFailed("down"),
        UpstreamFailed("down too"),
        upstreams=[upstream_at("http://a.test", name="a"), upstream_at("http://c.test", name="c")],
        routes={"default": "a,m"},
        fallback={"default": ("c,m",)},
    )
    assert error_of(await wired.ask(ASKED))[2] == "down too (tried before: a,m)"


async def test_a_rate_limit_passes_on_how_long_to_wait() -> None:
    limited = CannedExchange([b'{"error":{"message":"slow down"}}'], 429, {"retry-after": "12"})
    answer = await Wired(limited).ask(ASKED)
    assert answer.status == 429
    assert answer.headers["retry-after"] == "12"


async def test_a_failure_that_waiting_does_not_heal_says_so() -> None:
    answer = await Wired(UpstreamUnreachable("refused", retry=False)).ask(ASKED)
    assert answer.headers["x-should-retry"] == "false"


async def test_an_endless_error_page_is_not_read_to_its_end() -> None:
    exchange = CannedExchange([b"<html>"] * 100_000, 502)
    assert error_of(await Wired(exchange).ask(ASKED))[0] == 502
    assert exchange.closed


async def test_a_stream_that_ends_before_its_content_is_an_error_with_a_status() -> None:
    begun = HI.split(b"\n\n")[0] + b"\n\n"
    exchange = canned(begun)
    assert error_of(await Wired(exchange).ask(STREAMED))[0] == 502
    assert exchange.closed


async def test_an_answer_that_is_not_whole_in_time_is_a_timeout() -> None:
    upstream = upstream_at("http://acme.test", timeouts=Timeouts(total=0.01))
    status, kind, message = error_of(await Wired(CannedExchange([None]), upstreams=[upstream]).ask(ASKED))
    assert (status, kind) == (504, "timeout_error")
    assert "0.01 s" in message


# --- failures after the first content


async def test_a_cut_stream_ends_with_an_error_and_not_with_an_invented_end() -> None:
    cut = HI[: HI.index(b"event: content_block_stop")]
    wired = Wired(canned(cut))
    written = await read(await wired.ask(STREAMED))
    assert written.startswith(cut)
    assert b"event: error" in written
    assert b"message_stop" not in written
    assert wired.seen.only.error


async def test_a_stream_cut_inside_a_frame_ends_with_an_error_of_its_own() -> None:
    cut = HI[: HI.index(b"event: content_block_stop") + 30]
    written = await read(await Wired(canned(cut)).ask(STREAMED))
    assert b"\n\nevent: error" in written


async def test_an_error_of_the_upstreams_own_passes_as_it_is() -> None:
    error = b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"busy"}}\n\n'
    begun = HI[: HI.index(b"event: content_block_stop")]
    wired = Wired(canned([begun, error]))
    assert await read(await wired.ask(STREAMED)) == begun + error
    assert wired.seen.only.status == 529


async def test_a_translated_stream_that_breaks_ends_with_an_error_of_ours() -> None:
    begun = CHAT_HI[: CHAT_HI.index(b'finish_reason": "stop') if b'finish_reason": "stop' in CHAT_HI else 400]
    frames = begun.rpartition(b"\n\n")[0] + b"\n\n"
    wired = Wired(canned([frames, b'data: {"error":{"message":"boom","code":500}}\n\n']), upstreams=[openai()])
    written = await read(await wired.ask(STREAMED))
    assert b"event: error" in written
    assert b"boom" in written
    assert b"message_stop" not in written


async def test_what_our_reading_cannot_follow_is_copied_all_the_same() -> None:
    begun = HI[: HI.index(b"event: content_block_stop")]
    strange = b'event: content_block_delta\ndata: {"type":\n\n'
    wired = Wired(canned([begun, strange, b"event: future\ndata: {}\n\n"]))
    assert await read(await wired.ask(STREAMED)) == begun + strange + b"event: future\ndata: {}\n\n"


async def test_silence_is_bridged_by_a_ping_between_frames() -> None:
    first, rest = HI[: HI.index(b"event: content_block_stop")], HI[HI.index(b"event: content_block_stop") :]
    assert b"event: ping" in await read(await Wired(canned([first, b"", rest])).ask(STREAMED))
    translated = Wired(canned([*chat_frames(), b""][:3] + [b"", *chat_frames()[3:]]), upstreams=[openai()])
    assert b"event: ping" in await read(await translated.ask(STREAMED))


async def test_silence_within_a_frame_is_left_alone() -> None:
    middle = HI.index(b"event: content_block_stop") + 10
    assert await read(await Wired(canned([HI[:middle], b"", HI[middle:]])).ask(STREAMED)) == HI


async def test_silence_before_the_first_content_says_nothing() -> None:
    assert await read(await Wired(canned([b"", HI])).ask(STREAMED)) == HI


def chat_frames() -> list[bytes]:
    return [frame + b"\n\n" for frame in CHAT_HI.split(b"\n\n") if frame]


# --- the record


async def test_the_record_says_what_happened() -> None:
    wired = Wired(canned(HI))
    await read(await wired.ask(STREAMED, x_claude_code_session_id="s1", user_agent="claude-cli/2"))
    record = wired.seen.only
    assert (record.status, record.rule, str(record.target)) == (200, "default", "acme,m")
    assert (record.session, record.agent, record.client) == ("s1", "claude-cli/2", "anthropic")
    assert (record.usage.input, record.usage.output, record.estimated) == (10, 3, False)
    assert (record.streamed, record.stop_reason, record.asked_for) == (True, "end_turn", "claude-opus")


async def test_the_next_request_of_a_session_knows_what_the_last_one_used() -> None:
    wired = Wired(canned(HI))
    await read(await wired.ask(STREAMED, x_claude_code_session_id="s1"))
    assert wired.sessions.last_input("s1") == 10


async def test_missing_figures_are_estimated_and_said_to_be() -> None:
    wired = Wired(canned(chat.body(text("hi there"))), upstreams=[openai()])
    written = await read(await wired.ask(STREAMED))
    assert b'"input_tokens":100' in written
    assert wired.seen.only.estimated


async def test_a_client_that_leaves_ends_the_request_and_the_upstreams_work() -> None:
    exchange = CannedExchange([HI[: HI.index(b"event: content_block_stop")], None])
    wired = Wired(exchange)
    answer = await wired.ask(STREAMED)
    assert not isinstance(answer.body, bytes)
    await answer.body.aclose()
    assert exchange.closed
    assert wired.seen.only.status == 499


async def test_a_request_that_is_refused_leaves_a_record() -> None:
    wired = Wired()
    await wired.ask(b"{")
    assert (wired.seen.only.status, wired.seen.only.rule) == (400, None)


# --- the custom router


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
