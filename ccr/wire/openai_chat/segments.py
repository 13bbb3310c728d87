"""The blocks of an answer while they arrive. Each gathers what is said to it and gives it out when its turn has come."""

from collections.abc import Callable, Iterator

from ccr.ids import Target
from ccr.messages.blocks import Text, Thinking, ToolUse
from ccr.messages.events import (
    BlockStart,
    BlockStop,
    Event,
    JsonDelta,
    OpaqueDelta,
    SignatureDelta,
    TextDelta,
    ThinkingDelta,
    tool_input,
)
from ccr.messages.json import Json, JsonObject, read
from ccr.wire.callids import Ids
from ccr.wire.openai_chat.ends import Ends
from ccr.wire.origin import Origin
from ccr.wire.wording import compact

_OPAQUE = frozenset({"signature", "data"})  # what nobody but the provider can read


class Words:
    complete = True  # whatever comes next ends it

    def __init__(self) -> None:
        self.unsent: list[str] = []
        self.sources: list[JsonObject] = []  # deltas that name them, unsent as well
        self.held = 0  # characters, while others have their turn
        self.begun = False

    def news(self) -> Iterator[Event]:
        if not self.begun:
            self.begun = True
            yield BlockStart(Text(""))
        if self.unsent:
            yield TextDelta("".join(self.unsent))
            self.unsent.clear()
        yield from map(OpaqueDelta, self.sources)
        self.sources.clear()

    def end(self) -> Iterator[Event]:
        yield BlockStop()


class Thought:
    complete = True

    def __init__(self, target: Target, field: str, foretold: Callable[[str], str] = str) -> None:
        self.unsent: list[str] = []
        self.held = 0  # characters, while others have their turn
        self.begun = False
        self.field = field
        self.signature = ""
        self.details: list[JsonObject] = []
        self._target = target
        self._foretold = foretold  # what a call will be named, by the provider's id

    def detail(self, given: JsonObject, field: str = "reasoning_details") -> None:
        """OpenRouter wants its `reasoning_details` back as they were, LiteLLM its `thinking_blocks`; in a stream they
        come in pieces."""
        self.field = field
        last = self.details[-1] if self.details else {}
        pieces = [name for name in ("text", "summary", "thinking") if isinstance(given.get(name), str) and given[name]]
        another = given.get("type") != last.get("type") or given.get("index") != last.get("index")
        if not last or another or (pieces and last.get("signature")):
            self.details.append(given)
            return
        merged = {**last, **{name: value for name, value in given.items() if value is not None}}
        for name in ("text", "summary", "thinking"):
            earlier, later = last.get(name), given.get(name)
            if isinstance(earlier, str) and isinstance(later, str):
                merged[name] = earlier + later
        if not given.get("signature") and last.get("signature"):
            merged["signature"] = last["signature"]
        self.details[-1] = merged

    def news(self) -> Iterator[Event]:
        if not self.begun:
            self.begun = True
            yield BlockStart(Thinking(""))
        if self.unsent:
            yield ThinkingDelta("".join(self.unsent))
            self.unsent.clear()

    def end(self) -> Iterator[Event]:
        yield SignatureDelta(self._origin().sign())
        yield BlockStop()

    def _origin(self) -> Origin:
        if not self.details:
            return Origin(self._target, self.field, self.signature)
        if self.field == "thinking_blocks" and not any(each.keys() & _OPAQUE for each in map(_given, self.details)):
            return Origin(self._target, "reasoning_content")  # nobody signed it: a text like any other
        return Origin(self._target, self.field, compact([self._renamed(each) for each in self.details]))

    def _renamed(self, detail: JsonObject) -> JsonObject:
        """Gemini's thoughts by way of OpenRouter are known by the id of their call."""
        match detail:
            case {"id": str(id), "format": str(format)} if format.startswith("google"):
                return {**detail, "id": self._foretold(id)}
            case _:
                return detail


class Call:
    """A tool call. It begins once its name is known."""

    def __init__(self, target: Target, ids: Ids, answer: str) -> None:
        self.id = ""
        self.known_as = ""  # to the client
        self.name = ""
        self.original = ""  # the name before it was shortened for the wire
        self.field = "extra_content"  # in which Gemini's signature is to be sent back beside this call
        self.state: Json = None
        self.held = 0
        self.begun = False
        self._pieces: list[str] = []
        self._opening = ""  # the first of them, without blanks
        self._ends = Ends()
        self._whole = False
        self._sent = 0
        self._target = target
        self._ids = ids
        self._answer = answer

    @property
    def complete(self) -> bool:
        return bool(self.name) and self._whole

    @property
    def nothing(self) -> bool:
        """No arguments, or those that some hosts begin with before the real ones come."""
        return not self._pieces or (len(self._pieces) == 1 and self._opening in ("{}", "null"))

    @property
    def _odd(self) -> bool:
        """Not plainly an object: wait for the whole."""
        return not self.nothing and not self._opening.startswith("{")

    def argue(self, piece: str) -> None:
        said = piece.strip()
        if not said and not self._pieces:
            return
        if said.startswith("{"):
            if self.nothing:
                self._pieces.clear()
                self._ends, self._whole = Ends(), False
            elif self.complete:
                return  # some hosts repeat the whole call at the end
        if not self._pieces:
            self._opening = said
        self._pieces.append(piece)
        self._judge(piece)

    def _judge(self, piece: str) -> None:
        """Whether the arguments are an object by now. All of them are read but once, where they may be."""
        if self._ends.met:
            self._whole = self._whole and not piece.strip()
        elif self._ends.within(piece):
            self._whole = tool_input(normal("".join(self._pieces))) is not None

    def news(self) -> Iterator[Event]:
        if not self.name:
            return
        if not self.begun:
            self.begun = True
            if self.state is not None:
                yield BlockStart(Thinking(""))
                yield SignatureDelta(Origin(self._target, self.field, compact(self.state)).sign())
                yield BlockStop()
            yield BlockStart(ToolUse(self.known_as or self._ids.fresh(self.id, self._answer), self.original))
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


def _given(detail: JsonObject) -> JsonObject:
    return {name: value for name, value in detail.items() if value}


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
