"""Who listens on a port of this machine."""

import errno
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ccr.errors import ServiceProblem
from ccr.service.state import PROC

LISTEN = "0A"
SHORT = 60  # characters of a command


@dataclass(frozen=True, slots=True)
class Owner:
    pid: int
    command: str

    def __str__(self) -> str:
        return f"pid {self.pid}: {self.command}"


def refuse_taken(host: str, port: int) -> None:
    """Raises when nothing can listen there, and says why."""
    try:
        places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise ServiceProblem(f"HOST {host!r} is no address of this machine: {error.strerror}") from error
    family, kind, protocol, _, place = places[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(place)
        except OSError as error:
            raise ServiceProblem(reason(host, port, error)) from error


def reason(host: str, port: int, error: OSError, proc: Path = PROC) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            by = owner(port, proc)
            taken = f"by {by}" if by else "by a process that cannot be seen from here"
            return f"port {port} is taken {taken}; stop that, or choose another port (--port, CCR_PORT, or PORT in the file)"
        case errno.EACCES:
            return f"port {port} may only be opened by root; choose one above 1023"
        case _:
            return f"cannot listen on {host}:{port}: {error.strerror}"


def owner(port: int, proc: Path = PROC) -> Owner | None:
    """The process that listens on `port`, where the system tells."""
    inodes = {f"socket:[{inode}]" for table in ("tcp", "tcp6") for inode in _listeners(proc / "net" / table, port)}
    for process in sorted(proc.glob("[0-9]*")):
        if inodes and not inodes.isdisjoint(_sockets(process)):
            return Owner(int(process.name), _command(process))
    return None


def _listeners(table: Path, port: int) -> Iterator[str]:
    try:
        lines = table.read_text().splitlines()[1:]
    except OSError:
        return
    for fields in map(str.split, lines):
        if fields[3] == LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
            yield fields[9]


def _sockets(process: Path) -> Iterator[str]:
    try:
        for link in (process / "fd").iterdir():
            yield str(link.readlink())
    except OSError:
        return  # not ours, or gone


def _command(process: Path) -> str:
    """The first words only, and no programs that are written out in them: keys may follow."""
    try:
        words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return "?"
    line = " ".join(" ".join(words[:3]).split())
    return line if len(line) <= SHORT else f"{line[: SHORT - 1]}…"
