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


def test_a_process_that_does_not_answer_is_unhealthy(tmp_path: Path) -> None:
    state.write(tmp_path, dataclasses.replace(HERE, pid=os.getpid(), port=1))
    assert status.status(tmp_path, {"CCR_HOME": str(tmp_path)}, now=0.0).condition == "unhealthy"


def test_a_broken_file_does_not_hide_the_router(home: Path, environment: dict[str, str]) -> None:
    process.start(home, stand_in(), environment)
    (home / "config.json").write_text("{")
    assert status.status(home, {"CCR_HOME": str(home)}, now=0.0).condition == "running"
