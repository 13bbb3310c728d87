"""Claude Code's settings: their `env` beats the process's environment, so where the two differ ours is given as settings
too. Where they do not, nothing is given.
"""

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from ccr.messages.json import JsonObject
from ccr.service.client import Environment

OPTION = "--settings"
HELPER = "apiKeyHelper"
STATUS_LINE = "statusLine"
REFRESH = 5  # seconds: without, the line stands still while claude asks again and again
MANAGED = Path("/Library/Application Support/ClaudeCode" if sys.platform == "darwin" else "/etc/claude-code")
# Where the user's settings say otherwise, requests would not reach the router, or not as asked.
DECISIVE = ("ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_CUSTOM_HEADERS", "NO_PROXY", "no_proxy")


@dataclass(frozen=True, slots=True)
class Given:
    """The user's own `--settings`, and the arguments around it."""

    settings: JsonObject
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layer:
    """A place where settings stand."""

    place: str
    settings: JsonObject | None
    managed: bool = False  # an administrator's: it counts more than anything that can be given

    @property
    def remedy(self) -> str:
        if self.managed:
            return "whoever manages this machine can take it out there"
        return "take it out there" if self.place == OPTION else "take it out there, or use `ccr code`"


def layers(
    env: Mapping[str, str], folder: Path, given: JsonObject | None = None, managed: Path = MANAGED
) -> tuple[Layer, ...]:
    """Those that claude would read here; a later one counts more."""
    own = [Layer(str(path), read(path)) for path in files(env, folder)]
    above = [Layer(str(path), read(path), managed=True) for path in managed_files(managed)]
    return (*own, *([Layer(OPTION, given)] if given else []), *above)


def files(env: Mapping[str, str], folder: Path) -> tuple[Path, ...]:
    """Where settings of the user and of the project lie."""
    project = folder / ".claude"
    paths = (config_folder(env) / "settings.json", project / "settings.json", project / "settings.local.json")
    return tuple(dict.fromkeys(paths))  # at home, the project's folder is the user's


def config_folder(env: Mapping[str, str]) -> Path:
    """Where claude keeps what is the user's."""
    return Path(env["CLAUDE_CONFIG_DIR"]) if env.get("CLAUDE_CONFIG_DIR") else Path(env.get("HOME", "~")) / ".claude"


def managed_files(folder: Path) -> tuple[Path, ...]:
    parts = sorted((folder / "managed-settings.d").glob("*.json"))
    return (folder / "managed-settings.json", *parts)


def given(arguments: Sequence[str]) -> Given | None:
    """The last one counts, as for claude. None: there is none, or none that we can read; claude says why."""
    words = iter(arguments)
    others: list[str] = []
    value: str | None = None
    for word in words:
        if word == "--":
            others += [word, *words]
        elif word == OPTION:
            value = next(words, "")
        elif word.startswith(f"{OPTION}="):
            value = word.partition("=")[2]
        else:
            others.append(word)
    if not value:
        return None
    settings = _parsed(value) if value.lstrip().startswith("{") else read(Path(value).expanduser())
    return None if settings is None else Given(settings, tuple(others))


def read(path: Path) -> JsonObject | None:
    try:
        return _parsed(path.read_text())
    except (OSError, UnicodeDecodeError):
        return None


def readable(path: Path) -> bool:
    """An empty file says nothing, and nothing wrong."""
    return read(path) is not None or path.stat().st_size == 0


def _parsed(text: str) -> JsonObject | None:
    try:
        settings = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return cast(JsonObject, settings) if isinstance(settings, dict) else None


def environment_in(settings: Sequence[JsonObject | None]) -> dict[str, str]:
    """What the `env` blocks say; a later one wins."""
    said: dict[str, str] = {}
    for one in settings:
        values = one.get("env") if one else None
        if isinstance(values, Mapping):
            said |= {name: str(value) for name, value in values.items()}
    return said


def overlay(said: Mapping[str, str], ours: Environment) -> dict[str, str]:
    """What must be said again as settings, because the settings say otherwise."""
    again = {
        name: ours.set[name]
        for name in DECISIVE
        if name in ours.set and said.get(name, ours.set[name]) != ours.set[name]
    }
    return again | {name: "" for name in ours.unset if said.get(name)}


def with_environment(settings: JsonObject, values: Mapping[str, str]) -> JsonObject:
    return {**settings, "env": {**environment_in([settings]), **values}} if values else settings


def status_line(settings: Sequence[JsonObject | None]) -> JsonObject:
    """Ours, unless the user has one."""
    if any(one and one.get(STATUS_LINE) for one in settings):
        return {}
    program = Path(sys.executable).with_name("ccr")
    words = [str(program)] if program.exists() else [sys.executable, "-m", "ccr"]
    return {STATUS_LINE: {"type": "command", "command": shlex.join([*words, "statusline"]), "refreshInterval": REFRESH}}


def helped(settings: Sequence[JsonObject | None]) -> bool:
    """Whether a program of the user's gives claude a key; an empty name of it switches that off, a null does not."""
    said = [one[HELPER] for one in settings if one and HELPER in one]
    return bool(said and said[-1])
