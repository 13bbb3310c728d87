"""How targets count: learnt from what they report."""

import asyncio

import pytest

from ccr.gateway.calibration import EVERY, FIRST, KEPT, SIZEABLE, SOON, UNKNOWN, Calibration, Sample
from ccr.routing.tokens import TokenCount
from tests.support.wiring import target

A, B = target("acme,a"), target("acme,b")
EXACT, GUESS = TokenCount(10_000, exact=True), TokenCount(10_000, exact=False)


def test_of_a_new_target_our_own_count_is_taken_or_somewhat_more() -> None:
    assert Calibration().tokens(A, EXACT) == 10_000
    assert Calibration().tokens(A, EXACT, UNKNOWN) == 11_500


def test_one_answer_tells_how_its_target_counts() -> None:
    calibration = Calibration()
    calibration.learn(A, EXACT, 13_000)
    assert calibration.tokens(A, TokenCount(100, exact=True), UNKNOWN) == 130
    assert calibration.tokens(B, EXACT) == 10_000
    assert calibration.tokens(A, GUESS) == 10_000, "an estimate errs otherwise"


def learnt(*reals: int) -> Calibration:
    calibration = Calibration()
    for real in reals:
        calibration.learn(A, EXACT, real)
    return calibration


@pytest.mark.parametrize("reals", [(24_000, 10_000), (10_000, 24_000), (10_000, 10_000, 24_000, 10_000)])
def test_one_odd_answer_does_not_count(reals: tuple[int, ...]) -> None:
    assert learnt(*reals).tokens(A, EXACT) == 10_000


def test_it_errs_high() -> None:
    assert learnt(10_000, 13_000, 10_000, 11_000, 10_000, 12_000).tokens(A, EXACT) == 12_000


def test_it_goes_by_the_latest_answers() -> None:
    assert learnt(24_000, 24_000, *[10_000] * KEPT).tokens(A, EXACT) == 10_000
    assert learnt(*[10_000] * KEPT, 13_000, 13_000).tokens(A, EXACT) == 13_000


@pytest.mark.parametrize("real", [7_000, 26_000])
def test_what_cannot_be_is_not_believed(real: int) -> None:
    calibration = Calibration()
    calibration.learn(A, EXACT, real)
    assert calibration.tokens(A, EXACT) == 10_000


def test_a_small_prompt_tells_nothing() -> None:
    calibration = Calibration()
    calibration.learn(A, TokenCount(SIZEABLE - 1, exact=True), SIZEABLE * 2)
    assert calibration.tokens(A, EXACT) == 10_000


def test_it_forgets_whom_it_heard_of_longest_ago() -> None:
    calibration = Calibration(most=2)
    for each in (A, B, A, target("acme,c")):
        calibration.learn(each, EXACT, 12_000)
        calibration.wants(each, GUESS)
    assert [calibration.tokens(each, EXACT) for each in (A, B)] == [12_000, 10_000]


def test_an_exact_count_is_wanted_at_first_and_then_now_and_then() -> None:
    calibration = Calibration()
    wanted = [calibration.wants(A, GUESS) for _ in range(2 * EVERY)]
    assert [number for number, yes in enumerate(wanted, 1) if yes] == [*range(1, FIRST + 1), EVERY, 2 * EVERY]
    assert not calibration.wants(B, EXACT), "there is one"
    assert not calibration.wants(B, TokenCount(10, exact=False))


def test_a_wrong_belief_is_soon_mended() -> None:
    calibration = learnt(10_000, 24_000, 24_000)
    answers = 0
    while calibration.tokens(A, EXACT) > 11_500:
        answers += 1
        if calibration.wants(A, GUESS):
            calibration.learn(A, EXACT, 10_000)
    assert answers <= KEPT * SOON
    wanted = [calibration.wants(A, GUESS) for _ in range(EVERY)]
    assert wanted.count(True) == 1, "it has found peace"


async def test_an_exact_count_that_came_in_time_is_learnt_too() -> None:
    async def count() -> TokenCount:
        return TokenCount(8_000, exact=True)

    calibration = Calibration()
    counting = asyncio.create_task(count())
    await asyncio.wait({counting})
    Sample(calibration, A, GUESS, counting).end(12_000)
    assert (calibration.tokens(A, EXACT), calibration.tokens(A, GUESS)) == (15_000, 12_000)


async def test_a_count_that_comes_late_or_fails_is_not_missed() -> None:
    async def fail() -> TokenCount:
        raise OSError

    calibration = Calibration()
    late, broken = asyncio.create_task(asyncio.Event().wait()), asyncio.create_task(fail())
    await asyncio.wait({broken})
    Sample(calibration, A, GUESS, late).end(12_000)  # type: ignore[arg-type]
    Sample(calibration, B, GUESS, broken).end(12_000)
    await asyncio.wait({late})
    assert late.cancelled()
    assert [calibration.tokens(each, GUESS) for each in (A, B)] == [12_000, 12_000]


async def test_an_answer_that_tells_nothing_teaches_nothing() -> None:
    calibration = Calibration()
    Sample(calibration, A, EXACT).end(None)
    assert calibration.tokens(A, EXACT) == 10_000
