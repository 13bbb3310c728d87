"""statusline, prompt: without typer, see ccr/__main__.py."""

import json
import os
import select
import sys
import time
from collections.abc import Callable, Mapping

from ccr import env
from ccr.service.nearby import NOBODY, Place, Said, activated, ask, decoded, place, quoted
from ccr.service.statusline.line import line
from ccr.service.statusline.values import session, values

PATIENCE = 0.1  # seconds for all of stdin
MOST_BYTES = 1024 * 1024
WIDTH = 120  # where nobody says how wide the terminal is
UNUSUAL = {0: "the router does not answer", 401: "the router does not take this shell's key"}


def statusline(*, as_json: bool = False) -> str:
    own = env.changed()
    said = decoded(_input())
    at = place(own)
    told = ask(at, f"/ccr/sessions/{quoted(session(said)) or '-'}") if at else NOBODY
    if as_json:
        return json.dumps({"status": told.status, **told.page}, indent=2, ensure_ascii=False)
    return _shown(told, said, own) if at else "ccr: claude does not go through the router"


def prompt() -> str:
    own = env.changed()
    at = place(own) if activated(own) else None
    return f"ccr:{_routed(at)}" if at else ""


def _routed(at: Place) -> str:
    told = ask(at, "/ccr/sessions")
    if told.status != 200:
        return "off" if told.status == 0 else "key?" if told.status == 401 else "?"
    return values(told.page, {}).model or "no-route"


def _shown(told: Said, said: Mapping[str, object], own: Mapping[str, str]) -> str:
    if told.status != 200 or "default" not in told.page:
        return f"ccr: {UNUSUAL.get(told.status, 'what answers is no router of ours')}"
    wanted = told.page.get("line")
    plain = bool(own.get("NO_COLOR")) or own.get("TERM") == "dumb"
    return line(values(told.page, said), wanted if isinstance(wanted, dict) else {}, _width(own), plain=plain)


def _width(own: Mapping[str, str]) -> int:
    columns = own.get("COLUMNS", "")
    return max(10, int(columns) - 4) if columns.isdecimal() and len(columns) < 6 else WIDTH  # claude indents it


def _input() -> bytes:
    """What is there: who forgets to close it is not waited for."""
    if sys.stdin is None or sys.stdin.isatty():
        return b""
    data, at, until = b"", sys.stdin.fileno(), time.monotonic() + PATIENCE
    while len(data) < MOST_BYTES and select.select([at], [], [], max(0.0, until - time.monotonic()))[0]:
        piece = os.read(at, 65536)
        if not piece:
            break
        data += piece
    return data


FAST: Mapping[tuple[str, ...], Callable[[], str]] = {
    ("statusline",): statusline,
    ("statusline", "--json"): lambda: statusline(as_json=True),
    ("prompt",): prompt,
}


def run(arguments: tuple[str, ...]) -> int:
    """Always 0, and never a stack trace: whatever goes wrong, the line stays short."""
    try:
        text = FAST[arguments]()
    except Exception as fault:  # noqa: BLE001 - the last wall
        text = f"ccr: no status line ({type(fault).__name__})" if arguments != ("prompt",) else ""
    if text and sys.stdout:
        _write(f"{text}\n".encode("utf-8", "replace"))
    return 0


def _write(line: bytes) -> None:
    """As UTF-8, whatever the locale; nobody need read it."""
    try:
        sys.stdout.buffer.write(line)
        sys.stdout.flush()
    except OSError:
        sys.stdout = None  # what is left is not tried again at the end
