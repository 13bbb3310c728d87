"""Answers of an OpenAI Responses upstream.

responses.stream(thinking("hm"), text("hi"), tool("Bash", {"command": "ls"}), usage(10, 3))
responses.streamed(*responses.events(responses.message("hi", phase="final_answer")))     # item by item

The thoughts can be sent back to the model of that name: strict.responses looks at it.
"""

import itertools
import json
from collections.abc import Mapping
from typing import Any

from tests.support import upstream
from tests.support.parts import Call, Part, Say, Think, Used, pieces
from tests.support.strict.responses import follows, sealed
from tests.support.upstream import Answer, Step

Json = dict[str, Any]
_numbers = itertools.count(1)

NAME = "scripted-responses"


def stream(*parts: Part, model: str = NAME, why: str = "") -> Answer:
    """As OpenAI sends it. `why`: the reason why the answer is incomplete."""
    return streamed(*events(*items(*parts, model=model), model=model, why=why, used=figures(parts)))


def streamed(*steps: Json | Step, headers: Mapping[str, str] | None = None) -> Answer:
    """Each event as a frame of its own; steps (waits, breaks, bytes) may stand between them."""
    return upstream.stream(*(frame(step) if isinstance(step, dict) else step for step in steps), headers=headers)


def body(*parts: Part, model: str = NAME, why: str = "") -> bytes:
    """The bytes of a stream, for readers."""
    return b"".join(map(frame, events(*items(*parts, model=model), model=model, why=why, used=figures(parts))))


def reply(*parts: Part, model: str = NAME, why: str = "") -> Answer:
    return upstream.reply(200, whole(*items(*parts, model=model), model=model, why=why, used=figures(parts)))


def error(status: int, message: str, code: str = "", headers: Mapping[str, str] | None = None) -> Answer:
    inner = {"message": message, "type": "invalid_request_error", "param": None, "code": code or None}
    return upstream.reply(status, {"error": inner}, headers)


def items(*parts: Part, model: str = NAME) -> list[Json]:
    """The output. A thought says what follows it, as OpenAI's do."""
    found: list[Json] = []
    for part in reversed(parts):
        follower = next((item for item in reversed(found) if item["type"] != "reasoning"), None)
        match part:
            case Say(words):
                found.append(message(words))
            case Think(words):
                id = fresh("rs")
                found.append(thought(words, id=id, seal=sealed(model, id, follows(follower)) if follower else ""))
            case Call(name, arguments, id):
                found.append(call(name, json.dumps(arguments), id))
            case Used():
                pass
    return found[::-1]


def message(words: str, **fields: object) -> Json:
    content = [{"type": "output_text", "text": words, "annotations": [], "logprobs": []}]
    return {
        "id": fresh("msg"),
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": content,
        **fields,
    }


def refusal(words: str) -> Json:
    return message("", content=[{"type": "refusal", "refusal": words}])


def thought(*summary: str, id: str = "", seal: str = "", **fields: object) -> Json:
    parts = [{"text": words, "type": "summary_text"} for words in summary]
    opened: Json = {"id": id or fresh("rs"), "type": "reasoning", "summary": parts, **fields}
    return {**opened, "encrypted_content": seal} if seal else opened


def call(name: str, arguments: str, id: str = "") -> Json:
    return {
        "id": fresh("fc"),
        "type": "function_call",
        "status": "completed",
        "call_id": id or fresh("call"),
        "name": name,
        "arguments": arguments,
    }


def search(query: str, *urls: str) -> Json:
    sources = [{"type": "url", "url": url} for url in urls]
    action = {"type": "search", "query": query, "queries": [query], "sources": sources}
    return {"id": fresh("ws"), "type": "web_search_call", "status": "completed", "action": action}


def events(*output: Json, model: str = NAME, why: str = "", used: Json | None = None) -> list[Json]:
    """A stream, with its numbers."""
    final = whole(*output, model=model, why=why, used=used)
    begun = {**final, "status": "in_progress", "output": [], "usage": None, "incomplete_details": None}
    found: list[Json] = [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
        *(event for index, item in enumerate(output) for event in item_events(index, item)),
        {"type": f"response.{final['status']}", "response": final},
    ]
    return [{**event, "sequence_number": number} for number, event in enumerate(found)]


def whole(*output: Json, model: str = NAME, why: str = "", used: Json | None = None) -> Json:
    return {
        "id": fresh("resp"),
        "object": "response",
        "created_at": 1700000000,
        "status": "incomplete" if why else "completed",
        "error": None,
        "incomplete_details": {"reason": why} if why else None,
        "instructions": None,
        "metadata": {},
        "model": model,
        "output": list(output),
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": used,
    }


def item_events(index: int, item: Json) -> list[Json]:
    at: Json = {"output_index": index}
    inner: Json = {"item_id": item["id"], **at}
    found: list[Json] = [{"type": "response.output_item.added", **at, "item": begun(item)}]
    match item["type"]:
        case "message":
            for place, part in enumerate(parts_of(item, "content")):
                found += part_events({**inner, "content_index": place}, part)
        case "reasoning":
            for place, part in enumerate(parts_of(item, "summary")):
                found += summary_events({**inner, "summary_index": place}, part)
            for place, part in enumerate(parts_of(item, "content")):
                text = {**inner, "content_index": place}
                found += [
                    {"type": "response.reasoning_text.delta", **text, "delta": p} for p in pieces(str(part["text"]))
                ]
                found.append({"type": "response.reasoning_text.done", **text, "text": part["text"]})
        case "function_call":
            found += argued("response.function_call_arguments", "arguments", str(item["arguments"]), inner)
        case "custom_tool_call":
            found += argued("response.custom_tool_call_input", "input", str(item["input"]), inner)
        case "web_search_call":
            found += [
                {"type": f"response.web_search_call.{state}", **inner}
                for state in ("in_progress", "searching", "completed")
            ]
        case _:
            pass
    return [*found, {"type": "response.output_item.done", **at, "item": item}]


def begun(item: Json) -> Json:
    """As it is announced."""
    empty: Json = {"content": [], "summary": [], "arguments": "", "input": ""}
    start = {name: empty.get(name, value) for name, value in item.items()}
    if "encrypted_content" in start:
        start["encrypted_content"] = "gAAA-the-beginning"
    return {**start, "status": "in_progress"} if "status" in start else start


def part_events(at: Json, part: Json) -> list[Json]:
    kind, field = ("refusal", "refusal") if part["type"] == "refusal" else ("output_text", "text")
    logprobs: Json = {} if kind == "refusal" else {"logprobs": []}
    words, annotations = str(part[field]), parts_of(part, "annotations")
    deltas: list[Json] = [
        {"type": f"response.{kind}.delta", **at, "delta": piece, **logprobs} for piece in pieces(words)
    ]
    cited: list[Json] = [
        {"type": "response.output_text.annotation.added", **at, "annotation_index": place, "annotation": annotation}
        for place, annotation in enumerate(annotations)
    ]
    empty: Json = {**part, field: ""} | ({} if kind == "refusal" else {"annotations": []})
    return [
        {"type": "response.content_part.added", **at, "part": empty},
        *deltas,
        *cited,
        {"type": f"response.{kind}.done", **at, field: words, **logprobs},
        {"type": "response.content_part.done", **at, "part": part},
    ]


def summary_events(at: Json, part: Json) -> list[Json]:
    kind = "response.reasoning_summary"
    deltas: list[Json] = [{"type": f"{kind}_text.delta", **at, "delta": piece} for piece in pieces(str(part["text"]))]
    return [
        {"type": f"{kind}_part.added", **at, "part": {**part, "text": ""}},
        *deltas,
        {"type": f"{kind}_text.done", **at, "text": part["text"]},
        {"type": f"{kind}_part.done", **at, "part": part},
    ]


def argued(kind: str, field: str, words: str, at: Json) -> list[Json]:
    deltas: list[Json] = [{"type": f"{kind}.delta", **at, "delta": piece} for piece in pieces(words)]
    return [*deltas, {"type": f"{kind}.done", **at, field: words}]


def parts_of(item: Json, name: str) -> list[dict[str, object]]:
    found = item.get(name)
    return list(found) if isinstance(found, list) else []


def figures(parts: tuple[Part, ...]) -> Json | None:
    used = [tokens(part) for part in parts if isinstance(part, Used)]
    return used[-1] if used else None


def tokens(part: Used) -> Json:
    return {
        "input_tokens": part.input,
        "input_tokens_details": {"cached_tokens": part.cached, "cache_write_tokens": 0},
        "output_tokens": part.output,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": part.input + part.output,
    }


def frame(event: Json) -> bytes:
    named = f"event: {event['type']}\n" if "type" in event else ""
    return f"{named}data: {json.dumps(event)}\n\n".encode()


def fresh(kind: str) -> str:
    return f"{kind}_{next(_numbers):06}"
