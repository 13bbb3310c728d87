"""What a container may do is as little as it needs, and a session in it may do nothing."""

import re

import pytest

from tests.image.conftest import StartContainer
from tests.support.containers import Container, Engine
from tests.support.sessions import AS_DEVELOPER

SIX = {"CHOWN", "SETUID", "SETGID", "SYS_CHROOT", "AUDIT_WRITE", "KILL"}
BITS = {"CHOWN": 0, "KILL": 5, "SETGID": 6, "SETUID": 7, "SYS_CHROOT": 18, "AUDIT_WRITE": 29}


@pytest.fixture(scope="module")
def shared(shared_container: StartContainer) -> Container:
    return shared_container()


def status(text: str) -> dict[str, str]:
    return dict(re.findall(r"^(\w+):\t(.*)$", text, re.MULTILINE))


@pytest.mark.parametrize("kind", ["ssh", "as-developer"])
def test_a_session_has_no_capability_and_can_get_none(shared: Container, kind: str) -> None:
    ask = ("cat", "/proc/self/status")
    now = status((shared.ssh(*ask) if kind == "ssh" else shared.execute(AS_DEVELOPER, *ask)).stdout)
    assert {now[name] for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {"0" * 16}
    assert now["NoNewPrivs"] == "1"
    assert now["Seccomp"] == "2"
    assert int(now["CapBnd"], 16) == sum(1 << bit for bit in BITS.values())


def test_the_engine_was_asked_for_all_of_it(shared: Container, engine: Engine) -> None:
    host = engine.inspect(shared.name)["HostConfig"]
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert {name.removeprefix("CAP_") for name in host["CapAdd"]} == SIX
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["Privileged"] is False
    assert [host[name] for name in ("PidMode", "UTSMode", "UsernsMode", "NetworkMode")] == ["", "", "", shared.name]


@pytest.mark.parametrize("folder", ["/", "/usr/local/bin", "/etc", "/var", "/opt"])
def test_not_even_root_writes_to_the_image(shared: Container, folder: str) -> None:
    done = shared.execute("touch", f"{folder}/written", check=False)
    assert "Read-only file system" in done.stderr


def test_only_the_supervisor_and_sshd_run_as_root(shared: Container) -> None:
    lines = shared.execute("ps", "-e", "-o", "user:12=,comm=").stdout.splitlines()
    run = {tuple(line.split(maxsplit=1)) for line in lines} - {("root", "ps")}
    assert {name for user, name in run if user == "root"} <= {"s6-svscan", "s6-supervise", "sshd", "sshd-session"}
    assert {"ccr", "s6-log"} <= {name for user, name in run if user == "router"}


def test_sshd_is_all_that_listens_to_the_outside(shared: Container) -> None:
    listening = set()
    for line in shared.ssh("cat", "/proc/net/tcp", "/proc/net/tcp6").stdout.splitlines():
        local, state = line.split()[1], line.split()[3]
        if state == "0A" and not local.startswith(("0100007F:", "0B00007F:")):  # 127.0.0.1, the engine's resolver
            listening.add(int(local.split(":")[1], 16))
    assert listening == {2222}


def test_only_sshs_port_is_published_and_only_on_loopback(shared: Container, engine: Engine) -> None:
    published = engine.inspect(shared.name)["HostConfig"]["PortBindings"]
    assert published == {"2222/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(shared.port)}]}


def test_the_engines_socket_and_this_machines_files_are_not_inside(shared: Container, engine: Engine) -> None:
    mounts = {mount["Destination"]: mount["Type"] for mount in engine.inspect(shared.name)["Mounts"]}
    volumes = dict.fromkeys(["/home/developer", "/var/lib/ccr", "/var/lib/ssh"], "volume")
    assert mounts == {**volumes, "/workspace": "bind"}


def test_what_a_container_says_is_kept_within_bounds(shared: Container, engine: Engine) -> None:
    log = engine.inspect(shared.name)["HostConfig"]["LogConfig"]["Config"]
    assert log == {"max-size": "5m", "max-file": "2"}
