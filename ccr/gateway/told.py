"""What a client has of an answer that several attempts give, and what it gets of each: no text twice, no call that is half.

A continuation is asked to repeat the last words. What else models do where they go on is known from their texts alone: some
begin the word or the sentence anew, some repeat nothing.
"""

import re
from collections.abc import Iterator

from ccr.errors import UpstreamGarbled
from ccr.gateway.meter import CHARACTERS_PER_TOKEN
from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.blocks import Block, RedactedThinking, Text, Thinking, ToolUse
from ccr.messages.events import (
    BlockStart,
    BlockStop,
    Delta,
    End,
    Event,
    Finish,
    JsonDelta,
    Ping,
    SignatureDelta,
    Start,
    TextDelta,
    ThinkingDelta,
    tool_input,
)
from ccr.wire.origin import Origin

MOST = 8 * 1024 * 1024  # characters of a call that is held back, or of a text that can be gone on with
FAR_BACK = 64 * 1024  # characters in which a repetition is looked for
FEW, MANY = 32, 512  # characters that are asked to be repeated: as many as it takes to stand in the text once
WORD = re.compile(r"(?<!\w)[^\W\d_]")
AFTER_SPACE = re.compile(r"(?<=\s)\S")
IN_A_WORD = re.compile(r"\w\w")

# What is left of a thought belongs to nobody: no host gets it back.
NOBODYS = Origin(Target(ProviderName(""), ModelName("")), "").sign()


def last_words(said: str) -> str:
    said = said.strip()[-FAR_BACK:]
    size = FEW
    while True:
        start = max(0, len(said) - size)
        word = AFTER_SPACE.search(said, start, start + size // 2) if start else None
        start = word.start() if word else start
        if said.find(said[start:]) == start or size >= MANY:
            return said[start:]
        size *= 2


class Joint:
    """Where the end of a text meets what goes on with it: what is repeated there is told once. Holds back what may be a
    repetition until that is known."""

    def __init__(self, said: str) -> None:
        self._all = said.strip()
        self._said = self._all[-FAR_BACK:]
        self._space = said[len(said.rstrip()) :]
        self._last = last_words(said)
        self._held = ""
        self._enough = 0  # characters that are worth another look: to look at each anew would take minutes
        self._decided = not self._said

    def take(self, text: str, *, final: bool = False) -> str:
        if self._decided:
            return text
        self._held += text
        if not final and len(self._held) < self._enough:
            return ""
        self._enough = len(self._held) * 9 // 8
        new = self._held.lstrip()
        repeated = self._as_asked(new)
        if not final and not repeated and (new in self._said or self._all.startswith(new)):
            return ""  # it may become more
        repeated = repeated or self._less_than_asked(new)
        if not final and repeated and not new[repeated:].strip():
            return ""
        self._decided = True
        return self._spaced(new[repeated:]) if repeated else self._held

    def _as_asked(self, new: str) -> int:
        """Characters of a repetition that ends with the last words, wherever it begins; or of all that was said."""
        end = new.find(self._last) + len(self._last)
        if self._last in new and self._said.endswith(new[:end]):
            return end
        return len(self._all) if new.startswith(self._all) else 0

    def _less_than_asked(self, new: str) -> int:
        """Of one that begins with a later word. With less than a word nothing is said: "hel" and "lo" share a letter. Nor
        is "hel" begun anew by " hello": behind a space stands the next word."""
        tails = [self._last[word.start() :] for word in WORD.finditer(self._last)]
        spaced = self._held[:1].isspace()
        return next(
            (
                len(tail)
                for tail in tails
                if new.startswith(tail) and not (spaced and IN_A_WORD.match(new, len(tail) - 1))
            ),
            0,
        )

    def _spaced(self, rest: str) -> str:
        """With as much space at the joint as one of the two has there."""
        words = rest.lstrip()
        space = rest[: len(rest) - len(words)]
        return ("" if self._space.startswith(space) else space.removeprefix(self._space)) + words


class Told:
    """What the client has of an answer; and, event by event, what it gets of an attempt that begins or goes on with it.

    A text block stays open until something else follows, for it may have to go on. A call is held back until it is whole
    and valid, and goes if it never is.
    """

    def __init__(self) -> None:
        self.called = False  # it has a whole call: that can be the end
        self.beyond = False  # it has what nobody can go on with: a provider's own tool, a citation, an end
        self._said: list[str] = []
        self._size = 0  # characters that the client has
        self._opening = BlockStart(Text(""))
        self._open = False  # a text block
        self._block: Block | None = None  # in which the attempt is; None: in none that the client is told of
        self._call: list[Event] = []
        self._held = 0  # characters of it
        self._signature: list[Event] = []
        self._joint: Joint | None = None  # until what goes on has gone on

    @property
    def said(self) -> str:
        return "".join(self._said)

    @property
    def tokens(self) -> int:
        return -(-self._size // CHARACTERS_PER_TOKEN)

    def take(self, event: Event) -> Iterator[Event]:
        match event:
            case Start() if self._joint:
                pass
            case BlockStart(block):
                self._block = block
                yield from self._begin(event)
            case BlockStop():
                yield from self._end(event)
                self._block = None
            case Finish():
                self.beyond = True
                yield from self.close()
                yield event
            case Start() | End() | Ping():
                yield event
            case _:
                yield from self._delta(event)

    def cut(self) -> Iterator[Event]:
        """The attempt has failed, and another one follows: what the client has not got of it is forgotten."""
        if isinstance(self._block, Thinking):
            yield SignatureDelta(NOBODYS)
        if isinstance(self._block, Thinking | RedactedThinking):
            yield BlockStop()
        self._block = None
        self._joint = Joint(self.said)

    def close(self) -> Iterator[Event]:
        if self._open:
            yield BlockStop()
        self._open, self._joint = False, None

    def _begin(self, event: BlockStart) -> Iterator[Event]:
        match event.block:
            case Text():
                if not self._joint:
                    yield from self.close()
                    self._opening = event
            case ToolUse():
                self._call, self._held = [event], 0
            case Thinking() | RedactedThinking() if self._joint and self._said:
                self._block = None  # it would stand in the middle of a text
            case block:
                self.beyond = self.beyond or not isinstance(block, Thinking | RedactedThinking)
                self._signature = []
                yield from self.close()
                yield event

    def _delta(self, delta: Delta) -> Iterator[Event]:
        match self._block, delta:
            case None, _:
                pass
            case ToolUse(), _:
                self._call.append(delta)
                self._hold(delta)
            case Text(), TextDelta(text):
                yield from self._say(self._joint.take(text) if self._joint else text)
            case Thinking(), SignatureDelta():
                self._signature.append(delta)  # half of one is worth nothing
            case Text(), _:
                self.beyond = True
                yield from self._opened()
                yield delta
            case _, ThinkingDelta(text):
                self._size += len(text)
                yield delta
            case _:
                yield delta

    def _end(self, event: BlockStop) -> Iterator[Event]:
        match self._block:
            case Text():
                yield from self._say(self._joint.take("", final=True) if self._joint else "")
                self._joint = None
            case ToolUse():
                json = "".join(delta.json for delta in self._call if isinstance(delta, JsonDelta))
                if not event.broken and tool_input(json) is not None:
                    self.called = True
                    self._size += len(json)
                    yield from self.close()
                    yield from (*self._call, event)
            case None:
                pass
            case _:
                yield from (*self._signature, event)

    def _say(self, text: str) -> Iterator[Event]:
        if text:
            yield from self._opened()
            yield TextDelta(text)
            self._size += len(text)
            self.beyond = self.beyond or self._size > MOST
            if not self.beyond:
                self._said.append(text)

    def _opened(self) -> Iterator[Event]:
        if not self._open:
            yield self._opening
        self._open, self._opening = True, BlockStart(Text(""))

    def _hold(self, delta: Delta) -> None:
        self._held += len(delta.json) if isinstance(delta, JsonDelta) else 0
        if self._held > MOST:
            raise UpstreamGarbled(f"a call of more than {MOST} characters")
