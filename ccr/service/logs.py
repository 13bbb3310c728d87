"""The log, read: its last lines, those that come, and each as a line for people."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from ccr.messages.json import JsonObject

BLOCK = 64 * 1024
KIND = len("subagent Explore")
SHORT = 200  # characters of a reason; --json has it whole


def tail(path: Path, count: int) -> list[str]:
    """The last lines, without reading what comes before them."""
    if count < 1:
        return []
    with path.open("rb") as file:
        left = file.seek(0, os.SEEK_END)
        end = b""
        while left and end.count(b"\n") <= count:
            step = min(BLOCK, left)
            left -= step
            file.seek(left)
            end = file.read(step) + end
    return [line.decode(errors="replace") for line in end.removesuffix(b"\n").split(b"\n") if end][-count:]


def follow(path: Path, every: float = 0.25) -> Iterator[str]:
    """Lines as they are written, from now on, also after the file was rotated. Ends never."""
    start = path.stat().st_size
    while True:
        with path.open("rb") as file:
            file.seek(start)
            yield from _until_rotated(path, file, every)
        start = 0


def _until_rotated(path: Path, file: BinaryIO, every: float) -> Iterator[str]:
    part = b""
    while True:
        over = _is_another(path, file.fileno())
        *lines, part = (part + file.read()).split(b"\n")
        yield from (line.decode(errors="replace") for line in lines)
        if over:
            return
        if not lines:
            time.sleep(every)


def _is_another(path: Path, descriptor: int) -> bool:
    try:
        return path.stat().st_ino != os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False  # between two files of a rotation


def readable(line: str) -> str:
    """One line of the log for people; what is no such line stays as it is."""
    try:
        said = json.loads(line)
    except ValueError:
        return line
    if not isinstance(said, dict):
        return line
    said = _lined(said)
    clock = str(said.get("time", ""))[:19].replace("T", " ")
    return f"{clock}  {_request(said) if said.get('event') == 'request' else _event(said)}".strip()


def _lined(value: Any) -> Any:
    """Texts on one line each: what others wrote begins no line of the log."""
    match value:
        case str():
            return " ".join(value.split())
        case list():
            return [_lined(each) for each in value]
        case dict():
            return {name: _lined(each) for name, each in value.items()}
        case _:
            return value


def _request(said: JsonObject) -> str:
    asked_for = f"{said['asked_for']}: " if said.get("asked_for") else ""
    route = f"{_kind(said)}{asked_for}{said.get('rule') or '-'} -> {_path(said)}"
    figures = [
        f"{_number(said, 'input_tokens')} in",
        f"{_number(said, 'cache_read_tokens')} cached" if said.get("cache_read_tokens") else "",
        f"{_number(said, 'output_tokens')} out",
        f"first token {_seconds(said, 'first_token_ms')}" if said.get("first_token_ms") is not None else "",
        f"whole {_seconds(said, 'ms')}",
        str(said.get("id", "")),
    ]
    below = [f"\n{' ' * 21}{line}" for line in _wrong(said)]
    return f"{said.get('status', '-')}  {route}  {', '.join(filter(None, figures))}{''.join(below)}"


def _kind(said: JsonObject) -> str:
    """What the request was for, as a column."""
    kind = " ".join(str(said[name]) for name in ("class", "agent_type") if said.get(name))
    return f"{kind:{KIND}}  " if kind else ""


def _attempts(said: JsonObject) -> list[JsonObject]:
    attempts = said.get("attempts")
    return [tried for tried in attempts if isinstance(tried, dict)] if isinstance(attempts, list) else []


def _path(said: JsonObject) -> str:
    """All that were tried, where it was more than one: `openrouter,x key 2 limited -> groq,y`; who was passed over first."""
    attempts = _attempts(said)
    tried = [" ".join(filter(None, (_who(each), str(each.get("kind") or "")))) for each in attempts]
    over = said.get("passed_over")
    passed = f"({', '.join(map(str, over))} passed over) " if isinstance(over, list) and over else ""
    return passed + (" -> ".join(tried) if len(tried) > 1 else str(said.get("target") or "-"))


def _who(tried: JsonObject) -> str:
    return f"{tried.get('target')} key {tried['key']}" if tried.get("key") else str(tried.get("target"))


def _wrong(said: JsonObject) -> Iterator[str]:
    """Which target failed, and why; and what the client was told, unless that was said."""
    error, told = str(said.get("error") or ""), False
    for tried in _attempts(said):
        if failure := str(tried.get("failure") or ""):
            told = told or error.startswith(failure)
            why = failure.replace(f" [{tried.get('target')}]", "").replace(f" [{_who(tried)}]", "")
            how = "broke off" if tried.get("broke") else "failed"
            yield f"{_who(tried)} {how} after {_seconds(tried, 'ms')}: {_short(why)}"
    if error and not told:
        yield f"answered with the error: {_short(error)}"


def _short(text: object) -> str:
    line = str(text)
    return line if len(line) <= SHORT else f"{line[: SHORT - 1]}…"


def _event(said: JsonObject) -> str:
    known = ("time", "level", "event")
    rest = ", ".join(f"{name}: {value}" for name, value in said.items() if name not in known)
    return f"{said.get('level', '')}  {said.get('event', '')}  {rest}".strip()


def _number(said: JsonObject, name: str) -> str:
    value = said.get(name)
    return f"{value:,}" if isinstance(value, int) else "?"


def _seconds(said: JsonObject, name: str) -> str:
    value = said.get(name)
    return f"{value / 1000:.1f} s" if isinstance(value, int) else "?"
