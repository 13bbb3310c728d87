import multiprocessing
import os
from pathlib import Path

import pytest

from ccr.errors import ConfigInvalid
from ccr.service import process, sessions, state
from ccr.service.process import Options
from tests.service.conftest import stand_in


def test_a_router_started_for_a_session_ends_with_it(home: Path, environment: dict[str, str]) -> None:
    with sessions.session(home, stand_in("for-sessions"), environment) as session:
        assert state.running(home) == session.router
    assert state.running(home) is None
    assert list((home / "sessions").iterdir()) == []


def test_a_router_started_by_hand_stays(home: Path, environment: dict[str, str]) -> None:
    process.start(home, stand_in(), environment)
    with sessions.session(home, stand_in("for-sessions"), environment):
        pass
    assert state.running(home) is not None


def test_a_router_stays_while_another_session_lives(home: Path, environment: dict[str, str]) -> None:
    with sessions.session(home, stand_in("for-sessions"), environment):
        pass
    with sessions.session(home, stand_in("for-sessions"), environment):
        other = multiprocessing.get_context("spawn").Process(target=_short_session, args=(home, environment))
        other.start()
        other.join()
        assert other.exitcode == 0
        assert state.running(home) is not None
    assert state.running(home) is None


def _short_session(home: Path, environment: dict[str, str]) -> None:
    with sessions.session(home, stand_in("for-sessions"), environment):
        pass


def test_a_crashed_session_does_not_count(home: Path, environment: dict[str, str]) -> None:
    with sessions.session(home, stand_in("for-sessions"), environment):
        crashing = multiprocessing.get_context("spawn").Process(target=_crash, args=(home, environment))
        crashing.start()
        crashing.join()
        assert crashing.exitcode == 7
    assert state.running(home) is None
    assert list((home / "sessions").iterdir()) == []


def _crash(home: Path, environment: dict[str, str]) -> None:
    with sessions.session(home, stand_in("for-sessions"), environment):
        os._exit(7)


def test_starting_by_hand_keeps_what_a_session_started(home: Path, environment: dict[str, str]) -> None:
    with sessions.session(home, stand_in("for-sessions"), environment):
        assert sessions.start_by_hand(home, stand_in(), environment).already
    assert state.running(home) is not None


@pytest.mark.e2e
def test_a_router_restarted_in_a_session_ends_with_it(home: Path, environment: dict[str, str]) -> None:
    own = {**environment, "CCR_HOME": str(home)}
    with sessions.session(home, stand_in("for-sessions"), environment) as session:
        assert sessions.restart(home, Options(), own).state != session.router
        process.stop(home)
        assert sessions.restart(home, Options(), own).state.for_sessions
    assert state.running(home) is None


def test_a_restart_that_cannot_succeed_leaves_the_router_alone(home: Path, environment: dict[str, str]) -> None:
    before = process.start(home, stand_in(), environment).state
    (home / "config.json").write_text("{")
    with pytest.raises(ConfigInvalid):
        sessions.restart(home, Options(), {**environment, "CCR_HOME": str(home)})
    assert state.running(home) == before
