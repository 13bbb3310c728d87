import threading
from collections.abc import Iterator

from ccr.errors import ServiceProblem
from ccr.service.doctor.examine import examine
from ccr.service.doctor.finding import Check, Finding, Look, Surroundings, ok
from tests.service.doctor.conftest import Seen, acme


def failing(error: Exception) -> Look:
    def look(here: Surroundings) -> Iterator[Finding]:
        yield ok("first", "fine")
        raise error

    return look


def looked(here: Surroundings, *checks: Check) -> list[tuple[str, str]]:
    return [(each.state, each.seen) for _, found in examine(checks, here) for each in found]


def test_what_stops_a_check_is_a_finding_after_those_that_it_made(seen: Seen) -> None:
    assert looked(seen(), Check("a", failing(ServiceProblem("no router")))) == [
        ("ok", "fine"),
        ("problem", "no router"),
    ]


def test_an_error_of_the_system_names_its_file(seen: Seen) -> None:
    assert looked(seen(), Check("a", failing(OSError(28, "No space left on device", "/full"))))[1:] == [
        ("problem", "/full: No space left on device")
    ]


def test_a_fault_of_ours_is_a_finding(seen: Seen) -> None:
    assert looked(seen(), Check("a", failing(KeyError("x"))))[1:] == [
        ("problem", "a fault in ccr itself: KeyError: 'x'")
    ]


def test_a_check_that_needs_a_configuration_is_skipped_without_one(seen: Seen) -> None:
    assert looked(seen("{"), Check("a", failing(KeyError("x")))) == [
        ("skipped", "needs the configuration, which cannot be had (`--only config` says why)")
    ]


def test_a_check_that_takes_too_long_is_left_behind(seen: Seen) -> None:
    never = threading.Event()

    def look(here: Surroundings) -> Iterator[Finding]:
        never.wait()
        yield ok("late", "")

    found = looked(seen(), Check("slow", look, seconds=0.01), Check("next", lambda here: iter([ok("next", "fine")])))
    assert found == [("problem", "no result within 0.01 s"), ("ok", "fine")]
    never.set()


def test_checks_run_side_by_side(seen: Seen) -> None:
    both = threading.Barrier(2)

    def look(here: Surroundings) -> Iterator[Finding]:
        both.wait(5)
        yield ok("met", "")

    assert looked(seen(), Check("a", look), Check("b", look)) == [("ok", ""), ("ok", "")]


def test_a_check_that_cleans_up_runs_in_the_callers_thread(seen: Seen) -> None:
    def look(here: Surroundings) -> Iterator[Finding]:
        yield ok("thread", threading.current_thread().name)

    assert looked(seen(), Check("a", look, alone=True)) == [("ok", threading.main_thread().name)]


def test_no_finding_shows_a_key(seen: Seen) -> None:
    (_, shown) = looked(seen(acme()), Check("a", failing(ServiceProblem("sk-acme-0123456789 is refused"))))
    assert shown == ("problem", "*** is refused")
