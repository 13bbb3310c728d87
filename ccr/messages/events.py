"""The alphabet of a streamed answer, and its grammar.

Every provider's stream becomes these events, and every stream passes the one Grammar: exactly one block is open at a
time, deltas fit the block they stand in, and an answer ends by Finish and End. What breaks it is the provider's fault.
"""

from dataclasses import dataclass
from typing import Literal

from ccr.errors import UpstreamGarbled
from ccr.messages.blocks import Block, RedactedThinking, Text, Thinking, ToolUse
from ccr.messages.json import NOTHING, JsonObject, read
from ccr.messages.reply import StopReason, Usage


@dataclass(frozen=True, slots=True)
class Start:
    id: str
    model: str
    usage: Usage = Usage()
    extra: JsonObject = NOTHING


@dataclass(frozen=True, slots=True)
class BlockStart:
    """Opens a block. Text, thinking and tool input start empty and arrive by deltas; other blocks arrive whole."""

    block: Block


@dataclass(frozen=True, slots=True)
class TextDelta:
    text: str


@dataclass(frozen=True, slots=True)
class JsonDelta:
    """A piece of a tool's input; the pieces together are one JSON object (none at all: an empty one)."""

    json: str


@dataclass(frozen=True, slots=True)
class ThinkingDelta:
    text: str


@dataclass(frozen=True, slots=True)
class SignatureDelta:
    signature: str


@dataclass(frozen=True, slots=True)
class OpaqueDelta:
    """A delta this version does not know (citations, …). Fits any block."""

    raw: JsonObject


Delta = TextDelta | JsonDelta | ThinkingDelta | SignatureDelta | OpaqueDelta


@dataclass(frozen=True, slots=True)
class BlockStop:
    broken: bool = False  # a call with half an input, or none that can be read: it is not to be run


@dataclass(frozen=True, slots=True)
class Finish:
    reason: StopReason
    stop_sequence: str | None = None
    usage: Usage = Usage()
    extra: JsonObject = NOTHING


@dataclass(frozen=True, slots=True)
class End:
    pass


@dataclass(frozen=True, slots=True)
class Ping:
    pass


Event = Start | BlockStart | Delta | BlockStop | Finish | End | Ping

State = Literal["new", "between", "in_block", "finished", "done"]

MOVES: dict[State, dict[type[Event], State]] = {
    "new": {Start: "between", Ping: "new"},
    "between": {BlockStart: "in_block", Finish: "finished", Ping: "between"},
    "in_block": {
        TextDelta: "in_block",
        JsonDelta: "in_block",
        ThinkingDelta: "in_block",
        SignatureDelta: "in_block",
        OpaqueDelta: "in_block",
        BlockStop: "between",
        Ping: "in_block",
    },
    "finished": {End: "done", Ping: "finished"},
    "done": {},
}

# Which block a delta may stand in. Server tool blocks are Opaque here and take JSON too.
HOMES: dict[type[Event], type[Block]] = {TextDelta: Text, ThinkingDelta: Thinking, SignatureDelta: Thinking}


# With these an answer may end in the middle of a tool's input.
CUT_SHORT = frozenset({"max_tokens", "model_context_window_exceeded"})

# These say that the model came to its end; beside a call they mean that it waits for a result.
ENDED = frozenset({"end_turn", "stop_sequence"})


class Grammar:
    """Checks one answer, event by event."""

    def __init__(self) -> None:
        self.state: State = "new"
        self._block: Block | None = None
        self._input: list[str] = []  # of the open tool
        self._broken = False  # a tool's input was no object; only the answer's end tells whether it was cut short

    def check(self, event: Event) -> Event:
        kind = type(event)
        try:
            self.state = MOVES[self.state][kind]
        except KeyError:
            raise UpstreamGarbled(f"{kind.__name__} while {self.state.replace('_', ' ')}") from None
        match event:
            case BlockStart(block):
                self._block = block
                self._input = []
            case TextDelta() | ThinkingDelta() | SignatureDelta() if not isinstance(self._block, HOMES[kind]):
                raise UpstreamGarbled(f"{kind.__name__} in a {type(self._block).__name__} block")
            case JsonDelta() if isinstance(self._block, Text | Thinking):
                raise UpstreamGarbled(f"{kind.__name__} in a {type(self._block).__name__} block")
            case JsonDelta(piece):
                self._input.append(piece)
            case BlockStop(broken=True) if not isinstance(self._block, ToolUse):
                raise UpstreamGarbled(f"a broken {type(self._block).__name__} block")
            case BlockStop(broken=False):
                self._broken = self._broken or tool_input("".join(self._input)) is None
            case Finish(reason) if self._broken and reason not in CUT_SHORT:
                raise UpstreamGarbled("a tool's input is not a JSON object")
            case _:
                pass
        return event


def tool_input(text: str) -> JsonObject | None:
    """What the pieces of a tool's input come to; None: no object."""
    if not text.strip():
        return NOTHING
    try:
        value = read(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def is_content(event: Event) -> bool:
    """Whether the client has something of the answer after this event: from here on there is no other try."""
    match event:
        case TextDelta(text):
            return bool(text.strip())  # many begin with a blank line, which is nothing yet
        case ThinkingDelta(text):
            return bool(text)
        case JsonDelta() | OpaqueDelta():
            return True
        case BlockStart(block):
            return not isinstance(block, Text | Thinking)
        case _:
            return False


def is_useful(event: Event) -> bool:
    """Whether the answer has more than thoughts and spaces after this event."""
    match event:
        case ThinkingDelta() | SignatureDelta() | BlockStart(Thinking() | RedactedThinking()):
            return False
        case _:
            return is_content(event)


def says_something(event: Event) -> bool:
    """Whether it is more than a sign that the connection is there."""
    match event:
        case TextDelta(piece) | ThinkingDelta(piece) | SignatureDelta(piece) | JsonDelta(piece):
            return bool(piece)
        case _:
            return not isinstance(event, Ping)
