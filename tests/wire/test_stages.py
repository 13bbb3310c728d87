from collections.abc import Iterable, Iterator

from ccr.messages.events import Event, Ping, TextDelta
from ccr.wire.stages import staged


class Fixed:
    """A reader that says one word for each read, and one at the end."""

    def feed(self, data: bytes) -> Iterator[Event]:
        yield TextDelta(data.decode())

    def close(self) -> Iterator[Event]:
        yield TextDelta("end")


class Doubling:
    def take(self, event: Event) -> Iterable[Event]:
        return (event, event)


class Quieting:
    def take(self, event: Event) -> Iterable[Event]:
        return (Ping(),)


def test_an_event_passes_through_every_stage_in_order() -> None:
    reader = staged(Fixed(), (Quieting(), Doubling()))
    assert list(reader.feed(b"a")) == [Ping(), Ping()]
    assert list(reader.close()) == [Ping(), Ping()]


def test_without_stages_the_reader_stays_itself() -> None:
    reader = Fixed()
    assert staged(reader, ()) is reader
