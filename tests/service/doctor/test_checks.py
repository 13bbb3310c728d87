import pytest

from ccr.errors import ServiceProblem
from ccr.service.doctor.checks import CHECKS, chosen


def names(only: list[str] | None = None, *, live: bool = False, quick: bool = False) -> list[str]:
    return [check.name for check in chosen(only or [], live=live, quick=quick)]


def test_what_costs_money_is_left_out_unless_asked_for() -> None:
    assert "live" not in names()
    assert "live" in names(live=True)


def test_the_run_of_claude_is_left_out_on_request() -> None:
    assert "end-to-end" in names()
    assert "end-to-end" not in names(quick=True)


def test_only_those_that_are_named_are_run() -> None:
    assert names(["keys", "config"]) == ["config", "keys"]
    assert names(["live"]) == ["live"]
    assert names(["keys"], live=True) == ["keys", "live"]


def test_a_check_that_is_none_is_refused_with_those_that_are() -> None:
    with pytest.raises(ServiceProblem, match=r"there is no check key; there are versions, config, keys, "):
        names(["key"])


def test_each_check_has_a_name_of_its_own() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS)
