"""What the host script asks of docker and of podman. The engines are stand-ins that write down what they are to run."""

import shlex
import subprocess
from pathlib import Path

import pytest

from tests.repo.files import ROOT

STAND_IN = """#!/bin/sh
case "$*" in
    --version) echo "{version}" ;;
    "info -f"*) echo {rootless} ;;
    run*) echo "$*" >>"{ran}" && cat >/dev/null ;;
    ps* | "container inspect"*) ;;
    *) echo something ;;
esac
"""


def begin(folder: Path, name: str, version: str, rootless: str) -> subprocess.CompletedProcess[str]:
    (folder / "home").mkdir()
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
