from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr.config.schema import Key, Secret
from ccr.ids import ProviderName
from ccr.policy.keys import KeyId, Minute, Rest, ranked
from ccr.policy.remedies import Cooling
from tests.support.plans import key

ACME = ProviderName("acme")
COOLING = Cooling(whole_key=True, least=60, most=3600)


def order(keys: list[Key], last: Key | None = None, session: str | None = "s", chance: float = 0.5) -> list[str]:
    before = KeyId.of(ACME, last) if last else None
    return [each.name for each in ranked(ACME, keys, before, session, lambda: chance)]


# --- which one ---


def test_a_key_is_known_by_its_secret_and_does_not_show_it() -> None:
    found = KeyId.of(ACME, key("1"))
    assert found == KeyId.of(ACME, Key(Secret("secret-1"), "another name", weight=3))
    assert found != KeyId.of(ACME, Key(Secret("secret-2"), "1"))
    assert found != KeyId.of(ProviderName("b"), key("1"))
    assert "secret" not in repr(found)
    assert KeyId.of(ACME, None) != KeyId.of(ACME, Key(Secret(""), "1"))


def test_a_lower_priority_waits_whoever_answered_last() -> None:
    first, second = key("1"), key("2", priority=2)
    assert order([second, first], last=second) == ["1", "2"]


def test_a_session_stays_with_the_key_that_answered_it() -> None:
    keys = [key(str(n)) for n in range(5)]
    assert [order(keys, last=each)[0] for each in keys] == ["0", "1", "2", "3", "4"]


@given(st.text(max_size=9), st.permutations([key(str(n)) for n in range(4)]))
def test_a_session_starts_at_the_same_key_wherever_it_stands_in_the_file(session: str, keys: list[Key]) -> None:
    assert order(keys, session=session) == order([key(str(n)) for n in range(4)], session=session)


@given(st.text(max_size=9), st.integers(0, 3))
def test_a_key_that_goes_moves_none_but_its_own_sessions(session: str, gone: int) -> None:
    before = order([key(str(n)) for n in range(4)], session=session)
    after = order([key(str(n)) for n in range(4) if n != gone], session=session)
    assert after == [each for each in before if each != str(gone)]


def test_sessions_are_spread_by_weight() -> None:
    keys = [key("1", weight=3), key("2", weight=1), key("3", weight=0)]
    first = Counter(order(keys, session=str(n))[0] for n in range(2000))
    assert first["1"] == pytest.approx(1500, abs=100)
    assert not first["3"]


def test_without_a_session_chance_draws() -> None:
    draws = iter([0.1, 0.9, 0.9, 0.0])
    found = [[each.name for each in ranked(ACME, [key("1"), key("2")], None, None, lambda: next(draws))] for _ in "ab"]
    assert found == [["2", "1"], ["1", "2"]]


# --- how long one rests ---


def test_a_rest_doubles_with_each_refusal_in_a_row_within_a_bound() -> None:
    rest, now, found = Rest(), 0.0, []
    for _ in range(30):
        rest.refused("denied", "no", COOLING, None, now, now)
        found.append(rest.until - now)
        now = rest.until
    assert found[:8] == [60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert found[-1] == 3600


def test_what_the_provider_says_comes_first_within_an_hour() -> None:
    rest = Rest()
    rest.refused("limited", "no", COOLING, 7.0, 0.0, 0.0)
    assert (rest.kind, rest.until) == ("limited", 7.0)
    rest.refused("limited", "no", COOLING, 1e9, 7.0, 7.0)
    assert rest.until == 7.0 + 3600
    rest.refused("limited", "no", COOLING, 0.0, 3700.0, 3700.0)
    assert rest.until == 3700.0 + 240, "no seconds are no word"


def test_who_is_asked_within_its_rest_rests_no_longer_unless_it_says_so() -> None:
    rest = Rest()
    for now in (0.0, 1.0, 59.0):
        rest.refused("denied", "no", COOLING, None, now, now)
    assert rest.until == 60.0
    rest.refused("limited", "no", COOLING, 5.0, 59.0, 59.0)
    assert (rest.kind, rest.until) == ("limited", 64.0)
    rest.refused("denied", "no", COOLING, None, 64.0, 64.0)
    assert rest.until == 64.0 + 120, "a second refusal"


def test_refusals_of_what_was_sent_before_are_one() -> None:
    rest = Rest()
    for _ in range(5):
        rest.refused("denied", "no", COOLING, None, 0.0, 1.0)
    assert rest.until == 61.0


def test_an_answer_ends_it_if_it_was_asked_for_since() -> None:
    rest = Rest()
    rest.refused("denied", "no", COOLING, None, 0.0, 10.0)
    rest.answered(5.0)
    assert rest.until == 70.0
    rest.answered(20.0)
    assert rest.until < 0
    rest.refused("denied", "no", COOLING, None, 30.0, 30.0)
    assert rest.until == 90.0, "another row"


# --- what it has used ---


def test_a_minute_slides() -> None:
    minute = Minute()
    minute.add(0.0, requests=1, tokens=100)
    minute.add(30.0, requests=1)
    assert (minute.requests(30.0), minute.tokens(30.0)) == (2, 100)
    assert (minute.requests(61.5), minute.tokens(61.5)) == (1, 0)
    minute.add(200.0, tokens=1)
    assert (minute.requests(200.0), minute.tokens(200.0)) == (0, 1)


def test_room_comes_when_the_oldest_leave() -> None:
    minute, limited = Minute(), key("1", rpm=2, tpm=1000)
    assert minute.full_until(limited, 0.0) == 0.0
    minute.add(0.0, requests=1)
    assert minute.full_until(limited, 0.0) == 0.0
    minute.add(10.0, requests=1)
    assert minute.full_until(limited, 10.0) == 61.0
    minute.add(20.0, tokens=5000)
    assert minute.full_until(limited, 20.0) == 81.0
    assert minute.full_until(key("2"), 20.0) == 20.0


def test_who_waits_has_a_place_in_the_minute_to_come() -> None:
    minute, limited = Minute(), key("1", rpm=1)
    minute.add(0.0, requests=1)
    minute.add(1.0, requests=1, ahead=60.0)
    assert minute.full_until(limited, 1.0) == 122.0


def test_whose_turn_comes_later_lets_nobody_before_him_be_forgotten() -> None:
    minute = Minute()
    minute.add(0.0, requests=5)
    minute.add(55.0, requests=1, ahead=10.0)
    assert minute.requests(55.0) == 6


@given(st.lists(st.floats(0, 300), max_size=60), st.integers(1, 5))
def test_no_minute_has_more_than_its_limit(moments: list[float], limit: int) -> None:
    minute, taken = Minute(), []
    for now in sorted(moments):
        if minute.full_until(key("1", rpm=limit), now) <= now:
            minute.add(now, requests=1)
            taken.append(now)
    assert all(sum(begin <= at < begin + 60 for at in taken) <= limit for begin in taken)


def test_a_minute_is_remembered_and_no_more() -> None:
    minute = Minute()
    for second in range(1000):
        minute.add(float(second), requests=1, tokens=1)
    assert minute.requests(999.0) <= 62
    assert len(minute._requests) <= 62
