import pytest

from ccr.gateway.meter import Meter
from ccr.messages.events import Finish, JsonDelta, Ping, Start, TextDelta, ThinkingDelta
from ccr.messages.reply import Usage


def test_what_is_reported_stands() -> None:
    meter = Meter(prompt=999)
    assert meter.read(Start("id", "m", Usage(input=10, output=1))) == Start("id", "m", Usage(input=10, output=1))
    finish = meter.read(Finish("end_turn", usage=Usage(output=7)))
    assert finish == Finish("end_turn", usage=Usage(input=10, output=7))
    assert (meter.usage, meter.estimated, meter.stop_reason) == (Usage(input=10, output=7), False, "end_turn")


def test_the_beginning_says_an_estimate_until_figures_come() -> None:
    meter = Meter(prompt=50)
    assert meter.read(Start("id", "m")) == Start("id", "m", Usage(input=50, output=0))
    meter.read(Finish("end_turn", usage=Usage(input=12, output=3)))
    assert meter.usage == Usage(input=12, output=3)
    assert not meter.estimated


@pytest.mark.parametrize("silent", [Usage(), Usage(input=0, output=0)])
@pytest.mark.trap(93)
def test_a_provider_that_reports_nothing_is_estimated(silent: Usage) -> None:
    meter = Meter(prompt=50)
    meter.read(Start("id", "m"))
    for event in (TextDelta("12345678"), ThinkingDelta("1234"), JsonDelta("1"), Ping()):
        meter.read(event)
    meter.read(Finish("end_turn", usage=silent))
    assert meter.usage.input == 50
    assert meter.estimated


def test_an_answer_without_figures_is_estimated_by_its_length() -> None:
    meter = Meter(prompt=50)
    meter.read(TextDelta("x" * 9))
    assert meter.usage.output == 3


def test_a_prompt_that_was_all_cached_is_a_report() -> None:
    meter = Meter(prompt=50)
    meter.read(Finish("end_turn", usage=Usage(input=0, output=2, cache_read=40)))
    assert meter.usage == Usage(input=0, output=2, cache_read=40)
    assert not meter.estimated


def test_an_answer_that_goes_on_with_anothers_is_counted_with_it() -> None:
    meter = Meter(prompt=50, given=Usage(input=10, output=30, cache_read=5))
    meter.read(Start("id", "m", Usage(input=45, output=1)))
    assert meter.reported_prompt == Usage(input=45)
    finish = meter.read(Finish("end_turn", usage=Usage(output=7)))
    assert finish == Finish("end_turn", usage=Usage(input=10, output=37, cache_read=5))
    assert meter.usage == Usage(input=10, output=37, cache_read=5)
    assert meter.used == 52


def test_of_a_prompt_that_the_first_did_not_count_the_second_tells() -> None:
    meter = Meter(prompt=50, given=Usage(output=30))
    meter.read(Finish("end_turn", usage=Usage(input=45, output=7)))
    assert meter.usage == Usage(input=45, output=37)
