"""`scripts/engine`: one engine, and only the one that it started is ended. dockerd and docker are stand-ins."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repo.machines import Machine

TOOLS = [
    "bash",
    "env",
    "cat",
    "tr",
    "grep",
    "mkdir",
    "rm",
    "setsid",
    "seq",
    "sleep",
    "tail",
    "timeout",
    "uname",
    "touch",
]

# Listens where it is told, in its way: the file `answers` is there while it runs.
DOCKERD = """
while [ $# -gt 0 ]; do case $1 in --pidfile) pidfile=$2;; esac; shift; done
echo $$ >"$pidfile"
touch "$HERE/answers"
trap 'rm -f "$HERE/answers" "$pidfile"; exit 0' TERM
while :; do sleep 0.05; done
"""
DOCKER = """
echo "$@" >>"$HERE/asked"
case "$*" in *version) [ -e "$HERE/answers" ];; *"ps --quiet") echo c1; echo c2;; esac
"""


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path)
    machine.has(TOOLS)
    machine.stand_in("id", "echo 0")
    machine.stand_in("pgrep", "exit 1")
    machine.stand_in("docker", DOCKER)
    machine.stand_in("dockerd", DOCKERD)
    yield machine
    if pid := pid_of(machine):
        os.kill(pid, signal.SIGKILL)


def engine(machine: Machine, verb: str) -> subprocess.CompletedProcess[str]:
    here = machine.folder
    return machine.run(
        "engine", verb, HERE=str(here), ENGINE_STATE=f"{here}/state", ENGINE_SOCKET=f"{here}/socket",
        SYSTEMD_RUNS=f"{here}/systemd",
    )  # fmt: skip


def pid_of(machine: Machine) -> int:
    path = machine.folder / "state" / "pid"
    return int(path.read_text()) if path.exists() else 0


def test_up_starts_one_and_down_ends_it(machine: Machine) -> None:
    up = engine(machine, "up")
    pid = pid_of(machine)
    assert (up.returncode, up.stdout) == (0, f"engine: started, pid {pid}\n"), up.stderr
    assert engine(machine, "status").stdout == f"engine: running, started by this script, pid {pid}\n"
    assert engine(machine, "down").stdout == "engine: stopped\n"
    assert not Path(f"/proc/{pid}/cmdline").exists() or not Path(f"/proc/{pid}/cmdline").read_bytes()


def test_a_second_up_starts_no_second_one(machine: Machine) -> None:
    engine(machine, "up")
    pid = pid_of(machine)
    assert engine(machine, "up").stdout == "engine: one answers already: nothing to do\n"
    assert pid_of(machine) == pid


def test_down_ends_its_containers_first(machine: Machine) -> None:
    engine(machine, "up")
    engine(machine, "down")
    assert f"--host unix://{machine.folder}/socket kill c1 c2" in (machine.folder / "asked").read_text().splitlines()


def test_somebody_elses_engine_is_left_alone(machine: Machine) -> None:
    (machine.folder / "answers").touch()
    assert engine(machine, "up").stdout == "engine: one answers already: nothing to do\n"
    assert engine(machine, "down").stdout == "engine: none of ours runs: nothing to do\n"
    assert engine(machine, "status").stdout == "engine: running, not started by this script\n"
    assert (machine.folder / "answers").exists()


def test_a_pid_that_was_given_to_somebody_else_is_not_ours(machine: Machine) -> None:
    bystander = subprocess.Popen(["sleep", "30"])
    try:
        (machine.folder / "state").mkdir()
        (machine.folder / "state" / "pid").write_text(str(bystander.pid))
        assert engine(machine, "down").stdout == "engine: none of ours runs: nothing to do\n"
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()
        (machine.folder / "state" / "pid").unlink()


def test_without_any_engine_status_says_so(machine: Machine) -> None:
    done = engine(machine, "status")
    assert (done.returncode, done.stdout) == (3, "engine: none answers\n")


@pytest.mark.parametrize(
    ("stand_in", "text", "said"),
    [
        ("pgrep", "exit 0", "a dockerd runs but does not answer"),
        ("id", "echo 1000", "only root can start one"),
        ("uname", "echo Darwin", "Docker Desktop"),
        ("dockerd", "echo no permission; exit 1", "dockerd did not come up"),
    ],
)
def test_where_none_can_be_started_one_line_says_why(machine: Machine, stand_in: str, text: str, said: str) -> None:
    machine.stand_in(stand_in, text)
    done = engine(machine, "up")
    assert done.returncode == 1
    assert said in done.stderr.splitlines()[-1]


def test_systemd_is_left_its_work(machine: Machine) -> None:
    (machine.folder / "systemd").mkdir()
    done = engine(machine, "up")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "systemctl start docker" in done.stderr


def test_a_missing_dockerd_is_installed(machine: Machine) -> None:
    (machine.folder / "bin" / "dockerd").unlink()
    machine.stand_in("apt-get", f'[ "$1" != install ] || mv {machine.folder}/packed {machine.folder}/bin/dockerd')
    machine.has(["mv"])
    machine.stand_in("../packed", DOCKERD)
    done = engine(machine, "up")
    assert done.stdout == f"engine: installing docker.io with apt ...\nengine: started, pid {pid_of(machine)}\n"
