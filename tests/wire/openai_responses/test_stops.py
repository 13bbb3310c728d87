import json

import pytest

from ccr.messages.blocks import Text
from ccr.messages.events import BlockStart, BlockStop, Event, OpaqueDelta, TextDelta
from ccr.messages.fold import fold
from ccr.messages.reply import Reply, Usage
from ccr.messages.request import Request
from ccr.wire.openai_responses.stops import Stops
from tests.support import responses
from tests.support.cuts import CUTS, Cut
from tests.support.parts import text, tool, usage
from tests.wire.openai_responses.reading import HI, events


def told(*pieces: str, stops: tuple[str, ...]) -> tuple[str, str | None]:
    """What is left of a text, and what ended it."""
    reading = Stops(stops)
    said: list[Event] = [BlockStart(Text("")), *map(TextDelta, pieces), BlockStop()]
    left = [event.text for each in said for event in reading.take(each) if isinstance(event, TextDelta)]
    assert all(left)
    return "".join(left), reading.fired


@pytest.mark.trap(83)
@pytest.mark.parametrize(
    ("pieces", "left", "fired"),
    [
        (("a</block>b",), "a", "</block>"),
        (("a</bl", "ock>", "b"), "a", "</block>"),
        (("a", "<", "/", "block", ">"), "a", "</block>"),
        (("a<", "</block>"), "a<", "</block>"),
        (("</block>",), "", "</block>"),
        (("a</bl", "ue>"), "a</blue>", None),
        (("a</bloc",), "a</bloc", None),
        (("a STOP b</block>",), "a ", "STOP"),
        (("a</block", " STOP"), "a</block ", "STOP"),
        (("SSTO", "P"), "S", "STOP"),
    ],
)
def test_a_text_ends_at_the_first_stop_sequence(pieces: tuple[str, ...], left: str, fired: str | None) -> None:
    assert told(*pieces, stops=("</block>", "STOP", "")) == (left, fired)


def test_without_stop_sequences_nothing_is_held_back() -> None:
    assert told("a", "b", stops=()) == ("ab", None)


def test_what_is_no_text_goes_by() -> None:
    cited = OpaqueDelta({"type": "citations_delta"})
    assert list(Stops(("x",)).take(cited)) == [cited]


def answer(*pieces: bytes, stop: str = "STOP") -> Reply:
    return fold(events(pieces, Request("m", HI.turns, stop=(stop,))))


@pytest.mark.parametrize("cut", CUTS)
def test_an_answer_ends_there_and_says_so(cut: Cut) -> None:
    found = answer(*cut(responses.body(text("one, two, STOP, three"), tool("A", {}), usage(5, 9))))
    assert found.content == (Text("one, two, "),)
    assert (found.stop_reason, found.stop_sequence, found.usage) == ("stop_sequence", "STOP", Usage())


def test_an_answer_that_does_not_say_it_ends_as_it_does() -> None:
    found = answer(responses.body(text("one, two, ST"), usage(5, 9)))
    assert found.content == (Text("one, two, ST"),)
    assert (found.stop_reason, found.stop_sequence) == ("end_turn", None)


def test_a_whole_answer_has_its_figures_all_the_same() -> None:
    parts = (text("one STOP"), tool("A", {}), usage(5, 9))
    whole = responses.whole(*responses.items(*parts), used=responses.figures(parts))
    found = answer(json.dumps(whole).encode())
    assert (found.content, found.stop_reason) == ((Text("one "),), "stop_sequence")
    assert (found.usage.input, found.usage.output) == (5, 9)
