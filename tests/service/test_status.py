import dataclasses
import os
from pathlib import Path

from ccr.service import process, state, status
from tests.service.conftest import stand_in
from tests.service.test_state import HERE


def test_where_nothing_runs_there_is_little_to_say(home: Path) -> None:
    found = status.status(home, {"CCR_HOME": str(home)}, now=0.0)
    assert found.condition == "not running"
    assert found.as_json() == {"condition": "not running", "running": False}


def test_a_running_router_is_described(home: Path, environment: dict[str, str]) -> None:
    process.start(home, stand_in(), environment)
    found = status.status(home, {"CCR_HOME": str(home)}, now=60.0)
    assert found.condition == "running"
    assert found.uptime == 60.0
    said = found.as_json()
    assert said["address"] == state.running(home).address  # type: ignore[union-attr]
    assert said["running"] is True
    assert (said["config"], said["pid"]) == ("built in", state.running(home).pid)  # type: ignore[union-attr]


def test_a_router_that_is_about_to_end_is_said(home: Path, environment: dict[str, str]) -> None:
    process.start(home, stand_in("draining"), environment)
    assert status.status(home, {"CCR_HOME": str(home)}, now=60.0).remedy == status.ENDS


def test_a_process_that_does_not_answer_is_unhealthy(tmp_path: Path) -> None:
    state.write(tmp_path, dataclasses.replace(HERE, pid=os.getpid(), port=1))
    assert status.status(tmp_path, {"CCR_HOME": str(tmp_path)}, now=0.0).condition == "unhealthy"


def test_a_broken_file_does_not_hide_the_router(home: Path, environment: dict[str, str]) -> None:
    process.start(home, stand_in(), environment)
    (home / "config.json").write_text("{")
    assert status.status(home, {"CCR_HOME": str(home)}, now=0.0).condition == "running"


def test_a_router_that_stays_down_says_why(home: Path, environment: dict[str, str]) -> None:
    home.mkdir()
    (home / "ccr.gave-up").write_text("the router crashed 5 times in a row (SIGSEGV) and stays down")
    found = status.status(home, environment, 1.0)
    assert found.condition == "not running"
    assert found.remedy
    assert found.remedy.startswith("the router crashed 5 times in a row (SIGSEGV) and stays down; `ccr logs --process`")


def test_a_router_that_is_being_started_again_is_said(home: Path, environment: dict[str, str]) -> None:
    own = state.Process(os.getpid(), state.born(os.getpid()))
    state.write(home, state.State(2**22 + 1, None, "127.0.0.1", 1, 0.0, "c", "0", keeper=own))
    found = status.status(home, environment, 1.0)
    assert (found.condition, found.remedy) == ("unhealthy", status.COMES_BACK)
    (home / "ccr.state.json").unlink()  # nothing here is to be ended
