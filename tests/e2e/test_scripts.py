"""The scripts themselves: what our scripted upstreams say is understood by the vendors' own clients, without a router."""

import json
from typing import Any

import anthropic
import openai

from tests.support import chat, messages
from tests.support.parts import Part, text, thinking, tool, usage
from tests.support.sides import streams
from tests.support.upstream import Upstream

HI: Any = [{"role": "user", "content": "hi"}]
PARTS: list[Part] = [
    thinking("hm"),
    text("Hello, you there."),
    tool("A", {"x": 1}),
    tool("B", {"y": [2]}),
    usage(10, 3, cached=4),
]


@streams
def test_anthropic_s_client_understands_the_messages_upstream(messages_upstream: Upstream, streaming: bool) -> None:
    messages_upstream.play([messages.stream(*PARTS) if streaming else messages.reply(*PARTS)])
    answer: Any
    with anthropic.Anthropic(base_url=messages_upstream.url, api_key="k", max_retries=0) as client:
        if streaming:
            with client.messages.stream(model="m", max_tokens=9, messages=HI) as stream:
                answer = stream.get_final_message()
        else:
            answer = client.messages.create(model="m", max_tokens=9, messages=HI)
    assert [block.type for block in answer.content] == ["thinking", "text", "tool_use", "tool_use"]
    assert [block.input for block in answer.content if block.type == "tool_use"] == [{"x": 1}, {"y": [2]}]
    assert (answer.stop_reason, answer.usage.input_tokens, answer.usage.cache_read_input_tokens) == ("tool_use", 6, 4)


@streams
def test_openai_s_client_understands_the_chat_upstream(chat_upstream: Upstream, streaming: bool) -> None:
    chat_upstream.play([chat.stream(*PARTS) if streaming else chat.reply(*PARTS)])
    answer: Any
    with openai.OpenAI(base_url=f"{chat_upstream.url}/v1", api_key="k", max_retries=0) as client:
        if streaming:
            with client.chat.completions.stream(model="m", messages=HI) as stream:
                answer = stream.get_final_completion()
        else:
            answer = client.chat.completions.create(model="m", messages=HI)
    message = answer.choices[0].message
    assert message.content == "Hello, you there."
    assert [json.loads(call.function.arguments) for call in message.tool_calls] == [{"x": 1}, {"y": [2]}]
    assert (answer.choices[0].finish_reason, answer.usage.prompt_tokens) == ("tool_calls", 10)
