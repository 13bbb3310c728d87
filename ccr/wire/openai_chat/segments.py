"""The blocks of an answer while they arrive. Each gathers what is said to it and gives it out when its turn has come."""

from collections.abc import Iterator

from ccr.ids import Target
from ccr.messages.blocks import Text, Thinking, ToolUse
from ccr.messages.events import (
    BlockStart,
    BlockStop,
    Event,
    JsonDelta,
    SignatureDelta,
    TextDelta,
    ThinkingDelta,
    tool_input,
)
from ccr.messages.json import Json, JsonObject, read
from ccr.wire.callids import Ids
from ccr.wire.origin import Origin
from ccr.wire.wording import compact


class Words:
    complete = True  # whatever comes next ends it

    def __init__(self) -> None:
        self.unsent: list[str] = []
        self.held = 0  # characters, while others have their turn
        self.begun = False

    def news(self) -> Iterator[Event]:
        if not self.begun:
            self.begun = True
            yield BlockStart(Text(""))
        if self.unsent:
            yield TextDelta("".join(self.unsent))
            self.unsent.clear()

    def end(self) -> Iterator[Event]:
        yield BlockStop()


class Thought:
    complete = True

    def __init__(self, target: Target, field: str) -> None:
        self.unsent: list[str] = []
        self.held = 0  # characters, while others have their turn
        self.begun = False
        self.field = field
        self.signature = ""
        self.details: list[JsonObject] = []
        self._target = target

    def detail(self, given: JsonObject) -> None:
        """OpenRouter wants its `reasoning_details` back as they were; in a stream they come in pieces."""
        self.field = "reasoning_details"
        last = self.details[-1] if self.details else {}
        if not last or given.get("type") != last.get("type") or given.get("index") != last.get("index"):
            self.details.append(given)
            return
        merged = {**last, **{name: value for name, value in given.items() if value is not None}}
        for name in ("text", "summary"):
            earlier, later = last.get(name), given.get(name)
            if isinstance(earlier, str) and isinstance(later, str):
                merged[name] = earlier + later
        self.details[-1] = merged

    def news(self) -> Iterator[Event]:
        if not self.begun:
            self.begun = True
            yield BlockStart(Thinking(""))
        if self.unsent:
            yield ThinkingDelta("".join(self.unsent))
            self.unsent.clear()

    def end(self) -> Iterator[Event]:
        state = compact(self.details) if self.details else self.signature
        yield SignatureDelta(Origin(self._target, self.field, state).sign())
        yield BlockStop()


class Call:
    """A tool call. It begins once its name is known."""

    def __init__(self, target: Target, ids: Ids, answer: str) -> None:
        self.id = ""
        self.name = ""
        self.original = ""  # the name before it was shortened for the wire
        self.state: Json = None  # Gemini's signature, to be sent back beside this call
        self.held = 0
        self.begun = False
        self._pieces: list[str] = []
        self._sent = 0
        self._target = target
        self._ids = ids
        self._answer = answer

    @property
    def complete(self) -> bool:
        if not self.name or not self._pieces or not self._pieces[-1].rstrip().endswith('"' if self._odd else "}"):
            return False
        return tool_input(normal("".join(self._pieces))) is not None

    @property
    def nothing(self) -> bool:
        """No arguments, or those that some hosts begin with before the real ones come."""
        return not self._pieces or (len(self._pieces) == 1 and self._pieces[0].strip() in ("{}", "null"))

    @property
    def _odd(self) -> bool:
        """Not plainly an object: wait for the whole."""
        return not self.nothing and not self._pieces[0].lstrip().startswith("{")

    def argue(self, piece: str) -> None:
        if not piece.strip() and not self._pieces:
            return
        if piece.lstrip().startswith("{"):
            if self.nothing:
                self._pieces.clear()
            elif self.complete:
                return  # some hosts repeat the whole call at the end
        self._pieces.append(piece)

    def news(self) -> Iterator[Event]:
        if not self.name:
            return
        if not self.begun:
            self.begun = True
            if self.state is not None:
                yield BlockStart(Thinking(""))
                yield SignatureDelta(Origin(self._target, "extra_content", compact(self.state)).sign())
                yield BlockStop()
            yield BlockStart(ToolUse(self._ids.fresh(self.id, self._answer), self.original))
        if not self.nothing and not self._odd and (unsent := self._pieces[self._sent :]):
            self._sent = len(self._pieces)
            yield JsonDelta("".join(unsent))

    def end(self) -> Iterator[Event]:
        if self.begun and self._odd:
            yield JsonDelta(normal("".join(self._pieces)))
        if self.begun:
            yield BlockStop()

    @property
    def lost(self) -> bool:
        """Arguments that nobody can take."""
        return not self.name and bool(self._pieces)


Segment = Words | Thought | Call


def normal(arguments: str) -> str:
    """Without the quotes around an object that was encoded twice; null is no arguments."""
    try:
        value = read(arguments)
    except ValueError:
        return arguments
    match value:
        case None:
            return ""
        case str(inner):
            return inner
        case _:
            return arguments
