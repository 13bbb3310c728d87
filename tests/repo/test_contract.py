"""The table of the client's contract is made of tests that exist."""

import pytest

from tests.e2e.contract.sections import SECTIONS
from tests.repo.marked import Marked, decorated

MARKED = list(decorated("contract"))


def test_there_are_lines() -> None:
    assert MARKED


@pytest.mark.parametrize("mark", MARKED, ids=lambda mark: mark.test.rpartition("::")[2])
def test_each_line_names_a_section_and_what_happens(mark: Marked) -> None:
    section, what = mark.arguments
    assert section in SECTIONS
    assert isinstance(what, str)
    assert what.strip()


def test_no_line_stands_twice() -> None:
    lines = [(mark.arguments, mark.test.rpartition("::")[2]) for mark in MARKED]
    assert sorted({str(line) for line in lines}) == sorted(map(str, lines))
