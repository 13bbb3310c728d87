import pytest

from ccr.config.schema import Timeouts
from ccr.policy.deadlines import first_content, setting, whole_answer

PLENTY = 10_000.0


@pytest.mark.parametrize(
    ("others", "local", "seconds"), [(False, False, 900), (False, True, 900), (True, False, 120), (True, True, 600)]
)
def test_who_could_be_replaced_is_waited_for_less(others: bool, local: bool, seconds: float) -> None:
    assert first_content(Timeouts(), others=others, local=local, left=PLENTY) == seconds


@pytest.mark.trap(109)
@pytest.mark.parametrize("others", [True, False])
@pytest.mark.parametrize("local", [True, False])
def test_what_the_user_says_counts(others: bool, local: bool) -> None:
    assert first_content(Timeouts(first_byte=7), others=others, local=local, left=PLENTY) == 7


@pytest.mark.parametrize(
    ("others", "left", "seconds"), [(True, 30, 15), (False, 30, 30), (True, -1, 0), (True, 230, 115)]
)
def test_nobody_gets_more_than_is_left_and_the_others_their_share(others: bool, left: float, seconds: float) -> None:
    assert first_content(Timeouts(), others=others, local=False, left=left) == seconds


def test_what_the_user_says_of_the_last_target_is_more_than_what_is_left_for_all() -> None:
    assert first_content(Timeouts(first_byte=1800), others=False, local=False, left=900) == 1800
    assert first_content(Timeouts(first_byte=1800), others=True, local=False, left=900) == 780


@pytest.mark.parametrize(
    ("others", "left", "seconds"), [(False, PLENTY, 600), (False, 290, 290), (True, 290, 145), (True, -1, 0)]
)
def test_a_whole_answer_leaves_the_others_half_of_the_time(others: bool, left: float, seconds: float) -> None:
    assert whole_answer(Timeouts(), others=others, left=left) == seconds


@pytest.mark.parametrize(
    ("timeouts", "limit", "stream", "named"),
    [
        (Timeouts(), 900, True, "timeouts.first_byte"),
        (Timeouts(first_byte=2), 2, True, "timeouts.first_byte"),
        (Timeouts(first_byte=60), 30, True, "timeouts.failover"),
        (Timeouts(total=60), 60, False, "timeouts.total"),
        (Timeouts(total=600), 145, False, "timeouts.failover, or the client's own limit,"),
    ],
)
def test_what_gave_no_more_time_is_named(timeouts: Timeouts, limit: float, stream: bool, named: str) -> None:
    assert setting(timeouts, limit, stream=stream) == named
