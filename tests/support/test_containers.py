"""What tests of the image stand on, with a stand-in for the engine."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.containers import Container, Engine, address_from_inside

MakeEngine = Callable[[str], Engine]


@pytest.fixture
def engine(tmp_path: Path) -> MakeEngine:
    """An engine that does what the shell text says; it notes what it was asked in `asked`."""

    def make(text: str) -> Engine:
        program = tmp_path / "docker"
        program.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/asked\n{text}\n')
        program.chmod(0o755)
        return Engine(str(program), {"PATH": "/usr/bin:/bin"})

    return make


def bridge(ranges: list[dict[str, str]]) -> str:
    return f"echo '{json.dumps([{'IPAM': {'Config': ranges}}])}'"


def test_an_engine_that_fails_does_not_answer(engine: MakeEngine) -> None:
    assert engine("exit 0").answers()
    assert not engine("exit 1").answers()
    assert not Engine("/nonexistent/docker", {}).answers()


def test_a_failed_command_shows_what_it_said(engine: MakeEngine) -> None:
    with pytest.raises(AssertionError, match=r"docker ps: exit code 3\nno such thing"):
        engine("echo no such thing >&2; exit 3").run("ps")


@pytest.mark.parametrize(
    ("ranges", "gateway"),
    [
        ([{"Subnet": "172.17.0.0/16", "Gateway": "172.17.0.254"}], "172.17.0.254"),
        ([{"Subnet": "172.17.0.0/16"}], "172.17.0.1"),
        ([{"Subnet": "fd00::/64"}, {"Subnet": "10.9.0.0/24"}], "10.9.0.1"),
    ],
)
def test_the_gateway_is_the_networks_own_or_its_first_address(
    engine: MakeEngine, ranges: list[dict[str, str]], gateway: str
) -> None:
    assert engine(bridge(ranges)).gateway() == gateway


def test_podman_says_the_gateway_in_words_of_its_own(engine: MakeEngine) -> None:
    said = json.dumps([{"name": "podman", "subnets": [{"subnet": "10.88.0.0/16", "gateway": "10.88.0.1"}]}])
    assert engine(f"echo '{said}'").gateway() == "10.88.0.1"


def test_a_gateway_that_is_not_on_this_machine_has_a_name_instead(engine: MakeEngine) -> None:
    elsewhere = engine(bridge([{"Subnet": "192.0.2.0/24"}]))
    docker = Engine("docker", {"PATH": str(Path(elsewhere.program).parent)})
    assert address_from_inside(docker) == ("127.0.0.1", "host.docker.internal")


def test_removing_takes_everything_of_that_name(engine: MakeEngine, tmp_path: Path) -> None:
    found = engine('case "$2" in ls) echo "x-$1";; esac')
    Container(found, "x", "image", tmp_path, port=1).remove()
    asked = (tmp_path / "asked").read_text().splitlines()
    assert [line for line in asked if "rm" in line] == [
        "rm --force --volumes x",
        "volume rm x-volume",
        "network rm x-network",
    ]


def test_waiting_for_health_ends_with_what_the_container_says(engine: MakeEngine, tmp_path: Path) -> None:
    sick = engine('case "$1" in exec) exit 1;; logs) echo "no config";; esac')
    with pytest.raises(AssertionError, match=r"x is not healthy after 0\.05 s\nno config"):
        Container(sick, "x", "image", tmp_path, port=1).wait_until_healthy(0.05)
