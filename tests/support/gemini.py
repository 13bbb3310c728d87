"""Answers of Gemini's native API: models/NAME:streamGenerateContent?alt=sse and models/NAME:generateContent.

gemini.stream(thinking("hm"), tool("Bash", {"command": "ls"}), usage(10, 3))
"""

import json

from tests.support import upstream
from tests.support.parts import Call, Part, Say, Think, Used, pieces
from tests.support.upstream import Answer

Json = dict[str, object]


def stream(*parts: Part, model: str = "scripted-gemini") -> Answer:
    """As Google sends it: text in pieces, a call whole, and the reason with the usage in the last chunk; no [DONE]."""
    return upstream.stream(*(frame(chunk) for chunk in chunks(*parts, model=model)))


def reply(*parts: Part, model: str = "scripted-gemini") -> Answer:
    return upstream.reply(
        200, {**candidate([one for part in parts for one in contents(part)], "STOP"), **ending(parts, model)}
    )


def chunks(*parts: Part, model: str = "scripted-gemini") -> list[Json]:
    found = [candidate([piece]) for part in parts for piece in contents(part)]
    return [*found, {**candidate([{"text": ""}], "STOP"), **ending(parts, model)}]


def contents(part: Part) -> list[Json]:
    match part:
        case Say(words):
            return [{"text": piece} for piece in pieces(words)]
        case Think(words):
            return [{"text": piece, "thought": True} for piece in pieces(words)]
        case Call(name, arguments, _):  # the signature is what Gemini 3 wants back with the call
            return [{"functionCall": {"name": name, "args": arguments}, "thoughtSignature": "c2lnbmVk"}]
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
