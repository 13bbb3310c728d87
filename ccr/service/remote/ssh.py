"""SSH to a remote: which host it is, who we are there, and commands.

Nothing that proves who we are is sent before the host has shown a key that we know.
"""

import contextlib
import logging
import shlex
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from paramiko.common import cMSG_CHANNEL_REQUEST
from paramiko.pkey import UnknownKeyType

from ccr.errors import ServiceProblem
from ccr.service.remote import streams
from ccr.service.remote.known_hosts import HostKey
from ccr.service.remote.remotes import Remote
from ccr.service.remote.streams import FAULTS, Pump, Streams

Ask = Callable[[str], str]  # a hidden question to the person at the terminal

CONNECT = 10.0  # seconds for each step until the host has shown its key
LOGIN = 30.0  # seconds for the answer to a key or a password: hosts take their time before they say no
PASSWORDS = {"password", "keyboard-interactive"}
TRIES = 3
USUAL_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa")
UNREADABLE = (ValueError, paramiko.SSHException, UnknownKeyType, UnsupportedAlgorithm)

logging.getLogger("paramiko").addHandler(logging.NullHandler())  # what matters of it becomes an error of ours


@dataclass(frozen=True, slots=True)
class Person:
    """Who logs in: where the usual keys lie, and how to ask. None: nobody is there to be asked."""

    ssh_folder: Path
    ask: Ask | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """In seconds."""

    every: float = 15.0  # between two signs of life
    silence: float = 30.0  # without an answer to one: then the host is gone


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: bytes
    err: bytes


@dataclass(frozen=True, slots=True)
class Connection:
    remote: Remote
    transport: paramiko.Transport

    @property
    def alive(self) -> bool:
        return self.transport.is_active()

    def run(self, command: Sequence[str], within: float) -> Ran:
        """What the command prints, when it has ended; raises when that takes longer than so many seconds."""
        channel = self._started(command)
        out, err = bytearray(), bytearray()
        pumps = (Pump(channel.recv, out.extend), Pump(channel.recv_stderr, err.extend))
        deadline = time.monotonic() + within
        with streams.closing(channel):
            Pump(streams.from_descriptor(None), channel.sendall, channel.shutdown_write).run()
            for pump in pumps:
                pump.start()
            for pump in pumps:
                pump.join(max(0.0, deadline - time.monotonic()))
            if any(pump.is_alive() for pump in pumps):
                raise ServiceProblem(f"{self.remote.name}: no answer to `{shlex.join(command)}` within {within:g} s")
            return Ran(self._code(channel), bytes(out), bytes(err))

    def stream(self, command: Sequence[str], ours: Streams) -> int:
        """Runs the command with our own streams, and returns its exit code."""
        return self._joined(self._started(command), ours)

    def terminal(self, command: Sequence[str], ours: Streams, terminal: int, kind: str) -> int:
        """Runs the command on a terminal there that follows ours; `kind` is TERM's value."""
        channel = self._started(command, (kind, *streams.size(terminal)))
        with streams.raw(terminal), streams.resizing(channel, terminal):
            return self._joined(channel, ours)

    def tunnel(self, port: int, source: tuple[str, int]) -> paramiko.Channel:
        """To a port of the host itself, for whoever connected from `source`. Raises paramiko's errors."""
        return self.transport.open_channel("direct-tcpip", ("127.0.0.1", port), source, timeout=CONNECT)

    def lost(self) -> ServiceProblem:
        return ServiceProblem(f"{self.remote.name}: the connection broke: {self.remote} is gone, or ended it")

    def _started(self, command: Sequence[str], terminal: tuple[str, int, int] | None = None) -> paramiko.Channel:
        try:
            channel = self.transport.open_session(timeout=CONNECT)
            if terminal:
                channel.get_pty(*terminal)
            channel.exec_command(shlex.join(command))
        except FAULTS as fault:
            if not self.alive:
                raise self.lost() from fault
            raise ServiceProblem(f"{self.remote.name}: {self.remote} runs no command for us: {_said(fault)}") from fault
        return channel

    def _joined(self, channel: paramiko.Channel, ours: Streams) -> int:
        """The main thread only waits: a signal's handler runs in it, and needs the locks of those who send."""
        stdin = Pump(streams.from_descriptor(ours.stdin), channel.sendall, channel.shutdown_write)
        pumps = (
            Pump(channel.recv, streams.to_descriptor(ours.stdout, channel.close)),
            Pump(channel.recv_stderr, streams.to_descriptor(ours.stderr, channel.close)),
        )
        with streams.closing(channel):
            try:
                for pump in (*pumps, stdin):
                    pump.start()
                return self._outcome(channel, pumps)
            except KeyboardInterrupt:
                self._interrupt(channel)
                for pump in pumps:
                    if pump.is_alive():
                        pump.join(1.0)
                raise

    def _outcome(self, channel: paramiko.Channel, pumps: Sequence[Pump]) -> int:
        for pump in pumps:
            pump.join()
        for pump in pumps:
            if pump.fault:
                raise pump.fault
        return self._code(channel)

    def _code(self, channel: paramiko.Channel) -> int:
        code = channel.recv_exit_status()
        if code >= 0:
            return code
        if not self.alive:
            raise self.lost()
        raise ServiceProblem(f"{self.remote.name}: the command ended without an exit code: something killed it")

    def _interrupt(self, channel: paramiko.Channel) -> None:
        """Ctrl-C for a command without a terminal; else it would live on there. RFC 4254, 6.9."""
        request = paramiko.Message()
        request.add_byte(cMSG_CHANNEL_REQUEST)
        request.add_int(channel.remote_chanid)
        request.add_string("signal")
        request.add_boolean(False)
        request.add_string("INT")
        with contextlib.suppress(*FAULTS):
            self.transport._send_user_message(request)  # type: ignore[attr-defined]  # there is no public way


def host_key(remote: Remote, kinds: Sequence[str] = ()) -> HostKey:
    """The key that the host shows: of one of these kinds, if it has such a one."""
    with _greeted(remote, kinds) as transport:
        return _shown(transport)


@contextlib.contextmanager
def connected(
    remote: Remote, known: Sequence[HostKey], kept: Path, person: Person, patience: Patience = Patience()
) -> Iterator[Connection]:
    """`known` are its host keys, out of the file `kept`."""
    with _greeted(remote, [key.kind for key in known]) as transport:
        _verify(remote, _shown(transport), known, kept)
        _Login(transport, remote, person).run()
        with _watched(transport, patience):
            yield Connection(remote, transport)


@contextlib.contextmanager
def _greeted(remote: Remote, kinds: Sequence[str]) -> Iterator[paramiko.Transport]:
    """As far as the host's key."""
    try:
        line = socket.create_connection((remote.host, remote.port), timeout=CONNECT)
    except OSError as error:
        raise ServiceProblem(f"{remote.name}: {remote} cannot be reached: {_said(error)}") from error
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with contextlib.closing(line), contextlib.closing(paramiko.Transport(line)) as transport:
        transport.banner_timeout = transport.handshake_timeout = CONNECT
        transport.auth_timeout = LOGIN
        options = transport.get_security_options()
        options.key_types = sorted(options.key_types, key=lambda kind: _family(kind) not in kinds)
        try:
            transport.start_client(timeout=CONNECT)
            transport.get_remote_server_key()
        except FAULTS as fault:
            raise ServiceProblem(f"{remote.name}: {remote} does not greet as an SSH server: {_said(fault)}") from fault
        yield transport


def _family(algorithm: str) -> str:
    """An RSA key is of one kind, whatever it signs with."""
    return "ssh-rsa" if algorithm.startswith("rsa-sha2-") else algorithm


def _shown(transport: paramiko.Transport) -> HostKey:
    key = transport.get_remote_server_key()
    return HostKey(key.get_name(), key.asbytes())


def _verify(remote: Remote, shown: HostKey, known: Sequence[HostKey], kept: Path) -> None:
    if shown in known:
        return
    renew = f"`ccr remote add {remote.name} --again`"
    if not known:
        raise ServiceProblem(f"{remote.name}: {kept} has no host key of {remote.place}; {renew} takes one up")
    was = ", ".join(map(str, known))
    raise ServiceProblem(
        f"{remote.name}: the host key of {remote.place} has CHANGED: it shows {shown}, and {kept} has {was}. Somebody"
        f" may be in between, so nothing was sent. If the host was made anew, {renew} renews the key"
    )


@dataclass(slots=True)
class _Login:
    transport: paramiko.Transport
    remote: Remote
    person: Person
    tried: list[str] = field(default_factory=list)
    locked: list[Path] = field(default_factory=list)

    def run(self) -> None:
        takes = self._takes()
        if not takes:
            return
        if "publickey" in takes and any(self._fits(key) for key in self._keys()):
            return
        if self.person.ask and PASSWORDS & takes and self._password(self.person.ask):
            return
        raise self._refused(takes)

    def _takes(self) -> set[str]:
        """The ways in; none: we are in already."""
        try:
            self.transport.auth_none(self.remote.user)
        except paramiko.BadAuthenticationType as refusal:
            return set(refusal.allowed_types)
        except FAULTS as fault:
            raise ServiceProblem(f"{self.remote.name}: {self.remote} lets nobody in: {_said(fault)}") from fault
        return set()

    def _fits(self, key: paramiko.PKey) -> bool:
        return self._accepts(lambda: self.transport.auth_publickey(self.remote.user, key))

    def _password(self, ask: Ask) -> bool:
        self.tried.append("passwords")
        user = self.remote.user
        return any(
            self._accepts(lambda: self.transport.auth_password(user, ask(f"Password of {self.remote}")))
            for _ in range(TRIES)
        )

    def _accepts(self, attempt: Callable[[], Sequence[str]]) -> bool:
        try:
            further = attempt()
        except FAULTS as fault:
            if not self.transport.is_active():
                raise self._refused(set()) from fault
            return False
        if further:
            ways = " or ".join(further)
            raise ServiceProblem(f"{self.remote.name}: {self.remote} wants {ways} besides, which ccr does not do")
        return True

    def _keys(self) -> Iterator[paramiko.PKey]:
        """The identity, the agent's, the usual ones; at last those that need a passphrase."""
        identity = Path(self.remote.identity) if self.remote.identity else None
        if identity:
            yield from self._in_file(identity)
        yield from self._of_agent()
        for path in (self.person.ssh_folder / name for name in USUAL_KEYS):
            if path.is_file() and path != identity:
                with contextlib.suppress(ServiceProblem):  # a broken one was not asked for
                    yield from self._in_file(path)
        for path in self.locked:
            yield from self._unlocked(path)

    def _in_file(self, path: Path) -> Iterator[paramiko.PKey]:
        try:
            key = paramiko.PKey.from_path(path)
        except TypeError:  # that is how it says that there is a passphrase
            self.locked.append(path)
            return
        except OSError as error:
            raise ServiceProblem(f"{self.remote.name}: {path}: the key cannot be read: {error.strerror}") from None
        except UNREADABLE:
            raise ServiceProblem(f"{self.remote.name}: {path} is no private key that can be read") from None
        self.tried.append(str(path))
        yield key

    def _of_agent(self) -> Iterator[paramiko.PKey]:
        try:
            agent = paramiko.Agent()
        except FAULTS:
            return  # there is none behind the socket
        with contextlib.closing(agent):
            for key in agent.get_keys():
                self.tried.append(f"the agent's {key.get_name()} {key.fingerprint}")
                yield key

    def _unlocked(self, path: Path) -> Iterator[paramiko.PKey]:
        for _ in range(TRIES if self.person.ask else 0):
            assert self.person.ask
            try:
                phrase = self.person.ask(f"Passphrase of {path}").encode()
                key = paramiko.PKey.from_path(path, phrase)  # type: ignore[arg-type]  # the stubs say str: it fails
            except UNREADABLE:
                continue
            self.tried.append(str(path))
            yield key
            return

    def _refused(self, takes: set[str]) -> ServiceProblem:
        hints = [f"tried: {', '.join(self.tried) or 'nothing, there is no key'}"]
        if takes:
            hints.append(f"it takes {', '.join(sorted(takes))}")
        if self.locked and not self.person.ask:
            hints.append(f"{self.locked[0]} has a passphrase: `ssh-add` it, or use a terminal, where it is asked for")
        if PASSWORDS & takes and not self.person.ask:
            hints.append("a password is asked for on a terminal only")
        hints.append(f"`ccr remote add {self.remote.name} --again --identity FILE` names another key")
        return ServiceProblem(f"{self.remote.name}: {self.remote} does not let us in; {'; '.join(hints)}")


@contextlib.contextmanager
def _watched(transport: paramiko.Transport, patience: Patience) -> Iterator[None]:
    """Asks for signs of life, and hangs up without: TCP alone waits a quarter of an hour for a host that vanished."""
    over = threading.Event()

    def ask() -> None:
        while transport.is_active() and not over.wait(patience.every):
            fuse = threading.Timer(patience.silence, transport.close)
            fuse.daemon = True
            fuse.start()
            with contextlib.suppress(*FAULTS):
                transport.global_request("keepalive@openssh.com", wait=True)
            fuse.cancel()

    threading.Thread(target=ask, daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _said(fault: Exception) -> str:
    match fault:
        case TimeoutError():
            return f"no answer within {CONNECT:g} s"
        case EOFError():
            return "it hung up"
        case OSError(strerror=str(text)):
            return text
        case paramiko.SSHException() if str(fault) == "No existing session":  # the greeting was not over in time
            return f"no answer within {CONNECT:g} s"
        case _:
            return str(fault) or type(fault).__name__
