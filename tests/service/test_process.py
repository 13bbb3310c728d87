import io
import os
import stat
import time
from pathlib import Path

import pytest

from ccr.errors import ServiceProblem
from ccr.service import health, process, state
from ccr.service.process import Options
from tests.service.conftest import stand_in


def test_start_returns_when_the_router_answers(
    home: Path, environment: dict[str, str], router: tuple[str, ...]
) -> None:
    started = process.start(home, router, environment)
    assert not started.already
    answer = health.ask(started.state.address)
    assert answer
    assert answer.ok
    assert answer.said == {"status": "ok"}


def test_a_second_start_finds_the_first(home: Path, environment: dict[str, str], router: tuple[str, ...]) -> None:
    first = process.start(home, router, environment)
    second = process.start(home, router, environment)
    assert second.already
    assert second.state == first.state


@pytest.mark.parametrize("how", ["left", "draining"])
def test_a_router_that_is_about_to_end_is_waited_for_and_another_begins(
    home: Path, environment: dict[str, str], router: tuple[str, ...], how: str
) -> None:
    first = process.start(home, stand_in(how), environment)
    second = process.start(home, router, environment)
    assert (home / "whole").exists()
    assert not second.already
    assert second.state.pid != first.state.pid


@pytest.mark.parametrize("how", ["left", "draining"])
def test_a_router_that_is_about_to_end_is_not_hurried(home: Path, environment: dict[str, str], how: str) -> None:
    process.start(home, stand_in(how), environment)
    stopped = process.stop(home)
    assert stopped
    assert stopped.how == "drained"
    assert (home / "whole").exists()


def test_a_router_that_ends_says_why(home: Path, environment: dict[str, str]) -> None:
    with pytest.raises(ServiceProblem) as problem:
        process.start(home, stand_in("broken"), environment)
    assert problem.value.message == "Providers[0].name: missing\nRouter.default: missing"


def test_a_claim_that_cannot_be_written_is_said_with_a_remedy(
    home: Path, environment: dict[str, str], router: tuple[str, ...]
) -> None:
    (home / "ccr.claim").mkdir(parents=True)
    with pytest.raises(state.Unwritten, match=r"ccr\.claim: Is a directory\. Set CCR_HOME"):
        process.start(home, router, environment)


def test_a_router_that_never_listens_is_not_waited_for(home: Path, environment: dict[str, str]) -> None:
    with pytest.raises(ServiceProblem, match="did not begin to listen within 0 s"):
        process.start(home, stand_in("silent"), environment, within=0.1)


def test_what_a_router_that_never_listens_has_started_ends_with_it(home: Path, environment: dict[str, str]) -> None:
    told = home.parent / "pid"
    with pytest.raises(ServiceProblem, match="did not begin to listen"):
        process.start(home, ("/bin/sh", "-c", f"sleep 60 & echo $! > {told}; wait"), environment, within=0.5)
    deadline = time.monotonic() + 5
    while state.lives(int(told.read_text()), None):
        assert time.monotonic() < deadline


def test_a_router_that_is_unwell_is_not_started_again(home: Path, environment: dict[str, str]) -> None:
    with pytest.raises(ServiceProblem, match=r"answers 503 at .*ccr restart"):
        process.start(home, stand_in("unwell"), environment, within=1.0)


def test_stop_drains_and_forgets(home: Path, environment: dict[str, str], router: tuple[str, ...]) -> None:
    process.start(home, router, environment)
    stopped = process.stop(home)
    assert stopped
    assert stopped.how == "drained"
    assert state.running(home) is None
    assert process.stop(home) is None


def test_what_does_not_end_is_killed(home: Path, environment: dict[str, str]) -> None:
    process.start(home, stand_in("stubborn"), environment)
    stopped = process.stop(home, within=0.05, moment=0.05)
    assert stopped
    assert stopped.how == "killed"


def test_stop_now_does_not_ask(home: Path, environment: dict[str, str]) -> None:
    process.start(home, stand_in("stubborn"), environment)
    stopped = process.stop(home, now=True, moment=0.05)
    assert stopped
    assert stopped.how == "killed"
    assert stopped.seconds < 5


def test_output_begins_anew_and_is_for_the_user_alone(home: Path) -> None:
    process.output_file(home).write_text("old")
    path = process.output_file(home)
    assert path.read_text() == ""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_output_over_the_limit_is_emptied(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with path.open("ab") as file:
        file.write(b"x" * 11)
        file.flush()
        process.cut_output(file.fileno(), limit=11)
        assert path.stat().st_size == 11
        process.cut_output(file.fileno(), limit=10)
        file.write(b"y")
    assert path.read_bytes() == b"y"


def test_an_output_that_is_no_file_is_let_be() -> None:
    reading, writing = os.pipe()
    process.cut_output(writing, limit=-1)
    os.write(writing, b"x")
    assert os.read(reading, 1) == b"x"
    os.close(reading)
    os.close(writing)


def test_options_become_arguments() -> None:
    options = Options(config=Path("/c.json"), host="::1", port=1, verbose=True)
    assert options.arguments() == ("--config", "/c.json", "--host", "::1", "--port", "1", "--verbose")
    assert Options().arguments() == ()


def test_nobody_answers_at_a_closed_port() -> None:
    assert health.ask("http://127.0.0.1:1") is None


def test_a_disk_without_room_is_said_at_once(home: Path) -> None:
    (home / "logs").mkdir(parents=True)
    (home / "logs" / "ccr.out").symlink_to("/dev/full")
    with pytest.raises(ServiceProblem, match=r"cannot write .*ccr\.out: No space left on device\. Set CCR_HOME"):
        process.output_file(home)


def test_a_pipe_is_no_output(home: Path) -> None:
    (home / "logs").mkdir(parents=True)
    os.mkfifo(home / "logs" / "ccr.out")
    with pytest.raises(ServiceProblem, match=r"cannot write .*ccr\.out: it is a pipe, not a file"):
        process.output_file(home)


def test_output_that_nothing_takes_is_lost() -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    with io.TextIOWrapper(io.BufferedWriter(process.Lossy(full)), line_buffering=True) as lossy:
        lossy.write("a word\n")
    os.close(full)


def test_without_a_keeper_nobody_replaces(home: Path, environment: dict[str, str], router: tuple[str, ...]) -> None:
    found = process.start(home, router, environment).state
    assert process.replace(home, found, router, environment) is None
