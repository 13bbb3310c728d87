"""Answers of an Anthropic Messages upstream.

messages.stream(thinking("hm"), text("hi"), tool("Bash", {"command": "ls"}), usage(10, 3))
"""

import itertools
import json
from collections.abc import Mapping

from tests.support import upstream
from tests.support.parts import Call, Part, Say, Think, Used, pieces
from tests.support.upstream import Answer, Step

Json = dict[str, object]
_numbers = itertools.count(1)


def stream(*parts: Part, stop: str = "", model: str = "scripted-messages") -> Answer:
    return streamed(*events(*parts, stop=stop, model=model))


def streamed(*items: Json | Step, headers: Mapping[str, str] | None = None) -> Answer:
    """Each event as a frame of its own; steps (waits, breaks, bytes) may stand between them."""
    return upstream.stream(*(frame(i) if isinstance(i, dict) else i for i in items), headers=headers)


def body(*parts: Part, stop: str = "", model: str = "scripted-messages") -> bytes:
    """The bytes of a stream, for readers."""
    return b"".join(frame(event) for event in events(*parts, stop=stop, model=model))


def reply(*parts: Part, stop: str = "", model: str = "scripted-messages") -> Answer:
    content = [block(part) for part in parts if not isinstance(part, Used)]
    whole = {**message(model), "content": content, "stop_reason": stop or reason(parts), "usage": tokens(parts)}
    return upstream.reply(200, whole)


def error(status: int, kind: str, words: str, headers: Mapping[str, str] | None = None) -> Answer:
    return upstream.reply(status, {"type": "error", "error": {"type": kind, "message": words}}, headers)


def events(*parts: Part, stop: str = "", model: str = "scripted-messages") -> list[Json]:
    opening = {**message(model), "usage": {**tokens(parts), "output_tokens": 1}}
    found: list[Json] = [{"type": "message_start", "message": opening}, {"type": "ping"}]
    for index, part in enumerate(part for part in parts if not isinstance(part, Used)):
        found.append({"type": "content_block_start", "index": index, "content_block": empty(part)})
        found += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas(part)]
        found.append({"type": "content_block_stop", "index": index})
    ending = {"stop_reason": stop or reason(parts), "stop_sequence": None}
    found.append({"type": "message_delta", "delta": ending, "usage": tokens(parts)})
    return [*found, {"type": "message_stop"}]


def deltas(part: Say | Think | Call) -> list[Json]:
    match part:
        case Say(words):
            return [{"type": "text_delta", "text": piece} for piece in pieces(words)]
        case Think(words, signature):
            thoughts: list[Json] = [{"type": "thinking_delta", "thinking": piece} for piece in pieces(words)]
            return [*thoughts, {"type": "signature_delta", "signature": signature}]
        case Call(_, arguments):
            written = ["", *pieces(json.dumps(arguments))]
            return [{"type": "input_json_delta", "partial_json": piece} for piece in written]


def empty(part: Say | Think | Call) -> Json:
    match part:
        case Say():
            return {"type": "text", "text": ""}
        case Think():
            return {"type": "thinking", "thinking": "", "signature": ""}
        case Call(name, _, id):
            return {"type": "tool_use", "id": id, "name": name, "input": {}}


def block(part: Say | Think | Call) -> Json:
    match part:
        case Say(words):
            return {"type": "text", "text": words}
        case Think(words, signature):
            return {"type": "thinking", "thinking": words, "signature": signature}
        case Call(name, arguments, id):
            return {"type": "tool_use", "id": id, "name": name, "input": dict(arguments)}


def message(model: str) -> Json:
    return {
        "id": f"msg_scripted{next(_numbers):04}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
    }


def tokens(parts: tuple[Part, ...]) -> Json:
    for part in parts:
        if isinstance(part, Used):
            figures: Json = {"input_tokens": part.input - part.cached, "output_tokens": part.output}
            return figures | {"cache_read_input_tokens": part.cached, "cache_creation_input_tokens": 0}
    return {"input_tokens": 1, "output_tokens": 1}


def frame(event: Json) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def reason(parts: tuple[Part, ...]) -> str:
    return "tool_use" if any(isinstance(part, Call) for part in parts) else "end_turn"
