"""The hosts with a ccr of their own that this machine knows by a name, and where their keys are kept."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ccr.errors import ServiceProblem
from ccr.service import state
from ccr.service.remote import known_hosts
from ccr.service.remote.known_hosts import HostKey

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
TARGET = re.compile(
    r"(?:(?P<user>[^@\s]+)@)?"
    r"(?:\[(?P<bracketed>[^-@\s\[\]][^@\s\[\]]*)\]|(?P<host>[^-@:\s\[\]][^@:\s\[\]]*))"
    r"(?::(?P<port>\d{1,5}))?"
)


@dataclass(frozen=True, slots=True)
class Remote:
    name: str
    user: str
    host: str
    port: int = 22
    identity: str | None = None  # the file of a private key

    @property
    def place(self) -> str:
        return known_hosts.place(self.host, self.port)

    def __str__(self) -> str:
        return f"{self.user}@{self.place}"


def parse(name: str, target: str, user: str, identity: Path | None = None) -> Remote:
    """`[user@]host[:port]`; an IPv6 address stands in brackets. `user` where it names none."""
    found = TARGET.fullmatch(target)
    port = int(found["port"] or 22) if found else 0
    if not found or not 0 < port < 65536:
        raise ServiceProblem(
            f"{target!r} is no place: it is [user@]host[:port], and an IPv6 address stands in brackets"
        )
    return Remote(_valid(name), found["user"] or user, found["bracketed"] or found["host"], port, _file(identity))


def instance(home: Path, name: str) -> tuple[Remote, tuple[HostKey, ...]] | None:
    """A container of this machine, as its folder describes it."""
    folder = home / "containers" / _valid(name)
    if not folder.is_dir():
        return None
    said = _ssh_config(folder / "ssh_config")
    keys = known_hosts.read(folder / "known_hosts")
    if not keys or not {"hostname", "user"} <= said.keys() or not said.get("port", "22").isdecimal():
        raise ServiceProblem(f"{folder}: ssh_config lacks HostName, Port or User, or known_hosts a key; make it anew")
    identity = str(folder / "id_ed25519")
    return Remote(name, said["user"], said["hostname"], int(said.get("port", "22")), identity), keys


def every(home: Path) -> tuple[Remote, ...]:
    """By name."""
    path = _store(home)
    try:
        known = msgspec.json.decode(path.read_bytes(), type=list[Remote])
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise ServiceProblem(f"{path}: cannot be read: {error.strerror}") from None
    except msgspec.MsgspecError as error:
        raise ServiceProblem(
            f"{path}: is no list of remotes: {error}; mend it, or remove it and add them again"
        ) from None
    return tuple(sorted(known, key=lambda remote: remote.name))


def find(home: Path, name: str) -> Remote | None:
    return next((remote for remote in every(home) if remote.name == name), None)


def named(home: Path, name: str) -> Remote:
    """Raises for a name that is not known."""
    if found := find(home, name):
        return found
    names = ", ".join(remote.name for remote in every(home))
    known = f"known: {names}" if names else "none is known"
    raise ServiceProblem(f"there is no remote {name} ({known}); `ccr remote add {name} [user@]host[:port]` adds it")


def save(home: Path, remote: Remote, keys: Iterable[HostKey]) -> None:
    """Takes the place of what had the name before."""
    forget(home, remote.name)
    known_hosts.replace(keys_path(home), remote.place, keys)
    _write(home, (*every(home), remote))


def forget(home: Path, name: str) -> None:
    """Its host key goes with it, unless another remote is at the same place."""
    known = every(home)
    rest = tuple(remote for remote in known if remote.name != name)
    for gone in {remote.place for remote in known} - {remote.place for remote in rest}:
        known_hosts.replace(keys_path(home), gone, ())
    _write(home, rest)


def keys(home: Path, remote: Remote) -> tuple[HostKey, ...]:
    path = keys_path(home)
    return known_hosts.read(path, remote.place) if path.exists() else ()


def keys_path(home: Path) -> Path:
    return home / "remotes_known_hosts"


def _store(home: Path) -> Path:
    return home / "remotes.json"


def _write(home: Path, remotes: Iterable[Remote]) -> None:
    state.folder(home)
    state.replace(_store(home), msgspec.json.format(msgspec.json.encode(list(remotes)), indent=2))


def _valid(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ServiceProblem(f"{name!r} is no name for a remote: letters, digits, - _ and . make one")
    return name


def _file(path: Path | None) -> str | None:
    if path is None:
        return None
    if not path.expanduser().is_file():
        raise ServiceProblem(f"--identity {path}: there is no such file")
    return str(path.expanduser().absolute())


def _ssh_config(path: Path) -> dict[str, str]:
    """Keyword and value of each line; the first of a keyword holds."""
    said: dict[str, str] = {}
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise ServiceProblem(f"{path}: cannot be read: {error.strerror}") from None
    for line in lines:
        keyword, *value = re.split(r"[\s=]+", line.strip(), maxsplit=1)
        said.setdefault(keyword.lower(), "".join(value).strip('" '))
    return said
