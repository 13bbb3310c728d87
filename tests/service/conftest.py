import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ccr import env
from ccr.service import process
from tests.support.pages import Pages, serving
from tests.support.s6 import S6


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A state folder; what was started in it ends with the test."""
    yield tmp_path / "home"
    process.stop(tmp_path / "home", now=True)


@pytest.fixture
def environment() -> dict[str, str]:
    """A router that is started in it takes a free port: somebody may listen on the usual one."""
    return {"PATH": env.current().get("PATH", ""), "PYTHONPATH": str(Path(__file__).parents[2]), "CCR_PORT": "0"}


def stand_in(*modes: str) -> tuple[str, ...]:
    return (sys.executable, str(Path(__file__).with_name("stand_in.py")), *modes)


@pytest.fixture
def router() -> tuple[str, ...]:
    return stand_in()


@pytest.fixture
def pages() -> Iterator[Pages]:
    """What stands at the address of a router that somebody else runs."""
    with serving(Pages()) as served:
        yield served


@pytest.fixture
def s6(tmp_path: Path) -> S6:
    return S6(tmp_path / "run")
