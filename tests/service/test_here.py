import json
from pathlib import Path

import pytest

from ccr.errors import ServiceProblem
from ccr.service import process
from ccr.service.here import Here
from ccr.service.process import Options
from tests.service.conftest import stand_in


@pytest.fixture
def here(home: Path, environment: dict[str, str]) -> Here:
    return Here({**environment, "CCR_HOME": str(home)})


def never(line: str) -> None:
    raise AssertionError(line)


def test_one_that_runs_is_not_started_again(here: Here, home: Path, environment: dict[str, str]) -> None:
    process.start(home, stand_in(), environment)
    assert here.start(Options(), never) is False


def test_one_that_runs_otherwise_is_left_alone(here: Here, home: Path, environment: dict[str, str]) -> None:
    address = process.start(home, stand_in(), environment).state.address
    with pytest.raises(ServiceProblem, match=rf"runs already, at {address} .*\n`ccr restart --port 1` changes that"):
        here.start(Options(port=1), never)


def test_stop_ends_it_once(here: Here, home: Path, environment: dict[str, str]) -> None:
    pid = process.start(home, stand_in(), environment).state.pid
    stopped = here.stop(5.0, now=False)
    assert stopped
    assert stopped.pid == pid
    assert here.stop(5.0, now=False) is None


def test_the_file_in_use_is_what_holds(here: Here, home: Path) -> None:
    home.mkdir()
    (home / "config.json").write_text(json.dumps({"API_TIMEOUT_MS": 5}))
    assert here.source == str(home / "config.json")
    assert here.config().client_timeout_ms == 5
    assert here.settings()["API_TIMEOUT_MS"] == 5


def test_without_a_file_there_is_no_source(here: Here) -> None:
    assert here.source is None


def test_its_logs_lie_with_its_state(here: Here, home: Path) -> None:
    assert (here.log, here.output) == (home / "logs" / "ccr.log", home / "logs" / "ccr.out")
