"""What becomes of an answer, however odd: a legal stream with its end, or an error in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import get_args

from anthropic.types import Message, RawMessageStreamEvent, StopReason
from pydantic import TypeAdapter

from ccr.errors import RequestProblem, UpstreamGarbled
from ccr.messages.blocks import Opaque, Text
from ccr.messages.events import BlockStart, Event, Finish, Grammar, OpaqueDelta
from ccr.messages.fold import fold
from ccr.messages.json import JsonObject
from ccr.messages.request import Request, Tool, Turn
from ccr.wire.anthropic import AnthropicClient
from ccr.wire.dialect import ClientDialect
from ccr.wire.openai_chat import ChatClient
from ccr.wire.openai_responses import ResponsesClient
from tests.wire.fuzz.hosts import Host, frames

COMMANDS: JsonObject = {"type": "object", "properties": {"command": {"type": "string"}, "timeout": {"type": "number"}}}
TOOLS = (Tool("Bash", "Runs.", COMMANDS), Tool("Read"), Tool("Write"))
REQUEST = Request("m", (Turn("user", (Text("hi"),)),), tools=TOOLS, stream=True)
CLIENTS: tuple[ClientDialect, ...] = (AnthropicClient(), ChatClient(), ResponsesClient())
LONGEST_MESSAGE = 8000
BROKEN_INPUT = "a tool's input is not a JSON object"

EVENTS: TypeAdapter[RawMessageStreamEvent] = TypeAdapter(RawMessageStreamEvent)


@dataclass(slots=True)
class Outcome:
    events: list[Event] = field(default_factory=list)
    problem: str = ""  # the class of what went wrong; "" where the answer has its end


def read(host: Host, pieces: Iterable[bytes]) -> Outcome:
    """As the gateway reads. An exception that is no RequestProblem is a fault of ours, and so is a silent end."""
    found, grammar = Outcome(), Grammar()
    reader = host.reader(REQUEST)
    try:
        for piece in pieces:
            for event in reader.feed(piece):
                found.events.append(checked(host, grammar, event))
            if grammar.state == "done":
                return found
        for event in reader.close():
            found.events.append(checked(host, grammar, event))
        assert grammar.state == "done", f"the answer ended while {grammar.state}"
    except RequestProblem as problem:
        found.problem = named(problem)
    return found


def named(problem: RequestProblem) -> str:
    assert problem.message.strip(), "an error without words"
    assert len(problem.message) <= LONGEST_MESSAGE, "an error without end"
    return type(problem).__name__


def checked(host: Host, grammar: Grammar, event: Event) -> Event:
    assert not (host.makes and isinstance(event, Finish) and is_new(event)), f"no official reason: {event}"
    try:
        return grammar.check(event)
    except UpstreamGarbled as fault:
        if host.makes and fault.message != BROKEN_INPUT:
            raise AssertionError(f"the reader's own fault: {fault.message}") from None
        raise


def written(found: Outcome) -> None:
    """Every client's writer takes it, and Anthropic's own types read what is written."""
    official = not any(map(is_new, found.events))
    for client in CLIENTS:
        writer = client.writer(REQUEST)
        stream = b"".join(writer.write(event) for event in found.events)
        whole = None if found.problem else client.reply(fold(found.events), REQUEST)
        if client.name == "anthropic" and official:
            for frame in frames(stream):
                if not frame.startswith(b"event: ping"):
                    EVENTS.validate_json(frame.partition(b"data: ")[2])
            if whole:
                Message.model_validate_json(whole)


def is_new(event: Event) -> bool:
    """What is carried through untouched may be newer than the official types, or odd."""
    match event:
        case OpaqueDelta() | BlockStart(Opaque()):
            return True
        case Finish(reason):
            return reason not in get_args(StopReason)
        case _:
            return False


def lawful(host: Host, data: bytes, *cuts: Sequence[bytes]) -> None:
    """All that holds of any answer."""
    found = read(host, [data])
    written(found)
    for pieces in cuts:
        assert read(host, pieces) == found, "chunk borders mean something"
