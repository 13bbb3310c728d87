import itertools

import pytest

from ccr.config.schema import Breaker
from ccr.ids import ModelName, ProviderName, Target
from ccr.policy.attempt import Attempt
from ccr.policy.breaker import CLAIMED, MOST, Circuit

SETTINGS = Breaker(failures=3, share=0.5, window=60, pause=30)
LONGEST = 600.0
OTHERS, PROBE, SECOND = (Attempt(Target(ProviderName("a"), ModelName("m"))) for _ in range(3))


def fed(outcomes: str, settings: Breaker = SETTINGS, now: float = 0.0, apart: float = 0.0) -> Circuit:
    """What has seen these: + an answer, - a failure."""
    circuit = Circuit()
    for n, outcome in enumerate(outcomes):
        if outcome == "+":
            circuit.answered(now + n * apart)
        else:
            circuit.failed(OTHERS, now + n * apart, settings, LONGEST)
    return circuit


def lets(circuit: Circuit, now: float) -> bool:
    return circuit.closes_to(now) <= now


@pytest.mark.parametrize(
    ("outcomes", "opens"),
    [
        ("--", False),
        ("---", True),
        ("+--+-", True),
        ("++++---", False),
        ("++++----", True),
        ("", False),
        ("+++", False),
    ],
)
def test_it_opens_when_failures_are_many_and_a_large_share(outcomes: str, opens: bool) -> None:
    assert fed(outcomes).open is opens


def enough(outcomes: str) -> bool:
    """The rule in other words: at least three failures, and half of all, since it closed."""
    lately: list[str] = []
    opened = False
    for outcome in outcomes:
        if outcome == "+" and opened:
            lately, opened = [], False
        lately.append(outcome)
        failures = lately.count("-")
        opened = opened or (outcome == "-" and failures >= 3 and failures >= 0.5 * len(lately))
    return opened


def test_it_is_open_just_if_the_failures_since_it_closed_are_enough() -> None:
    every = ["".join(each) for n in range(8) for each in itertools.product("+-", repeat=n)]
    assert [outcomes for outcomes in every if fed(outcomes).open is not enough(outcomes)] == []


def test_what_is_long_ago_does_not_count() -> None:
    assert not fed("----", apart=31).open
    assert fed("----", apart=29).open


def test_it_can_be_turned_off() -> None:
    assert not fed("-" * 99, Breaker(failures=0)).open


def test_it_lets_one_through_after_its_pause() -> None:
    circuit = fed("---")
    assert circuit.closes_to(10.0) == 30.0
    assert lets(circuit, 30.0)
    circuit.claim(PROBE, 30.0)
    assert not lets(circuit, 31.0)
    assert not circuit.free(31.0)


def test_a_claim_lapses() -> None:
    circuit = fed("---")
    circuit.claim(PROBE, 30.0)
    assert circuit.closes_to(40.0) == 30.0 + CLAIMED
    assert lets(circuit, 30.0 + CLAIMED)


def test_a_probe_that_ends_without_an_outcome_makes_way_for_another() -> None:
    circuit = fed("---")
    circuit.claim(PROBE, 30.0)
    circuit.ended(OTHERS)
    assert not lets(circuit, 31.0)
    circuit.ended(PROBE)
    assert lets(circuit, 31.0)


def test_a_probe_that_fails_doubles_the_pause_within_a_bound() -> None:
    circuit, now, pauses = fed("---"), 0.0, []
    for _ in range(7):
        now = circuit.due
        circuit.claim(PROBE, now)
        circuit.failed(PROBE, now, SETTINGS, LONGEST)
        circuit.ended(PROBE)
        pauses.append(circuit.due - now)
    assert pauses == [60, 120, 240, 480, 600, 600, 600]


def test_a_pause_that_the_user_wants_longer_stays_so() -> None:
    assert fed("---", Breaker(failures=3, pause=2 * LONGEST)).due == 2 * LONGEST


def test_who_was_sent_before_it_opened_says_nothing_new() -> None:
    circuit = fed("---")
    circuit.claim(PROBE, 30.0)
    circuit.failed(OTHERS, 31.0, SETTINGS, LONGEST)
    assert circuit.due == 30.0


def test_nor_does_who_is_asked_before_it_is_due() -> None:
    circuit = fed("---")
    for now in (1.0, 2.0, 29.0):
        circuit.claim(PROBE, now)
        circuit.failed(PROBE, now, SETTINGS, LONGEST)
        circuit.ended(PROBE)
    assert circuit.due == 30.0


def test_what_failed_last_bounds_the_pause() -> None:
    circuit = fed("---")
    for longest, pause in ((LONGEST, 60), (LONGEST, 120), (45, 45), (10, 30)):
        now = circuit.due
        circuit.claim(PROBE, now)
        circuit.failed(PROBE, now, SETTINGS, longest)
        assert circuit.due == now + pause


def test_one_answer_closes_it_and_is_the_end_of_it() -> None:
    circuit = fed("---")
    circuit.answered(10.0)
    assert not circuit.open
    assert lets(circuit, 10.0)
    assert circuit.failures(10.0, SETTINGS) == 0
    circuit.failed(OTHERS, 11.0, SETTINGS, LONGEST)
    assert not circuit.open


def test_a_late_probe_is_not_the_one_that_counts() -> None:
    circuit = fed("---")
    circuit.claim(PROBE, 30.0)
    circuit.claim(SECOND, 60.0)
    circuit.failed(PROBE, 61.0, SETTINGS, LONGEST)
    circuit.ended(PROBE)
    assert not lets(circuit, 62.0)
    circuit.failed(SECOND, 63.0, SETTINGS, LONGEST)
    assert circuit.due == 63.0 + 60.0


def test_it_remembers_no_more_than_so_many() -> None:
    assert fed("+" * 10 * MOST + "-").failures(0.0, SETTINGS) == 1
