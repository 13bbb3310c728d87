"""What a client has in the end: an answer that is whole, or a proper error. Anything else is refused.

    told = outcome("chat", 200, body)
    assert told.content == Content("hm", "Hello", (("Bash", {"command": "ls"}),)) or told.error

Strict: frames that are whole, an ordinary end or an error and nothing after it, JSON that is JSON.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tests.support.sse import heard

Json = dict[str, Any]
Kind = Literal["messages", "chat", "responses"]


@dataclass(frozen=True, slots=True)
class Content:
    thoughts: str = ""
    text: str = ""
    calls: tuple[tuple[str, Json], ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """`content` is what the client has of an answer, whole where there is no `error`; that is the kind of the error."""

    status: int
    content: Content
    error: str = ""
    message: str = ""
    used: int = 0  # tokens of the answer


class Unfinished(AssertionError):
    """The stream has neither an ordinary end nor an error: what a dead router leaves behind."""


def outcome(kind: Kind, status: int, body: bytes) -> Told:
    if status != 200:
        return Told(status, Content(), *_failure(json.loads(body)))
    if body.lstrip().startswith(b"{"):
        return _WHOLE[kind](json.loads(body))
    return _STREAMED[kind](body)


def _failure(body: Json) -> tuple[str, str]:
    error = body["error"]
    assert error["message"], f"an error without a message: {body}"
    return str(error.get("type") or error["code"]), str(error["message"])  # a provider's own may have no type


def _messages(body: bytes) -> Told:
    if not body.endswith(b"\n\n"):
        raise Unfinished(body[-80:])
    try:
        got = heard(body)
    except AssertionError as fault:
        if "the stream stops" not in str(fault):
            raise
        raise Unfinished(fault) from None
    calls = tuple((call["name"], call["input"]) for call in got.calls)
    content = Content(got.thoughts, got.text, calls)
    if got.error:
        return Told(200, content, got.error["type"], got.error["message"])
    return Told(200, content, used=got.usage["output_tokens"])


def _message(body: Json) -> Told:
    assert body["type"] == "message", body
    assert body["stop_reason"], "a whole answer without a reason"
    blocks = body["content"]
    content = Content(
        "".join(block["thinking"] for block in blocks if block["type"] == "thinking"),
        "".join(block["text"] for block in blocks if block["type"] == "text"),
        tuple((block["name"], block["input"]) for block in blocks if block["type"] == "tool_use"),
    )
    return Told(200, content, used=body["usage"]["output_tokens"])


def _chat(body: bytes) -> Told:
    thoughts, text, reason, used = "", "", "", 0
    calls: list[tuple[str, str]] = []
    frames = _data(body)
    for data in frames:
        if data == "[DONE]":
            assert reason, "[DONE] without a finish_reason"
            assert not list(frames), "something after [DONE]"
            return Told(200, Content(thoughts, text, _called(calls)), used=used)
        chunk = json.loads(data)
        if "error" in chunk:
            assert not list(frames), "something after an error"
            return Told(200, Content(thoughts, text), *_failure(chunk))
        used = (chunk.get("usage") or {}).get("completion_tokens", used)
        for choice in chunk["choices"]:
            assert not reason, "a choice after its finish_reason"
            delta = choice["delta"]
            thoughts += delta.get("reasoning_content") or ""
            text += delta.get("content") or ""
            for call in delta.get("tool_calls", ()):
                if "id" in call:
                    calls.append((call["function"]["name"], ""))
                name, written = calls[call["index"]]
                calls[call["index"]] = name, written + call["function"]["arguments"]
            reason = choice["finish_reason"] or ""
    raise Unfinished(body[-80:])


def _completion(body: Json) -> Told:
    (choice,) = body["choices"]
    assert choice["finish_reason"], "a whole answer without a reason"
    said = choice["message"]
    calls = [(call["function"]["name"], call["function"]["arguments"]) for call in said.get("tool_calls") or ()]
    content = Content(said.get("reasoning_content") or "", said["content"] or "", _called(calls))
    return Told(200, content, used=body["usage"]["completion_tokens"])


def _responses(body: bytes) -> Told:
    written: dict[str, str] = {}
    error: tuple[str, str] | None = None
    frames = _data(body)
    for data in frames:
        event = json.loads(data)
        match event["type"]:
            case "error":
                error = str(event["code"]), str(event["message"])
            case "response.failed":
                assert error, "response.failed without an error before it"
                assert not list(frames), "something after response.failed"
                return Told(200, Content(text=written.get("response.output_text.delta", "")), *error)
            case "response.completed" | "response.incomplete":
                assert not error, "an end after an error"
                assert not list(frames), "something after the end"
                told = _response(event["response"])
                for kind, whole in {"output_text": told.content.text}.items():
                    assert written.get(f"response.{kind}.delta", "") == whole, "what was streamed is not what ended"
                return told
            case str(name) if name.endswith(".delta"):
                written[name] = written.get(name, "") + event["delta"]
            case _:
                assert not error, f"{event['type']} after an error"
    if error:  # a provider's own may stand alone
        return Told(200, Content(text=written.get("response.output_text.delta", "")), *error)
    raise Unfinished(body[-80:])


def _response(body: Json) -> Told:
    assert body["status"] in {"completed", "incomplete"}, body["status"]
    output = body["output"]
    thoughts = [
        part["text"]
        for item in output
        if item["type"] == "reasoning"
        for part in (*item.get("summary", ()), *item.get("content", ()))
    ]
    text = [part["text"] for item in output if item["type"] == "message" for part in item["content"]]
    calls = [(item["name"], item["arguments"]) for item in output if item["type"] == "function_call"]
    content = Content("".join(thoughts), "".join(text), _called(calls))
    return Told(200, content, used=(body["usage"] or {}).get("output_tokens", 0))


def _called(calls: list[tuple[str, str]]) -> tuple[tuple[str, Json], ...]:
    return tuple((name, json.loads(arguments or "{}")) for name, arguments in calls)


def _data(body: bytes) -> Iterator[str]:
    text = body.decode()
    if text and not text.endswith("\n\n"):
        raise Unfinished(text[-80:])
    for frame in text.removesuffix("\n\n").split("\n\n"):
        lines = [line for line in frame.split("\n") if line and not line.startswith((":", "event: "))]
        assert len(lines) <= 1, f"more than one line of data: {frame!r}"
        for line in lines:
            assert line.startswith("data: "), frame
            yield line.removeprefix("data: ")


_STREAMED: Mapping[Kind, Callable[[bytes], Told]] = {"messages": _messages, "chat": _chat, "responses": _responses}
_WHOLE: Mapping[Kind, Callable[[Json], Told]] = {"messages": _message, "chat": _completion, "responses": _response}
