"""The official Anthropic SDK as a client, in front of both kinds of upstream."""

import asyncio
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest
from anthropic.types import Message, MessageParam, ToolParam

from tests.support import chat, messages
from tests.support.parts import text, thinking, tool, usage
from tests.support.running import KEY, Router
from tests.support.sides import Side, streams
from tests.support.upstream import FIN, RST, Upstream, raw

HI: list[MessageParam] = [{"role": "user", "content": "hi"}]
BASH: ToolParam = {
    "name": "Bash",
    "description": "Runs a command.",
    "input_schema": {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]},
}


@pytest.fixture
def client(router: Router) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=router.url, api_key=KEY, max_retries=0, timeout=20) as client:
        yield client


def ask(client: anthropic.Anthropic, model: str, *, streaming: bool, **more: Any) -> Message:
    fields: dict[str, Any] = {"model": model, "max_tokens": 100, "messages": HI, **more}
    if not streaming:
        answer: Message = client.messages.create(**fields)
        return answer
    with client.messages.stream(**fields) as stream:
        return stream.get_final_message()


@streams
def test_text_and_usage(client: anthropic.Anthropic, side: Side, streaming: bool) -> None:
    side.script(text("Hello, you there."), usage(100, 7, cached=60), streaming=streaming)
    answer = ask(client, side.model, streaming=streaming)
    assert [(block.type, block.text) for block in answer.content if block.type == "text"] == [
        ("text", "Hello, you there.")
    ]
    assert answer.stop_reason == "end_turn"
    assert (answer.usage.input_tokens, answer.usage.cache_read_input_tokens) == (40, 60)
    assert answer.usage.output_tokens == 7
    assert side.upstream.only.path == side.path


@streams
def test_parallel_tools_and_their_results(client: anthropic.Anthropic, side: Side, streaming: bool) -> None:
    calls = [tool("Bash", {"command": "ls"}), tool("Bash", {"command": "pwd"})]
    side.script(text("Two."), *calls, usage(10, 5), streaming=streaming)
    answer = ask(client, side.model, streaming=streaming, tools=[BASH])
    assert answer.stop_reason == "tool_use"
    asked = [block for block in answer.content if block.type == "tool_use"]
    assert [block.input for block in asked] == [{"command": "ls"}, {"command": "pwd"}]

    side.script(text("Done."), usage(20, 2), streaming=streaming)
    results = [{"type": "tool_result", "tool_use_id": block.id, "content": f"out {i}"} for i, block in enumerate(asked)]
    history = [*HI, {"role": "assistant", "content": answer.content}, {"role": "user", "content": results}]
    assert text_of(ask(client, side.model, streaming=streaming, tools=[BASH], messages=history)) == "Done."
    for block in asked:
        assert side.upstream.only.body.count(f'"{block.id}"'.encode()) == 2


@streams
def test_thinking_comes_back_in_the_next_turn(client: anthropic.Anthropic, side: Side, streaming: bool) -> None:
    side.script(thinking("let me see"), text("Yes."), usage(10, 5), streaming=streaming)
    wish = {"type": "enabled", "budget_tokens": 2000}
    answer = ask(client, side.model, streaming=streaming, thinking=wish, max_tokens=4000)
    thought = answer.content[0]
    assert thought.type == "thinking"
    assert thought.thinking == "let me see"
    assert thought.signature, "an unsigned thought would be lost in the next turn"

    side.script(text("Again."), usage(10, 5), streaming=streaming)
    history = [*HI, {"role": "assistant", "content": answer.content}, {"role": "user", "content": "go on"}]
    more = ask(client, side.model, streaming=streaming, messages=history, thinking=wish, max_tokens=4000)
    assert text_of(more) == "Again."
    assert b"ccr1." not in side.upstream.only.body, "our own signatures are for us"


@streams
def test_a_whole_answer_to_a_stream_request_and_the_reverse(
    client: anthropic.Anthropic, side: Side, streaming: bool
) -> None:
    parts = [text("Hello."), tool("Bash", {"command": "ls"}), usage(10, 5)]
    side.upstream.play([side.reply(*parts) if streaming else side.stream(*parts)])
    answer = ask(client, side.model, streaming=streaming, tools=[BASH])
    assert (text_of(answer), answer.stop_reason) == ("Hello.", "tool_use")
    assert answer.usage.output_tokens == 5


def test_the_async_client(router: Router, side: Side) -> None:
    async def talk() -> Message:
        async with (
            anthropic.AsyncAnthropic(base_url=router.url, api_key=KEY, max_retries=0) as client,
            client.messages.stream(model=side.model, max_tokens=9, messages=HI) as stream,
        ):
            return await stream.get_final_message()

    side.script(text("Hello."), usage(1, 1), streaming=True)
    assert text_of(asyncio.run(talk())) == "Hello."


@pytest.mark.trap(105)
def test_count_tokens_without_asking_an_upstream_that_cannot(
    client: anthropic.Anthropic, chat_upstream: Upstream
) -> None:
    long: list[MessageParam] = [{"role": "user", "content": "word " * 1000}]
    small = client.messages.count_tokens(model="chat,m", messages=HI).input_tokens
    assert 0 < small < 50
    assert 900 < client.messages.count_tokens(model="chat,m", messages=long).input_tokens < 1500
    assert chat_upstream.requests == []


def test_the_list_of_models(client: anthropic.Anthropic) -> None:
    names = {model.id for model in client.models.list()}
    assert {"chat,m", "chat,deep", "claude,opus"} <= names


def test_a_wrong_key(router: Router, chat_upstream: Upstream) -> None:
    with (
        anthropic.Anthropic(base_url=router.url, api_key="wrong-key", max_retries=0) as client,
        pytest.raises(anthropic.AuthenticationError) as caught,
    ):
        ask(client, "chat,m", streaming=False)
    assert kind(caught.value) == "authentication_error"
    assert "wrong-key" not in str(caught.value)
    assert chat_upstream.requests == []


def test_the_key_may_come_as_bearer(router: Router, chat_upstream: Upstream) -> None:
    chat_upstream.play([chat.reply(text("hi"))])
    with anthropic.Anthropic(base_url=router.url, auth_token=KEY, max_retries=0) as client:
        assert text_of(ask(client, "chat,m", streaming=False)) == "hi"


@streams
def test_an_unknown_provider_is_answered_with_the_known_ones(client: anthropic.Anthropic, streaming: bool) -> None:
    with pytest.raises(anthropic.BadRequestError) as caught:
        ask(client, "nobody,m", streaming=streaming)
    assert kind(caught.value) == "invalid_request_error"
    for name in ("nobody", "chat", "claude", "dead"):
        assert name in str(caught.value)


@streams
def test_a_dead_upstream(client: anthropic.Anthropic, streaming: bool) -> None:
    with pytest.raises(anthropic.InternalServerError) as caught:
        ask(client, "dead,m", streaming=streaming)
    assert caught.value.status_code == 502
    assert kind(caught.value) == "api_error"
    assert "dead" in str(caught.value)


@streams
def test_a_rate_limit_keeps_its_retry_after(client: anthropic.Anthropic, side: Side, streaming: bool) -> None:
    error = chat.error(429, "slow down", headers={"retry-after": "7"})
    if side.path == "/v1/messages":
        error = messages.error(429, "rate_limit_error", "slow down", {"retry-after": "7"})
    side.upstream.play([error])
    with pytest.raises(anthropic.RateLimitError) as caught:
        ask(client, side.model, streaming=streaming)
    assert kind(caught.value) == "rate_limit_error"
    assert caught.value.response.headers["retry-after"] == "7"
    assert "slow down" in str(caught.value)


@streams
def test_an_overflow_is_said_in_the_words_that_make_claude_code_compact(
    client: anthropic.Anthropic, chat_upstream: Upstream, streaming: bool
) -> None:
    said = "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."
    chat_upstream.play([chat.error(400, said, "context_length_exceeded")])
    with pytest.raises(anthropic.BadRequestError, match="prompt is too long: 9000 tokens > 8192 maximum"):
        ask(client, "chat,m", streaming=streaming)


@streams
def test_an_upstream_that_refuses_our_key_is_not_the_caller_s_login(
    client: anthropic.Anthropic, side: Side, streaming: bool
) -> None:
    side.upstream.play([chat.error(401, f"Incorrect API key provided: {side.key}")])
    with pytest.raises(anthropic.APIStatusError) as caught:
        ask(client, side.model, streaming=streaming)
    assert caught.value.status_code == 424
    assert side.key not in str(caught.value)


@streams
@pytest.mark.parametrize("end", [FIN, RST])
def test_an_upstream_that_hangs_up_without_a_word(
    client: anthropic.Anthropic, side: Side, streaming: bool, end: Any
) -> None:
    side.upstream.play(
        lambda request: raw(end)
    )  # a connection from the pool may have been closed: one more try is fair
    with pytest.raises(anthropic.InternalServerError) as caught:
        ask(client, side.model, streaming=streaming)
    assert kind(caught.value) == "api_error"
    assert len(side.upstream.requests) <= 2


def test_malformed_json_says_what_is_wrong(router: Router) -> None:
    answer = router.messages(b'{"model": ')
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert "JSON" in answer.json()["error"]["message"]


def text_of(answer: Message) -> str:
    return "".join(block.text for block in answer.content if block.type == "text")


def kind(error: anthropic.APIStatusError) -> str:
    body: Any = error.body
    assert body["type"] == "error"
    return str(body["error"]["type"])
