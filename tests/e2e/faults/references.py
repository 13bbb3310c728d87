"""The streams that are cut: one answer with thoughts, text and a call, as each kind of upstream sends it."""

from collections.abc import Mapping
from dataclasses import dataclass

from ccr.wire.anthropic import AnthropicClient, AnthropicUpstream, BedrockRuntimeClaude
from ccr.wire.dialect import ClientDialect, UpstreamDialect
from ccr.wire.gemini import GeminiUpstream
from ccr.wire.openai_chat import ChatClient, ChatUpstream
from ccr.wire.openai_responses import ResponsesClient, ResponsesUpstream
from tests.support import chat, clouds, gemini, messages, responses
from tests.support.outcomes import Content, Kind
from tests.support.parts import Part, text, thinking, tool, usage
from tests.support.upstream import Answer

PARTS: tuple[Part, ...] = (
    thinking("hm, héhé"),
    text("Hello, 世界"),
    tool("Bash", {"command": "ls é"}, "call_a"),
    usage(10, 3),
)
CONTENT = Content("hm, héhé", "Hello, 世界", (("Bash", {"command": "ls é"}),))
OTHER = (text("the other's words"), usage(20, 5))
OTHERS = Content(text="the other's words")


@dataclass(frozen=True, slots=True)
class Reference:
    """Its answer is whole where the event with `last` in it is, be it without its blank line: that one says why the answer
    ends, and only the sums, an end mark or nothing follow it."""

    dialect: UpstreamDialect
    stream: bytes
    whole: bytes
    first: bytes  # stands in the first content
    last: bytes
    frame: bytes = b"\n\n"  # the end of an event; none: its length tells

    @property
    def begins(self) -> int:
        """With fewer bytes there is no content."""
        return self.stream.index(self.first)

    @property
    def whole_from(self) -> int:
        return self.stream.index(self.frame, self.stream.index(self.last)) if self.frame else self._message_end()

    def _message_end(self) -> int:
        """Of the binary message that begins with `last`."""
        start = self.stream.index(self.last)
        return start + int.from_bytes(self.stream[start : start + 4], "big")


def body_of(answer: Answer) -> bytes:
    (step,) = answer.steps
    assert isinstance(step, bytes)
    return step.partition(b"\r\n\r\n")[2]


def _bedrock() -> Reference:
    events = messages.events(*PARTS)
    frames = [clouds.chunk(event) for event in events]
    kinds = [event["type"] for event in events]
    first, last = frames[kinds.index("content_block_delta")], frames[kinds.index("message_delta")]
    return Reference(BedrockRuntimeClaude(), b"".join(frames), body_of(messages.reply(*PARTS)), first, last, b"")


UPSTREAMS: Mapping[str, Reference] = {
    "anthropic": Reference(
        AnthropicUpstream(),
        messages.body(*PARTS),
        body_of(messages.reply(*PARTS)),
        b"thinking_delta",
        b'data: {"type": "message_delta"',
    ),
    "chat": Reference(
        ChatUpstream(),
        chat.body(*PARTS),
        body_of(chat.reply(*PARTS)),
        b"reasoning_content",
        b'"finish_reason": "tool_calls"',
    ),
    "responses": Reference(
        ResponsesUpstream(),
        responses.body(*PARTS),
        body_of(responses.reply(*PARTS)),
        b"reasoning_summary_text.delta",
        b'data: {"type": "response.completed"',
    ),
    "gemini": Reference(
        GeminiUpstream(),
        gemini.body(*PARTS),
        body_of(gemini.reply(*PARTS)),
        b'"thought": true',
        b'"finishReason": "STOP"',
        b"\r\n\r\n",
    ),
    "bedrock": _bedrock(),
}

CLIENTS: Mapping[Kind, ClientDialect] = {
    "messages": AnthropicClient(),
    "chat": ChatClient(),
    "responses": ResponsesClient(),
}

TOOL = {"command": {"type": "string"}}
SCHEMA = {"type": "object", "properties": TOOL}


def asked(kind: Kind, model: str, *, stream: bool, say: str = "hi") -> dict[str, object]:
    said: dict[str, object] = {"model": model, "stream": stream}
    match kind:
        case "messages":
            tools = [{"name": "Bash", "input_schema": SCHEMA}]
            return said | {"max_tokens": 100, "messages": [{"role": "user", "content": say}], "tools": tools}
        case "chat":
            tools = [{"type": "function", "function": {"name": "Bash", "parameters": SCHEMA}}]
            return said | {"messages": [{"role": "user", "content": say}], "tools": tools}
        case "responses":
            return said | {"input": say, "tools": [{"type": "function", "name": "Bash", "parameters": SCHEMA}]}
