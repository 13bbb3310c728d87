import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest

from ccr import env
from ccr.cli.main import run
from tests.cli.conftest import Ccr, Terminal
from tests.support.ssh_server import USER, Server, echo, listening, made, printing, public

pytestmark = pytest.mark.e2e  # these start processes, and wait for them

STATUS = b'{"condition": "running", "running": true, "uptime": 61, "config": "c.json"}'


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    commands = {
        "ccr status --json": printing(STATUS),
        "ccr logs -f -n 5 --json": printing(b"a line\n", code=7),
        "say 'a b'": printing(b"out\n", b"err\n", 3),
        "cat": echo,
    }
    with listening(Server(made(tmp_path / "keys" / "host"), commands, made(tmp_path / "keys" / "identity"))) as server:
        yield server


@pytest.fixture
def target(server: Server) -> str:
    return f"{USER}@127.0.0.1:{server.port}"


@pytest.fixture
def added(ccr: Ccr, server: Server, target: str, tmp_path: Path) -> Server:
    """The remote `box`."""
    identity = str(tmp_path / "keys" / "identity")
    done = ccr("remote", "add", "box", target, "--identity", identity, "--host-key", public(server.host_key).text)
    assert done.code == 0, done.err
    return server


@contextlib.contextmanager
def spawned(home: Path, *arguments: str) -> "Iterator[subprocess.Popen[bytes]]":
    """The command as a process, which ends with the block."""
    own = {"PATH": env.current()["PATH"], "HOME": str(home.parent), "PYTHONPATH": str(Path(__file__).parents[2])}
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", "ccr", "remote", *arguments]
    with subprocess.Popen(command, env=own, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        try:
            yield process
        finally:
            process.kill()


# add


def test_without_a_terminal_nobody_trusts_a_key(ccr: Ccr, server: Server, target: str, home: Path) -> None:
    done = ccr("remote", "add", "box", target)
    assert done.code == 1
    assert f"shows {public(server.host_key)}, and nobody is here to trust it" in done.err
    assert not (home / "remotes.json").exists()


def test_on_a_terminal_one_is_asked(
    ccr: Ccr, server: Server, target: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("y"))
    assert run(["remote", "add", "box", target]) == 0
    assert (home / "remotes_known_hosts").read_text() == f"[127.0.0.1]:{server.port} {public(server.host_key).text}\n"


def test_who_says_no_keeps_nothing(target: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("n"))
    assert run(["remote", "add", "box", target]) == 1
    assert not (home / "remotes.json").exists()


@pytest.mark.parametrize("by", ["--host-key", "--fingerprint", "--known-hosts"])
def test_a_key_that_is_named_is_trusted(ccr: Ccr, server: Server, target: str, tmp_path: Path, by: str) -> None:
    key = public(server.host_key)
    (tmp_path / "known").write_text(f"[127.0.0.1]:{server.port} {key.text}\n")
    named = {"--host-key": key.text, "--fingerprint": key.fingerprint, "--known-hosts": str(tmp_path / "known")}
    done = ccr("remote", "add", "box", target, by, named[by])
    assert (done.code, done.err) == (0, "")
    assert done.out == f"box is {USER}@[127.0.0.1]:{server.port}, {key}; `ccr remote status box` asks it\n"


@pytest.mark.parametrize("by", ["--host-key", "--fingerprint", "--known-hosts"])
def test_another_key_than_the_named_one_is_refused(ccr: Ccr, target: str, tmp_path: Path, by: str) -> None:
    other = public(made(tmp_path / "other"))
    (tmp_path / "known").write_text(f"* {other.text}\n")
    named = {"--host-key": other.text, "--fingerprint": other.fingerprint, "--known-hosts": str(tmp_path / "known")}
    done = ccr("remote", "add", "box", target, by, named[by])
    assert done.code == 1
    assert "that is not what you named; nothing was kept" in done.err


def test_what_is_no_key_is_refused(ccr: Ccr, target: str) -> None:
    assert "--host-key takes a public key" in ccr("remote", "add", "box", target, "--host-key", "odd").err


def test_a_name_is_given_once(ccr: Ccr, added: Server, target: str) -> None:
    done = ccr("remote", "add", "box", target)
    assert (done.code, "`ccr remote add box --again …` renews it" in done.err) == (1, True)


def test_a_changed_key_is_refused_and_renewed(ccr: Ccr, added: Server, tmp_path: Path, home: Path) -> None:
    added.host_key = made(tmp_path / "new")
    refused = ccr("remote", "exec", "box", "--", "cat")
    assert refused.code == 255
    assert f"CHANGED: it shows {public(added.host_key)}, and {home}/remotes_known_hosts has" in refused.err
    again = ccr("remote", "add", "box", "--again", "--fingerprint", public(added.host_key).fingerprint)
    assert (again.code, ccr("remote", "status").code) == (0, 0)


def test_a_container_of_this_machine_needs_its_name_only(ccr: Ccr, server: Server, tmp_path: Path, home: Path) -> None:
    folder = home / "containers" / "ccr"
    folder.mkdir(parents=True)
    (folder / "ssh_config").write_text(f"Host ccr\n  HostName 127.0.0.1\n  Port {server.port}\n  User {USER}\n")
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{server.port} {public(server.host_key).text}\n")
    (folder / "id_ed25519").write_bytes((tmp_path / "keys" / "identity").read_bytes())
    assert ccr("remote", "add", "ccr").code == 0
    assert ccr("remote", "status", "ccr").code == 0


def test_a_name_alone_is_not_enough_elsewhere(ccr: Ccr, home: Path) -> None:
    done = ccr("remote", "add", "box")
    assert done.err.startswith(f"ccr: where is box? There is no {home}/containers/box; ")


def test_a_key_that_is_kept_already_needs_no_second_word(ccr: Ccr, added: Server, target: str) -> None:
    assert ccr("remote", "add", "twin", target).code == 0


# list, remove


def test_remotes_are_listed(ccr: Ccr, added: Server, tmp_path: Path) -> None:
    assert ccr("remote", "list").out.splitlines()[1].split()[:2] == ["box", f"{USER}@[127.0.0.1]:{added.port}"]
    place = {"name": "box", "user": USER, "host": "127.0.0.1", "port": added.port}
    assert ccr("remote", "list", "--json").json == [{**place, "identity": str(tmp_path / "keys" / "identity")}]


def test_without_remotes_there_is_a_sentence(ccr: Ccr) -> None:
    done = ccr("remote", "list")
    assert (done.code, done.out, "there is no remote yet" in done.err) == (0, "", True)


def test_a_removed_remote_is_forgotten(ccr: Ccr, added: Server) -> None:
    assert ccr("remote", "remove", "box").code == 0
    assert "there is no remote box" in ccr("remote", "remove", "box").err


# status, logs, exec


def test_status_is_a_table(ccr: Ccr, added: Server) -> None:
    done = ccr("remote", "status")
    assert (done.code, done.out.splitlines()[1].split()[2:]) == (0, ["running", "1", "min", "c.json"])


def test_status_is_json_for_programs(ccr: Ccr, added: Server) -> None:
    (found,) = json.loads(ccr("remote", "status", "--json").out)
    assert (found["name"], found["condition"], found["status"]) == ("box", "running", json.loads(STATUS))


def test_status_fails_when_one_does_not_run(ccr: Ccr, added: Server) -> None:
    added.commands = {"ccr status --json": printing(b'{"condition": "not running"}', code=3)}
    done = ccr("remote", "status", "box")
    assert (done.code, "not running" in done.out) == (1, True)


def test_logs_are_those_of_the_remote(ccr: Ccr, added: Server) -> None:
    done = ccr("remote", "logs", "box", "-f", "-n", "5", "--json")
    assert (done.code, done.out) == (7, "a line\n")


def test_exec_passes_words_streams_and_code_on(ccr: Ccr, added: Server) -> None:
    done = ccr("remote", "exec", "box", "--", "say", "a b")
    assert (done.code, done.out, done.err) == (3, "out\n", "err\n")


def test_exec_passes_stdin_on(added: Server, home: Path) -> None:
    with spawned(home, "exec", "box", "--", "cat") as running:
        assert running.communicate(b"hello", timeout=20) == (b"hello", b"")
        assert running.returncode == 0


def test_exec_without_a_connection_ends_as_ssh_does(ccr: Ccr, added: Server) -> None:
    added.users_key = None
    done = ccr("remote", "exec", "box", "--", "cat")
    assert (done.code, "does not let us in" in done.err) == (255, True)


def test_ctrl_c_ends_a_command_there(added: Server, home: Path) -> None:
    begun = threading.Event()

    def wait(channel: paramiko.Channel) -> None:
        channel.recv(1)
        begun.set()
        added.until(lambda: added.signals, 20)

    added.commands = {"wait": wait}
    with spawned(home, "exec", "box", "--", "wait") as process:
        assert process.stdin
        process.stdin.write(b"x")
        process.stdin.flush()
        assert begun.wait(20)
        process.send_signal(signal.SIGINT)
        code = process.wait(10)
        assert process.stderr
        assert (code, added.signals, process.stderr.read()) == (130, ["INT"], b"")


# forward


def test_forward_prints_its_address_carries_and_ends_cleanly(added: Server, home: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as router,
        spawned(home, "forward", "box", "--to", str(router.getsockname()[1]), "--json") as process,
    ):
        assert process.stdout
        assert process.stderr
        said = b""
        while not said.endswith(b"}\n"):
            said += os.read(process.stdout.fileno(), 4096)
        with socket.create_connection(("127.0.0.1", json.loads(said)["port"]), timeout=20) as here:
            here.sendall(b"GET")
            with router.accept()[0] as there:
                assert there.recv(3) == b"GET"
                there.sendall(b"200")
                assert here.recv(3) == b"200"
                process.send_signal(signal.SIGINT)
                assert (process.wait(10), process.stderr.read()) == (0, b"")


def test_a_program_that_only_starts_does_not_load_paramiko(home: Path) -> None:
    check = "import sys, ccr.cli.commands; sys.exit('paramiko' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
