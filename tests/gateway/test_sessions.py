from dataclasses import replace

import pytest

from ccr.config.schema import Price
from ccr.gateway.sessions import MOST_CLASSES, MOST_TARGETS, OTHERS, Sessions, Used, total
from ccr.messages.record import Record, Tried
from ccr.messages.reply import Usage
from tests.support.wiring import target

RECORD = Record(
    time=0.0,
    request_id="req_1",
    session="a",
    client="anthropic",
    agent="",
    asked_for="m",
    rule="default",
    target=target("acme,m"),
    attempts=(),
    status=200,
    usage=Usage(input=10, output=1, cache_read=90),
    estimated=False,
    streamed=True,
    first_token=0.5,
    seconds=1.0,
    error=None,
    stop_reason=None,
    request_class="main",
)


def after(*records: Record) -> Sessions:
    sessions = Sessions()
    for record in records:
        sessions(record)
    return sessions


def test_what_a_session_used_last_is_remembered_cached_tokens_included() -> None:
    sessions = after(RECORD, replace(RECORD, usage=Usage(input=20, output=1, cache_read=100)))
    assert sessions.last_input("a") == 120


@pytest.mark.parametrize("session", [None, "unknown"])
def test_of_others_nothing_is_known(session: str | None) -> None:
    assert Sessions().last_input(session) is None


@pytest.mark.parametrize(
    "record", [replace(RECORD, session=None), replace(RECORD, estimated=True), replace(RECORD, usage=Usage())]
)
def test_what_is_no_measurement_is_not_remembered(record: Record) -> None:
    assert after(record).last_input("a") is None


def test_the_session_that_was_quiet_longest_is_forgotten_first() -> None:
    sessions = Sessions(most=2)
    for name in ("a", "b", "a", "c"):
        sessions(replace(RECORD, session=name))
    assert [name for name, _ in sessions.newest()] == ["c", "a"]


def test_a_session_that_is_not_known_is_empty() -> None:
    assert Sessions().session("a").requests == 0


def test_each_classs_last_answer_is_kept() -> None:
    first, second = replace(RECORD, request_id="req_1"), replace(RECORD, request_id="req_2")
    last = after(first, replace(RECORD, request_class="subagent"), second).session("a").last
    assert [(name, record.request_id) for name, record in last.items()] == [("subagent", "req_1"), ("main", "req_2")]


def test_a_client_that_says_no_class_has_one_too() -> None:
    assert list(after(replace(RECORD, request_class=None)).session("a").last) == ["other"]


def test_classes_and_targets_that_a_client_makes_up_are_bounded_and_their_tokens_counted() -> None:
    made_up = [replace(RECORD, request_class=f"c{n}", target=target(f"acme,m{n}")) for n in range(MOST_TARGETS + 5)]
    session = after(*made_up).session("a")
    assert len(session.last) == MOST_CLASSES
    assert len(session.used) == MOST_TARGETS + 1
    assert session.used[OTHERS].answers == 5


def test_long_names_and_errors_are_kept_short() -> None:
    long = "x" * 100_000
    tried = (Tried(target("acme,m"), long, 1), Tried(target("acme,n"), None, 1))
    record = replace(RECORD, asked_for=long, agent=long, error=long, stop_reason=long, attempts=tried)
    kept = after(record).session("a").last["main"]
    assert len(repr(kept)) < 3000
    assert kept.attempts[1] == tried[1]


def test_what_each_target_used_is_summed() -> None:
    other = replace(RECORD, target=target("acme,n"), usage=Usage(output=5, cache_write=7), estimated=True)
    used = after(RECORD, RECORD, other).session("a").used
    assert used[target("acme,m")] == Used(answers=2, input=20, output=2, cache_read=180)
    assert total(used) == Used(answers=3, estimated=1, input=20, output=7, cache_read=180, cache_write=7)


@pytest.mark.parametrize("nothing", [replace(RECORD, first_token=None), replace(RECORD, target=None)])
def test_what_failed_before_its_first_content_used_nothing(nothing: Record) -> None:
    session = after(replace(nothing, error="overloaded", status=529)).session("a")
    assert (session.requests, session.failed, session.used) == (1, 1, {})


def test_the_cache_has_its_own_prices() -> None:
    used = Used(input=1_000_000, output=100_000, cache_read=2_000_000, cache_write=1_000_000)
    price = Price(input=1.0, output=10.0, cache_read=0.25, cache_write=1.25)
    assert used.cost(price) == pytest.approx(1.0 + 1.0 + 0.5 + 1.25)
    assert used.saved(price) == pytest.approx(1.5)


def test_where_the_cache_has_no_price_it_costs_what_a_prompt_does_and_saves_nothing() -> None:
    used = Used(cache_read=1_000_000, cache_write=1_000_000)
    assert (used.cost(Price(1.0, 2.0)), used.saved(Price(1.0, 2.0))) == (2.0, 0.0)
