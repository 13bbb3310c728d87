from pathlib import Path

from ccr.service import outdated, process, state
from tests.service.conftest import stand_in


def test_where_nothing_runs_nothing_is_outdated(home: Path) -> None:
    said: list[str] = []
    outdated.mend(home, {"CCR_HOME": str(home), "GROQ_API_KEY": "a"}, said.append)
    assert said == []


def test_a_router_that_says_nothing_of_itself_is_left_alone(home: Path, environment: dict[str, str]) -> None:
    said: list[str] = []
    started = process.start(home, stand_in(), environment).state
    outdated.mend(home, {"CCR_HOME": str(home), "GROQ_API_KEY": "a"}, said.append)
    assert said == []
    assert state.running(home) == started
