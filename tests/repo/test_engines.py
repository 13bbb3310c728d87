"""What the host script asks of docker and of podman. The engines are stand-ins that write down what they are to run."""

import shlex
import subprocess
from pathlib import Path

import pytest

from tests.repo.files import ROOT

STAND_IN = """#!/bin/sh
case "$*" in
    --version) echo "{version}" ;;
    "$FOREIGN inspect"*) echo ;; # there, and without a label of ours
    "info -f"*) echo {rootless} ;;
    run*) echo "$*" >>"{ran}" && cat >/dev/null ;;
    ps*) ;;
    "container inspect"* | "volume inspect"* | "network inspect"*) exit 1 ;;
    *) echo something ;;
esac
"""


def begin(folder: Path, name: str, version: str, rootless: str, **more: str) -> subprocess.CompletedProcess[str]:
    (folder / "home").mkdir(exist_ok=True)
    (folder / "workspace").mkdir()
    ran = folder / "ran"
    for engine in (folder / "docker", folder / "podman"):
        engine.write_text(STAND_IN.format(version=version, rootless=rootless, ran=ran))
        engine.chmod(0o755)
    environment = {
        "PATH": f"{folder}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder / "home"),
        "WORKSPACE": str(folder / "workspace"),
        "CCR_ENGINE": name,
        "IMAGE": "an-image",
        "DEV_UID": "4321",
        "DEV_GID": "4322",
        **more,
    }
    script = [str(ROOT / "ccr" / "service" / "container"), "start", "router"]
    return subprocess.run(
        script, env=environment, stdin=subprocess.DEVNULL, check=False, capture_output=True, text=True, timeout=30
    )


def start(folder: Path, name: str, version: str, rootless: str = "false 1") -> list[list[str]]:
    """The words of every `run` of a start."""
    done = begin(folder, name, version, rootless)
    assert done.returncode == 0, done.stderr
    return [shlex.split(line) for line in (folder / "ran").read_text().splitlines()]


def test_without_root_podman_makes_this_user_the_developer_and_starts_as_root_inside(tmp_path: Path) -> None:
    receive, container = start(tmp_path, "podman", "podman version 4.3.1", rootless="true 3")
    for words in (receive, container):
        assert words[words.index("--userns") + 1] == "keep-id:uid=4321,gid=4322"
        assert words[words.index("--user") + 1] == "0:0"


def test_with_root_podman_maps_no_users(tmp_path: Path) -> None:
    for words in start(tmp_path, "podman", "podman version 4.3.1"):
        assert "--userns" not in words


def test_without_subordinate_ids_podman_is_not_tried(tmp_path: Path) -> None:
    done = begin(tmp_path, "podman", "podman version 4.3.1", rootless="true 1")
    assert done.returncode == 1
    assert "usermod --add-subuids" in done.stderr
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("name", "version", "word"),
    [
        ("docker", "Docker version 28.2.2, build e6534b4", "host.docker.internal:host-gateway"),
        ("podman", "podman version 4.3.1", "CCR_LOCALHOST=host.containers.internal"),
        ("docker", "podman version 4.3.1", "CCR_LOCALHOST=host.containers.internal"),
    ],
)
def test_the_container_is_told_what_its_engine_calls_this_machine(
    tmp_path: Path, name: str, version: str, word: str
) -> None:
    _, container = start(tmp_path, name, version)
    assert [each for each in container if each.startswith(("host.", "CCR_LOCALHOST="))] == [word]


DOCKER = ("docker", "Docker version 28.2.2, build e6534b4", "false 1")


def test_a_workspace_with_the_configuration_in_it_hides_it(tmp_path: Path) -> None:
    done = begin(tmp_path, *DOCKER, WORKSPACE=str(tmp_path))
    assert done.returncode == 0, done.stderr
    container = shlex.split((tmp_path / "ran").read_text().splitlines()[1])
    assert "/workspace/home/.claude-code-router:mode=0700" in container


def test_a_configuration_elsewhere_in_the_workspace_is_hidden_too(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text("{}")
    done = begin(tmp_path, *DOCKER, WORKSPACE=str(tmp_path), CCR_CONFIG_PATH=str(tmp_path / "mine.json"))
    assert done.returncode == 0, done.stderr
    assert "/dev/null:/workspace/mine.json:ro" in (tmp_path / "ran").read_text()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("NAME", "a b", "NAME=a b: letters, digits"),
        ("NAME", "-x", "NAME=-x: letters, digits"),
        ("PORT", "99999", "PORT=99999 is no port"),
        ("PORT", "0", "PORT=0 is no port"),
        ("PORT", "80/udp", "PORT=80/udp is no port"),
        ("BIND", "here", "BIND=here is no address"),
        ("EGRESS", "closed", "EGRESS=closed is not one of open, router"),
        ("ROUTER_ENFORCE", "off", "ROUTER_ENFORCE=off is not 0 or 1"),
        ("DEV_UID", "me", "DEV_UID and DEV_GID are numbers"),
        ("WORKSPACE", "/nowhere", "WORKSPACE=/nowhere is no folder"),
        ("WORKSPACE", "/", "WORKSPACE=/ is the whole machine"),
        ("CCR_ENGINE", "none", "CCR_ENGINE=none is without"),
        ("CCR_ENGINE", "lxc", "CCR_ENGINE=lxc is not one of"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_in_a_line(tmp_path: Path, name: str, value: str, said: str) -> None:
    done = begin(tmp_path, *DOCKER, **{name: value})
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert not (tmp_path / "ran").exists()


def test_a_lock_whose_owner_has_died_is_no_hindrance(tmp_path: Path) -> None:
    lock = tmp_path / "home" / ".claude-code-router" / "containers" / "ccr.lock"
    lock.mkdir(parents=True)
    dead = subprocess.Popen(["true"])
    dead.wait()
    (lock / "pid").write_text(str(dead.pid))
    assert begin(tmp_path, *DOCKER).returncode == 0
    assert not lock.exists()


def test_neither_keys_nor_locks_are_left_behind(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    assert begin(tmp_path, *DOCKER, TMPDIR=str(tmp_path / "tmp"), GEMINI_API_KEY="secret").returncode == 0
    assert list((tmp_path / "tmp").iterdir()) == []
    assert not list((tmp_path / "home" / ".claude-code-router" / "containers").glob("*.lock"))
    assert "secret" not in (tmp_path / "ran").read_text()


@pytest.mark.parametrize("kind", ["container", "network", "volume"])
def test_what_ccr_did_not_make_is_left_alone(tmp_path: Path, kind: str) -> None:
    done = begin(tmp_path, *DOCKER, FOREIGN=kind)
    assert done.returncode == 1
    assert f"there is a {kind} ccr" in done.stderr
    assert "Choose another name" in done.stderr
    assert not (tmp_path / "ran").exists()
