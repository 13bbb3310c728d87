"""The table of the client's contract is made of tests that exist."""

from tests.e2e.contract.sections import SECTIONS
from tests.repo.marked import decorated


def test_there_are_lines() -> None:
    assert decorated("contract")


def test_each_line_names_a_section_and_what_happens() -> None:
    for mark in decorated("contract"):
        section, what = mark.arguments
        assert section in SECTIONS, mark
        assert isinstance(what, str), mark
        assert what.strip(), mark


def test_no_line_stands_twice() -> None:
    lines = [(mark.arguments, mark.test.rpartition("::")[2]) for mark in decorated("contract")]
    assert sorted({str(line) for line in lines}) == sorted(map(str, lines))
