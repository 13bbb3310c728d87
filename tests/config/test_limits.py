"""Providers[].limits."""

import pytest

from ccr.config.limits import limits
from ccr.config.problems import Place, Report
from ccr.config.schema import Model, Price
from ccr.messages.json import Json


def read(value: Json) -> tuple[dict[str, Model], Report]:
    report = Report()
    return dict(limits(Place(value, "limits", report))), report


def test_a_bare_number_is_the_window() -> None:
    found, report = read({"m": 131_072, "*": "32768"})
    assert found == {"m": Model(131_072), "*": Model(32_768)}
    assert report == Report()


def test_an_object_says_more() -> None:
    price: Json = {"input": 1, "output": "2.5", "cacheRead": 0}
    found, report = read({"m": {"contextWindow": 9, "max_output_tokens": 5, "price": price}})
    assert found == {"m": Model(9, 5, Price(1, 2.5, cache_read=0))}
    assert report == Report()


def test_none_are_none() -> None:
    assert read(None)[0] == read({})[0] == {}


@pytest.mark.parametrize(
    ("value", "place", "told"),
    [
        ({"m": 0}, "limits.m", "a whole number from 1"),
        ({"m": {"context": "much"}}, "limits.m.context", "a number"),
        ({"m": {"price": {"input": 1}}}, "limits.m.price.output", "dollars"),
        ({"m": {"price": {"input": -1, "output": 1}}}, "limits.m.price.input", "dollars"),
        ([1], "limits", "an object"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(value: Json, place: str, told: str) -> None:
    _, report = read(value)
    assert [fault.path for fault in report.faults] == [place]
    assert told in report.faults[0].text
