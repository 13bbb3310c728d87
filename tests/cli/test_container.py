import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Ccr
from tests.support.running import bare_environment

ENGINE = """#!/bin/sh
echo "$*" >>"$HOME/asked"
"""


@pytest.fixture
def engine(tmp_path: Path) -> Path:
    """An engine that answers, has nothing, and writes down what it is asked."""
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(ENGINE)
    program.chmod(0o755)
    return program


def typed(home: Path, *words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "ccr", *words],
        env={**bare_environment(home), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.e2e
def test_down_asks_the_engine_for_the_instance_of_that_name(tmp_path: Path, engine: Path) -> None:
    path = f"{engine.parent}:{bare_environment(tmp_path)['PATH']}"
    assert typed(tmp_path, "down", "--name", "mine", PATH=path).returncode == 0
    assert "container inspect -f x mine" in (tmp_path / "asked").read_text()


@pytest.mark.e2e
def test_a_name_that_cannot_be_one_is_refused_by_the_script_in_a_line(tmp_path: Path) -> None:
    done = typed(tmp_path, "up", "--name", "a b")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "ccr: NAME=a b: letters, digits, and then also . _ -\n"


def test_a_port_that_is_none_is_refused(ccr: Ccr) -> None:
    done = ccr("up", "--port", "99999")
    assert done.code == 2
    assert "--port takes a number" in done.err


def test_inside_the_container_up_says_where_it_is(ccr: Ccr, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCR_SERVICE", "/run/s6/router")
    done = ccr("up")
    assert (done.code, done.err) == (1, "ccr: this is the container already: it is started and stopped from outside\n")
