"""An answer that breaks off at one provider and goes on at another, as its client sees it."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from ccr.config.schema import Config, Routes
from ccr.errors import RequestProblem, UpstreamCut, UpstreamTimeout, UpstreamUnreachable
from ccr.gateway import recovery
from ccr.gateway.told import last_words
from ccr.messages.blocks import Text
from ccr.messages.json import JsonObject
from ccr.messages.request import Format, Reasoning, Request, Turn
from ccr.providers.resolve import Upstream
from ccr.wire.dialect import UpstreamDialect
from ccr.wire.openai_chat import ChatClient, ChatUpstream
from ccr.wire.openai_responses import ResponsesClient, ResponsesUpstream
from tests.support import chat, messages, responses
from tests.support.asking import STREAMED
from tests.support.canned import CannedExchange, canned
from tests.support.parts import Part, text, thinking, tool, usage
from tests.support.sse import heard
from tests.support.wiring import Wired, read, upstream_at

WORDS = "A router reads what somebody sent, and sends it on to whoever is to answer it. Then it waits."
ON = Config(routes=Routes(), recovery="continue")


def at(name: str, dialect: str = "anthropic") -> Upstream:
    kinds: dict[str, UpstreamDialect | None] = {
        "anthropic": None,
        "openai": ChatUpstream(),
        "responses": ResponsesUpstream(),
    }
    return upstream_at(f"http://{name}.test/v1/x", kinds[dialect], name, retries=0)


def wired(
    *answers: CannedExchange | RequestProblem, first: str = "anthropic", then: str = "anthropic", **more: Any
) -> Wired:
    return Wired(
        *answers,
        upstreams=[at("ann", first), *(at(name, then) for name in ("bob", "cid", "dee"))],
        routes={"default": "ann,m"},
        fallback={"default": ("bob,m", "cid,m", "dee,m")},
        config=more.pop("config", ON),
    )


def cut(*parts: Part, upto: str, failure: RequestProblem | bytes | None = None, how: Any = messages) -> CannedExchange:
    """An answer whose last frame is the one that holds some text."""
    body = how.body(*parts)
    end = body.index(b"\n\n", body.index(upto.encode())) + 2
    return CannedExchange([body[:end], failure or UpstreamCut("it ended before its end")])


def rest(said: str) -> CannedExchange:
    return canned(messages.body(text(last_words(said) + WORDS[len(said.rstrip()) :]), usage(20, 9)))


SAID = WORDS[:48]  # what `upto` below comes to
UPTO = WORDS[36:48]


@pytest.mark.parametrize(("first", "how"), [("anthropic", messages), ("openai", chat)])
async def test_a_text_goes_on_where_it_broke_off(first: str, how: Any) -> None:
    gateway = wired(cut(text(WORDS), usage(10, 50), upto=UPTO, how=how), rest(SAID), first=first)
    said = heard(await read(await gateway.ask(STREAMED)))
    assert (said.text, said.stop_reason, len(said.blocks)) == (WORDS, "end_turn", 1)
    assert said.usage["output_tokens"] == len(SAID) // 4 + 9
    assert said.usage["input_tokens"] == (10 if first == "anthropic" else 20), "as it was told at first"
    record = gateway.seen.only
    assert [(tried.target.provider, tried.kind) for tried in record.attempts] == [("ann", "cut"), ("bob", "")]
    assert (record.status, record.error, record.attempts[0].broke, record.usage.output) == (
        200,
        None,
        True,
        len(SAID) // 4 + 9,
    )


async def test_who_goes_on_is_asked_for_the_last_words_and_no_more() -> None:
    gateway = wired(cut(text(WORDS), upto=UPTO), rest(SAID))
    await read(await gateway.ask(STREAMED | {"metadata": {"user_id": "u"}, "new_field": 1}))
    asked, again = (json.loads(sent.body) for sent in gateway.sent)
    *before, answer, wish = again["messages"]
    assert before[0]["content"] in ("hi", [{"type": "text", "text": "hi"}])
    assert json.dumps(answer["content"]).count(SAID) == 1
    assert wish["role"] == "user"
    assert f"<last_words>{last_words(SAID)}</last_words>" in json.dumps(wish["content"])
    assert {name: value for name, value in again.items() if name not in ("messages",)} == {
        name: value for name, value in asked.items() if name not in ("messages",)
    }


async def test_unasked_for_a_break_is_told_and_the_bytes_are_the_providers() -> None:
    exchange = cut(text(WORDS), upto=UPTO)
    gateway = wired(exchange, rest(SAID), config=Config())
    written = await read(await gateway.ask(STREAMED))
    (begun, _) = exchange.pieces
    assert isinstance(begun, bytes)
    assert written.startswith(begun.replace(b"scripted-messages", b"claude-opus"))
    assert heard(written).error
    assert len(gateway.sent) == 1


@pytest.mark.parametrize("failure", [
    UpstreamTimeout("silence"),
    b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"busy"}}\n\n',
    b"event: content_block_delta\ndata: {\n\n",
])  # fmt: skip
async def test_whatever_broke_it(failure: RequestProblem | bytes) -> None:
    gateway = wired(cut(text(WORDS), upto=UPTO, failure=failure), rest(SAID))
    assert heard(await read(await gateway.ask(STREAMED))).text == WORDS


async def test_an_answer_that_breaks_off_twice_goes_on_twice_and_no_more() -> None:
    more = WORDS[len(SAID) :]
    again = cut(text(last_words(SAID) + more), upto=more[8:12])
    said = heard(await read(await wired(cut(text(WORDS), upto=UPTO), again, rest(SAID)).ask(STREAMED)))
    assert said.text.startswith(SAID)
    gateway = wired(*[cut(text(WORDS), upto=UPTO) for _ in range(3)], rest(SAID))
    said = heard(await read(await gateway.ask(STREAMED)))
    assert said.error
    assert "[cid,m]" in said.error["message"]
    assert len(gateway.sent) == 3
    assert [tried.kind for tried in gateway.seen.only.attempts] == ["cut"] * 3


@pytest.mark.parametrize("nothing", [(), (thinking("hm"),), (text("  "),)], ids=["nothing", "thoughts", "spaces"])
async def test_half_an_answer_that_goes_on_with_nothing_is_no_whole_one(nothing: tuple[Part, ...]) -> None:
    body = messages.body(*nothing)
    for pieces in ([body], [frame + b"\n\n" for frame in body.split(b"\n\n") if frame]):
        gateway = wired(cut(text(WORDS), upto=UPTO), canned(pieces), rest(SAID))
        assert heard(await read(await gateway.ask(STREAMED))).text == WORDS
        gateway = wired(cut(text(WORDS), upto=UPTO), *[canned(pieces) for _ in range(3)])
        said = heard(await read(await gateway.ask(STREAMED)))
        assert said.error
        assert said.text == SAID


async def test_where_nobody_can_go_on_the_break_is_told() -> None:
    gateway = wired(cut(text(WORDS), upto=UPTO), *[UpstreamUnreachable("refused")] * 3)
    said = heard(await read(await gateway.ask(STREAMED)))
    assert said.text == SAID
    assert said.error
    assert said.error["message"] == "it ended before its end [ann,m]"
    assert [tried.kind for tried in gateway.seen.only.attempts] == ["cut", *["unreachable"] * 3]
    assert gateway.seen.only.error == said.error["message"]


async def test_what_is_whole_of_the_calls_is_the_answer() -> None:
    calls = tool("Bash", {"command": "ls"}), tool("Read", {"path": "/etc/hosts"})
    gateway = wired(cut(text(WORDS), *calls, usage(10, 5), upto='ath\\": \\"/'))
    said = heard(await read(await gateway.ask(STREAMED)))
    assert (said.text, said.stop_reason, [call["input"] for call in said.calls]) == (
        WORDS,
        "tool_use",
        [{"command": "ls"}],
    )
    assert said.usage["output_tokens"] == -(-len(WORDS + '{"command": "ls"}') // 4)
    record = gateway.seen.only
    assert (record.status, record.stop_reason, record.attempts[0].broke) == (200, "tool_use", True)
    assert len(gateway.sent) == 1


async def test_half_a_call_never_reaches_the_client() -> None:
    half = cut(text(WORDS), tool("Bash", {"command": "rm -rf /tmp/some/where"}), upto="rm -rf")
    call = tool("Bash", {"command": "ls"})
    gateway = wired(half, canned(messages.body(text(last_words(WORDS)), call)))
    written = await read(await gateway.ask(STREAMED))
    said = heard(written)
    assert b"rm -rf" not in written
    assert (said.text, [each["input"] for each in said.calls]) == (WORDS, [{"command": "ls"}])
    assert said.stop_reason == "tool_use"


async def test_where_nothing_was_said_the_client_s_own_bytes_are_sent_again() -> None:
    gateway = wired(
        cut(thinking("They greet me."), upto="They"), canned(messages.body(thinking("Hm."), text("Hello.")))
    )
    said = heard(await read(await gateway.ask(STREAMED)))
    assert (said.thoughts, said.text) == ("They greet mHm.", "Hello.")
    asked, again = (sent.body for sent in gateway.sent)
    assert asked == again


async def test_usage_adds_up_over_three() -> None:
    call = tool("Bash", {"command": "ls"})
    first = cut(text(WORDS), upto=UPTO, how=chat)
    second = cut(text(last_words(SAID) + WORDS[48:]), usage(30, 7), upto=WORDS[90:])
    third = cut(text(last_words(WORDS)), call, tool("Read", {"path": "x"}), upto="path")
    gateway = wired(first, second, third, first="openai")
    said = heard(await read(await gateway.ask(STREAMED)))
    assert said.text == WORDS
    assert said.usage["output_tokens"] == -(-len(WORDS + '{"command": "ls"}') // 4)
    assert said.usage["input_tokens"] == 30


async def test_results_of_a_providers_own_tools_cannot_be_gone_on_with() -> None:
    search: list[dict[str, object]] = [
        {"type": "message_start", "message": messages.message("m") | {"usage": {"input_tokens": 1, "output_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}},
        {"type": "content_block_stop", "index": 0},
    ]  # fmt: skip
    gateway = wired(CannedExchange([*map(messages.frame, search), UpstreamCut("it ended")]), rest(""))
    assert heard(await read(await gateway.ask(STREAMED))).error
    assert len(gateway.sent) == 1


async def test_a_client_of_chat_completions_has_one_answer() -> None:
    call = tool("Bash", {"command": "ls"})
    first = cut(text(WORDS), upto=UPTO, how=chat)
    second = canned(chat.body(text(last_words(SAID) + WORDS[48:]), call))
    gateway = wired(first, second, first="openai", then="openai")
    body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
    written = (await read(await gateway.ask(body, ChatClient()))).decode()
    chunks = [json.loads(line[6:]) for line in written.split("\n") if line.startswith("data: {")]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert "".join(delta.get("content") or "" for delta in deltas) == WORDS
    assert [delta["role"] for delta in deltas if "role" in delta] == ["assistant"]
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks][-1] == "tool_calls"
    assert written.endswith("data: [DONE]\n\n")


@pytest.mark.parametrize("extra", [{"logprobs": True}, {"modalities": ["text", "audio"]}])
async def test_what_the_hub_cannot_carry_is_copied_and_a_break_told(extra: JsonObject) -> None:
    first = cut(text(WORDS), upto=UPTO, how=chat)
    gateway = wired(first, first="openai")
    body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "hi"}], **extra}
    written = await read(await gateway.ask(body, ChatClient()))
    assert written.startswith(first.pieces[0])  # type: ignore[arg-type]
    assert b"error" in written


async def test_what_its_provider_keeps_under_an_id_is_copied_too() -> None:
    body = responses.body(text(WORDS))
    gateway = wired(canned(body), first="responses")
    answer = await gateway.ask({"model": "m", "stream": True, "input": "hi"}, ResponsesClient())
    assert await read(answer) == body


async def test_an_answer_that_is_not_streamed_fails_over_as_ever() -> None:
    gateway = wired(cut(text(WORDS), upto=UPTO), canned(messages.body(text("Hello."))))
    answer = await gateway.ask({**STREAMED, "stream": False})
    assert json.loads(await read(answer))["content"] == [{"type": "text", "text": "Hello."}]


async def test_signs_of_life_come_while_the_next_one_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "SILENCE", 0.001)
    gateway = wired(cut(text(WORDS), upto=UPTO), Late([rest(SAID).pieces[0]]))
    said = heard(await read(await gateway.ask(STREAMED)))
    assert said.text == WORDS
    assert said.pings > 2


class Late(CannedExchange):
    async def chunks(self) -> Any:
        await asyncio.sleep(0.02)
        async for piece in super().chunks():
            yield piece


@pytest.mark.parametrize("second", [CannedExchange([None]), rest(SAID)], ids=["that is silent", "that has answered"])
async def test_a_client_that_leaves_while_another_is_asked_closes_everything(
    second: CannedExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "SILENCE", 0.001)
    second = replace(second)
    first = cut(text(WORDS), upto=UPTO)
    gateway = wired(first, second)
    body = (await gateway.ask(STREAMED)).body
    assert not isinstance(body, bytes)
    async for _ in body:
        if len(gateway.sent) == 2 or first.closed:
            break
    await asyncio.sleep(0.01)
    await body.aclose()
    assert first.closed
    assert second.closed
    assert gateway.seen.only.status == 499


async def test_time_that_an_answer_took_is_not_counted_against_who_goes_on() -> None:
    gateway = wired(cut(text(WORDS), upto=UPTO), rest(SAID))
    answer = await gateway.ask(STREAMED)
    gateway.clock.advance(ON.timeouts.failover + 1)
    assert heard(await read(answer)).text == WORDS


def continued(said: str, given: int, **fields: Any) -> Request:
    return recovery.continued(Request("m", (Turn("user", (Text("hi"),)),), **fields), said, given)


def test_a_continuation_may_be_as_long_as_is_left() -> None:
    assert continued(WORDS, 1_000, max_tokens=10_000).max_tokens == 9_000
    assert continued(WORDS, 9_999, max_tokens=10_000).max_tokens == recovery.LEAST
    assert continued(WORDS, 9_999, max_tokens=1_000).max_tokens == 1_000
    assert continued(WORDS, 9_999).max_tokens is None
    thinks = Reasoning("enabled", 9_999)
    assert continued(WORDS, 1_000, max_tokens=10_000, reasoning=thinks).reasoning == Reasoning("enabled", 8_999)


def test_a_form_that_would_begin_anew_is_not_asked_for_again() -> None:
    assert continued('{"a": [1, ', 4, format=Format(None)).format is None
    assert continued(" \n", 4, format=Format(None)) == continued("", 0, format=Format(None))
    assert continued("", 0, format=Format(None)).format == Format(None)


async def test_a_call_that_is_held_back_leaves_no_silence() -> None:
    body = messages.body(tool("Write", {"content": "x" * 100}))
    gateway = wired(canned(frame + b"\n\n" for frame in body.split(b"\n\n") if frame))
    answer = await gateway.ask(STREAMED)
    assert not isinstance(answer.body, bytes)
    written = []
    async for data in answer.body:
        written.append(data)
        gateway.clock.advance(10)
    await answer.body.aclose()
    said = heard(b"".join(written))
    assert said.calls[0]["input"] == {"content": "x" * 100}
    assert said.pings >= 4
