"""Answers of an OpenAI Chat Completions upstream.

chat.stream(text("hi"), tool("Bash", {"command": "ls"}), usage(10, 3))
chat.streamed(chat.delta(content="hi"), chat.delta(finish="stop"))      # an odd one, chunk by chunk
"""

import itertools
import json
from collections.abc import Mapping

from tests.support import upstream
from tests.support.parts import Call, Part, Say, Think, Used, pieces
from tests.support.upstream import Answer, Step

Json = dict[str, object]
_numbers = itertools.count(1)


def stream(*parts: Part, finish: str = "", model: str = "scripted-chat") -> Answer:
    """As OpenAI sends it: names first, arguments in pieces, usage in a last chunk without choices, [DONE]."""
    id = answer_id()
    return streamed(*({**chunk, "id": id} for chunk in chunks(*parts, finish=finish, model=model)))


def streamed(*items: Json | Step, done: bool = True, headers: Mapping[str, str] | None = None) -> Answer:
    """Each chunk as a frame of its own; steps (waits, breaks, bytes) may stand between them."""
    ending = [b"data: [DONE]\n\n"] if done else []
    return upstream.stream(*(frame(i) if isinstance(i, dict) else i for i in items), *ending, headers=headers)


def body(*parts: Part, finish: str = "") -> bytes:
    """The bytes of a stream, for readers."""
    return b"".join(frame(chunk) for chunk in chunks(*parts, finish=finish)) + b"data: [DONE]\n\n"


def reply(*parts: Part, finish: str = "", model: str = "scripted-chat") -> Answer:
    message: Json = {
        "role": "assistant",
        "content": "".join(part.text for part in parts if isinstance(part, Say)) or None,
    }
    if thoughts := "".join(part.text for part in parts if isinstance(part, Think)):
        message["reasoning_content"] = thoughts
    if calls := [call(part) for part in parts if isinstance(part, Call)]:
        message["tool_calls"] = calls
    choice = {"index": 0, "message": message, "finish_reason": finish or reason(parts)}
    whole = {**completion("chat.completion", model), "id": answer_id(), "choices": [choice]}
    used = [tokens(part) for part in parts if isinstance(part, Used)]
    return upstream.reply(200, {**whole, "usage": used[-1]} if used else whole)


def error(status: int, message: str, code: str = "", headers: Mapping[str, str] | None = None) -> Answer:
    return upstream.reply(status, {"error": {"message": message, "type": "error", "code": code or None}}, headers)


def chunks(*parts: Part, finish: str = "", model: str = "scripted-chat") -> list[Json]:
    found = [delta(model=model, role="assistant", content="")]
    index = 0
    for part in parts:
        match part:
            case Say(words):
                found += [delta(model=model, content=piece) for piece in pieces(words)]
            case Think(words):
                found += [delta(model=model, reasoning_content=piece) for piece in pieces(words)]
            case Call(name, arguments, id):
                found.append(called(index, id=id, name=name, arguments="", model=model))
                found += [called(index, arguments=piece, model=model) for piece in pieces(json.dumps(arguments))]
                index += 1
            case Used():
                pass
    found.append(delta(finish=finish or reason(parts), model=model))
    found += [used(tokens(part), model) for part in parts if isinstance(part, Used)]
    return found


def delta(*, finish: str | None = None, model: str = "scripted-chat", **fields: object) -> Json:
    """One chunk with one choice."""
    choice = {"index": 0, "delta": fields, "finish_reason": finish}
    return {**completion("chat.completion.chunk", model), "choices": [choice]}


def called(
    index: int, *, id: str = "", name: str = "", arguments: str | None = None, model: str = "scripted-chat"
) -> Json:
    """One chunk with a piece of a tool call; what is not given is not there."""
    function: Json = {"name": name} if name else {}
    if arguments is not None:
        function["arguments"] = arguments
    piece: Json = {"index": index, "function": function}
    if id:
        piece |= {"id": id, "type": "function"}
    return delta(model=model, tool_calls=[piece])


def used(figures: Json, model: str = "scripted-chat") -> Json:
    """The last chunk: usage, no choices."""
    return {**completion("chat.completion.chunk", model), "choices": [], "usage": figures}


def tokens(part: Used) -> Json:
    return {
        "prompt_tokens": part.input,
        "completion_tokens": part.output,
        "total_tokens": part.input + part.output,
        "prompt_tokens_details": {"cached_tokens": part.cached},
    }


def frame(chunk: Json) -> bytes:
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def answer_id() -> str:
    return f"chatcmpl-scripted{next(_numbers):04}"


def completion(kind: str, model: str) -> Json:
    return {"id": "chatcmpl-scripted", "object": kind, "created": 1700000000, "model": model}


def call(part: Call) -> Json:
    return {"id": part.id, "type": "function", "function": {"name": part.name, "arguments": json.dumps(part.input)}}


def reason(parts: tuple[Part, ...]) -> str:
    return "tool_calls" if any(isinstance(part, Call) for part in parts) else "stop"
