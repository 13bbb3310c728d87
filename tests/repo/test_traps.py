"""Every known trap has a test, or a reason why it cannot occur here."""

from tests.repo.marked import marked
from tests.wire.traps import GROUPS, TRAPS, WITHOUT


def test_every_trap_has_a_test_or_a_reason() -> None:
    found = marked()
    assert [number for number in TRAPS if number not in found and number not in WITHOUT] == []


def test_no_test_is_about_a_trap_that_is_not_listed() -> None:
    assert set(marked()) <= set(TRAPS)


def test_a_trap_with_a_test_needs_no_reason() -> None:
    assert set(marked()) & set(WITHOUT) == set()


def test_the_groups_hold_every_trap_once() -> None:
    assert [number for group in GROUPS.values() for number in group] == list(TRAPS)
