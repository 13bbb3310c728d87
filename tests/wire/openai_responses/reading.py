"""Short ways to ask this dialect: a request's body, an answer's events, the blocks they come to."""

from collections.abc import Iterable
from typing import Any

from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.blocks import Block, Text, Thinking, ToolResult, ToolUse
from ccr.messages.events import Event, Grammar
from ccr.messages.fold import fold
from ccr.messages.reply import Reply
from ccr.messages.request import Request, Turn
from ccr.wire.openai_responses import ResponsesUpstream
from ccr.wire.openai_responses.state import State
from tests.support import responses
from tests.support.strict.responses import fault

TARGET = Target(ProviderName("openai"), ModelName(responses.NAME))
HI = Request("m", (Turn("user", (Text("hi"),)),))

Json = dict[str, Any]


def at(model: str) -> Target:
    return Target(ProviderName("openai"), ModelName(model))


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


def thought(text: str, *items: Json, phase: str = "", target: Target = TARGET) -> Thinking:
    return Thinking(text, State(items, phase).sign(target))


def body(request: Request, host: ResponsesUpstream | None = None, target: Target = TARGET) -> Any:
    """What goes out; a strict host would take it."""
    found = (host or ResponsesUpstream()).encode(request, target).body
    assert fault("/v1/responses", dict(found)) is None
    return found


def items(*turns: Turn, target: Target = TARGET) -> Any:
    """The input, unchecked."""
    return ResponsesUpstream().encode(Request("m", turns), target).body["input"]


def events(pieces: Iterable[bytes], request: Request = HI, target: Target = TARGET) -> list[Event]:
    """What a reader makes of an answer; every one of them passes the grammar."""
    reader, grammar = ResponsesUpstream().reader(request, target), Grammar()
    found = [grammar.check(event) for piece in pieces for event in reader.feed(piece)]
    if grammar.state != "done":
        found += [grammar.check(event) for event in reader.close()]
    assert grammar.state == "done"
    return found


def streamed(*steps: Json, request: Request = HI) -> list[Event]:
    """The events of these events, each in a read of its own."""
    return events(map(responses.frame, steps), request)


def reply(*output: Json, request: Request = HI, why: str = "", used: Json | None = None) -> Reply:
    """What an answer of these items comes to."""
    return fold(streamed(*responses.events(*output, why=why, used=used), request=request))
