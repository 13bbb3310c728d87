"""An SSH server on loopback, with scripted commands. It lets in whom it is told to, and shows the key it is given."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import paramiko
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from paramiko import common

from ccr.service.remote.known_hosts import HostKey
from ccr.service.remote.remotes import Remote
from ccr.service.remote.streams import FAULTS, Pump, closing

Command = Callable[[paramiko.Channel], int | None]  # returns the exit code; None: it ends without one

USER = "developer"


def printing(out: bytes = b"", err: bytes = b"", code: int = 0) -> Command:
    def command(channel: paramiko.Channel) -> int:
        channel.sendall(out)
        channel.sendall_stderr(err)
        return code

    return command


def echo(channel: paramiko.Channel) -> int:
    """What it is given, until that ends."""
    while data := channel.recv(32 * 1024):
        channel.sendall(data)
    return 0


QUICK = serialization.PrivateFormat.OpenSSH.encryption_builder().kdf_rounds(1)  # 16 take a quarter of a second


def made(path: Path, passphrase: str = "") -> paramiko.PKey:
    """A new key, in a file as ssh-keygen writes it."""
    lock = QUICK.build(passphrase.encode()) if passphrase else serialization.NoEncryption()
    forms = (serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(Ed25519PrivateKey.generate().private_bytes(*forms, lock))
    return paramiko.PKey.from_path(path, passphrase.encode() if passphrase else None)  # type: ignore[arg-type]


def public(key: paramiko.PKey) -> HostKey:
    return HostKey(key.get_name(), key.asbytes())


@dataclass(slots=True)
class Server:
    host_key: paramiko.PKey
    commands: Mapping[str, Command] = field(default_factory=dict)
    users_key: paramiko.PKey | None = None  # None: no key fits
    password: str | None = None
    port: int = 0
    ran: list[str] = field(default_factory=list)
    signals: list[str] = field(default_factory=list)
    attempts: list[str] = field(default_factory=list)  # how somebody tried to log in
    sizes: list[tuple[int, int]] = field(default_factory=list)
    silent: bool = False  # signs of life are not answered
    tunnels: bool = True
    _transports: list[paramiko.Transport] = field(default_factory=list)

    def remote(self, identity: Path | None = None, name: str = "box") -> Remote:
        return Remote(name, USER, "127.0.0.1", self.port, str(identity) if identity else None)

    def hang_up(self) -> None:
        for transport in self._transports:
            transport.close()

    def until(self, thing: Callable[[], object], seconds: float = 5) -> None:
        end = time.monotonic() + seconds
        while not thing():
            assert time.monotonic() < end, "it did not come to that"
            time.sleep(0.01)

    def meet(self, line: socket.socket) -> None:
        transport = _Transport(line, self.signals)
        transport.add_server_key(self.host_key)
        self._transports.append(transport)
        door = _Door(self, transport)
        with contextlib.suppress(*FAULTS):
            transport.start_server(event=threading.Event(), server=door)
            threading.Thread(target=door.take_up, daemon=True).start()


class _Transport(paramiko.Transport):
    """Starts a command after it has replied that it runs: a quick one could otherwise be over before.

    And it hears of signals, which paramiko leaves out.
    """

    def __init__(self, line: socket.socket, signals: list[str]) -> None:
        super().__init__(line)
        self.next: threading.Thread | None = None
        self._signals = signals
        self._channel_handler_table = {**super()._channel_handler_table, common.MSG_CHANNEL_REQUEST: self._requested}  # type: ignore[misc]

    def _requested(self, channel: paramiko.Channel, message: paramiko.Message) -> None:
        if message.get_text() == "signal":
            message.get_boolean()
            self._signals.append(message.get_text())
            return
        message.rewind()
        message.get_int()  # the channel's number
        channel._handle_request(message)  # type: ignore[attr-defined]

    def _send_user_message(self, data: paramiko.Message) -> None:
        super()._send_user_message(data)  # type: ignore[misc]  # the stubs leave it out
        started, self.next = self.next, None
        if started:
            started.start()


class _Door(paramiko.ServerInterface):
    def __init__(self, server: Server, transport: _Transport) -> None:
        self._server, self._transport = server, transport
        self._lines: dict[int, socket.socket] = {}

    def get_allowed_auths(self, username: str) -> str:
        return "publickey,password" if self._server.password else "publickey"

    def check_auth_none(self, username: str) -> int:
        self._server.attempts.append("none")
        return common.AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self._server.attempts.append("key")
        fits = username == USER and key == self._server.users_key
        return common.AUTH_SUCCESSFUL if fits else common.AUTH_FAILED

    def check_auth_password(self, username: str, password: str) -> int:
        self._server.attempts.append("password")
        fits = username == USER and password == self._server.password
        return common.AUTH_SUCCESSFUL if fits else common.AUTH_FAILED

    def check_global_request(self, kind: str, msg: paramiko.Message) -> bool:
        while self._server.silent and self._transport.is_active():
            time.sleep(0.01)  # in the server's only reading thread: it is as good as gone
        return False

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return common.OPEN_SUCCEEDED

    def check_channel_pty_request(
        self,
        channel: paramiko.Channel,
        term: bytes,
        width: int,
        height: int,
        pixelwidth: int,
        pixelheight: int,
        modes: bytes,
    ) -> bool:
        self._server.sizes.append((width, height))
        return True

    def check_channel_window_change_request(
        self, channel: paramiko.Channel, width: int, height: int, pixelwidth: int, pixelheight: int
    ) -> bool:
        self._server.sizes.append((width, height))
        return True

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        text = command.decode()
        self._server.ran.append(text)
        run = self._server.commands.get(text)
        if run:
            self._transport.next = threading.Thread(target=_run, args=(channel, run), daemon=True)
        return run is not None

    def check_channel_direct_tcpip_request(
        self, chanid: int, origin: tuple[str, int], destination: tuple[str, int]
    ) -> int:
        if not self._server.tunnels:
            return common.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED
        try:
            line = socket.create_connection(destination, timeout=5)
        except OSError:
            return common.OPEN_FAILED_CONNECT_FAILED
        line.settimeout(None)
        self._lines[chanid] = line
        return common.OPEN_SUCCEEDED

    def take_up(self) -> None:
        """The channels that were opened; a tunnel's is connected with its line."""
        while self._transport.is_active():
            channel = self._transport.accept(0.2)
            line = self._lines.pop(channel.get_id(), None) if channel else None
            if channel and line:
                threading.Thread(target=_carry, args=(channel, line), daemon=True).start()


def _run(channel: paramiko.Channel, command: Command) -> None:
    with closing(channel), contextlib.suppress(*FAULTS):
        code = command(channel)
        if code is not None:
            channel.send_exit_status(code)


def _carry(channel: paramiko.Channel, line: socket.socket) -> None:
    with line, closing(channel):
        back = Pump(line.recv, channel.sendall, channel.shutdown_write)
        back.start()
        Pump(channel.recv, line.sendall, lambda: line.shutdown(socket.SHUT_WR)).run()
        back.join()


@contextlib.contextmanager
def listening(server: Server) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.port = listener.getsockname()[1]
        threading.Thread(target=_welcome, args=(listener, server), daemon=True).start()
        try:
            yield server
        finally:
            server.hang_up()
            listener.shutdown(socket.SHUT_RDWR)


def _welcome(listener: socket.socket, server: Server) -> None:
    with contextlib.suppress(OSError):  # the listener was closed
        while True:
            server.meet(listener.accept()[0])
