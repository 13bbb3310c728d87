import pytest

from ccr.errors import (
    BadRequest,
    RequestProblem,
    UpstreamBusy,
    UpstreamCut,
    UpstreamFailed,
    UpstreamGarbled,
    UpstreamKeyRefused,
    UpstreamLimited,
    UpstreamRefused,
    UpstreamTimeout,
    UpstreamToolless,
    UpstreamUnreachable,
)
from ccr.policy.patience import MOST, PATIENCE, Patience
from tests.support.plans import target

ME = ("session", "model")
THERE = target("a,m")


def failing(problem: RequestProblem, *moments: float, patience: Patience | None = None) -> RequestProblem:
    """The same failure at these moments, each of a request that has just arrived."""
    if patience is None:
        patience = Patience()
        patience.answered(ME, THERE)
    for now in moments:
        problem.retry = None
        if isinstance(problem, UpstreamUnreachable):
            problem.target = THERE
        patience.advise(problem, ME, arrived=now, now=now)
    return problem


def row(seconds: float) -> list[float]:
    return [0.0, *(n * 40.0 for n in range(1, int(seconds // 40) + 1)), seconds]


@pytest.mark.parametrize(
    "cls",
    [
        UpstreamGarbled,
        UpstreamUnreachable,
        UpstreamCut,
        UpstreamFailed,
        UpstreamTimeout,
        UpstreamBusy,
        UpstreamLimited,
    ],
)
def test_what_may_pass_is_asked_for_as_long_as_it_may(cls: type[RequestProblem]) -> None:
    limit = PATIENCE[cls]  # type: ignore[index]
    assert failing(cls("no"), *row(limit)).retry is None
    assert failing(cls("no"), *row(limit), limit + 1).retry is False


def test_an_address_that_never_answered_is_a_wrong_one() -> None:
    assert failing(UpstreamUnreachable("no"), 0, patience=Patience()).retry is False


def test_who_has_answered_anybody_has_a_right_address() -> None:
    patience = Patience()
    patience.answered(("another", "x"), target("a,x"))
    assert failing(UpstreamUnreachable("no"), 0, patience=patience).retry is None


def test_what_does_not_pass_is_not_asked_again() -> None:
    assert failing(UpstreamToolless("no"), 0).retry is False


@pytest.mark.parametrize("problem", [UpstreamRefused("no"), BadRequest("no")])
def test_a_refusal_is_the_clients_to_heal(problem: RequestProblem) -> None:
    assert failing(problem, 0).retry is None


def test_what_is_decided_stays() -> None:
    problem = UpstreamKeyRefused("no", retry=True)
    Patience().advise(problem, ME, arrived=0, now=0)
    assert problem.retry is True


def test_an_answer_begins_a_new_row() -> None:
    patience = Patience()
    failing(UpstreamUnreachable("no"), 0, patience=patience)
    patience.answered(ME, THERE)
    assert failing(UpstreamUnreachable("no"), 70, patience=patience).retry is None


def test_so_does_a_long_silence() -> None:
    assert failing(UpstreamUnreachable("no"), 0, 91).retry is None


def test_a_long_try_is_no_silence() -> None:
    patience, problem = Patience(), UpstreamTimeout("no")
    for arrived, now in ((0, 300), (301, 600)):
        patience.advise(problem, ME, arrived=arrived, now=now)
    assert problem.retry is False


def test_a_wait_that_the_client_would_take_for_no_is_cut() -> None:
    assert failing(UpstreamLimited("no", retry_after=150), 0).retry_after == 60


@pytest.mark.parametrize(("seconds", "spoken"), [(600, "10 minutes"), (86400, "24 hours")])
def test_a_wait_that_is_too_long_is_told(seconds: float, spoken: str) -> None:
    problem = failing(UpstreamLimited("no", retry_after=seconds), 0)
    assert (problem.retry, problem.retry_after) == (False, seconds)
    assert problem.message == f"no; it asks to be left alone for {spoken}"


def test_those_who_asked_longest_ago_are_forgotten() -> None:
    patience = Patience()
    for number in range(MOST + 1):
        patience.advise(UpstreamGarbled("no"), (str(number), "m"), arrived=0, now=0)
    patience.advise(problem := UpstreamGarbled("no"), ("0", "m"), arrived=30, now=30)
    assert problem.retry is None
    patience.advise(problem := UpstreamGarbled("no"), (str(MOST), "m"), arrived=30, now=30)
    assert problem.retry is False
