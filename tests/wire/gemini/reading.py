"""Short ways to ask this dialect: a request's body, an answer's events, the blocks they come to."""

import json
from collections.abc import Iterable
from typing import Any

from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.blocks import Block, Text, ToolResult, ToolUse
from ccr.messages.events import Event, Grammar
from ccr.messages.fold import fold
from ccr.messages.reply import Reply
from ccr.messages.request import Request, Turn
from ccr.wire.gemini import GeminiUpstream
from tests.support.strict.gemini import fault

HOST = GeminiUpstream()


def model(name: str, provider: str = "google") -> Target:
    return Target(ProviderName(provider), ModelName(name))


PRO = model("gemini-3-pro-preview")
FLASH = model("gemini-2.5-flash")
HI = Request("m", (Turn("user", (Text("hi"),)),))


def user(*blocks: Block) -> Turn:
    return Turn("user", blocks)


def assistant(*blocks: Block) -> Turn:
    return Turn("assistant", blocks)


def note(text: str) -> Turn:
    return Turn("system", (Text(text),))


def called(id: str, name: str = "Bash") -> ToolUse:
    return ToolUse(id, name, {"command": id})


def result(id: str, *content: Block, is_error: bool = False) -> ToolResult:
    return ToolResult(id, content or (Text(f"out {id}"),), is_error)


def body(request: Request, target: Target = FLASH) -> Any:
    """What goes out, and that Google would take it."""
    made = json.loads(json.dumps(HOST.encode(request, target).body))
    path = HOST.address(HOST.endpoint("https://acme.test"), target, stream=True)
    assert fault(path.partition("?")[0], made) is None
    return made


def contents(*turns: Turn, target: Target = FLASH) -> Any:
    return body(Request("m", turns), target)["contents"]


def events(pieces: Iterable[bytes], request: Request = HI, target: Target = PRO) -> list[Event]:
    """What a reader makes of an answer; every one of them passes the grammar."""
    reader, grammar = HOST.reader(request, target), Grammar()
    found = [grammar.check(event) for piece in pieces for event in reader.feed(piece)]
    found += [grammar.check(event) for event in reader.close()]
    assert grammar.state == "done"
    return found


def sse(*chunks: object) -> bytes:
    return b"".join(b"data: " + json.dumps(chunk).encode() + b"\r\n\r\n" for chunk in chunks)


def response(*parts: object, finish: str = "", **more: object) -> dict[str, Any]:
    whole: dict[str, Any] = {"content": {"role": "model", "parts": parts}, **more}
    return {"candidates": [whole | ({"finishReason": finish} if finish else {})]}


def reply(*chunks: object, request: Request = HI, target: Target = PRO) -> Reply:
    return fold(events([sse(chunk) for chunk in chunks], request, target))


def said(*parts: object, request: Request = HI, target: Target = PRO) -> tuple[Block, ...]:
    """The blocks of an answer of these parts, each in a response of its own."""
    chunks = [response(part) for part in parts]
    return reply(*chunks, response(finish="STOP"), request=request, target=target).content
