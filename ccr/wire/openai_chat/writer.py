"""Events and whole answers -> Chat Completions."""

from collections.abc import Mapping

import msgspec

from ccr.errors import RequestProblem
from ccr.messages.blocks import Text, Thinking, ToolUse
from ccr.messages.events import (
    BlockStart,
    BlockStop,
    End,
    Event,
    Finish,
    JsonDelta,
    OpaqueDelta,
    Ping,
    SignatureDelta,
    Start,
    TextDelta,
    ThinkingDelta,
)
from ccr.messages.json import Json, JsonObject
from ccr.messages.reply import Reply, Usage
from ccr.messages.request import Request
from ccr.wire.openai_chat.usage import FINISHES, reported
from ccr.wire.openai_errors import envelope
from ccr.wire.sse import frame
from ccr.wire.wording import compact


class ChatWriter:
    def __init__(self, request: Request, created: int) -> None:
        options = request.extra.get("stream_options")
        self._wants_usage = isinstance(options, Mapping) and options.get("include_usage") is True
        self._created = created
        self._id = ""
        self._model = request.model
        self._usage = Usage()
        self._calls = 0
        self._open: ToolUse | None = None
        self._argued = False

    def open(self, start: Start) -> bytes:
        return self.ping()

    def write(self, event: Event) -> bytes:
        match event:
            case Start(id, model, usage):
                self._id, self._model, self._usage = answer_id(id), model, usage
                return self._chunk({"role": "assistant", "content": ""})
            case BlockStart(ToolUse() as call):
                self._open, self._argued = call, False
                self._calls += 1
                function: JsonObject = {"name": call.name, "arguments": ""}
                return self._tool({"id": call.id, "type": "function", "function": function})
            case BlockStart(Text(text)) if text:
                return self._chunk({"content": text})
            case TextDelta(text):
                return self._chunk({"content": text})
            case ThinkingDelta(text):
                return self._chunk({"reasoning_content": text})
            case JsonDelta(piece):
                return self._argue(piece) if self._open else b""
            case BlockStop():
                call, self._open = self._open, None  # type: ignore[assignment]
                return self._argue(compact(call.input)) if call and not self._argued else b""
            case Finish(reason, _, usage):
                self._usage = self._usage.updated(usage)
                return self._chunk({}, FINISHES.get(reason, "stop"))
            case End():
                return self._ending()
            case Ping():
                return self.ping()
            case BlockStart() | SignatureDelta() | OpaqueDelta():
                return b""

    def fail(self, error: RequestProblem, request_id: str) -> bytes:
        return frame(envelope(error, request_id))

    def ping(self) -> bytes:
        return b": ping\n\n"

    def _argue(self, piece: str) -> bytes:
        self._argued = self._argued or bool(piece)
        return self._tool({"function": {"arguments": piece}})

    def _tool(self, call: JsonObject) -> bytes:
        return self._chunk({"tool_calls": [{"index": self._calls - 1, **call}]})

    def _chunk(self, delta: JsonObject, finish: str | None = None) -> bytes:
        choice: JsonObject = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        chunk = self._head() | {"choices": [choice]}
        if self._wants_usage:
            chunk["usage"] = None
        return frame(msgspec.json.encode(chunk))

    def _ending(self) -> bytes:
        used = b""
        if self._wants_usage:
            used = frame(msgspec.json.encode(self._head() | {"choices": [], "usage": reported(self._usage)}))
        return used + frame(b"[DONE]")

    def _head(self) -> dict[str, Json]:
        return {
            "id": self._id,
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": self._model,
        }


def completion(reply: Reply, created: int) -> bytes:
    """A whole answer."""
    text = "".join(block.text for block in reply.content if isinstance(block, Text))
    thought = "".join(block.text for block in reply.content if isinstance(block, Thinking))
    calls: list[Json] = [
        {"id": block.id, "type": "function", "function": {"name": block.name, "arguments": compact(block.input)}}
        for block in reply.content
        if isinstance(block, ToolUse)
    ]
    message: dict[str, Json] = {"role": "assistant", "content": text or (None if calls else ""), "refusal": None}
    if thought:
        message["reasoning_content"] = thought
    if calls:
        message["tool_calls"] = calls
    finish = FINISHES.get(reply.stop_reason, "stop")
    whole: JsonObject = {
        "id": answer_id(reply.id),
        "object": "chat.completion",
        "created": created,
        "model": reply.model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}],
        "usage": reported(reply.usage),
    }
    return msgspec.json.encode(whole)


def answer_id(id: str) -> str:
    return id if id.startswith("chatcmpl-") else f"chatcmpl-{id.removeprefix('msg_')}"
