"""An upstream's answer as it comes in: checked, metered, and held back until its first content."""

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from ccr.config.schema import Timeouts
from ccr.errors import RequestProblem, UpstreamCut, UpstreamGarbled, UpstreamTimeout
from ccr.gateway.meter import Meter
from ccr.gateway.ports import Exchange
from ccr.messages.events import End, Event, Finish, Grammar, Ping, Start, is_content, is_useful, says_something
from ccr.wire.dialect import Reader
from ccr.wire.passthrough import renamed
from ccr.wire.sse import FRAME_ENDS, MAX_FRAME
from ccr.wire.stages import Stage, staged

# Bytes of a stream before its first content: more is no answer. Responses repeats the prompt and the tools there, twice.
MOST_HELD = 8 * 1024 * 1024
GRACE = 0.25  # seconds for a connection to end after its answer has
IDLE = Timeouts().idle

# What says why an answer ends; after it come its figures at most, and some hosts forget to end the connection.
FINISH = re.compile(rb'"(?:finish_reason|finishReason|stop_reason)"\s*:\s*"\w')
AFTERWORD = 10.0  # seconds

# With these an answer that says nothing is no answer: a model that refuses, or has no room, has nothing to say.
ORDINARY = frozenset({"end_turn", "tool_use"})
# What is no sign of life in a stream that we cannot read: blank lines, comments, pings.
LIFE = re.compile(rb'^(?!:|event: ?ping\b|data: ?\{"type": ?"ping")[^\r\n]', re.MULTILINE)

# What is looked for where a copied stream holds something that we cannot read: did it end, or was it cut?
TAIL = 4096
ENDS = re.compile(
    rb'message_stop|"stop_reason"\s*:\s*"|"finish_reason"\s*:\s*"|\[DONE\]'
    # Responses: the last event's name may be far before its end, but only there stands what was used.
    rb'|response\.(?:completed|incomplete|failed)|"input_tokens_details"\s*:\s*\{'
)


class Piece(NamedTuple):
    """What one read brought: bytes, and the events that they completed."""

    raw: bytes
    events: tuple[Event, ...]
    lost: bool = False  # our reading cannot follow it
    opening: bytes = b""  # of a copied answer: the frame that is nothing but its Start, and ends here

    @property
    def speaks(self) -> bool:
        """More came than pings and comments, as far as we know."""
        return self.lost or any(not isinstance(event, Ping) for event in self.events)

    @property
    def silent(self) -> bool:
        """The upstream sent nothing for a while."""
        return not self.raw and not self.events

    @property
    def final(self) -> bool:
        return any(isinstance(event, End) for event in self.events)


@dataclass(frozen=True, slots=True)
class Naming:
    """What an answer is called towards the client."""

    request_id: str
    # The name that was asked for. Claude Code drops the thoughts of a session that it resumes where the names differ;
    # x-ccr-model and the log say who answered. None: the provider's name for it.
    model: str | None = None

    def named(self, event: Event) -> Event:
        """Local servers give every answer the same id; ours differ."""
        if not isinstance(event, Start):
            return event
        return replace(event, id=self.request_id.removeprefix("req_"), model=self.model or event.model)

    def renamed(self, answer: bytes) -> bytes:
        """The same for bytes that are copied: a whole answer, or the frame that opens it."""
        return renamed(answer, self.model) if self.model else answer


class Incoming:
    """One answer. `open` reads up to the first content, so that a failure before it can still go elsewhere."""

    def __init__(
        self,
        exchange: Exchange,
        reader: Reader,
        meter: Meter,
        naming: Naming,
        *,
        copy: bool,
        stages: Sequence[Stage] = (),
        idle: float = IDLE,
    ) -> None:
        self.meter = meter
        self.naming = naming
        self._copy = copy
        self._frame = bytearray()  # the one that is being read, until the answer has begun
        self._opening = b""
        self.whole = False  # it came as one JSON text, whatever was asked for; known once opened
        self._begun = False
        self._exchange = exchange
        self._chunks = exchange.chunks()
        # Before the stages: what they hold back is life all the same.
        self._pulse = Pulse()
        self._reader = staged(reader, (self._pulse, *stages))
        self._longest = self._idle = self._patience = idle  # `_patience`: what is left of it
        self._reasoned = False  # why it ends has been said
        self._useful = False
        self._reason = ""
        self._grammar = Grammar()
        self._held: list[Piece] = []
        self._pieces = self._read()
        self._broken: RequestProblem | None = None  # what ended the connection, if not its peer

    async def open(self) -> None:
        held = 0
        async for piece in self._pieces:
            if not piece.silent:
                self._held.append(piece)
            held += len(piece.raw)
            if held > (MAX_FRAME if _is_json(self._held) else MOST_HELD):
                raise UpstreamGarbled(f"{held} bytes without any content")
            if any(is_content(event) for event in piece.events):
                self._begun = True
                break
        self.whole = _is_json(self._held)

    @property
    def empty(self) -> bool:
        """It came to its end, for no other reason than that, and says nothing. To Claude Code thoughts and spaces are
        nothing, too: it asks once more, and then shows an empty answer."""
        return self._grammar.state == "done" and self._reason in ORDINARY and not self._useful

    async def pieces(self) -> AsyncIterator[Piece]:
        while self._held:
            yield self._held.pop(0)
        async for piece in self._pieces:
            yield piece

    async def close(self) -> None:
        try:
            await self._pieces.aclose()
            if self._grammar.state == "done":
                # Its last bytes may be on their way: read to its end, the connection can be used again.
                with contextlib.suppress(TimeoutError, RequestProblem):
                    async with asyncio.timeout(GRACE):
                        async for _ in self._chunks:
                            pass
        finally:
            await self._exchange.close()

    async def _read(self) -> AsyncGenerator[Piece]:
        """Ends where the answer ends, whether or not the connection does."""
        tail: bytes | None = None  # once our reading cannot follow: the last bytes that were copied
        while (chunk := await self._next()) is not None:
            events, failure = self._checked(self._fed(chunk)) if tail is None else ((), None)
            if tail is not None and LIFE.search(chunk):
                self._pulse.alive = True
            yield Piece(chunk, events, lost=tail is not None, opening=self._opening)
            self._opening = b""
            if self._grammar.state == "done":
                return
            if failure and not self._is_beyond_us(failure):
                raise failure
            if failure or tail is not None:
                tail = ((tail or b"") + chunk)[-TAIL:]
        if tail is not None:
            if not ENDS.search(tail):
                raise self._broken or UpstreamCut("the answer ended before its end")
            return
        events, failure = self._checked(self._reader.close())
        if events:
            yield Piece(b"", events)
        if failure:
            raise self._broken or failure
        if self._grammar.state != "done":
            raise self._broken or UpstreamGarbled(f"the answer ended while {self._grammar.state.replace('_', ' ')}")

    async def _next(self) -> bytes | None:
        """None: no more comes. However the connection ended, the reader knows whether the answer was whole by then."""
        try:
            return await self._patiently()
        except RequestProblem as broken:
            self._broken = broken
            return None

    async def _patiently(self) -> bytes | None:
        """Until the first content, another deadline holds. The time in which nobody reads does not count."""
        if self._pulse.alive:
            self._patience, self._pulse.alive = self._idle, False
        try:
            async with asyncio.timeout(self._patience if self._begun else None) as limit:
                chunk = await anext(self._chunks, None)
        except TimeoutError:
            raise UpstreamTimeout(
                f"silent for {self._idle:g} s in the middle of its answer (timeouts.idle sets how long is waited)"
            ) from None
        if end := limit.when():
            self._patience = end - asyncio.get_running_loop().time()
        if chunk and FINISH.search(chunk):
            # Some say it in every chunk: https://github.com/MartialBE/one-hub/issues/402
            self._idle = self._patience = self._longest if self._reasoned else min(self._longest, AFTERWORD)
            self._reasoned = True
        return chunk

    def _fed(self, chunk: bytes) -> Iterator[Event]:
        """Up to the Start of a copied answer line by line: only the reader can tell which frame that is."""
        if not self._copy or self._has_started():
            yield from self._reader.feed(chunk)
            return
        lines = chunk.splitlines(keepends=True)
        for number, line in enumerate(lines, 1):
            self._frame += line
            events = list(self._reader.feed(line))
            if [*map(type, events)] == [Start]:
                self._opening = bytes(self._frame)
            if self._frame.endswith(FRAME_ENDS):
                self._frame.clear()
            yield from events
            if self._has_started():
                yield from self._reader.feed(b"".join(lines[number:]))
                return

    def _has_started(self) -> bool:
        return self._grammar.state != "new"

    def _is_beyond_us(self, failure: RequestProblem) -> bool:
        """A stream that is copied goes on when our reading of it cannot follow: the client may be newer than we are."""
        return self._copy and self._begun and isinstance(failure, UpstreamGarbled)

    def _checked(self, events: Iterator[Event]) -> tuple[tuple[Event, ...], RequestProblem | None]:
        """What can be read, and what stopped the reading: what came before a fault is not lost."""
        read: list[Event] = []
        try:
            for event in events:
                read.append(self.meter.read(self.naming.named(self._grammar.check(event))))
                self._useful = self._useful or is_useful(event)
                self._reason = event.reason if isinstance(event, Finish) else self._reason
        except RequestProblem as failure:
            return tuple(read), failure
        return tuple(read), None


class Pulse:
    """A stage that notices signs of life."""

    def __init__(self) -> None:
        self.alive = False  # something was said since this was last looked at

    def take(self, event: Event) -> Iterable[Event]:
        self.alive = self.alive or says_something(event)
        return (event,)


def _is_json(held: list[Piece]) -> bool:
    beginning = b"".join(piece.raw for piece in held[:16])
    return beginning.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
