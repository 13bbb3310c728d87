"""Answers of Gemini's native API: models/NAME:streamGenerateContent?alt=sse and models/NAME:generateContent.

gemini.stream(thinking("hm"), tool("Bash", {"command": "ls"}), usage(10, 3))
"""

import base64
import json
from collections.abc import Iterable

from tests.support import upstream
from tests.support.parts import Call, Part, Say, Think, Used, pieces
from tests.support.upstream import Answer

Json = dict[str, object]

SCRIPTED = "scripted-gemini"
ANY_MODEL = "c2lnbmVk"  # the signature that SCRIPTED issues, which stands for any model's


def stream(*parts: Part, model: str = SCRIPTED) -> Answer:
    """As Google sends it: text in pieces, a call whole, and the reason with the usage in the last chunk; no [DONE]."""
    return upstream.stream(*(frame(chunk) for chunk in chunks(*parts, model=model)))


def body(*parts: Part, model: str = SCRIPTED) -> bytes:
    """The bytes of a stream, for readers."""
    return b"".join(frame(chunk) for chunk in chunks(*parts, model=model))


def reply(*parts: Part, model: str = SCRIPTED) -> Answer:
    return upstream.reply(200, {**candidate(signed(parts, model), "STOP"), **ending(parts, model)})


def chunks(*parts: Part, model: str = SCRIPTED) -> list[Json]:
    found = [candidate([piece]) for piece in signed(parts, model)]
    return [*found, {**candidate([{"text": ""}], "STOP"), **ending(parts, model)}]


def signed(parts: Iterable[Part], model: str) -> list[Json]:
    """The parts of an answer. Of its calls the first has a signature: https://ai.google.dev/gemini-api/docs/thought-signatures"""
    found = [piece for part in parts for piece in contents(part)]
    for piece in found:
        if "functionCall" in piece:
            piece["thoughtSignature"] = issued(model, piece)
            break
    return found


def issued(model: str, part: Json) -> str:
    """A signature for this part of an answer of this model."""
    return ANY_MODEL if model == SCRIPTED else base64.b64encode(f"{model} {_kind(part)}".encode()).decode()


def issued_for(signature: str, model: str, part: Json) -> bool:
    """Whether it stands where it was issued, and goes back to who issued it."""
    return signature == issued(model, part)


def _kind(part: Json) -> str:
    """What of a part survives a client that mends arguments: the words, or what the function is given first."""
    match part:
        case {"functionCall": {"name": name, "args": dict() as args}}:
            return f"calls {name} {json.dumps(args, sort_keys=True)}"
        case _:
            return f"says {part.get('text')}"


def contents(part: Part) -> list[Json]:
    match part:
        case Say(words):
            return [{"text": piece} for piece in pieces(words)]
        case Think(words):
            return [{"text": piece, "thought": True} for piece in pieces(words)]
        case Call(name, arguments, id):
            return [{"functionCall": {"id": id, "name": name, "args": dict(arguments)}}]
        case Used():
            return []


def candidate(parts: list[Json], finish: str = "") -> Json:
    whole: Json = {"content": {"role": "model", "parts": parts}, "index": 0}
    return {"candidates": [whole | ({"finishReason": finish} if finish else {})]}


def ending(parts: tuple[Part, ...], model: str) -> Json:
    used = [tokens(part) for part in parts if isinstance(part, Used)]
    return {"modelVersion": model, "responseId": "scripted"} | ({"usageMetadata": used[-1]} if used else {})


def tokens(part: Used) -> Json:
    return {
        "promptTokenCount": part.input,
        "candidatesTokenCount": part.output,
        "totalTokenCount": part.input + part.output,
        "cachedContentTokenCount": part.cached,
    }


def frame(chunk: Json) -> bytes:
    return b"data: " + json.dumps(chunk).encode() + b"\r\n\r\n"
