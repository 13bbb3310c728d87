"""Host keys, and the files in OpenSSH's format that keep them (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT)."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from ccr.errors import ServiceProblem
from ccr.service import state

HASHED = "|1|"


@dataclass(frozen=True, slots=True)
class HostKey:
    kind: str
    blob: bytes

    @property
    def fingerprint(self) -> str:
        """As ssh-keygen -l prints it."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")

    @property
    def text(self) -> str:
        """As a line of a .pub file says it."""
        return f"{self.kind} {base64.b64encode(self.blob).decode()}"

    def __str__(self) -> str:
        return f"{self.kind} {self.fingerprint}"


def place(host: str, port: int) -> str:
    """The name under which a known_hosts file has a host."""
    return host if port == 22 else f"[{host}]:{port}"


def parse(text: str) -> HostKey | None:
    """`ssh-ed25519 AAAA… comment`; None: that is no key."""
    kind, _, rest = text.strip().partition(" ")
    try:
        blob = base64.b64decode((rest.split() or [""])[0], validate=True)
    except (binascii.Error, ValueError):
        return None
    said = blob[4 : 4 + int.from_bytes(blob[:4], "big")]  # the key says its kind itself, too
    return HostKey(kind, blob) if kind and said == kind.encode() else None


def read(path: Path, name: str | None = None) -> tuple[HostKey, ...]:
    """The keys of the host `name`, or without one all keys. Those of certificate authorities are left out."""
    keys: list[HostKey] = []
    revoked: list[HostKey] = []
    for mark, names, key in _entries(path):
        if mark == "@revoked":
            revoked.append(key)
        elif not mark and (name is None or _names(names, name)):
            keys.append(key)
    return tuple(key for key in dict.fromkeys(keys) if key not in revoked)


def replace(path: Path, name: str, keys: Iterable[HostKey]) -> None:
    """From now on `name` has these keys; without any it is forgotten."""
    kept = [line for line in (_text(path) if path.exists() else "").splitlines() if line.partition(" ")[0] != name]
    state.folder(path.parent)
    state.replace(path, "".join(f"{line}\n" for line in (*kept, *(f"{name} {key.text}" for key in keys))).encode())


def _entries(path: Path) -> Iterator[tuple[str, str, HostKey]]:
    for line in _text(path).splitlines():
        mark, rest = line.split(None, 1) if line.startswith("@") and len(line.split()) > 1 else ("", line)
        names, _, key = rest.strip().partition(" ")
        found = parse(key)
        if found and not names.startswith("#"):
            yield mark, names, found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise ServiceProblem(f"{path}: cannot be read: {error.strerror}") from None


def _names(names: str, name: str) -> bool:
    """Whether a line's first column means this host; a name with ! before it excludes it."""
    if names.startswith(HASHED):
        return _hashes(names, name)
    patterns = names.split(",")
    if any(pattern.startswith("!") and _matches(pattern[1:], name) for pattern in patterns):
        return False
    return any(_matches(pattern, name) for pattern in patterns)


def _matches(pattern: str, name: str) -> bool:
    return fnmatchcase(name.lower(), pattern.lower().replace("[", "[[]"))  # only * and ? are special there


def _hashes(hashed: str, name: str) -> bool:
    salt, _, digest = hashed.removeprefix(HASHED).partition("|")
    try:
        ours = hmac.digest(base64.b64decode(salt), name.lower().encode(), "sha1")
        return hmac.compare_digest(ours, base64.b64decode(digest))
    except binascii.Error:
        return False
