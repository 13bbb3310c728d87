"""Events -> a Responses stream, and whole answers. A whole answer is the stream's last word.

An item stands open until its block ends, but for a message: neighbouring texts are one, since citations cut sentences
apart. Of a call whose input is no text of JSON (another's free text, an object) the whole is waited for.
"""

from collections.abc import Iterator, Mapping

import msgspec

from ccr.errors import RequestProblem
from ccr.messages.blocks import Opaque, RedactedThinking, Text, Thinking, ToolUse
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
from ccr.messages.fold import unfold
from ccr.messages.json import Json, JsonObject
from ccr.messages.reply import Reply, StopReason, Usage
from ccr.messages.request import Request
from ccr.wire.openai_errors import told
from ccr.wire.openai_responses.forms import FUNCTION, Called, table
from ccr.wire.openai_responses.outputs import Call, Item, Message, Reasoning, Search
from ccr.wire.sse import frame

_INCOMPLETE: Mapping[StopReason, str] = {
    "max_tokens": "max_output_tokens",
    "model_context_window_exceeded": "max_output_tokens",
    "refusal": "content_filter",
}
_CHOICES = {"auto": "auto", "none": "none", "any": "required", "tool": "required"}
# OpenAI's own word, which clients wait upon.
_CODES = {"overloaded": "server_is_overloaded"}


class ResponsesWriter:
    def __init__(self, request: Request, created: int) -> None:
        self._request = request
        self._called = table(request)
        self._created = created
        self._begun = False
        self._number = -1  # of the latest event
        self._id = ""
        self._model = request.model
        self._usage: Usage | None = None
        self._reason: StopReason = ""
        self._output: list[JsonObject] = []
        self._item: Item | None = None

    def open(self, start: Start) -> bytes:
        return self.ping()  # the SDKs want one id from the first event to the last, and it is the provider's to give

    def write(self, event: Event) -> bytes:
        if isinstance(event, Ping):
            return self.ping()
        return b"".join(map(self._frame, self._events(event)))

    def fail(self, error: RequestProblem, request_id: str) -> bytes:
        kind, code = told(error)
        code = _CODES.get(code or "", code) or kind
        # openai-python's stream() raises at an error before it: "Expected to have received `response.created` before `error`".
        opening = b"" if self._begun else self.write(Start(request_id.removeprefix("req_"), self._model))
        said: JsonObject = {"code": code, "message": error.message}
        failed = self._response("failed") | {"error": said}
        told_so: JsonObject = {"type": "error", **said, "param": None}
        return opening + self._frame(told_so) + self._frame({"type": "response.failed", "response": failed})

    def ping(self) -> bytes:
        """As OpenAI does it (https://github.com/openai/openai-node/pull/1965): Codex takes no comment for a sign of life
        (https://github.com/openai/codex/issues/31539). The SDKs take nothing before response.created."""
        return self._frame({"type": "keepalive"}) if self._begun else b": ping\n\n"

    def whole(self) -> JsonObject:
        """The answer, once it has ended."""
        reason = _INCOMPLETE.get(self._reason)
        if reason:
            return self._response("incomplete") | {"incomplete_details": {"reason": reason}}
        return self._response("completed")

    def _frame(self, event: JsonObject) -> bytes:
        self._number += 1
        return frame(msgspec.json.encode({**event, "sequence_number": self._number}), str(event["type"]))

    def _events(self, event: Event) -> Iterator[JsonObject]:
        match event:
            case Start(id, model, usage):
                self._id, self._model, self._usage = answer_id(id), model, usage
                self._begun = True
                yield {"type": "response.created", "response": self._response("in_progress")}
                yield {"type": "response.in_progress", "response": self._response("in_progress")}
            case BlockStart(block):
                yield from self._open(block)
            case TextDelta() | ThinkingDelta() | JsonDelta() | SignatureDelta() | OpaqueDelta() if self._item:
                yield from self._item.take(event)
            case BlockStop() if self._item:
                yield from self._item.stop()
                if self._item.complete:
                    yield from self._close()
            case Finish(reason, _, usage):
                yield from self._close()
                self._reason, self._usage = reason, (self._usage or Usage()).updated(usage)
            case End():
                answer = self.whole()
                yield {"type": f"response.{answer['status']}", "response": answer}
            case _:
                pass

    def _open(self, block: object) -> Iterator[JsonObject]:
        match self._item, block:
            case Message() as message, Text():
                yield from message.go_on(block)
                return
            case Search() as search, Opaque() if search.found(block):
                return
            case _:
                yield from self._close()
        self._item = self._made(block)
        if self._item:
            yield {
                "type": "response.output_item.added",
                "output_index": self._item.place,
                "item": self._item.as_json("in_progress"),
            }
            yield from self._item.start()

    def _made(self, block: object) -> Item | None:
        place, id = len(self._output), f"{self._id.removeprefix('resp_')}_{len(self._output)}"
        match block:
            case Text():
                return Message(place, id, block)
            case Thinking() | RedactedThinking():
                return Reasoning(place, id, block)
            case ToolUse(_, name):
                return Call(place, id, block, self._called.get(name) or Called(FUNCTION, name))
            case Opaque({"type": "server_tool_use", "name": "web_search"}):
                return Search(place, id, block)
            case _:
                return None  # no form here

    def _close(self) -> Iterator[JsonObject]:
        item, self._item = self._item, None
        if item:
            yield from item.end()
            done = item.as_json(item.status)
            self._output.append(done)
            yield {"type": "response.output_item.done", "output_index": item.place, "item": done}

    def _response(self, status: str) -> dict[str, Json]:
        choice = self._request.tool_choice
        return {
            "id": self._id,
            "object": "response",
            "created_at": self._created,
            "status": status,
            "background": False,
            "error": None,
            "incomplete_details": None,
            "instructions": None,
            "max_output_tokens": self._request.max_tokens,
            "metadata": self._request.extra.get("metadata") or {},
            "model": self._model,
            "output": list(self._output),
            "parallel_tool_calls": choice is None or choice.parallel,
            "previous_response_id": None,
            "reasoning": {"effort": self._request.effort, "summary": None},
            "store": False,
            "temperature": self._request.temperature,
            "text": {"format": {"type": "text"}},
            "tool_choice": _CHOICES[choice.mode] if choice else "auto",
            "tools": [],  # the client knows them
            "top_p": self._request.top_p,
            "truncation": "disabled",
            "usage": None if status == "in_progress" or self._usage is None else reported(self._usage),
        }


def answer(reply: Reply, request: Request, created: int) -> bytes:
    writer = ResponsesWriter(request, created)
    for event in unfold(reply):
        writer.write(event)
    return msgspec.json.encode(writer.whole())


def reported(used: Usage) -> JsonObject:
    """It wants numbers: what is not known is 0."""
    prompt, output = used.prompt or 0, used.output or 0
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": used.cache_read or 0, "cache_write_tokens": used.cache_write or 0},
        "output_tokens": output,
        "output_tokens_details": {"reasoning_tokens": used.reasoning or 0},
        "total_tokens": prompt + output,
    }


def answer_id(id: str) -> str:
    return id if id.startswith("resp_") else f"resp_{id.removeprefix('msg_')}"
