"""Whose answers are bent: every kind of upstream, with answers that are right and chunks that some host once sent."""

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.request import Request
from ccr.wire.anthropic import AnthropicUpstream, BedrockRuntimeClaude
from ccr.wire.dialect import Reader, UpstreamDialect
from ccr.wire.gemini import GeminiUpstream
from ccr.wire.openai_chat import ChatUpstream
from ccr.wire.openai_responses import ResponsesUpstream
from ccr.wire.quirks import QUIRKS, Quirk
from ccr.wire.quirks.mending import Mending
from ccr.wire.searxng import SearchUpstream
from ccr.wire.stages import staged
from tests.support import chat, gemini, messages, responses, searxng
from tests.support.clouds import message
from tests.support.parts import Part, text, thinking, tool, usage

CASES = Path(__file__).parents[1] / "cases"
BORDER = "\n----------\n"  # between the bytes of a case and what is read of them

Frame = bytes  # one event of a stream, with its blank line

CALL = '{"name": "Bash", "arguments": {"command": "ls"}}'  # as models write it that have no better way
ANSWERS: tuple[tuple[Part, ...], ...] = (
    (text("Hello, 世界."), usage(10, 3)),
    (thinking("Let me see."), text("Grüße 🎉"), usage(10, 3, cached=4)),
    (thinking("Two."), tool("Bash", {"command": "ls", "deep": {"a": [1]}}, "a"), tool("Read", {}, "b"), usage(1, 1)),
    (text("<think>hm</think>So: <tool_call>\n" + CALL + "\n</tool_call>"), usage(1, 1)),
    (text(f"First.\n```json\n{CALL}\n```\n[TOOL_CALLS][{CALL}] <|python_tag|>{CALL}"), usage(1, 1)),
    (tool("Bash", {"command": ["ls"], "timeout": "5"}), tool("ExitTool", {"response": "done"}), usage(1, 1)),
    (),
)


@dataclass(frozen=True)
class Host:
    upstream: UpstreamDialect
    target: Target
    body: Callable[..., bytes]  # a right answer of these parts
    folder: str = ""  # of its cases
    more: tuple[dict[str, Any], ...] = ()  # chunks that no case has
    quirks: tuple[str, ...] = ()
    packed: Callable[[Iterable[Frame]], bytes] = b"".join  # what goes over the wire, of a stream's frames
    makes: bool = True  # its reader makes the events itself, and not from such as the host sends

    @cached_property
    def made(self) -> tuple[Quirk, ...]:
        return tuple(QUIRKS[name]({}) for name in self.quirks)

    def reader(self, request: Request) -> Reader:
        """As the gateway makes it."""
        stages = [quirk.stage(request, self.target) for quirk in reversed(self.made) if quirk.stage]
        return staged(self.upstream.reader(request, self.target), [Mending(request, self.target), *stages])

    @cached_property
    def answers(self) -> tuple[bytes, ...]:
        """Whole answers, streamed or not."""
        cases = (
            path.read_text().partition(BORDER)[0] for path in sorted((CASES / (self.folder or "none")).glob("*.case"))
        )
        return (*(self.body(*parts) for parts in ANSWERS), *(case.encode() for case in cases))

    @cached_property
    def raw(self) -> tuple[bytes, ...]:
        """The same, as they go over the wire."""
        return tuple(answer if self.packed == b"".join else self.packed(frames(answer)) for answer in self.answers)

    @cached_property
    def frames(self) -> tuple[Frame, ...]:
        """Each once."""
        told = (frame for answer in self.answers for frame in frames(answer))
        return tuple(dict.fromkeys((*told, *map(framed, self.more))))


def frames(answer: bytes) -> Iterator[Frame]:
    for frame in answer.replace(b"\r\n", b"\n").split(b"\n\n"):
        if frame.strip():
            yield frame + b"\n\n"


def framed(chunk: dict[str, Any]) -> Frame:
    """Chunks that have a type are named after it."""
    name = f"event: {chunk['type']}\n" if "type" in chunk else ""
    return f"{name}data: {json.dumps(chunk)}\n\n".encode()


COMMON: tuple[Frame, ...] = (
    b": keep-alive\n\n",
    b"data: [DONE]\n\n",
    b"data: null\n\n",
    b"data: []\n\n",
    b"data:\n\n",
    b"event: ping\n\n",
    b'event: error\ndata: {"error":{"message":"overloaded"}}\n\n',
    b'data: {"error":{"code":429,"message":"slow down"}}\n\n',
    b"data: <html>\n\n",
)

CHAT: tuple[dict[str, Any], ...] = (
    {"choices": [{"index": 0, "delta": {"function_call": {"name": "f", "arguments": "{}"}}}]},
    {"choices": [{"index": 1, "delta": {"content": "the other"}, "finish_reason": "stop"}]},
    {"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 1, "function": {"arguments": '{"a":'}}]}}]},
    {"choices": [{"index": 0, "delta": {"tool_calls": [{"id": "c", "function": {"name": "f", "arguments": {}}}]}}]},
    {"choices": [{"index": 0, "delta": {"refusal": "I can't."}, "finish_reason": "content_filter"}]},
    {"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}]},
    {"choices": [{"index": 0, "delta": {"reasoning_details": [{"type": "reasoning.text", "text": "hm"}]}}]},
    {"choices": [{"index": 0, "delta": {"annotations": [{"type": "url_citation", "url_citation": {"url": "u"}}]}}]},
)

MESSAGES: tuple[dict[str, Any], ...] = (
    {"type": "content_block_start", "index": 0, "content_block": {"type": "redacted_thinking", "data": "x"}},
    {"type": "content_block_start", "index": 1, "content_block": {"type": "server_tool_use", "id": "s", "input": {}}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "citations_delta", "citation": {"url": "u"}}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": '{"a":'}},
    {"type": "message_delta", "delta": {"stop_reason": "max_tokens"}, "usage": {"output_tokens": 3}},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}},
    {"type": "something_new", "with": ["fields"]},
)

RESPONSES: tuple[dict[str, Any], ...] = (
    {"type": "response.failed", "response": {"error": {"code": "server_error", "message": "sorry"}}},
    {"type": "response.incomplete", "response": {"incomplete_details": {"reason": "max_output_tokens"}}},
    {"type": "response.incomplete", "response": {"incomplete_details": {"reason": "content_filter"}, "output": []}},
    {"type": "response.refusal.delta", "item_id": "m", "output_index": 0, "content_index": 0, "delta": "no"},
    {"type": "response.output_item.added", "output_index": 0, "item": {"type": "function_call", "call_id": "c"}},
    {
        "type": "response.output_item.done",
        "output_index": 3,
        "item": {"type": "web_search_call", "status": "completed"},
    },
    {"type": "response.output_item.done", "output_index": 1, "item": {"type": "custom_tool_call", "input": "x"}},
    {"type": "response.function_call_arguments.delta", "output_index": 1, "delta": '{"a":'},
    {"type": "response.function_call_arguments.done", "output_index": 1, "arguments": "{}"},
    {"type": "response.output_text.annotation.added", "annotation": {"type": "url_citation", "url": "u"}},
    {"type": "error", "code": "rate_limit_exceeded", "message": "slow down"},
)

GEMINI: tuple[dict[str, Any], ...] = (
    {"promptFeedback": {"blockReason": "SAFETY"}},
    {"candidates": [{"finishReason": "MALFORMED_FUNCTION_CALL", "finishMessage": "call:f{"}]},
    {"candidates": [{"finishReason": "MAX_TOKENS", "index": 0}], "usageMetadata": {"promptTokenCount": 3}},
    {"candidates": [{"content": {"parts": [{"functionCall": {"name": "f", "args": {"a": 1}}}]}}]},
    {"candidates": [{"content": {"parts": [{"text": "", "thoughtSignature": "c2ln"}]}, "finishReason": "STOP"}]},
    {"candidates": [{"content": {"parts": [{"executableCode": {"code": "1"}}, {"inlineData": {"data": "aGk="}}]}}]},
    {"candidates": [{"groundingMetadata": {"webSearchQueries": ["q"], "groundingChunks": [{"web": {"uri": "u"}}]}}]},
    {"response": {"candidates": [{"content": {"parts": [{"text": "wrapped"}]}, "finishReason": "STOP"}]}},
)


def found(*parts: Part) -> bytes:
    pages = (searxng.page(f"https://a.test/{number}", "A page", str(part)) for number, part in enumerate(parts))
    return json.dumps(searxng.results(*pages, answers=["42"], suggestions=["more"])).encode()


def packed(frames: Iterable[Frame]) -> bytes:
    """In the binary messages of AWS."""
    texts = (frame.strip().partition(b"data: ")[2] for frame in frames)
    return b"".join(message({":message-type": "event", ":event-type": "chunk"}, sealed(text)) for text in texts)


def sealed(text: bytes) -> bytes:
    return json.dumps({"bytes": base64.b64encode(text).decode()}).encode()


def target(model: str) -> Target:
    return Target(ProviderName("acme"), ModelName(model))


LOOKALIKE = AnthropicUpstream(genuine=False)
HOSTS = {
    "anthropic": Host(AnthropicUpstream(), target("claude-opus-4-8"), messages.body, more=MESSAGES, makes=False),
    "lookalike": Host(LOOKALIKE, target("m"), messages.body, more=MESSAGES, makes=False),
    "openai": Host(ChatUpstream(), target("m"), chat.body, "openai_chat", CHAT),
    "responses": Host(ResponsesUpstream(), target("gpt-5.5"), responses.body, "openai_responses", RESPONSES),
    "gemini": Host(GeminiUpstream(), target("gemini-3-pro"), gemini.body, "gemini", GEMINI),
    "texttools": Host(ChatUpstream(), target("m"), chat.body, quirks=("forcereasoning", "texttools")),
    "tooluse": Host(ChatUpstream(), target("m"), chat.body, quirks=("tooluse",)),
    "toolprompt": Host(GeminiUpstream(), target("m"), gemini.body, quirks=("toolprompt",)),
    "bedrock": Host(
        BedrockRuntimeClaude(), target("claude-opus-4-8"), messages.body, more=MESSAGES, packed=packed, makes=False
    ),
    "search": Host(SearchUpstream(), target("m"), found),
}

# All at once and in this order: the ids in scripted answers count up, and a seed shall mean the same again.
assert all(host.answers for host in HOSTS.values())
