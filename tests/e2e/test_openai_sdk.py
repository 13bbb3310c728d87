"""The official OpenAI SDK as a client, in front of both kinds of upstream."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionMessage, ChatCompletionMessageFunctionToolCall

from tests.support import chat, messages
from tests.support.parts import text, thinking, tool, usage
from tests.support.running import KEY, Router
from tests.support.sides import Side, streams
from tests.support.upstream import Upstream

HI: Any = [{"role": "user", "content": "hi"}]
BASH = {
    "type": "function",
    "function": {
        "name": "Bash",
        "parameters": {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]},
    },
}


@pytest.fixture
def client(router: Router) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{router.url}/v1", api_key=KEY, max_retries=0, timeout=20) as client:
        yield client


def ask(client: openai.OpenAI, model: str, *, streaming: bool, **more: Any) -> ChatCompletion:
    fields: dict[str, Any] = {"model": model, "messages": HI, **more}
    if not streaming:
        answer: ChatCompletion = client.chat.completions.create(**fields)
        return answer
    with client.chat.completions.stream(**fields, stream_options={"include_usage": True}) as stream:
        for _ in stream:
            pass
        return stream.get_final_completion()


@streams
def test_text_and_usage(client: openai.OpenAI, side: Side, streaming: bool) -> None:
    side.script(text("Hello, you there."), usage(100, 7, cached=60), streaming=streaming)
    answer = ask(client, side.model, streaming=streaming)
    assert answer.choices[0].message.content == "Hello, you there."
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (100, 7, 107)
    assert answer.usage.prompt_tokens_details is not None
    assert answer.usage.prompt_tokens_details.cached_tokens == 60


@streams
def test_parallel_tools_and_their_results(client: openai.OpenAI, side: Side, streaming: bool) -> None:
    side.script(tool("Bash", {"command": "ls"}), tool("Bash", {"command": "pwd"}), usage(10, 5), streaming=streaming)
    answer = ask(client, side.model, streaming=streaming, tools=[BASH])
    assert answer.choices[0].finish_reason == "tool_calls"
    message = answer.choices[0].message
    asked = calls(message)
    assert [json.loads(call.function.arguments) for call in asked] == [{"command": "ls"}, {"command": "pwd"}]
    assert len({call.id for call in asked}) == 2

    side.script(text("Done."), usage(20, 2), streaming=streaming)
    results = [{"role": "tool", "tool_call_id": call.id, "content": f"out {i}"} for i, call in enumerate(asked)]
    history = [*HI, message.model_dump(exclude_none=True, exclude={"parsed"}), *results]
    assert ask(client, side.model, streaming=streaming, tools=[BASH], messages=history).choices[0].message.content == (
        "Done."
    )
    for call in asked:
        assert side.upstream.only.body.count(f'"{call.id}"'.encode()) == 2


@streams
def test_thinking_is_reasoning_content(client: openai.OpenAI, side: Side, streaming: bool) -> None:
    side.script(thinking("let me see"), text("Yes."), usage(10, 5), streaming=streaming)
    chunks: Any = client.chat.completions.create(model=side.model, messages=HI, stream=streaming)
    if streaming:
        pieces = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
        found = "".join(getattr(piece, "reasoning_content", None) or "" for piece in pieces)
    else:
        found = chunks.choices[0].message.reasoning_content
    assert found == "let me see"


def test_system_messages_and_limits_reach_an_anthropic_upstream(
    client: openai.OpenAI, messages_upstream: Upstream
) -> None:
    messages_upstream.play([messages.reply(text("ok"), usage(1, 1))])
    spoken = [{"role": "system", "content": "Be brief."}, *HI]
    ask(client, "claude,opus", streaming=False, messages=spoken, max_completion_tokens=55, stop=["END"])
    body = messages_upstream.only.json
    assert "Be brief." in json.dumps(body["system"])
    assert [message["role"] for message in body["messages"]] == ["user"]
    assert (body["max_tokens"], body["stop_sequences"]) == (55, ["END"])


def test_without_a_wish_for_usage_a_stream_has_no_usage_chunk(
    client: openai.OpenAI, messages_upstream: Upstream
) -> None:
    messages_upstream.play([messages.stream(text("ok"), usage(1, 1))])
    stream: Any = client.chat.completions.create(model="claude,opus", messages=HI, stream=True)
    assert all(chunk.choices and chunk.usage is None for chunk in stream)


def test_the_list_of_models(client: openai.OpenAI) -> None:
    names = {model.id for model in client.models.list()}
    assert {"chat,m", "chat,deep", "claude,opus"} <= names


def test_a_wrong_key(router: Router) -> None:
    with (
        openai.OpenAI(base_url=f"{router.url}/v1", api_key="wrong-key", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError) as caught,
    ):
        ask(client, "chat,m", streaming=False)
    assert "wrong-key" not in str(caught.value)


@streams
def test_an_unknown_provider_is_answered_with_the_known_ones(client: openai.OpenAI, streaming: bool) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, "nobody,m", streaming=streaming)
    for name in ("nobody", "chat", "claude", "dead"):
        assert name in caught.value.message


@streams
def test_a_dead_upstream(client: openai.OpenAI, streaming: bool) -> None:
    with pytest.raises(openai.InternalServerError) as caught:
        ask(client, "dead,m", streaming=streaming)
    assert caught.value.status_code == 502
    assert "dead" in caught.value.message


@streams
def test_a_rate_limit_keeps_its_retry_after(client: openai.OpenAI, chat_upstream: Upstream, streaming: bool) -> None:
    chat_upstream.play([chat.error(429, "slow down", headers={"retry-after": "7"})])
    with pytest.raises(openai.RateLimitError) as caught:
        ask(client, "chat,m", streaming=streaming)
    assert caught.value.response.headers["retry-after"] == "7"
    assert "slow down" in caught.value.message


def test_malformed_json_says_what_is_wrong_in_openai_s_form(router: Router) -> None:
    answer = router.completions(b'{"model": ')
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert "JSON" in error["message"]
    assert error["type"] == "invalid_request_error"
    assert "type" not in answer.json(), "an Anthropic envelope has a type beside the error"


def test_a_stream_cut_short_ends_in_an_error(client: openai.OpenAI, chat_upstream: Upstream) -> None:
    chat_upstream.play([chat.streamed(chat.delta(role="assistant", content="half"), "FIN", done=False)])
    with pytest.raises(openai.APIError):
        ask(client, "chat,m", streaming=True)


def calls(message: ChatCompletionMessage) -> list[ChatCompletionMessageFunctionToolCall]:
    return [call for call in message.tool_calls or [] if call.type == "function"]
