"""One conversation with tools and thinking that moves between providers: each sees what it may see, and refuses nothing.

The conversation is kept as Claude Code keeps it: what an answer holds comes back as it was.
"""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from ccr.ids import ModelName
from ccr.messages.fold import fold
from ccr.messages.request import Request
from ccr.providers.lookalikes import LOOKALIKES
from ccr.wire.anthropic import AnthropicClient, AnthropicUpstream, BedrockRuntimeClaude, VertexClaude
from ccr.wire.openai_chat import ChatUpstream
from ccr.wire.searching import PREFIX
from tests.support import chat, messages
from tests.support.canned import CannedExchange
from tests.support.clouds import chunk
from tests.support.parts import Part, text, thinking, tool, usage
from tests.support.strict.messages import fault, lookalike_fault
from tests.support.wiring import Wired, read, target, upstream_at

CLAUDE = "claude-opus-5-5"
OURS, THEIRS = "EqQB-anthropic", "kimi-signature"
UPSTREAMS = (
    upstream_at("http://a.test/v1/messages", AnthropicUpstream(), "anthropic", models=(ModelName(CLAUDE),)),
    upstream_at("http://k.test/anthropic/v1/messages", LOOKALIKES["moonshot"], "kimi"),
    upstream_at("http://d.test/anthropic/v1/messages", LOOKALIKES["deepseek"], "deepseek"),
    upstream_at("http://c.test/v1/chat/completions", ChatUpstream(), "chat"),
    upstream_at("http://v.test/v1/projects/p/locations/l/publishers/anthropic/models", VertexClaude(), "vertex"),
    upstream_at("http://b.test/model", BedrockRuntimeClaude(), "bedrock"),
)
TARGETS = {
    "anthropic": f"anthropic,{CLAUDE}",
    "kimi": "kimi,m",
    "deepseek": "deepseek,m",
    "chat": "chat,m",
    "vertex": f"vertex,{CLAUDE}",
    "bedrock": f"bedrock,anthropic.{CLAUDE}",
}
SIGNATURES = {"anthropic": OURS, "vertex": OURS, "bedrock": OURS, "kimi": THEIRS, "deepseek": THEIRS, "chat": ""}
MARK = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}


def answered(name: str, *parts: Part) -> bytes:
    match name:
        case "chat":
            return chat.body(*parts)
        case "bedrock":
            return b"".join(chunk(event) for event in messages.events(*parts))
        case _:
            return messages.body(*parts)


class Conversation:
    def __init__(self) -> None:
        self.turns: list[dict[str, Any]] = []
        self.calls = 0
        self.wired = Wired(upstreams=UPSTREAMS, routes={"default": TARGETS["anthropic"]})

    async def asks(self, name: str, *parts: Part) -> Mapping[str, Any]:
        """Asks one provider, keeps what it answers, and returns what it was sent."""
        self.wired.transport.answers.append(CannedExchange([answered(name, *parts, usage(10, 3))]))
        body = {
            "model": TARGETS[name],
            "max_tokens": 4000,
            "stream": True,
            "system": [{"type": "text", "text": "x-anthropic-billing-header: cch=ab;"}, {"type": "text", "text": "Be.", **MARK}],
            "tools": [{"type": "custom", "name": "Bash", "input_schema": {"type": "object"}, **MARK}],
            "thinking": {"type": "adaptive"},
            "output_config": {"effort": "high"},
            "context_management": {"edits": []},
            "metadata": {"user_id": "u"},
            "messages": self.turns,
        }  # fmt: skip
        headers = {
            "anthropic_version": "2023-06-01",
            "anthropic_beta": "context-management-2025-06-27,oauth-2025-04-20",
        }
        answer = await self.wired.ask(body, None, "", **headers)
        told = await read(answer)
        assert answer.status == 200, told
        reader = AnthropicUpstream().reader(Request("m", ()), target(TARGETS[name]))
        reply = json.loads(AnthropicClient().reply(fold([*reader.feed(told), *reader.close()])))
        self.turns.append({"role": "assistant", "content": reply["content"]})
        request = self.wired.sent[-1]
        sent: dict[str, Any] = json.loads(request.body)
        assert self._fault(name, sent, request.headers) is None
        return sent

    def _fault(self, name: str, sent: dict[str, Any], headers: Mapping[str, str]) -> object:
        match name:
            case "anthropic":
                return fault("/v1/messages", sent, headers, {OURS})
            case "vertex" | "bedrock":
                extra = {"anthropic-beta": ",".join(sent.pop("anthropic_beta", [])), "anthropic-version": "2023-06-01"}
                assert sent.pop("anthropic_version").startswith(name)
                return fault("/v1/messages", {"model": CLAUDE, **sent}, {**extra, **headers}, {OURS})
            case "kimi" | "deepseek":
                return lookalike_fault("/v1/messages", sent, headers, {THEIRS})
            case _:
                assert "ccr1." not in json.dumps(sent)
                return None

    async def works(self, name: str) -> list[Mapping[str, Any]]:
        """The user asks, the model thinks and calls a tool, gets its result and answers."""
        self.turns.append({"role": "user", "content": [{"type": "text", "text": f"Ask {name}."}]})
        thought = thinking(f"{name} thinks", SIGNATURES[name])
        first = await self.asks(name, thought, tool("Bash", {"command": "ls"}, f"call_{self.calls}"))
        (call,) = [block for block in self.turns[-1]["content"] if block["type"] == "tool_use"]
        self.calls += 1
        result = {"type": "tool_result", "tool_use_id": call["id"], "content": "file.txt"}
        self.turns.append({"role": "user", "content": [result]})
        return [first, await self.asks(name, thought, text(f"{name} answers"))]


def thoughts(sent: Mapping[str, Any]) -> list[str]:
    return [
        block["thinking"]
        for message in sent["messages"]
        if isinstance(message["content"], list)
        for block in message["content"]
        if block["type"] == "thinking" and block["thinking"].strip()
    ]


@pytest.mark.trap(59, 62, 66)
async def test_anthropic_and_others_by_turns() -> None:
    conversation = Conversation()
    for name in ("anthropic", "kimi", "anthropic", "chat", "anthropic", "deepseek", "anthropic"):
        _, last = await conversation.works(name)
        if name != "chat":
            assert set(thoughts(last)) == {f"{name} thinks"}


@pytest.mark.trap(62, 66)
async def test_anthropics_thoughts_are_good_at_its_other_doors() -> None:
    conversation = Conversation()
    for name in ("anthropic", "vertex", "kimi", "bedrock", "deepseek"):
        await conversation.works(name)
    _, last = await conversation.works("anthropic")
    assert set(thoughts(last)) == {"anthropic thinks", "vertex thinks", "bedrock thinks"}


async def test_each_lookalike_gets_its_own_thoughts_back_when_the_conversation_returns() -> None:
    conversation = Conversation()
    for name in ("kimi", "deepseek", "anthropic"):
        await conversation.works(name)
    _, last = await conversation.works("kimi")
    assert set(thoughts(last)) == {"kimi thinks"}
    own = [block for turn in last["messages"] for block in turn["content"] if "signature" in block]
    assert {block["signature"] for block in own} == {THEIRS, ""}


async def test_a_switch_between_a_call_and_its_result() -> None:
    conversation = Conversation()
    conversation.turns.append({"role": "user", "content": "go"})
    for name in ("kimi", "anthropic", "deepseek", "chat", "vertex"):
        await conversation.asks(name, thinking(f"{name} thinks", SIGNATURES[name]), tool("Bash", {}, f"call_{name}"))
        (call,) = [block for block in conversation.turns[-1]["content"] if block["type"] == "tool_use"]
        result = {"type": "tool_result", "tool_use_id": call["id"], "content": "ok"}
        conversation.turns.append({"role": "user", "content": [result]})
    last = await conversation.asks("anthropic", text("done"))
    assert set(thoughts(last)) == {"anthropic thinks", "vertex thinks"}


async def test_a_search_that_the_router_ran_is_no_trouble_anywhere() -> None:
    conversation = Conversation()
    hit = {
        "type": "web_search_result",
        "url": "https://a.test",
        "title": "A",
        "encrypted_content": "",
        "page_age": None,
    }
    cited = {
        "type": "web_search_result_location",
        "url": "https://a.test",
        "title": "A",
        "encrypted_index": "",
        "cited_text": "a",
    }
    id = f"{PREFIX}1"
    conversation.turns += [
        {"role": "user", "content": "search"},
        {
            "role": "assistant",
            "content": [
                {"type": "server_tool_use", "id": id, "name": "web_search", "input": {"query": "x"}},
                {"type": "web_search_tool_result", "tool_use_id": id, "content": [hit]},
                {"type": "text", "text": "It rains.", "citations": [cited]},
            ],
        },
    ]  # fmt: skip
    for name in ("anthropic", "vertex", "kimi"):
        first, _ = await conversation.works(name)
        assert "https://a.test" in json.dumps(first)
