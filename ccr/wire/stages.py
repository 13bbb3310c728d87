"""What changes an answer on its way from a reader to the grammar: a quirk's own reading of it.

A stage sees every event once, in order, and gives out what it makes of it: nothing, the same, or several. It is made
per answer and may hold events back; Finish and End are the last two that it sees, also of a whole answer.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from ccr.ids import Target
from ccr.messages.events import Event
from ccr.messages.request import Request
from ccr.wire.dialect import Reader


class Stage(Protocol):
    def take(self, event: Event) -> Iterable[Event]: ...


MakesStage = Callable[[Request, Target], Stage]


class Staged:
    """A reader whose events pass through stages."""

    def __init__(self, reader: Reader, stages: Sequence[Stage]) -> None:
        self._reader = reader
        self._stages = stages

    def feed(self, data: bytes) -> Iterator[Event]:
        return self._through(self._reader.feed(data))

    def close(self) -> Iterator[Event]:
        return self._through(self._reader.close())

    def _through(self, events: Iterator[Event]) -> Iterator[Event]:
        for stage in self._stages:
            events = _past(stage, events)
        return events


def _past(stage: Stage, events: Iterator[Event]) -> Iterator[Event]:
    for event in events:
        yield from stage.take(event)


def staged(reader: Reader, stages: Sequence[Stage]) -> Reader:
    return Staged(reader, stages) if stages else reader
