import dataclasses
import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from ccr.errors import ServiceProblem
from ccr.service import state
from ccr.service.state import State

HERE = State(
    pid=os.getpid(),
    born=state.born(os.getpid()),
    host="127.0.0.1",
    port=3456,
    started=1.0,
    config="/c.json",
    version="1",
    arguments=("--port", "3456"),
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Nothing is stopped here: the state names this very process."""
    return tmp_path / "home"


def test_what_is_written_is_found_again(home: Path) -> None:
    state.write(home, HERE)
    assert state.running(home) == HERE


def test_state_is_for_the_user_alone(home: Path) -> None:
    state.write(home, HERE)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "ccr.state.json").stat().st_mode) == 0o600


def test_without_a_state_nothing_runs(home: Path) -> None:
    assert state.running(home) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pid": "x"}'])
def test_a_broken_state_is_removed(home: Path, content: bytes) -> None:
    state.replace(state.folder(home) / "ccr.state.json", content)
    assert state.running(home) is None
    assert not (home / "ccr.state.json").exists()


def test_a_process_that_is_gone_is_stale(home: Path) -> None:
    state.write(home, dataclasses.replace(HERE, pid=2**22 + 1))
    assert state.running(home) is None
    assert not (home / "ccr.state.json").exists()


def test_a_reused_pid_is_stale(home: Path) -> None:
    state.write(home, dataclasses.replace(HERE, born=(HERE.born or 0) + 1))
    assert state.running(home) is None


def test_a_zombie_is_not_alive(tmp_path: Path) -> None:
    (tmp_path / str(HERE.pid)).mkdir()
    fields = " ".join(["Z", *["0"] * 18, str(HERE.born)])
    (tmp_path / str(HERE.pid) / "stat").write_text(f"{HERE.pid} (a ) b) {fields}")
    assert not state.alive(HERE, proc=tmp_path)


def test_without_proc_a_pid_is_believed(tmp_path: Path) -> None:
    assert state.alive(HERE, proc=tmp_path)
    assert state.born(HERE.pid, proc=tmp_path) is None


def test_only_the_owner_clears_the_state(home: Path) -> None:
    state.write(home, HERE)
    state.clear(home, HERE.pid + 1)
    assert state.running(home) == HERE
    state.clear(home, HERE.pid)
    assert state.running(home) is None


def test_a_claimed_home_cannot_be_claimed_again(home: Path) -> None:
    state.write(home, HERE)
    with state.claim(home), pytest.raises(ServiceProblem, match=r"running \(pid \d+, http://127.0.0.1:3456\)"):
        state.claim(home).__enter__()
    with state.claim(home):
        pass


def test_turns_are_waited_for_and_no_longer(home: Path) -> None:
    with state.turn(home), pytest.raises(ServiceProblem, match="another ccr"):
        state.turn(home, within=0.01).__enter__()


def _crash(home: Path) -> None:
    with state.claim(home):
        os._exit(1)


def test_a_crash_lets_go_of_the_claim(home: Path) -> None:
    crashing = multiprocessing.get_context("spawn").Process(target=_crash, args=(home,))
    crashing.start()
    crashing.join()
    assert crashing.exitcode == 1
    with state.claim(home):
        pass


def test_a_home_that_cannot_be_made_names_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ServiceProblem, match="CCR_HOME"):
        state.folder(tmp_path / "file" / "home")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", "http://127.0.0.1:1"),
        ("0.0.0.0", "http://127.0.0.1:1"),
        ("::", "http://[::1]:1"),
        ("::1", "http://[::1]:1"),
        ("box.local", "http://box.local:1"),
    ],
)
def test_the_address_is_one_that_a_client_can_reach(host: str, expected: str) -> None:
    assert state.address(host, 1) == expected


@pytest.mark.parametrize("pid", [-1, 0, 1, 10**20])
def test_a_pid_that_no_router_can_have_is_stale(home: Path, pid: int) -> None:
    assert not state.alive(dataclasses.replace(HERE, pid=pid))


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give a file away")
def test_what_root_leaves_in_a_users_home_is_the_users(home: Path) -> None:
    home.mkdir()
    os.chown(home, 1000, 1001)
    with state.turn(home), state.claim(home):
        state.write(home, HERE)
    assert len(list(home.iterdir())) == 3
    assert {(each.stat().st_uid, each.stat().st_gid) for each in home.iterdir()} == {(1000, 1001)}


def test_a_router_that_has_a_keeper_lives_as_long_as_either() -> None:
    own = state.Process(os.getpid(), state.born(os.getpid()))
    assert state.alive(dataclasses.replace(HERE, pid=2**22 + 1, keeper=own))
    assert not state.alive(dataclasses.replace(HERE, pid=2**22 + 1, keeper=state.Process(2**22 + 1, None)))


def test_a_state_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(OSError, match="directory"):
        state.replace(tmp_path / "there", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_a_folder_that_takes_no_files_is_said_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "ccr.claim").mkdir()
    with pytest.raises(state.Unwritten, match=r"ccr\.claim: Is a directory\. Set CCR_HOME"), state.claim(tmp_path):
        pass
    with pytest.raises(state.Unwritten, match=r"ccr\.claim: Is a directory\. Set CCR_HOME"):
        state.make_claim(tmp_path)
