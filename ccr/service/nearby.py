"""Asks the router, or another server nearby, by a bare socket: which router that is, and what it says."""

import contextlib
import json
import os
import socket
import time
from collections.abc import Mapping
from typing import NamedTuple

PATIENCE = 0.2  # seconds, for all of it; a router that is well answers within three milliseconds
MOST_BYTES = 1024 * 1024
STATE = "ccr.state.json"
PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~")

Object = Mapping[str, object]


class Place(NamedTuple):
    host: str
    port: int
    key: str


class Said(NamedTuple):
    status: int  # 0: nobody answers
    page: Object


NOBODY = Said(0, {})


def place(env: Mapping[str, str]) -> Place | None:
    """Where Claude Code's requests go, else the router that CCR_ROUTER names, else one of ours that runs.

    None: they go elsewhere.
    """
    state = _state(env)
    address = env.get("ANTHROPIC_BASE_URL") or env.get("CCR_ROUTER")
    if not address:
        return state
    host, port = _split(address)
    if not host:
        return None
    key = _own_header(env.get("ANTHROPIC_CUSTOM_HEADERS", "")) or env.get("ANTHROPIC_AUTH_TOKEN")
    key = key or env.get("CCR_API_KEY") or (state.key if state and state.port == port and _is_near(host) else "")
    return Place(host, port, key)


def activated(env: Mapping[str, str]) -> bool:
    """This shell's claude speaks to a router of ours."""
    ours = env.get("CCR_ROUTER") or any(name.startswith("CCR_KEPT_") for name in env)
    return bool(ours and _split(env.get("ANTHROPIC_BASE_URL", ""))[0])


def ask(place: Place, path: str, patience: float = PATIENCE) -> Said:
    deadline = time.monotonic() + patience
    key = f"x-ccr-key: {place.key}\r\nauthorization: Bearer {place.key}\r\n" if place.key else ""
    # 1.0: nothing comes in chunks
    head = f"GET {path} HTTP/1.0\r\nhost: {_bracketed(place.host)}:{place.port}\r\n{key}\r\n"
    try:
        question = head.encode("latin-1")
        with socket.create_connection((_resolved(place.host, patience), place.port), timeout=patience) as connection:
            connection.sendall(question)
            return _answer(_whole(connection, deadline))
    except (OSError, ValueError):
        return NOBODY


def quoted(name: str) -> str:
    """A name as a part of a path."""
    return "".join(chr(byte) if chr(byte) in PLAIN else f"%{byte:02X}" for byte in name.encode("utf-8", "replace"))


def decoded(data: bytes) -> Object:
    """A JSON object, or an empty one."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _whole(connection: socket.socket, deadline: float) -> bytes:
    """Up to its end, whether or not the connection ends."""
    received = b""
    while len(received) < MOST_BYTES and not _complete(received):
        connection.settimeout(max(0.001, deadline - time.monotonic()))
        piece = connection.recv(65536)
        if not piece:
            break
        received += piece
    return received


def _complete(received: bytes) -> bool:
    head, _, body = received.lower().partition(b"\r\n\r\n")
    length = head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0].strip()
    return length.isdigit() and len(body) >= int(length)


def _answer(received: bytes) -> Said:
    head, _, body = received.partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():
        return NOBODY
    return Said(int(words[1]), decoded(body))


def _resolved(host: str, patience: float) -> str:
    """Its address. The system's look-up takes as long as it likes, so that a name is looked up beside us."""
    if host == "localhost" or ":" in host or host.replace(".", "").isdigit():
        return host
    import threading  # noqa: PLC0415 - hardly ever needed

    found: list[str] = []

    def look_up() -> None:
        with contextlib.suppress(OSError, UnicodeError):  # as for a name of 300 letters
            found.append(str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0]))

    looking = threading.Thread(target=look_up, daemon=True)
    looking.start()
    looking.join(patience)
    if not found:
        raise OSError(f"{host} has no address")
    return found[0]


def _split(address: str) -> tuple[str, int]:
    """http://HOST:PORT; an empty host: it is nothing of ours."""
    scheme, _, rest = address.partition("://")
    place = rest.partition("/")[0]
    host, _, port = place.rpartition(":")
    if scheme != "http" or not host or not port.isdigit() or "@" in host:
        return "", 0
    return host.strip("[]"), int(port)


def at_once(path: str, flags: int) -> int:
    """An opener for `open`: a pipe in a file's place is not waited for."""
    return os.open(path, flags | os.O_NONBLOCK)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _is_near(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def _own_header(headers: str) -> str:
    for line in headers.splitlines():
        name, _, value = line.partition(":")
        if name.strip().lower() == "x-ccr-key":
            return value.strip()
    return ""


def _state(env: Mapping[str, str]) -> Place | None:
    """What the router of this user wrote down when it started."""
    home = env.get("CCR_HOME") or os.path.join(env.get("HOME") or "/", ".claude-code-router")
    try:
        with open(os.path.join(home, STATE), "rb", opener=at_once) as file:
            state = decoded(file.read(MOST_BYTES))
    except (OSError, TypeError):
        return None
    host, port, key = state.get("host"), state.get("port"), state.get("key")
    if not isinstance(host, str) or not isinstance(port, int):
        return None
    near = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)
    return Place(near, port, key if isinstance(key, str) else "")
