"""`ccr remote` on this machine, with one of its own containers."""

import json
import signal
import subprocess
import sys

import httpx
import pytest

from tests.image.conftest import StartContainer
from tests.support.containers import Container, run
from tests.support.running import CHECKOUT, bare_environment


@pytest.fixture(scope="module")
def added(shared_container: StartContainer) -> Container:
    container = shared_container()
    assert f"{container.name} is developer@" in ccr(container, "add", container.name)
    return container


def ccr(container: Container, *words: str, check: bool = True) -> str:
    return run(command(*words), environment(container), check=check).stdout


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "ccr", "remote", *words]


def environment(container: Container) -> dict[str, str]:
    return {**bare_environment(container.home), "PYTHONPATH": str(CHECKOUT)}


def test_a_container_of_this_machine_is_added_by_its_name_without_a_question(added: Container) -> None:
    (listed,) = json.loads(ccr(added, "list", "--json"))
    assert (listed["name"], listed["port"]) == (added.name, added.port)


def test_its_router_is_asked_how_it_is(added: Container) -> None:
    assert added.name in ccr(added, "status")
    assert "running" in ccr(added, "status")


def test_a_command_runs_there_and_its_exit_code_comes_back(added: Container) -> None:
    assert ccr(added, "exec", added.name, "--", "id", "-un") == "developer\n"
    done = run(command("exec", added.name, "--", "bash", "-c", "exit 7"), environment(added), check=False)
    assert done.returncode == 7


def test_a_local_port_leads_to_its_router_until_ctrl_c(added: Container) -> None:
    words = command("forward", added.name)
    with subprocess.Popen(words, env=environment(added), stdout=subprocess.PIPE, text=True) as forward:
        assert forward.stdout
        address = forward.stdout.readline().split()[0]
        answer = httpx.get(f"{address}/health", timeout=10)
        forward.send_signal(signal.SIGINT)
        assert (answer.status_code, forward.wait(10)) == (200, 0)


def test_what_the_router_printed_is_read_from_there(added: Container) -> None:
    assert "the router listens at" in ccr(added, "logs", added.name, "--process")
