"""A port of this machine that leads to a port of a remote."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import paramiko

from ccr.errors import ServiceProblem
from ccr.service import ports
from ccr.service.remote.ssh import Connection
from ccr.service.remote.streams import FAULTS, Pump, closing

HERE = "127.0.0.1"
LOOK = 0.25  # seconds between two looks whether the connection still stands
REFUSED = 2  # SSH_OPEN_CONNECT_FAILED, RFC 4254, 5.1


@contextlib.contextmanager
def listening(port: int) -> Iterator[socket.socket]:
    """On this machine only; port 0 is any that is free."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HERE, port))
        except OSError as error:
            raise ServiceProblem(ports.reason(HERE, port, error)) from error
        listener.listen(128)
        listener.settimeout(LOOK)
        yield listener


def forward(connection: Connection, listener: socket.socket, to: int, warn: Callable[[str], object]) -> None:
    """Carries what connects to `listener`, for as long as the connection stands; then raises."""
    while connection.alive:
        with contextlib.suppress(TimeoutError):
            here, source = listener.accept()
            threading.Thread(target=_carry, args=(connection, here, source, to, warn), daemon=True).start()
    raise connection.lost()


def _carry(
    connection: Connection, here: socket.socket, source: tuple[str, int], to: int, warn: Callable[[str], object]
) -> None:
    with here:
        try:
            there = connection.tunnel(to, source)
        except FAULTS as fault:
            warn(_why(connection, to, fault))
            return
        with closing(there):
            here.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            up = Pump(here.recv, there.sendall, there.shutdown_write)
            down = Pump(there.recv, here.sendall, lambda: _end(here, there))
            up.start()
            down.run()
            up.join()


def _end(here: socket.socket, there: paramiko.Channel) -> None:
    """Nothing more comes from there; what is here may still go on, unless there is nobody any more."""
    here.shutdown(socket.SHUT_RDWR if there.closed else socket.SHUT_WR)


def _why(connection: Connection, to: int, fault: Exception) -> str:
    name = connection.remote.name
    if not isinstance(fault, paramiko.ChannelException):
        return f"{name}: no tunnel to port {to}: {fault}"
    if fault.code == REFUSED:
        return f"{name}: nothing answers on port {to} there; `ccr remote status {name}` says what runs"
    return f"{name}: the host allows no tunnel to port {to} (its sshd_config: AllowTcpForwarding, PermitOpen)"
