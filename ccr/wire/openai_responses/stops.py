"""Stop sequences, which this wire has no field for: the answer is read up to the first one."""

from collections.abc import Iterator, Sequence

from ccr.messages.events import BlockStop, End, Event, Finish, TextDelta
from ccr.messages.reply import Usage


class Stops:
    """Holds back the end of a text as long as it may be the beginning of a stop sequence."""

    def __init__(self, stops: Sequence[str]) -> None:
        self.fired: str | None = None
        self._stops = tuple(stop for stop in stops if stop)
        self._held = ""

    def take(self, event: Event) -> Iterator[Event]:
        """After a match nothing but the answer's end, with the figures that it brings."""
        match event:
            case Finish(_, _, usage) if self.fired is not None:
                yield Finish("stop_sequence", self.fired, usage)
            case End():
                yield event
            case _ if self.fired is not None:
                pass
            case TextDelta(text) if self._stops:
                yield from self._read(self._held + text)
            case BlockStop() if self._held:
                yield TextDelta(self._held)
                self._held = ""
                yield event
            case _:
                yield event

    def end(self) -> Iterator[Event]:
        """Of an answer that need not be waited for."""
        yield Finish("stop_sequence", self.fired, Usage())
        yield End()

    def _read(self, text: str) -> Iterator[Event]:
        found = [(place, stop) for stop in self._stops if (place := text.find(stop)) >= 0]
        if found:
            place, self.fired = min(found)
            self._held = ""
        else:
            place = min(_overlap(text, stop) for stop in self._stops)
            self._held = text[place:]
        if place:
            yield TextDelta(text[:place])
        if found:
            yield BlockStop()


def _overlap(text: str, stop: str) -> int:
    """Where the text's end may begin the stop sequence."""
    place = max(len(text) - len(stop) + 1, 0)
    while (place := text.find(stop[0], place)) >= 0:
        if stop.startswith(text[place:]):
            return place
        place += 1
    return len(text)
