"""What an answer used."""

import pytest

from ccr.messages.reply import Usage


@pytest.mark.trap(94)
def test_later_figures_replace_earlier_ones() -> None:
    first = Usage(input=10, output=1, cache_read=5, cache_write=2, reasoning=0)
    assert first.updated(Usage(input=12, output=80, reasoning=7)) == Usage(12, 80, 5, 2, 7)


def test_what_is_not_reported_again_stands() -> None:
    assert Usage(input=10, output=1).updated(Usage()) == Usage(input=10, output=1)


def test_a_late_zero_overwrites_no_figure() -> None:
    assert Usage(input=10).updated(Usage(input=0, cache_read=0)) == Usage(input=10, cache_read=0)


def test_unknown_figures_are_gathered() -> None:
    first = Usage(extra={"service_tier": "standard", "speed": "fast"})
    assert first.updated(Usage(extra={"speed": "standard"})).extra == {"service_tier": "standard", "speed": "standard"}


@pytest.mark.parametrize(
    ("usage", "prompt"), [(Usage(), None), (Usage(input=3), 3), (Usage(input=3, cache_read=4, cache_write=5), 12)]
)
def test_the_prompt_is_all_input(usage: Usage, prompt: int | None) -> None:
    assert usage.prompt == prompt
