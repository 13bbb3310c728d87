"""The items of an answer while they arrive. Each gathers what is said to it and gives it out when its turn has come."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping

from ccr.ids import Target
from ccr.messages.blocks import Opaque, Text, Thinking, ToolUse
from ccr.messages.events import (
    BlockStart,
    BlockStop,
    Event,
    JsonDelta,
    OpaqueDelta,
    SignatureDelta,
    TextDelta,
    ThinkingDelta,
)
from ccr.messages.json import Json, JsonObject, text_of
from ccr.wire.callids import Ids
from ccr.wire.openai_responses.state import State, reasoning
from ccr.wire.searching import Hit, cited, searched
from ccr.wire.wording import compact

_BREAK = "\n\n"  # between two parts of one item


class Segment(ABC):
    """`item` is the whole, as the host gives it at the end; what has not been streamed is taken from there."""

    lingers = False  # whether the end waits until it is known what follows
    called = False  # whether the client has something to do

    def __init__(self) -> None:
        self.done = False
        self.filled = False
        self.held = 0  # characters, while others have their turn
        self._parts: set[object] = set()
        self._open = False

    def takes(self, part: object, *, whole: bool) -> bool:
        """Whether this is news. A whole part is none after its pieces, and some hosts number it otherwise then."""
        news = not (whole and (self._open or part in self._parts))
        self._open = not whole
        self._parts.add(part)
        return news

    def fill(self, item: JsonObject) -> None:
        self.done = self.filled = True

    def is_of(self, item: JsonObject) -> bool:
        """Whether it is known to be this item."""
        return False

    def news(self) -> Iterator[Event]:
        yield from ()

    @abstractmethod
    def end(self) -> Iterator[Event]:
        """What is left to be given out."""


class Words(Segment):
    def __init__(self) -> None:
        super().__init__()
        self.begun = False
        self._unsent: list[Event] = []
        self._blank: list[str] = []  # white space that may belong to a text, or to nothing
        self._part: object = None
        self._spoken = self._cited = False

    @property
    def spoken(self) -> bool:
        return self._spoken

    def say(self, text: str, part: object = None) -> None:
        if self._spoken and part != self._part:
            text = _BREAK + text
        self._part = part
        self._blank.append(text)
        if text.strip() or self._spoken:
            self._spoken = True
            self._unsent.append(TextDelta("".join(self._blank)))
            self._blank.clear()

    def cite(self, annotation: object) -> None:
        match annotation:
            case {"type": "url_citation", "url": str(url), "title": str(title)}:
                pass
            case {"type": "url_citation", "url": str(url)}:
                title = ""
            case _:
                return
        self._cited = True
        self._unsent.append(OpaqueDelta(cited(url, title or url, "")))

    def fill(self, item: JsonObject) -> None:
        super().fill(item)
        streamed, cited = self._spoken, self._cited
        for part, content in enumerate(objects(item.get("content"))):
            if not streamed:
                self.say(text_of(content, "text") or text_of(content, "refusal"), part)
            for annotation in () if cited else objects(content.get("annotations")):
                self.cite(annotation)

    def news(self) -> Iterator[Event]:
        if not self._spoken:
            return
        if not self.begun:
            self.begun = True
            yield BlockStart(Text(""))
        yield from self._unsent
        self._unsent.clear()

    def end(self) -> Iterator[Event]:
        if self.begun:
            yield BlockStop()


class Thought(Segment):
    lingers = True  # the phase of a message that follows is kept here

    def __init__(self, target: Target) -> None:
        super().__init__()
        self.state = State()
        self._unsent: list[str] = []
        self._part: object = None
        self._begun = self._thought = False
        self._target = target

    def think(self, text: str, part: object) -> None:
        if not text:
            return
        if self._thought and part != self._part:
            self._unsent.append(_BREAK)
        self._part = part
        self._thought = True
        self._unsent.append(text)

    def fill(self, item: JsonObject) -> None:
        super().fill(item)
        if not self._thought:
            parts = objects(item.get("summary")) or objects(item.get("content"))
            for part, content in enumerate(parts):
                self.think(text_of(content, "text"), part)
        self.state = reasoning(item).followed(self.state)

    def news(self) -> Iterator[Event]:
        if self._unsent:
            yield from self._begin()
            yield ThinkingDelta("".join(self._unsent))
            self._unsent.clear()

    def end(self) -> Iterator[Event]:
        if self._begun or self.state != State():
            yield from self._begin()
            yield SignatureDelta(self.state.sign(self._target))
            yield BlockStop()

    def _begin(self) -> Iterator[Event]:
        if not self._begun:
            self._begun = True
            yield BlockStart(Thinking(""))


class Call(Segment):
    """A call, with its input as JSON or, of a custom tool, as text."""

    called = True

    def __init__(self, ids: Ids, originals: Mapping[str, str], answer: str, *, custom: bool = False) -> None:
        super().__init__()
        self.id = self.name = ""
        self._begun = False
        self._pieces: list[str] = []
        self._argued = False
        self._said = False  # whether anything tells what the arguments are, though they be empty
        self._announced = ""
        self._ids = ids
        self._originals = originals
        self._answer = answer
        self._field = "input" if custom else "arguments"
        self._custom = custom

    def announce(self, item: JsonObject) -> None:
        """The arguments here are empty, or a beginning, or with some hosts all that ever comes."""
        self.name_it(item)
        self._announced = written(item.get(self._field))

    def is_of(self, item: JsonObject) -> bool:
        return bool(self.id) and self.id == text_of(item, "call_id")

    def name_it(self, item: JsonObject) -> None:
        self.id = self.id or text_of(item, "call_id") or text_of(item, "id")
        self.name = self.name or text_of(item, "name").strip()

    def argue(self, piece: str) -> None:
        if piece:
            self._argued = self._said = True
            self._pieces.append(piece)

    def fill(self, item: JsonObject) -> None:
        """Without arguments it is not done: the last event may bring them."""
        super().fill(item)
        self.name_it(item)
        self._said = self._said or self._field in item
        if not self._argued:
            self.argue(written(item.get(self._field)))
        self.done = self._argued

    def settle(self) -> None:
        """Nothing more comes."""
        if not self._argued:
            self.argue(self._announced)

    def news(self) -> Iterator[Event]:
        if not self.name:
            return
        if not self._begun:
            self._begun = True
            yield BlockStart(ToolUse(self._ids.fresh(self.id, self._answer), self._originals.get(self.name, self.name)))
        if self._pieces and not self._custom:
            yield JsonDelta("".join(self._pieces))
            self._pieces.clear()

    def end(self) -> Iterator[Event]:
        if self._begun and self._custom and self._said:
            yield JsonDelta(compact({"input": "".join(self._pieces)}))
        if self._begun:
            yield BlockStop(broken=not self._said)

    @property
    def lost(self) -> bool:
        """Arguments that nobody can take."""
        return not self.name and self._argued

    @property
    def unsaid(self) -> bool:
        """A call of which nobody knows the arguments: to run it without any would be to invent one."""
        return bool(self.name) and not self._said


class Search(Segment):
    """A search that the host ran. Pages that it opened and words that it looked for in them are no searches."""

    def __init__(self, id: str = "") -> None:
        super().__init__()
        self._id = id  # for a search that has none
        self._found: tuple[Event, ...] = ()

    def fill(self, item: JsonObject) -> None:
        super().fill(item)
        match item.get("action"):
            case {"type": "search"} as action if isinstance(action, dict):
                queries = action.get("queries")
                asked = [query for query in queries if isinstance(query, str)] if isinstance(queries, list) else []
                urls = [text_of(source, "url") for source in objects(action.get("sources"))]
                hits = [Hit(url, url) for url in dict.fromkeys(urls) if url]
                query = text_of(action, "query") or "; ".join(asked)
                self._found = tuple(searched(text_of(item, "id") or self._id, query, hits))
            case _:
                pass

    def end(self) -> Iterator[Event]:
        yield from self._found


class Other(Segment):
    """An item that has no form here; a client of this wire gets it as it is."""

    def __init__(self, *, carried: bool) -> None:
        super().__init__()
        self._carried = carried
        self._item: JsonObject = {}

    def fill(self, item: JsonObject) -> None:
        super().fill(item)
        self._item = item

    def end(self) -> Iterator[Event]:
        if self._carried and self._item:
            yield BlockStart(Opaque(self._item))
            yield BlockStop()


def written(value: Json) -> str:
    """Arguments, which some hosts send as they are and not as a text."""
    return value if isinstance(value, str) else "" if value is None else compact(value)


def objects(value: object) -> list[JsonObject]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
