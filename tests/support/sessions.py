"""The ways in which somebody works in a container: each runs a script for a shell and returns what it printed."""

import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import paramiko

from tests.support.containers import Container, Done, run

AS_DEVELOPER = "/usr/lib/ccr/as-developer"
PASSWORD = "devpassword"

Kind = Callable[[Container, str], str]


def folder(container: Container) -> Path:
    """Where the host script keeps key, known_hosts and ssh_config."""
    return container.home / ".claude-code-router" / "containers" / container.name


def openssh(container: Container, *words: str, text: str | None = None, check: bool = True, **more: str) -> Done:
    """OpenSSH's client with the host script's settings; `words` are its options, then `container.name` and a command."""
    return run(client(container, *words), {**container.engine.environment, "TERM": "xterm", **more}, text, check)


def client(container: Container, *words: str) -> list[str]:
    return ["ssh", "-F", str(folder(container) / "ssh_config"), *words]


@contextmanager
def connected(
    container: Container, *, user: str = "developer", password: str | None = None
) -> Iterator[paramiko.SSHClient]:
    """paramiko's client: by the pinned host key, and with the container's key unless a password is given."""
    with paramiko.SSHClient() as connection:
        connection.load_host_keys(str(folder(container) / "known_hosts"))
        connection.connect(
            "127.0.0.1",
            container.port,
            user,
            password,
            key_filename=None if password is not None else str(folder(container) / "id_ed25519"),
            look_for_keys=False,
            allow_agent=False,
            timeout=20,
        )
        yield connection


def said(connection: paramiko.SSHClient, command: str) -> str:
    return str(connection.exec_command(command, timeout=60)[1].read().decode())


def methods(container: Container, user: str = "developer") -> list[str]:
    """The ways of logging in that sshd offers."""
    with paramiko.Transport(("127.0.0.1", container.port)) as transport:
        transport.connect()
        try:
            transport.auth_none(user)
        except paramiko.BadAuthenticationType as error:
            return list(error.allowed_types)
        raise AssertionError(f"{user} was let in without any proof")


# --- kinds of session ----------------------------------------------------------------------------------------------------


def by_ssh(*words: str) -> Kind:
    """`ssh NAME WORDS… SCRIPT`: the last word is the script, quoted for the shell there."""
    return lambda container, script: container.ssh(*words, shlex.quote(script) if words else script).stdout


def by_engine(*words: str, user: str = "root") -> Kind:
    return lambda container, script: container.execute(*words, script, user=user).stdout


def plain(container: Container, script: str) -> str:
    return container.ssh("-T", text=f"{script}\n").stdout


def terminal(container: Container, script: str) -> str:
    """What somebody sees who logs in and types."""
    return openssh(container, "-tt", container.name, text=f"{script}\nexit\n").stdout.replace("\r", "")


def terminal_command(container: Container, script: str) -> str:
    return openssh(container, "-tt", container.name, script).stdout.replace("\r", "")


def python(container: Container, script: str) -> str:
    program = f"import subprocess; subprocess.run(['sh', '-c', {script!r}])"
    return container.ssh(shlex.join(["python3", "-c", program])).stdout


def in_tmux(container: Container, script: str) -> str:
    inside = f"{{ {script}; }} >/tmp/in-tmux 2>&1; tmux -L kinds wait-for -S done"
    outer = f"tmux -L kinds new-session -d {shlex.quote(inside)} && tmux -L kinds wait-for done; cat /tmp/in-tmux"
    return container.ssh(outer).stdout


def by_paramiko(container: Container, script: str) -> str:
    with connected(container) as connection:
        return said(connection, script)


def by_script(container: Container, script: str) -> str:
    return container.script("shell", more={"CCR_RUN": script}).stdout


KINDS: dict[str, Kind] = {
    "ssh, typed into a terminal": terminal,
    "ssh, a login shell without a terminal": plain,
    "ssh with a command": by_ssh(),
    "ssh -t with a command": terminal_command,
    "bash --login over ssh": by_ssh("bash", "--login", "-c"),
    "bash -ilc over ssh": by_ssh("bash", "-ilc"),
    "sh -c over ssh": by_ssh("sh", "-c"),
    "sh -lc over ssh": by_ssh("sh", "-lc"),
    "bash --login from nothing": by_ssh("env", "-i", "HOME=/home/developer", "bash", "--login", "-c"),
    "a process of python's": python,
    "tmux": in_tmux,
    "paramiko": by_paramiko,
    "make shell": by_script,
    "as-developer": by_engine(AS_DEVELOPER, "bash", "-c"),
    "the engine's exec, a login shell": by_engine("bash", "-lc", user="developer"),
    "the engine's exec, an interactive shell": by_engine("bash", "-ic", user="developer"),
}


# --- a terminal that is looked at -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Screen:
    """A terminal in the container, kept by tmux there."""

    container: Container
    name: str = "screen"

    def open(self, command: str = "exec bash -l") -> "Screen":
        size = "-x 160 -y 50"
        self.container.ssh(f"tmux -L {self.name} new-session -d {size} {shlex.quote(command)}")
        return self

    def type(self, *keys: str) -> None:
        self.container.ssh(f"tmux -L {self.name} send-keys {shlex.join(keys)}")

    @property
    def text(self) -> str:
        return self.container.ssh(f"tmux -L {self.name} capture-pane -p").stdout

    def wait_for(self, words: str, seconds: float = 15.0) -> str:
        until = time.monotonic() + seconds
        while words not in (text := self.text):
            assert time.monotonic() < until, f"no {words!r} on the screen after {seconds} s:\n{text}"
            time.sleep(0.1)
        return text

    def close(self) -> None:
        self.container.ssh(f"tmux -L {self.name} kill-server", check=False)


@contextmanager
def typing(container: Container) -> Iterator["subprocess.Popen[str]"]:
    """A login over ssh in a terminal that stays open: `typed.stdin` is the keyboard."""
    command = client(container, "-tt", container.name)
    environment = {**container.engine.environment, "TERM": "xterm"}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()
