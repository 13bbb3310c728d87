"""Ids of tool calls."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr.wire.toolids import ToolIds, clean


def test_an_id_that_fits_stays() -> None:
    assert ToolIds().fit("toolu_01-Ab") == "toolu_01-Ab"


@pytest.mark.parametrize("id", ["functions.Bash:0", "a|b", ""])
def test_an_id_that_does_not_fit_is_renamed(id: str) -> None:
    assert re.fullmatch("[a-zA-Z0-9_-]+", clean(id))


def test_renamed_ids_stay_apart() -> None:
    assert clean("a.b") != clean("a:b")


def test_a_used_id_gets_a_number() -> None:
    ids = ToolIds(["call_0"])
    assert [ids.fit("call_0"), ids.fit("call_0"), ids.fit("call_1")] == ["call_0_2", "call_0_3", "call_1"]


@given(st.lists(st.sampled_from(["a", "a_2", "a.", "", "b"]), max_size=12))
def test_all_ids_are_different_and_come_out_the_same_every_time(wanted: list[str]) -> None:
    first, second = ToolIds(), ToolIds()
    given = [first.fit(id) for id in wanted]
    assert len(set(given)) == len(given)
    assert given == [second.fit(id) for id in wanted]


def test_one_id_thousands_of_times_is_quick() -> None:
    ids = ToolIds(["a_2"])
    assert [ids.fit("a") for _ in range(30_000)][:3] == ["a", "a_3", "a_4"]
