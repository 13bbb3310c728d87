import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from ccr.config.schema import Secret
from ccr.errors import RequestProblem, UpstreamCut
from ccr.gateway import relay
from ccr.gateway.relay import Stream
from ccr.messages.events import Event
from ccr.messages.json import JsonObject
from ccr.policy.failures import LONGEST
from ccr.wire.anthropic import AnthropicUpstream
from ccr.wire.dialect import UpstreamDialect, Writer
from ccr.wire.gemini import GeminiUpstream
from ccr.wire.openai_chat import ChatClient, ChatUpstream
from ccr.wire.quirks import Quirk
from ccr.wire.sse import FRAME_ENDS
from tests.support import chat, gemini, messages
from tests.support.asking import ASKED, CHAT_HI, HI, STREAMED, chat_frames, error_of, openai
from tests.support.canned import CannedExchange, FakeClock, canned
from tests.support.parts import text, thinking, usage
from tests.support.sse import heard
from tests.support.wiring import Wired, read, upstream_at


async def test_a_stream_of_the_same_dialect_passes_to_the_byte() -> None:
    wired = Wired(canned(HI))
    answer = await wired.ask(STREAMED)
    assert await read(answer) == HI
    assert answer.headers["content-type"].startswith("text/event-stream")


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
        b'{"id": "msg_1", "type":"message", "role":"assistant", "model":"claude-opus", "stop_reason":"end_turn", "new": 1.0,'
        b'"content":[], "usage":{"input_tokens":1,"output_tokens":1}}'
    )
    assert await read(await Wired(canned(whole)).ask(ASKED)) == whole


async def test_an_answer_has_the_name_that_was_asked_for() -> None:
    """Claude Code drops the thoughts of a session that it resumes where the two differ."""
    other = messages.body(text("hi there"), model="claude-opus-5-5-20260101")
    streamed = await read(await Wired(canned(other)).ask(STREAMED))
    assert streamed == other.replace(b"claude-opus-5-5-20260101", b"claude-opus")
    assert json.loads(await read(await Wired(canned(other)).ask(ASKED)))["model"] == "claude-opus"
    assert (
        json.loads(await read(await Wired(canned(CHAT_HI), upstreams=[openai()]).ask(ASKED)))["model"] == "claude-opus"
    )


@pytest.mark.trap(112)
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


@pytest.mark.trap(10)
async def test_a_translated_stream_that_breaks_ends_with_an_error_of_ours() -> None:
    begun = CHAT_HI[: CHAT_HI.index(b'finish_reason": "stop') if b'finish_reason": "stop' in CHAT_HI else 400]
    frames = begun.rpartition(b"\n\n")[0] + b"\n\n"
    wired = Wired(canned([frames, b'data: {"error":{"message":"boom","code":500}}\n\n']), upstreams=[openai()])
    written = await read(await wired.ask(STREAMED))
    assert b"event: error" in written
    assert b"boom" in written
    assert b"message_stop" not in written


async def test_silence_is_bridged_by_a_ping_between_frames() -> None:
    first, rest = HI[: HI.index(b"event: content_block_stop")], HI[HI.index(b"event: content_block_stop") :]
    assert b"event: ping" in await read(await Wired(canned([first, b"", rest])).ask(STREAMED))
    translated = Wired(canned([*chat_frames(), b""][:3] + [b"", *chat_frames()[3:]]), upstreams=[openai()])
    assert b"event: ping" in await read(await translated.ask(STREAMED))


@pytest.mark.trap(12)
async def test_a_ping_in_a_copied_block_holds_an_empty_delta_which_alone_keeps_claude_code_waiting() -> None:
    first, rest = HI[: HI.index(b"event: content_block_stop")], HI[HI.index(b"event: content_block_stop") :]
    assert b'"text_delta","text":""' in await read(await Wired(canned([first, b"", rest])).ask(STREAMED))


class Slow(CannedExchange):
    """Ten seconds pass before each piece."""

    clock: FakeClock

    async def chunks(self) -> AsyncIterator[bytes]:
        async for piece in super().chunks():
            self.clock.advance(10)
            yield piece


async def slowly(pieces: Sequence[bytes], **wiring: Any) -> bytes:
    exchange = Slow(pieces)
    wired = Wired(exchange, **wiring)
    exchange.clock = wired.clock
    return await read(await wired.ask(STREAMED))


COMMENT = b": still thinking\n\n"
EMPTY_DELTA = b'"delta":{"type":"text_delta","text":""}'


async def test_an_upstream_that_sends_nothing_but_comments_is_silent_to_the_client() -> None:
    first, rest = HI[: HI.index(b"event: content_block_stop")], HI[HI.index(b"event: content_block_stop") :]
    once, twice = ([first, *[COMMENT] * count, rest] for count in (1, 4))
    assert EMPTY_DELTA not in await slowly(once)
    assert (await slowly(twice)).count(EMPTY_DELTA) == 2
    frames = chat_frames()
    assert EMPTY_DELTA in await slowly([*frames[:3], *[COMMENT] * 4, *frames[3:]], upstreams=[openai()])


async def test_what_we_cannot_read_is_no_silence() -> None:
    begun, strange = HI[: HI.index(b"event: content_block_stop")], b'event: content_block_delta\ndata: {"type":\n\n'
    stop = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
    assert await slowly([begun, *[strange] * 4, stop]) == begun + strange * 4 + stop


async def test_thoughts_that_are_held_back_after_a_text_leave_no_silence() -> None:
    thought = chat.body(text("hi"), thinking("first this, then that, and more of it"), text("so"), usage(10, 3))
    pieces = [frame + b"\n\n" for frame in thought.split(b"\n\n") if frame]
    written = await slowly(pieces, upstreams=[openai()])
    assert b'"delta":{"stop_reason":null' in written
    assert heard(written).text == "hiso"


async def test_silence_within_a_frame_is_bridged_before_it() -> None:
    middle = HI.index(b"event: content_block_stop") + 10
    written = await read(await Wired(canned([HI[:middle], b"", HI[middle:]])).ask(STREAMED))
    ping = written[written.rindex(b"event: ping") : written.index(b"event: content_block_stop")]
    assert written.replace(ping, b"") == HI


async def test_a_client_that_leaves_ends_the_request_and_the_upstreams_work() -> None:
    exchange = CannedExchange([HI[: HI.index(b"event: content_block_stop")], None])
    wired = Wired(exchange)
    answer = await wired.ask(STREAMED)
    assert not isinstance(answer.body, bytes)
    await answer.body.aclose()
    assert exchange.closed
    assert wired.seen.only.status == 499


async def test_a_key_that_the_provider_quotes_does_not_leave() -> None:
    upstream = upstream_at("http://acme.test", key=Secret("sk-secret"))
    refused = canned(b'{"error":{"message":"Incorrect API key provided: sk-secret"}}', 401)
    _, _, message = error_of(await Wired(refused, upstreams=[upstream]).ask(ASKED))
    assert "sk-secret" not in message
    assert "Incorrect API key provided: ***" in message


async def test_nor_does_one_in_an_error_that_is_copied() -> None:
    upstream = upstream_at("http://acme.test", key=Secret("sk-secret"))
    begun = HI[: HI.index(b"event: content_block_stop")]
    error = b'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"sk-secret revoked"}}\n\n'
    written = await read(await Wired(canned([begun, error]), upstreams=[upstream]).ask(STREAMED))
    assert written == begun + error.replace(b"sk-secret", b"***")


async def test_nor_does_what_a_configured_header_says() -> None:
    headers = {"X-My-Secret": "hidden-thing", "anthropic-beta": "context-1m-2025-08-07"}
    refused = canned(b'{"error":{"message":"got hidden-thing; bad value context-1m-2025-08-07"}}', 400)
    wired = Wired(refused, upstreams=[upstream_at("http://acme.test", headers=headers)])
    assert error_of(await wired.ask(ASKED))[2].startswith("got ***; bad value context-1m-2025-08-07")


async def test_nor_does_the_login_of_a_proxy() -> None:
    upstream = upstream_at("http://acme.test", proxy="http://user:pr0xysecret@proxy.test")
    wired = Wired(canned(b"407: user:pr0xysecret, and of another: 0thersecret", 502), upstreams=[upstream])
    wired.runtime = replace(wired.runtime, hidden=("0thersecret",))
    message = error_of(await wired.ask(ASKED))[2]
    assert "407: ***, and of another: ***" in message


async def test_no_half_of_a_key_is_left_where_a_long_error_is_cut() -> None:
    upstream = upstream_at("http://acme.test", key=Secret("zz-secret-zz"))
    for before in range(LONGEST - 11, LONGEST):
        refused = canned(json.dumps({"error": {"message": "x" * before + "zz-secret-zz"}}).encode(), 400)
        assert "zz" not in error_of(await Wired(refused, upstreams=[upstream]).ask(ASKED))[2]


async def test_nothing_that_a_terminal_obeys_is_told() -> None:
    words = "boom \x1b]0;title\x07 \x9b2J \u202e \u2028 \x85 a\nb ü 漢 😀"
    _, _, message = error_of(await Wired(canned(json.dumps({"error": {"message": words}}).encode(), 400)).ask(ASKED))
    assert message.startswith("boom  ]0;title   2J       a\nb ü 漢 😀 [acme,m]")


async def test_a_key_too_short_to_be_a_secret_leaves_the_words_whole() -> None:
    upstream = upstream_at("http://acme.test", key=Secret("i"))
    refused = canned(b'{"error":{"message":"thinking is invalid"}}', 400)
    _, _, message = error_of(await Wired(refused, upstreams=[upstream]).ask(ASKED))
    assert message.startswith("thinking is invalid")


async def test_answers_have_ids_of_their_own() -> None:
    said = json.loads(await read(await Wired(canned(CHAT_HI), upstreams=[openai()]).ask(ASKED)))
    assert said["id"] == "msg_test"


async def test_what_is_copied_leaves_by_whole_frames() -> None:
    answer = await Wired(canned([HI[i : i + 7] for i in range(0, len(HI), 7)])).ask(STREAMED)
    assert not isinstance(answer.body, bytes)
    sent = [data async for data in answer.body]
    await answer.body.aclose()
    assert b"".join(sent) == HI
    assert all(data.endswith(b"\n\n") for data in sent if data)


async def test_half_a_frame_at_the_end_is_a_cut_and_does_not_leave() -> None:
    at = HI.index(b"event: message_delta") + 30
    wired = Wired(canned(HI[:at]))
    written = await read(await wired.ask(STREAMED))
    assert written.startswith(HI[: HI.index(b"event: message_delta")] + b"event: error")
    assert wired.seen.only.status == 502


async def test_an_answer_is_over_when_it_says_so_whatever_the_connection_does() -> None:
    for body in (ASKED, STREAMED):
        wired = Wired(CannedExchange([HI, None]))
        async with asyncio.timeout(2):
            assert b"hi there" in await read(await wired.ask(body))
        assert wired.seen.only.status == 200


async def test_an_endless_answer_is_not_gathered_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "MAX_FRAME", 1000)
    begun = HI[: HI.index(b"event: content_block_stop")]
    delta = begun[begun.rindex(b"event: ") :]
    assert error_of(await Wired(canned([begun, *[delta] * 50])).ask(ASKED))[0] == 502


async def test_bytes_without_a_border_are_not_copied_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "MAX_FRAME", 1000)
    begun = HI[: HI.index(b"event: content_block_stop")]
    wired = Wired(canned([begun, b"data: {nonsense\n\n", *[b"x" * 100] * 50]))
    written = await read(await wired.ask(STREAMED))
    assert written.startswith(begun + b"data: {nonsense\n\nevent: error")
    assert len(written) < len(begun) + 1000
    assert wired.seen.only.status == 502


@pytest.mark.parametrize("end", FRAME_ENDS)
def test_a_border_is_found_wherever_it_was_cut(end: bytes) -> None:
    for seen in range(len(end) + 1):
        data = bytearray(b"one" + end + b"two")
        assert relay._border(data, 3 + seen if seen < len(end) else 0) == 3 + len(end)


async def test_a_fault_of_ours_before_the_answer_is_no_client_that_left() -> None:
    wired = Wired(KeyError("ours"))
    with pytest.raises(KeyError):
        await wired.ask(ASKED)
    assert "the router failed" in (wired.seen.only.error or "")


async def test_a_fault_of_ours_in_mid_stream_is_told_too() -> None:
    wired = Wired(canned([HI[:700], HI[700:]]))
    answer = await wired.ask(STREAMED)
    assert isinstance(answer.body, Stream)
    answer.body._writer = Broken(answer.body._writer)  # type: ignore[assignment]
    sent = b""
    with pytest.raises(ZeroDivisionError):
        async for data in answer.body:
            sent += data
    await answer.body.aclose()
    assert b"the router failed" in sent


class Broken:
    """A writer with a fault."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def write(self, event: Event) -> bytes:
        raise ZeroDivisionError

    def fail(self, error: RequestProblem, request_id: str) -> bytes:
        return self._writer.fail(error, request_id)


BROKEN = b"".join(
    map(chat.frame, (chat.called(0, id="a", name="Bash", arguments='{"x" "y"}'), chat.delta(finish="tool_calls")))
)


@pytest.mark.parametrize("asked", [ASKED, STREAMED])
async def test_a_call_that_cannot_be_mended_is_missing_alike_in_streams_and_whole_answers(asked: JsonObject) -> None:
    written = (await read(await Wired(canned(BROKEN), upstreams=[openai()]).ask(asked))).decode()
    assert '"stop_reason":"tool_use"' in written
    assert '"type":"content_block_stop"' not in written
    assert ('"name":"Bash"' in written) == ("stream" in asked), "a stream has begun to say it"


async def test_to_a_client_that_cannot_be_told_so_it_is_an_error_and_not_worth_a_repetition() -> None:
    translated = upstream_at("http://acme.test", ChatUpstream(), quirks=(Quirk("none"),))
    wired = Wired(canned(BROKEN), upstreams=[translated])
    answer = await wired.ask({"model": "m", "messages": ASKED["messages"]}, ChatClient())
    status, _, message = error_of(answer)
    assert (status, answer.headers["x-should-retry"]) == (502, "false")
    assert "acme,m called Bash with input that is no JSON object" in message


GEMINI_HI = gemini.body(text("hi there"), usage(10, 3))


@pytest.mark.parametrize(
    ("dialect", "data"),
    [
        pytest.param(AnthropicUpstream(), HI[:-8], id="anthropic"),
        pytest.param(ChatUpstream(), CHAT_HI[: CHAT_HI.index(b"usage") + 20], id="chat"),
        pytest.param(GeminiUpstream(), GEMINI_HI + b'data: {"candi', id="gemini"),
    ],
)
async def test_half_a_frame_behind_the_reason_of_an_end_is_no_matter(dialect: UpstreamDialect, data: bytes) -> None:
    wired = Wired(canned(data), upstreams=[upstream_at("http://acme.test", dialect)])
    got = heard(await read(await wired.ask(STREAMED)))
    assert (got.text, got.error, wired.seen.only.error) == ("hi there", None, None)


async def test_a_connection_that_breaks_behind_the_reason_of_an_end_has_brought_the_whole_answer() -> None:
    wired = Wired(CannedExchange([HI[: HI.index(b"event: message_stop")], UpstreamCut("reset")]))
    got = heard(await read(await wired.ask(STREAMED)))
    assert (got.text, got.stop_reason, got.error) == ("hi there", "end_turn", None)


async def test_a_last_event_without_its_blank_line_is_written_once_and_whole() -> None:
    got = heard(await read(await Wired(canned(HI[: HI.index(b"event: message_stop") - 2])).ask(STREAMED)))
    assert (got.text, got.stop_reason) == ("hi there", "end_turn")


async def test_a_connection_that_breaks_before_it_is_what_the_client_is_told() -> None:
    wired = Wired(CannedExchange([HI[: HI.index(b"event: message_delta")], UpstreamCut("reset")]))
    got = heard(await read(await wired.ask(STREAMED)))
    assert got.error
    assert "reset" in got.error["message"]


BEHIND = b'event: message_start\ndata: {"type":"message_start","message":{}}\n\ndata: {"choices":[]}\n\ndata: half'


@pytest.mark.parametrize("size", [10_000, 7, 1])
async def test_what_comes_behind_the_end_of_a_copied_answer_is_not_handed_on(size: int) -> None:
    def in_pieces(data: bytes) -> CannedExchange:
        return CannedExchange([data[at : at + size] for at in range(0, len(data), size)])

    unnamed = b"\n".join(line for line in HI.split(b"\n") if not line.startswith(b"event:"))
    for said in (HI, HI.replace(b"\n", b"\r\n"), unnamed):
        written = await read(await Wired(in_pieces(said + BEHIND)).ask(STREAMED))
        assert written.rstrip() == said.rstrip()
    wired = Wired(in_pieces(CHAT_HI + BEHIND), upstreams=[openai()])
    assert (
        await read(await wired.ask({**ASKED, "stream": True, "stream_options": {"include_usage": True}}, ChatClient()))
        == CHAT_HI
    )
