from dataclasses import replace

import pytest

from ccr.gateway.sessions import Sessions
from ccr.messages.record import Record
from ccr.messages.reply import Usage

RECORD = Record(
    time=0.0,
    request_id="req_1",
    session="a",
    client="anthropic",
    agent="",
    asked_for="m",
    rule=None,
    target=None,
    attempts=(),
    status=200,
    usage=Usage(input=10, output=1, cache_read=90),
    estimated=False,
    streamed=True,
    first_token=None,
    seconds=1.0,
    error=None,
    stop_reason=None,
)


def test_what_a_session_used_last_is_remembered_cached_tokens_included() -> None:
    sessions = Sessions()
    sessions(RECORD)
    sessions(replace(RECORD, usage=Usage(input=20, output=1, cache_read=100)))
    assert sessions.last_input("a") == 120


@pytest.mark.parametrize("session", [None, "unknown"])
def test_of_others_nothing_is_known(session: str | None) -> None:
    assert Sessions().last_input(session) is None


@pytest.mark.parametrize(
    "record", [replace(RECORD, session=None), replace(RECORD, estimated=True), replace(RECORD, usage=Usage())]
)
def test_what_is_no_measurement_is_not_remembered(record: Record) -> None:
    sessions = Sessions()
    sessions(record)
    assert sessions.last_input("a") is None


def test_the_session_that_was_quiet_longest_is_forgotten_first() -> None:
    sessions = Sessions(most=2)
    for name in ("a", "b", "a", "c"):
        sessions(replace(RECORD, session=name))
    assert [sessions.last_input(name) is None for name in ("a", "b", "c")] == [False, True, False]
