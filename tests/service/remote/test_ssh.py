import contextlib
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest

from ccr.errors import ServiceProblem
from ccr.service.remote import ssh
from ccr.service.remote.known_hosts import HostKey
from ccr.service.remote.ssh import Connection, Patience, Person
from ccr.service.remote.streams import Streams
from tests.support.ssh_server import Server, echo, listening, made, printing, public

pytestmark = pytest.mark.e2e  # these start processes, and wait for them

PATIENCE = Patience()
BIG = os.urandom(5_000_000)


@pytest.fixture(autouse=True)
def _no_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


@pytest.fixture
def identity(tmp_path: Path) -> Path:
    return tmp_path / "identity"


@pytest.fixture
def server(tmp_path: Path, identity: Path) -> Iterator[Server]:
    commands = {
        "yes": printing(b"out\n", b"err\n"),
        "three": printing(code=3),
        "cat": echo,
        "big": printing(BIG, BIG[:1_000_000]),
        "killed": lambda _: None,
        "sleep": lambda _: time.sleep(3),
        "say 'a b' '$c'": printing(b"quoted"),
    }
    with listening(Server(made(tmp_path / "host"), commands, made(identity))) as server:
        yield server


@contextlib.contextmanager
def connected(
    server: Server,
    identity: Path | None,
    person: Person | None = None,
    known: tuple[HostKey, ...] | None = None,
    patience: Patience = PATIENCE,
) -> Iterator[Connection]:
    keys = (public(server.host_key),) if known is None else known
    nobody = person or Person(Path("/nonexistent"))
    with ssh.connected(server.remote(identity), keys, Path("/kept"), nobody, patience) as connection:
        yield connection


def streams_to(folder: Path, said: bytes = b"") -> tuple[Streams, Path, Path]:
    """Files: what was said on stdin, and where stdout and stderr go."""
    (folder / "in").write_bytes(said)
    flags = os.O_RDWR | os.O_CREAT
    ours = Streams(*(os.open(folder / name, flags) for name in ("in", "out", "err")))
    return ours, folder / "out", folder / "err"


# who the host is


def test_the_host_shows_its_key(server: Server) -> None:
    assert ssh.host_key(server.remote()) == public(server.host_key)


def test_a_changed_host_key_is_refused_before_anything_is_sent(server: Server, identity: Path, tmp_path: Path) -> None:
    other = public(made(tmp_path / "other"))
    with pytest.raises(ServiceProblem) as refusal, connected(server, identity, known=(other,)):
        pass
    said = refusal.value.message
    assert "CHANGED" in said
    assert f"/kept has {other}" in said
    assert "`ccr remote add box --again`" in said
    assert "\n" not in said
    assert server.attempts == []


def test_an_unknown_host_key_is_refused(server: Server, identity: Path) -> None:
    with pytest.raises(ServiceProblem, match="/kept has no host key of"), connected(server, identity, known=()):
        pass
    assert server.attempts == []


def test_one_of_several_known_keys_does(server: Server, identity: Path, tmp_path: Path) -> None:
    known = (public(made(tmp_path / "other")), public(server.host_key))
    with connected(server, identity, known=known) as connection:
        assert connection.alive


# who we are


def test_the_identity_opens(server: Server, identity: Path) -> None:
    with connected(server, identity):
        assert server.attempts == ["none", "key"]


def test_the_usual_keys_open(server: Server, tmp_path: Path) -> None:
    server.users_key = made(tmp_path / ".ssh" / "id_ed25519")
    with connected(server, None, Person(tmp_path / ".ssh")) as connection:
        assert connection.alive


def test_a_broken_usual_key_is_passed_over(server: Server, tmp_path: Path) -> None:
    server.users_key = made(tmp_path / ".ssh" / "id_rsa")
    (tmp_path / ".ssh" / "id_ed25519").write_text("nonsense")
    with connected(server, None, Person(tmp_path / ".ssh")) as connection:
        assert connection.alive


def test_a_wrong_key_is_refused_with_what_was_tried(server: Server, tmp_path: Path) -> None:
    made(tmp_path / "wrong")
    with pytest.raises(ServiceProblem) as refusal, connected(server, tmp_path / "wrong"):
        pass
    assert f"tried: {tmp_path}/wrong; it takes publickey; " in refusal.value.message
    assert "--again --identity FILE" in refusal.value.message


def test_without_any_key_it_says_so(server: Server) -> None:
    with pytest.raises(ServiceProblem, match="tried: nothing, there is no key"), connected(server, None):
        pass


@pytest.mark.parametrize("content", ["nonsense", "", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n"])
def test_an_identity_that_is_no_key_is_named(server: Server, tmp_path: Path, content: str) -> None:
    (tmp_path / "odd").write_text(content)
    with pytest.raises(ServiceProblem, match=r"odd is no private key"), connected(server, tmp_path / "odd"):
        pass


def test_an_identity_that_is_gone_is_named(server: Server, tmp_path: Path) -> None:
    with (
        pytest.raises(ServiceProblem, match=r"gone: the key cannot be read: No such"),
        connected(server, tmp_path / "gone"),
    ):
        pass


def test_an_encrypted_key_is_unlocked_by_who_is_asked(server: Server, tmp_path: Path) -> None:
    server.users_key = made(tmp_path / "locked", "open sesame")
    answers = iter(["wrong", "open sesame"])
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return next(answers)

    with connected(server, tmp_path / "locked", Person(tmp_path, ask)):
        assert asked == [f"Passphrase of {tmp_path}/locked"] * 2


def test_an_encrypted_key_without_a_terminal_names_the_remedy(server: Server, tmp_path: Path) -> None:
    made(tmp_path / "locked", "open sesame")
    with (
        pytest.raises(ServiceProblem, match=r"locked has a passphrase: `ssh-add` it"),
        connected(server, tmp_path / "locked"),
    ):
        pass


def test_a_password_is_asked_for(server: Server, tmp_path: Path) -> None:
    server.password = "right"
    answers = iter(["wrong", "right"])
    with connected(server, None, Person(tmp_path, lambda _: next(answers))):
        assert server.attempts == ["none", "password", "password"]


def test_a_password_is_asked_for_three_times_at_most(server: Server, tmp_path: Path) -> None:
    server.password = "right"
    with (
        pytest.raises(ServiceProblem, match="tried: passwords"),
        connected(server, None, Person(tmp_path, lambda _: "wrong")),
    ):
        pass
    assert server.attempts.count("password") == 3


def test_without_a_terminal_no_password_is_tried(server: Server) -> None:
    server.password = "right"
    with pytest.raises(ServiceProblem, match="a password is asked for on a terminal only"), connected(server, None):
        pass


def test_the_agent_opens_with_a_locked_key(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(tmp_path / "locked", "open sesame")
    server.users_key = made(tmp_path / "agents")
    (tmp_path / "agents").chmod(0o600)
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", tmp_path / "socket"], stdout=subprocess.DEVNULL)
    try:
        server.until((tmp_path / "socket").exists)
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "socket"))
        subprocess.run(["ssh-add", "-q", tmp_path / "agents"], check=True)
        with connected(server, tmp_path / "locked") as connection:
            assert connection.alive
    finally:
        agent.terminate()
        agent.wait(5)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # paramiko leaves its socket open
def test_an_agent_that_is_gone_does_no_harm(
    server: Server, identity: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "nobody"))
    made(tmp_path / "wrong")
    with pytest.raises(ServiceProblem, match="does not let us in"), connected(server, tmp_path / "wrong"):
        pass


# commands


def test_a_commands_output_and_code_come_back(server: Server, identity: Path) -> None:
    with connected(server, identity) as connection:
        assert connection.run(["yes"], 5) == ssh.Ran(0, b"out\n", b"err\n")
        assert connection.run(["three"], 5).code == 3


def test_arguments_arrive_as_they_are(server: Server, identity: Path) -> None:
    with connected(server, identity) as connection:
        assert connection.run(["say", "a b", "$c"], 5).out == b"quoted"


def test_much_output_comes_whole(server: Server, identity: Path) -> None:
    with connected(server, identity) as connection:
        ran = connection.run(["big"], 30)
    assert (ran.out == BIG, ran.err == BIG[:1_000_000]) == (True, True)


def test_a_command_that_takes_too_long_is_left(server: Server, identity: Path) -> None:
    with pytest.raises(ServiceProblem, match=r"box: no answer to `cat -` within 0.2 s"):
        server.commands = {"cat -": lambda _: time.sleep(1)}
        with connected(server, identity) as connection:
            connection.run(["cat", "-"], 0.2)


def test_what_the_host_does_not_run_is_told(server: Server, identity: Path) -> None:
    with connected(server, identity) as connection, pytest.raises(ServiceProblem, match="runs no command for us"):
        connection.run(["unknown"], 5)


def test_streams_are_ours(server: Server, identity: Path, tmp_path: Path) -> None:
    ours, out, err = streams_to(tmp_path)
    with connected(server, identity) as connection:
        assert connection.stream(["yes"], ours) == 0
    assert (out.read_bytes(), err.read_bytes()) == (b"out\n", b"err\n")


def test_stdin_goes_there_and_back_whole(server: Server, identity: Path, tmp_path: Path) -> None:
    ours, out, _ = streams_to(tmp_path, BIG)
    with connected(server, identity) as connection:
        assert connection.stream(["cat"], ours) == 0
    assert out.read_bytes() == BIG


def test_without_stdin_the_command_gets_an_empty_one(server: Server, identity: Path, tmp_path: Path) -> None:
    ours, out, _ = streams_to(tmp_path)
    with connected(server, identity) as connection:
        assert connection.stream(["cat"], replace(ours, stdin=None)) == 0
    assert out.read_bytes() == b""


def test_a_streamed_commands_code_comes_back(server: Server, identity: Path) -> None:
    with connected(server, identity) as connection:
        assert connection.stream(["three"], Streams(None)) == 3


def test_a_killed_command_is_told(server: Server, identity: Path) -> None:
    with connected(server, identity) as connection, pytest.raises(ServiceProblem, match="without an exit code"):
        connection.stream(["killed"], Streams(None))


def test_when_nobody_reads_any_more_the_command_is_left(server: Server, identity: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with connected(server, identity) as connection, pytest.raises(BrokenPipeError):
        connection.stream(["big"], Streams(None, writing, writing))
    os.close(writing)


def test_a_terminal_there_is_as_large_as_ours(server: Server, identity: Path) -> None:
    leader, follower = os.openpty()
    with connected(server, identity) as connection:
        code = connection.terminal(["three"], Streams(None, follower, follower), follower, "xterm")
    assert (code, server.sizes) == (3, [os.get_terminal_size(follower)])
    os.close(leader)
    os.close(follower)


# hosts that are not there


def test_a_port_where_nobody_listens_is_told_at_once(server: Server, identity: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    remote = replace(server.remote(identity), port=port)
    with pytest.raises(
        ServiceProblem, match=rf"box: developer@\[127.0.0.1\]:{port} cannot be reached: Connection refused"
    ):
        ssh.host_key(remote)


def test_an_unknown_name_is_told(server: Server) -> None:
    with pytest.raises(ServiceProblem, match="cannot be reached: Name or service not known"):
        ssh.host_key(replace(server.remote(), host="box.invalid"))


def test_who_is_no_ssh_server_is_told(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            with listener.accept()[0] as line:
                line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(ServiceProblem, match="does not greet as an SSH server"):
            ssh.host_key(replace(server.remote(), port=listener.getsockname()[1]))


def test_a_host_that_says_nothing_is_left(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh, "CONNECT", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        begun = time.monotonic()
        with pytest.raises(ServiceProblem, match="does not greet"):
            ssh.host_key(replace(server.remote(), port=listener.getsockname()[1]))
        assert time.monotonic() - begun < 3


def test_a_host_that_vanishes_ends_the_command(server: Server, identity: Path) -> None:
    with connected(server, identity, patience=Patience(every=0.1, silence=0.3)) as connection:
        server.silent = True
        with pytest.raises(ServiceProblem, match="box: the connection broke"):
            connection.stream(["sleep"], Streams(None))


def test_signs_of_life_keep_a_quiet_connection(server: Server, identity: Path) -> None:
    def quiet(_channel: paramiko.Channel) -> int:
        time.sleep(0.8)
        return 0

    server.commands = {"quiet": quiet}
    with connected(server, identity, patience=Patience(every=0.05, silence=0.3)) as connection:
        assert connection.run(["quiet"], 5).code == 0


def test_a_host_that_hangs_up_ends_the_command(server: Server, identity: Path) -> None:
    threading.Timer(0.3, server.hang_up).start()
    with connected(server, identity) as connection, pytest.raises(ServiceProblem, match="the connection broke"):
        connection.stream(["sleep"], replace(Streams(), stdin=_never()))


def _never() -> int:
    """A stdin on which nothing ever comes."""
    reading, _writing = os.pipe()
    return reading


def test_rsa_host_keys_are_verified(server: Server, identity: Path) -> None:
    server.host_key = paramiko.RSAKey.generate(2048)
    assert ssh.host_key(server.remote(), ["ssh-rsa"]) == public(server.host_key)
    with connected(server, identity) as connection:
        assert connection.run(["yes"], 5).code == 0
