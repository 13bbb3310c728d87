import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ccr import env
from ccr.service import keeper, state

pytestmark = pytest.mark.e2e  # these start processes, and wait for them

RUN = "import sys; sys.path.insert(0, sys.argv.pop(1)); import keeper; "
FAST = RUN + "sys.exit(keeper.Keeper('.', keeper.Order(keeper.order(sys.argv[1:], {})), pause=0.001).run())"
SLOW = RUN + "sys.exit(keeper.Keeper('.', keeper.Order(keeper.order(sys.argv[1:], {})), pause=60).run())"


def router(name: str, *mode: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-S", str(Path(__file__).with_name("kept.py")), name, *mode)


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


class Kept:
    def __init__(self, folder: Path, *command: str, program: str = FAST) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            (sys.executable, "-I", "-S", "-c", program, str(Path(keeper.__file__).parent), *command),
            cwd=folder,
            stderr=subprocess.PIPE,
            text=True,
        )

    def begun(self) -> "Kept":
        until(lambda: self._port.exists() and bool(self._port.read_text()))
        return self

    @property
    def _port(self) -> Path:
        return self.folder / "port"

    def ask(self, path: str = "/") -> str:
        """Which router answers, and its pid."""
        with socket.create_connection(("127.0.0.1", int(self._port.read_text())), 10) as asking:
            asking.sendall(path.encode())
            with contextlib.suppress(ConnectionResetError):
                return asking.recv(99).decode()
        return ""

    def order(self, *command: str) -> bytes:
        with self.ordering(*command) as asked:
            return asked.recv(99)

    @contextlib.contextmanager
    def ordering(self, *command: str) -> Iterator[socket.socket]:
        with socket.socket(socket.AF_UNIX) as asked:
            asked.settimeout(10)
            folder = os.open(self.folder, os.O_RDONLY)
            asked.connect(f"/proc/self/fd/{folder}/{keeper.SOCKET}")
            os.close(folder)
            asked.sendall(keeper.order(command, {"A": "b=c"}))
            asked.shutdown(socket.SHUT_WR)
            yield asked

    @property
    def said(self) -> str:
        assert self.process.stderr
        return self.process.stderr.read()


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Callable[..., Kept]]:
    with contextlib.ExitStack() as ends:

        def start(*command: str, program: str = FAST) -> Kept:
            started = Kept(tmp_path, *command, program=program)
            ends.enter_context(started.process)
            ends.callback(started.process.kill)
            return started

        yield start


def test_a_router_that_crashes_is_started_again_and_no_connection_is_refused(kept: Callable[..., Kept]) -> None:
    kept_router = kept(*router("one")).begun()
    first = kept_router.ask()
    kept_router.ask("/crash")
    second = kept_router.ask()
    assert (first.split()[0], second.split()[0]) == ("one", "one")
    assert first != second


def test_a_router_that_crashes_again_and_again_stays_down_and_says_so(
    kept: Callable[..., Kept], tmp_path: Path
) -> None:
    kept_router = kept(*router("one", "once")).begun()
    kept_router.ask("/crash")
    assert kept_router.process.wait(10) == 1
    said = (tmp_path / keeper.GAVE_UP).read_text()
    assert said == "the router crashed 5 times in a row (exit code 4) and stays down"
    assert kept_router.said.splitlines()[-1] == f"ccr: {said}"


def test_between_two_tries_it_can_be_ended(kept: Callable[..., Kept]) -> None:
    kept_router = kept(*router("one", "once"), program=SLOW).begun()
    kept_router.ask("/crash")
    assert kept_router.process.stderr
    while "in 60 s" not in kept_router.process.stderr.readline():
        pass
    kept_router.process.terminate()
    assert kept_router.process.wait(10) == 0


def test_a_first_router_that_cannot_start_is_not_tried_again(kept: Callable[..., Kept]) -> None:
    assert kept(*router("one", "broken")).process.wait(10) == 4


def test_a_router_that_was_told_to_end_is_not_started_again(kept: Callable[..., Kept], tmp_path: Path) -> None:
    kept_router = kept(*router("one")).begun()
    kept_router.ask("/end")
    assert kept_router.process.wait(10) == 0
    assert not (tmp_path / keeper.SOCKET).exists()


def test_a_signal_is_passed_on(kept: Callable[..., Kept]) -> None:
    kept_router = kept(*router("one")).begun()
    pid = int(kept_router.ask().split()[1])
    kept_router.process.terminate()
    assert kept_router.process.wait(10) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_router_whose_keeper_was_killed_ends_too(kept: Callable[..., Kept]) -> None:
    kept_router = kept(*router("one")).begun()
    pid = int(kept_router.ask().split()[1])
    kept_router.process.kill()
    kept_router.process.wait()
    until(lambda: not state.lives(pid, None))


def test_an_ordered_router_takes_the_place_of_the_one_before(kept: Callable[..., Kept]) -> None:
    kept_router = kept(*router("one")).begun()
    assert kept_router.order(*router("two")) == keeper.DONE
    until(lambda: kept_router.ask().startswith("two"))
    kept_router.ask("/crash")
    assert kept_router.ask().startswith("two")


def test_an_ordered_router_may_listen_elsewhere(kept: Callable[..., Kept], tmp_path: Path) -> None:
    kept_router = kept(*router("one")).begun()
    before = (tmp_path / "port").read_text()
    assert kept_router.order(*router("two", "elsewhere")) == keeper.DONE
    until(lambda: (tmp_path / "port").read_text() not in ("", before))
    assert kept_router.ask().startswith("two")


def test_an_ordered_router_that_cannot_start_changes_nothing(kept: Callable[..., Kept]) -> None:
    kept_router = kept(*router("one")).begun()
    assert kept_router.order(*router("two", "broken")) == b""
    assert kept_router.ask().startswith("one")


def test_an_order_that_nobody_waits_for_any_more_is_dropped(kept: Callable[..., Kept], tmp_path: Path) -> None:
    kept_router = kept(*router("one")).begun()
    with socket.socket(socket.AF_UNIX) as asked:
        folder = os.open(tmp_path, os.O_RDONLY)
        asked.connect(f"/proc/self/fd/{folder}/{keeper.SOCKET}")
        os.close(folder)
        asked.sendall(keeper.order(router("two", "silent"), {}))
        asked.shutdown(socket.SHUT_WR)
        time.sleep(0.05)

    def follows() -> bool:
        with contextlib.suppress(OSError):
            return kept_router.order(*router("three")) == keeper.DONE
        return False

    until(follows)


@pytest.mark.parametrize("command", [(), ("/no/such/program",), ("",)])
def test_an_ordered_program_that_cannot_be_run_changes_nothing(
    kept: Callable[..., Kept], command: tuple[str, ...]
) -> None:
    kept_router = kept(*router("one")).begun()
    assert kept_router.order(*command) == b""
    assert kept_router.ask().startswith("one")
    assert kept_router.order(*router("two")) == keeper.DONE


def test_a_first_program_that_cannot_be_run_is_said(kept: Callable[..., Kept], tmp_path: Path) -> None:
    kept_router = kept("/no/such/program")
    assert kept_router.process.wait(10) == 1
    assert kept_router.said.startswith("ccr: a router cannot be started: [Errno 2] No such file")
    assert not (tmp_path / keeper.SOCKET).exists()


def test_a_program_that_is_gone_when_it_is_started_again_is_a_crash(kept: Callable[..., Kept], tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.symlink_to(sys.executable)
    kept_router = kept(str(program), *router("one")[1:]).begun()
    program.unlink()
    kept_router.ask("/crash")
    assert kept_router.process.wait(10) == 1
    assert "5 times in a row ([Errno 2] No such file" in (tmp_path / keeper.GAVE_UP).read_text()


def test_an_order_waits_until_a_router_that_crashed_is_back(kept: Callable[..., Kept], tmp_path: Path) -> None:
    kept_router = kept(*router("one", "slow")).begun()
    kept_router.ask("/crash")
    until((tmp_path / "waits").exists)
    assert kept_router.order(*router("two")) == keeper.DONE
    until(lambda: kept_router.ask().startswith("two"))


def test_an_order_that_comes_as_the_router_crashes_is_followed(kept: Callable[..., Kept]) -> None:
    kept_router = kept(*router("one")).begun()
    pid = int(kept_router.ask().split()[1])
    os.kill(kept_router.process.pid, signal.SIGSTOP)  # so that it hears both at once
    os.waitpid(kept_router.process.pid, os.WUNTRACED)
    os.kill(pid, signal.SIGKILL)
    until(lambda: not state.lives(pid, None))
    with kept_router.ordering(*router("two")) as asked:
        os.kill(kept_router.process.pid, signal.SIGCONT)
        assert asked.recv(99) == keeper.DONE
    until(lambda: kept_router.ask().startswith("two"))


def test_a_router_that_never_listens_is_killed_and_changes_nothing(kept: Callable[..., Kept]) -> None:
    impatient = FAST.replace("sys.exit", "keeper.BEGINS_WITHIN = 1.0; sys.exit")
    kept_router = kept(*router("one"), program=impatient).begun()
    assert kept_router.order(*router("two", "silent")) == b""
    assert kept_router.ask().startswith("one")


def test_an_order_that_is_none_is_not_followed(kept: Callable[..., Kept], tmp_path: Path) -> None:
    kept_router = kept(*router("one")).begun()
    with socket.socket(socket.AF_UNIX) as asked:
        folder = os.open(tmp_path, os.O_RDONLY)
        asked.connect(f"/proc/self/fd/{folder}/{keeper.SOCKET}")
        os.close(folder)
        asked.sendall(b"x")
        asked.shutdown(socket.SHUT_WR)
        assert asked.recv(9) == b""
    assert kept_router.ask().startswith("one")


def test_an_order_says_command_and_environment() -> None:
    order = keeper.Order(keeper.order(("a", "b c"), {"A": "b=c", "D": ""}))
    assert (order.command, order.env) == (["a", "b c"], {"A": "b=c", "D": ""})


def test_two_keepers_of_one_folder_are_one_too_many(kept: Callable[..., Kept], tmp_path: Path) -> None:
    own = {"PATH": env.current()["PATH"], "CCR_HOME": str(tmp_path)}
    command = (sys.executable, "-I", "-S", keeper.__file__, *router("one"))
    with subprocess.Popen(command, cwd=tmp_path, env=own) as first:
        until((tmp_path / "port").exists)
        second = subprocess.run(command, cwd=tmp_path, env=own, capture_output=True, text=True, timeout=10, check=False)
        first.send_signal(signal.SIGTERM)
    assert (second.returncode, second.stderr) == (1, "ccr: the router is already running; `ccr stop` ends it\n")
