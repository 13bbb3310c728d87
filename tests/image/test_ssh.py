"""SSH to the container: who gets in, and what the clients that people use can do then."""

import base64
import hashlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import paramiko
import pytest

from tests.image.conftest import StartContainer
from tests.support.containers import Container, Engine, run
from tests.support.running import free_port
from tests.support.sessions import PASSWORD, Screen, client, connected, folder, methods, openssh, said, terminal
from tests.support.upstream import Upstream, reply

KEY = "/var/lib/ssh/ssh_host_ed25519_key.pub"


@pytest.fixture(scope="module")
def shared(shared_container: StartContainer) -> Container:
    return shared_container()


@pytest.fixture
def agent(shared: Container, tmp_path: Path) -> Iterator[str]:
    """The socket of an agent that holds six keys which the container does not know."""
    path = tmp_path / "agent"
    with subprocess.Popen(["ssh-agent", "-D", "-a", str(path)], stdout=subprocess.DEVNULL) as process:
        while not path.exists():
            time.sleep(0.01)
        for number in range(6):
            key = tmp_path / f"key-{number}"
            run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", key.name, "-f", str(key)],
                shared.engine.environment,
            )
            run(["ssh-add", "-q", str(key)], {**shared.engine.environment, "SSH_AUTH_SOCK": str(path)})
        yield str(path)
        process.terminate()


def with_password(container: Container, password: str, user: str = "developer") -> str:
    with connected(container, user=user, password=password) as connection:
        return said(connection, "id -un")


def refused(container: Container, password: str, user: str = "developer") -> bool:
    try:
        with_password(container, password, user)
    except (paramiko.AuthenticationException, paramiko.BadAuthenticationType):
        return True
    return False


def host_key(container: Container) -> str:
    return container.execute("cat", KEY).stdout


# --- who gets in -----------------------------------------------------------------------------------------------------------


def test_the_key_that_was_made_opens_and_the_host_key_is_known_before_the_first_login(shared: Container) -> None:
    options = ["-v", "-o", "StrictHostKeyChecking=yes", "-o", "PasswordAuthentication=no"]
    done = openssh(shared, *options, shared.name, "id -un")
    assert done.stdout == "developer\n"
    assert "Permanently added" not in done.stderr
    assert "Server host key: ssh-ed25519" in done.stderr


def test_localhost_is_pinned_as_well_as_the_address(shared: Container) -> None:
    pinned = ["-o", f"UserKnownHostsFile={folder(shared) / 'known_hosts'}", "-o", "StrictHostKeyChecking=yes"]
    key = ["-i", str(folder(shared) / "id_ed25519"), "-F", "none", "-o", "IdentitiesOnly=yes"]
    command = ["ssh", *pinned, *key, "developer@localhost", "-p", str(shared.port), "id -un"]
    assert run(command, shared.engine.environment).stdout == "developer\n"


def test_another_host_key_is_not_believed(shared: Container, tmp_path: Path) -> None:
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other")], shared.engine.environment)
    other = " ".join((tmp_path / "other.pub").read_text().split()[:2])
    (tmp_path / "known").write_text(f"[127.0.0.1]:{shared.port} {other}\n")
    done = openssh(shared, "-o", f"UserKnownHostsFile={tmp_path / 'known'}", shared.name, "id", check=False)
    assert done.returncode == 255
    assert "Host key verification failed" in done.stderr


def test_paramiko_logs_in_by_the_key(shared: Container) -> None:
    with connected(shared) as connection:
        assert said(connection, "id -un") == "developer\n"


def test_an_agent_full_of_other_keys_does_not_lock_its_owner_out(shared: Container, agent: str) -> None:
    assert openssh(shared, shared.name, "id -un", SSH_AUTH_SOCK=agent).stdout == "developer\n"


def test_devpassword_opens_from_this_machine(shared: Container) -> None:
    assert with_password(shared, PASSWORD) == "developer\n"


def test_another_password_does_not_open(shared: Container) -> None:
    assert refused(shared, "devpasswor")
    assert refused(shared, "")


@pytest.mark.parametrize("user", ["root", "router", "no-such-user"])
def test_nobody_else_gets_in(shared: Container, user: str) -> None:
    assert refused(shared, PASSWORD, user)
    with pytest.raises(paramiko.AuthenticationException), connected(shared, user=user):
        pass


def test_wrong_passwords_in_a_row_do_not_shut_their_owner_out(shared: Container) -> None:
    """By itself sshd shuts out an address that fails so often, and everybody on this machine comes from one."""
    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(lambda number: refused(shared, f"wrong-{number}"), range(6)))
    assert with_password(shared, PASSWORD) == "developer\n"


def test_from_another_container_only_keys_are_asked_for(shared: Container) -> None:
    """Its address is not the gateway's: it did not come by the port that is published on loopback."""
    address = shared.engine.inspect(shared.name)["NetworkSettings"]["Networks"][shared.name]["IPAddress"]
    ask = ["ssh", "-v", "-p", "2222", "-o", "StrictHostKeyChecking=no", "-o", "BatchMode=yes", f"developer@{address}"]
    options = ["--rm", "--network", shared.name, "--entrypoint", ask[0], shared.image, *ask[1:]]
    done = shared.engine.run("run", *options, check=False)
    assert done.returncode == 255
    assert "Authentications that can continue: publickey\n" in done.stderr.replace("\r", "")


def test_only_keys_open_a_port_that_is_published_elsewhere(container: StartContainer) -> None:
    running = container(BIND="0.0.0.0", DEV_PASSWORD="open-sesame")
    assert methods(running) == ["publickey"]
    assert refused(running, "open-sesame")
    assert running.ssh("id", "-un").stdout == "developer\n"


def test_a_password_of_ones_own_replaces_the_other_and_is_nowhere_to_be_read(container: StartContainer) -> None:
    running = container(DEV_PASSWORD="open sesame $1")
    assert with_password(running, "open sesame $1") == "developer\n"
    assert refused(running, PASSWORD)
    assert "sesame" not in running.engine.run("inspect", running.name).stdout
    assert "sesame" not in running.ssh("env; cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n'").stdout
    assert running.ssh("cat", "/var/lib/ssh/password", check=False).returncode == 1


def test_a_password_from_a_file_is_its_first_line(container: StartContainer, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("from-a-file\nnot this\n")
    running = container(DEV_PASSWORD_FILE=str(tmp_path / "password"))
    assert with_password(running, "from-a-file") == "developer\n"
    assert refused(running, PASSWORD)
    assert "from-a-file" not in running.engine.run("inspect", running.name).stdout


def test_an_empty_password_means_keys_only(container: StartContainer) -> None:
    running = container(DEV_PASSWORD="")
    assert methods(running) == ["publickey"]
    assert refused(running, PASSWORD)
    assert running.ssh("id", "-un").stdout == "developer\n"


def test_a_new_password_holds_at_once_and_ends_no_session(container: StartContainer) -> None:
    running = container()
    with connected(running) as connection:
        running.start(DEV_PASSWORD="another")
        assert said(connection, "echo still here") == "still here\n"
    assert with_password(running, "another") == "developer\n"
    assert refused(running, PASSWORD)


def test_a_password_is_kept_until_another_is_said(container: StartContainer) -> None:
    running = container(DEV_PASSWORD="another")
    running.start()
    assert with_password(running, "another") == "developer\n"


# --- host keys ---------------------------------------------------------------------------------------------------------------


def test_the_image_has_no_host_key(engine: Engine, image: Callable[[str], str]) -> None:
    find = "find / -xdev -name 'ssh_host_*' -o -xdev -name '*.pem' -path '*private*'"
    assert engine.run("run", "--rm", image("router"), "sh", "-c", find).stdout == ""
    history = engine.run("history", "--no-trunc", image("router")).stdout
    assert "rm -rf" in history, "the layer that brings openssh-server"
    assert history.index("ssh_host_*") < history.index("openssh-server") + 1000, "made and removed in one layer"


def test_the_host_key_outlives_the_container_and_ends_with_the_instance(container: StartContainer) -> None:
    running = container()
    first = host_key(running)
    running.script("down")
    running.start()
    assert host_key(running) == first
    assert running.ssh("id", "-un").stdout == "developer\n"
    running.script("clean")
    running.start()
    assert host_key(running) != first
    assert running.ssh("id", "-un").stdout == "developer\n"


def test_the_pinned_key_is_the_containers(shared: Container) -> None:
    pinned = (folder(shared) / "known_hosts").read_text().splitlines()
    assert {line.split(" ", 1)[1] for line in pinned} == {" ".join(host_key(shared).split()[:2])}


def test_what_opens_the_container_is_its_owners_alone(shared: Container) -> None:
    assert folder(shared).stat().st_mode & 0o077 == 0
    assert (folder(shared) / "id_ed25519").stat().st_mode & 0o077 == 0


def test_ssh_audit_finds_nothing_to_fail(shared: Container) -> None:
    program = Path(sys.executable).with_name("ssh-audit")
    command = [str(program), "-p", str(shared.port), "--skip-rate-test", "--no-colors", "127.0.0.1"]
    done = run(command, shared.engine.environment, check=False)
    assert "(kex) " in done.stdout
    assert "[fail]" not in done.stdout
    assert done.returncode in {0, 2}, "2: warnings; an algorithm that older clients need is not post-quantum"


# --- what clients do -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [0, 1, 37, 255])
def test_a_commands_exit_code_comes_back(shared: Container, code: int) -> None:
    assert shared.ssh(f"exit {code}", check=False).returncode == code


def test_output_and_errors_come_apart(shared: Container) -> None:
    done = shared.ssh("echo out; echo err >&2")
    assert (done.stdout, done.stderr) == ("out\n", "err\n")


def test_much_goes_in_and_comes_out(shared: Container) -> None:
    data = "0123456789abcde\n" * 1_000_000
    assert shared.ssh("cat", text=data).stdout == data


def test_an_agent_is_reached_from_inside(shared: Container, agent: str) -> None:
    assert "key-5" in openssh(shared, "-A", shared.name, "ssh-add -l", SSH_AUTH_SOCK=agent).stdout


def test_without_being_asked_for_no_agent_is_there(shared: Container, agent: str) -> None:
    done = openssh(shared, shared.name, "ssh-add -l", SSH_AUTH_SOCK=agent, check=False)
    assert done.returncode == 2


def test_the_routers_port_is_reached_through_a_forward(shared: Container) -> None:
    port = free_port()
    command = client(shared, "-N", "-L", f"127.0.0.1:{port}:127.0.0.1:3456", shared.name)
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
        try:
            assert answered(port).status_code == 200
        finally:
            process.terminate()


def answered(port: int) -> httpx.Response:
    until = time.monotonic() + 10
    while True:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False)
        except httpx.TransportError:
            assert time.monotonic() < until
            time.sleep(0.05)


def test_a_port_of_this_machine_is_reached_from_inside(shared: Container, scripted: Upstream) -> None:
    scripted.play([reply(200, "from this machine")])
    options = ["-o", "ExitOnForwardFailure=yes", "-R", f"127.0.0.1:20022:127.0.0.1:{scripted.port}"]
    done = openssh(shared, *options, shared.name, "curl -s http://127.0.0.1:20022/")
    assert done.stdout == '"from this machine"'


def test_sftp_puts_and_gets_files(shared: Container) -> None:
    data = b"\x00\x01\xff" * 100_000
    with connected(shared) as connection, connection.open_sftp() as sftp:
        assert sftp.normalize(".") == "/home/developer"
        with sftp.open("/workspace/by-sftp", "wb") as file:
            file.write(data)
        with sftp.open("/workspace/by-sftp", "rb") as file:
            assert file.read() == data
    assert (shared.workspace / "by-sftp").read_bytes() == data


def test_scp_copies_as_well(shared: Container, tmp_path: Path) -> None:
    (tmp_path / "given").write_text("by scp")
    there = f"{shared.name}:/workspace/by-scp"
    run(
        ["scp", "-q", "-F", str(folder(shared) / "ssh_config"), str(tmp_path / "given"), there],
        shared.engine.environment,
    )
    assert (shared.workspace / "by-scp").read_text() == "by scp"


def test_fifteen_may_come_at_once(shared: Container) -> None:
    with ThreadPoolExecutor(15) as pool:
        answers = pool.map(lambda number: shared.ssh("echo", str(number)).stdout, range(15))
        assert [int(answer) for answer in answers] == list(range(15))


def test_sessions_share_a_connection(shared: Container) -> None:
    control = f"/tmp/{hashlib.sha1(shared.name.encode()).hexdigest()[:12]}"
    openssh(shared, "-f", "-N", "-M", "-S", control, "-o", "ControlPersist=30", shared.name)
    try:
        answers = [openssh(shared, "-S", control, shared.name, f"echo {n}; echo $SSH_CLIENT").stdout for n in range(8)]
        assert [answer.split()[0] for answer in answers] == [str(n) for n in range(8)]
        assert len({answer.split("\n")[1] for answer in answers}) == 1, "one port on our side: one connection"
    finally:
        openssh(shared, "-S", control, "-O", "exit", shared.name)


def test_an_editor_of_vs_codes_kind_installs_itself(shared: Container) -> None:
    """A script for bash on stdin, a file brought in as base64, a process that stays and listens."""
    server = base64.b64encode(b"#!/bin/sh\necho served by $1\n").decode()
    script = f"""
        set -e
        echo begin; uname -s; echo $HOME
        mkdir -p ~/.editor-server/bin
        echo {server} | base64 -d > ~/.editor-server/bin/server
        chmod +x ~/.editor-server/bin/server
        ~/.editor-server/bin/server "$USER"
        python3 -m http.server --bind 127.0.0.1 20044 >/dev/null 2>&1 </dev/null &
        for _ in $(seq 100); do if : </dev/tcp/127.0.0.1/20044; then break; fi; sleep 0.05; done 2>/dev/null
        echo listening
    """
    said = openssh(shared, "-T", shared.name, "bash", text=script).stdout
    assert said.split("\n")[:4] == ["begin", "Linux", "/home/developer", "served by developer"]
    assert said.endswith("listening\n")
    assert shared.ssh("curl", "-sI", "http://127.0.0.1:20044").stdout.startswith("HTTP/1.0 200")


def test_an_editors_probe_of_the_environment_sees_nothing_else(shared: Container) -> None:
    printed = shared.ssh('bash -ilc \'echo MARK; env -0 | tr "\\0" "\\n"; echo MARK\'').stdout
    assert printed.startswith("MARK\n")
    assert printed.endswith("MARK\n")
    assert "ANTHROPIC_BASE_URL=" in printed


def test_an_ide_of_jetbrains_kind_deploys_by_sftp_and_starts_by_exec(shared: Container) -> None:
    with connected(shared) as connection:
        with connection.open_sftp() as sftp:
            sftp.mkdir(".backend")
            with sftp.open(".backend/start.sh", "w") as file:
                file.write("#!/bin/bash\necho started in $PWD with $1; exit 3\n")
            sftp.chmod(".backend/start.sh", 0o755)
        _, out, _ = connection.exec_command("./.backend/start.sh 'two words'")
        assert out.read() == b"started in /home/developer with two words\n"
        assert out.channel.recv_exit_status() == 3


def test_tmux_keeps_a_session_when_its_connection_has_gone(shared: Container) -> None:
    screen = Screen(shared, "kept").open()
    screen.type("echo $((6*7))-kept", "Enter")
    screen.wait_for("42-kept")
    assert "42-kept" in screen.text
    screen.close()


def test_whoever_logs_in_stands_in_the_workspace(shared: Container) -> None:
    assert "at-/workspace-" in terminal(shared, "echo at-$PWD-")


def test_commands_and_scripts_start_at_home(shared: Container) -> None:
    assert shared.ssh("pwd").stdout == "/home/developer\n"
    assert openssh(shared, "-T", shared.name, "bash", text="pwd\n").stdout == "/home/developer\n"
