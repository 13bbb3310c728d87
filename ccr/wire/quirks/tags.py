"""Thoughts in tags, for models that think aloud when they are asked to."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ccr.ids import Target
from ccr.messages.blocks import Block, Text, Thinking
from ccr.messages.events import BlockStart, BlockStop, Event, Ping, SignatureDelta, TextDelta, ThinkingDelta
from ccr.messages.json import JsonObject
from ccr.messages.request import Request, Turn
from ccr.wire.origin import Origin, origin
from ccr.wire.quirks.options import Options
from ccr.wire.quirks.quirk import Quirk
from ccr.wire.quirks.thinking import thinks
from ccr.wire.stages import Stage

OPEN, CLOSE = "<reasoning_content>", "</reasoning_content>"
FIELD = "forcereasoning"  # in the signature of a thought that came in tags
_MOST_HELD = 300  # characters in which a thought begins: white space is not gathered without end
ASKED = f"""\
Think before you answer. Begin each of your messages with your thoughts, step by step, between {OPEN} and {CLOSE}; \
after the closing tag follows what you have to say, or a tool call. The tags stand there once, and nowhere else."""


def forcereasoning(options: JsonObject) -> Quirk:
    """Models that do not think by themselves are told to, within tags; what stands in the tags becomes thinking."""
    return Quirk("forcereasoning", request=_asked, stage=_stage, notes=Options(options).notes)


def _stage(request: Request, target: Target) -> Stage:
    return Thoughts(target)


def _asked(request: Request, target: Target) -> Request:
    """The words stand behind the system prompt, the same each time. Earlier thoughts stand where they stood."""
    mark = Origin(target, FIELD)
    request = replace(request, turns=tuple([_replayed(turn, mark) for turn in request.turns]))
    if thinks(request) is False or request.format:
        return request
    # It is not asked to think in its own way as well.
    return replace(request, system=(*request.system, Text(ASKED)), reasoning=None, effort=None)


def _replayed(turn: Turn, mark: Origin) -> Turn:
    if not any(isinstance(block, Thinking) for block in turn.content):
        return turn
    return replace(turn, content=tuple([_aloud(block, mark) for block in turn.content]))


def _aloud(block: Block, mark: Origin) -> Block:
    """What another model thought is not told: the dialect leaves it out."""
    if isinstance(block, Thinking) and origin(block.signature) == mark:
        return Text(f"{OPEN}{block.text}{CLOSE}\n\n")
    return block


class Thoughts:
    """Reads thoughts out of the beginning of a text."""

    def __init__(self, target: Target) -> None:
        self._signature = Origin(target, FIELD).sign()
        self._text: Text | None = None  # one that has begun, and of which nothing was given out yet
        self._thinking = False
        self._thought = False  # thoughts stood at the beginning of this text
        self._held = ""

    def take(self, event: Event) -> Iterable[Event]:
        match event:
            case BlockStart(Text() as text):
                self._text, self._thought, self._held = text, False, ""
                return ()
            case TextDelta(piece) if self._text:
                self._held += piece
                return self._begin(self._text)
            case TextDelta(piece) if self._thinking:
                self._held += piece
                return self._think()
            case BlockStop() if self._text or self._thinking:
                return self._end()
            case Ping():
                return (event,)
            case _ if self._text:
                return [*self._words(self._text), event]
            case _:
                return (event,)

    def _begin(self, text: Text) -> Iterable[Event]:
        seen = self._held.lstrip()
        if self._thought:  # blanks after a thought are dropped
            self._held = seen
        if seen.startswith(OPEN):
            self._held = seen.removeprefix(OPEN)
            self._text, self._thinking, self._thought = None, True, True
            return [BlockStart(Thinking("")), *self._think()]
        return () if OPEN.startswith(seen) and len(self._held) < _MOST_HELD else self._words(text)

    def _words(self, text: Text) -> Iterable[Event]:
        """It is plain text from here on."""
        said = self._held.lstrip() if self._thought else self._held
        self._text = None
        return [BlockStart(text), TextDelta(said)] if said else [BlockStart(text)]

    def _think(self) -> Iterator[Event]:
        thought, closed, rest = self._held.partition(CLOSE)
        if not closed:
            thought, rest = _parted(self._held, CLOSE)
        if thought:
            yield ThinkingDelta(thought)
        self._held = rest
        if closed:
            yield from self._signed()
            self._text = Text("")
            yield from self._begin(self._text)

    def _signed(self) -> Iterator[Event]:
        self._thinking = False
        yield SignatureDelta(self._signature)
        yield BlockStop()

    def _end(self) -> Iterator[Event]:
        if self._thinking:  # the tag was never closed
            if self._held:
                yield ThinkingDelta(self._held)
            yield from self._signed()
        elif self._text and not (self._thought and not self._held.strip()):
            yield from self._words(self._text)
            yield BlockStop()
        self._text = None


def _parted(text: str, mark: str) -> tuple[str, str]:
    """The text without an end that may be the beginning of the mark, and that end."""
    longest = min(len(mark) - 1, len(text))
    size = next((size for size in range(longest, 0, -1) if mark.startswith(text[-size:])), 0)
    return text[: len(text) - size], text[len(text) - size :]
