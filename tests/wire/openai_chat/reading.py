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
from ccr.wire.openai_chat import ChatUpstream
from tests.support import chat

TARGET = Target(ProviderName("acme"), ModelName("m"))
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


def body(request: Request, host: ChatUpstream | None = None, target: Target = TARGET) -> Any:
    return (host or ChatUpstream()).encode(request, target).body


def messages(*turns: Turn, host: ChatUpstream | None = None) -> Any:
    return body(Request("m", turns), host)["messages"]


def events(pieces: Iterable[bytes], request: Request = HI) -> list[Event]:
    """What a reader makes of an answer; every one of them passes the grammar."""
    reader, grammar = ChatUpstream().reader(request, TARGET), Grammar()
    found = [grammar.check(event) for piece in pieces for event in reader.feed(piece)]
    found += [grammar.check(event) for event in reader.close()]
    assert grammar.state == "done"
    return found


def sse(*chunks: object, done: bool = True) -> bytes:
    frames = [b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks]
    return b"".join(frames) + (b"data: [DONE]\n\n" if done else b"")


def streamed(*chunks: object, request: Request = HI, done: bool = True) -> list[Event]:
    """The events of these chunks, each in a read of its own."""
    return events([*(sse(chunk, done=False) for chunk in chunks), b"data: [DONE]\n\n" if done else b""], request)


def reply(*chunks: object, request: Request = HI) -> Reply:
    return fold(streamed(*chunks, request=request))


def whole(**message: object) -> dict[str, object]:
    """A chat.completion with this message."""
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}
    return {**chat.completion("chat.completion", "m"), "choices": [choice]}
