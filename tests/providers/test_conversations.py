"""Twenty turns with thoughts and tools through each vendor's row, against what the vendor is known to refuse."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import pytest

from ccr.config.vendors import vendor_named
from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.blocks import Text, ToolResult, ToolUse
from ccr.messages.events import Grammar
from ccr.messages.fold import fold
from ccr.messages.request import Reasoning, Request, Tool, Turn
from ccr.providers.catalogue import chat
from tests.support.chat import called, delta
from tests.support.strict.chat import fault

TURNS = 20
LONG = "mcp__a_server_with_a_long_name__and_a_tool_whose_name_is_longer_than_sixty_four_characters"
BILLING = Text("x-anthropic-billing-header: cc_version=2.1.0.abc; cc_entrypoint=cli;")
Json = dict[str, Any]


@dataclass(frozen=True)
class Style:
    """How a vendor answers."""

    vendor: str
    model: str
    id: str  # of calls; {n} counts the answers, where the vendor does
    thought: Json  # the delta that thinks
    back: str  # what of a thought is in the next request

    @property
    def target(self) -> Target:
        return Target(ProviderName(self.vendor), ModelName(self.model))

    def answer(self, number: int, names: tuple[str, str]) -> bytes:
        ids = [self.id.format(n=number, call=place) for place in (0, 1)]
        chunks = [
            delta(**self.thought),
            delta(content=f"Step {number}."),
            *(
                called(place, id=ids[place], name=names[place], arguments=json.dumps({"z": number, "a": [place]}))
                for place in (0, 1)
            ),
            delta(finish="tool_calls"),
        ]
        return b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in chunks) + b"data: [DONE]\n\n"


ENCRYPTED = {"type": "reasoning.encrypted", "data": "c2VhbGVk", "id": "tool_0_Grep", "format": "google-gemini-v1"}
STYLES: Mapping[str, Style] = {
    "openai": Style("openai", "gpt-5-mini", "call_{n}_{call}", {}, ""),
    "deepseek": Style("deepseek", "deepseek-v4-pro", "call_{call}", {"reasoning_content": "let me see"}, "let me see"),
    "mistral": Style(
        "mistral",
        "mistral-small-latest",
        "{n:07}x{call}",
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "let me see"}], "signature": "c2ln"}]},
        "c2ln",
    ),
    "kimi": Style("kimi", "kimi-k2.6", "functions.Grep:{call}", {"reasoning_content": "let me see"}, "let me see"),
    "openrouter": Style(
        "openrouter", "google/gemini-3-pro", "tool_{call}_Grep", {"reasoning_details": [ENCRYPTED]}, "c2VhbGVk"
    ),
    "groq": Style("groq", "openai/gpt-oss-120b", "fc_{n}{call}", {"reasoning": "let me see"}, "let me see"),
}


def conversation(style: Style) -> list[Json]:
    upstream = chat(vendor_named(style.vendor))
    schema: Json = {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {}}
    request = Request(
        "m",
        (Turn("user", (Text("begin"),)),),
        system=(BILLING, Text("You help.", {"cache_control": {"type": "ephemeral", "ttl": "1h"}})),
        tools=(Tool("Grep", "Finds.", schema, extra={"cache_control": {"type": "ephemeral"}}), Tool(LONG)),
        reasoning=Reasoning("adaptive"),
        effort="high",
        max_tokens=32_000,
        stream=True,
        user="u" * 200,
        session="one",
        temperature=1.0,
    )
    bodies = []
    for number in range(TURNS):
        body = json.loads(msgspec.json.encode(upstream.encode(request, style.target).body))
        assert fault("/v1/chat/completions", body, style.vendor) is None
        bodies.append(body)
        names = tuple(tool["function"]["name"] for tool in body["tools"])
        reader, grammar = upstream.reader(request, style.target), Grammar()
        events = [*reader.feed(style.answer(number, (names[0], names[1]))), *reader.close()]
        reply = fold([grammar.check(event) for event in events])
        uses = [block for block in reply.content if isinstance(block, ToolUse)]
        assert [use.name for use in uses] == ["Grep", LONG]
        results = [ToolResult(use.id, (Text(f"found {number}"),)) for use in uses]
        told = [Turn("user", (*reversed(results), *((Text("go on"),) if number % 2 else ())))]
        if number % 5 == 4:
            told.append(Turn("system", (Text(f"{number} turns have passed."),)))
        request = replace(request, turns=(*request.turns, Turn("assistant", reply.content), *told))
    return bodies


@pytest.mark.trap(39, 41, 42, 43, 45, 46, 48, 50, 53, 67, 68, 81)
@pytest.mark.parametrize("name", STYLES)
def test_a_long_conversation_is_taken_and_repeats_itself(name: str) -> None:
    style = STYLES[name]
    bodies = conversation(style)
    for before, after in zip(bodies, bodies[1:], strict=False):
        sent = [msgspec.json.encode(message) for message in before["messages"]]
        assert [msgspec.json.encode(message) for message in after["messages"]][: len(sent)] == sent
        assert {k: v for k, v in before.items() if k != "messages"} == {
            k: v for k, v in after.items() if k != "messages"
        }
    thought = [
        message for message in bodies[-1]["messages"] if message["role"] == "assistant" and "tool_calls" in message
    ]
    assert len(thought) == TURNS - 1
    assert all(style.back in json.dumps(message) for message in thought)


def test_geminis_sealed_thoughts_go_back_with_the_ids_that_their_calls_have_now() -> None:
    messages = conversation(STYLES["openrouter"])[-1]["messages"]
    assert sum("reasoning_details" in message for message in messages) == TURNS - 1
    for message in messages:
        if details := message.get("reasoning_details"):
            assert details == [{**ENCRYPTED, "id": message["tool_calls"][0]["id"]}]


@pytest.mark.trap(62, 66)
@pytest.mark.parametrize("name", STYLES)
def test_another_provider_gets_nothing_of_what_was_thought(name: str) -> None:
    style = STYLES[name]
    other = Target(ProviderName("other"), ModelName(style.model))
    upstream = chat(vendor_named(style.vendor))
    request = Request("m", (Turn("user", (Text("begin"),)),), tools=(Tool("Grep"), Tool("Glob")))
    events = upstream.reader(request, style.target).feed(style.answer(0, ("Grep", "Glob")))
    reply = fold(events)
    continued = replace(request, turns=(*request.turns, Turn("assistant", reply.content)))
    assert style.back == "" or style.back not in json.dumps(chat(None).encode(continued, other).body)
