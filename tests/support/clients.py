"""Claude Code in the versions that the contract is tested with: the pinned one and two older ones."""

import json
from dataclasses import dataclass
from pathlib import Path

from tests.support.running import CHECKOUT, CLAUDE, Person


@dataclass(frozen=True, slots=True)
class Client(Person):
    """Somebody with this version of claude."""

    version: tuple[int, ...] = ()


def programs() -> dict[str, Path]:
    """Version -> where its program lies, the newest first. scripts/install and scripts/clients bring them."""
    pinned = _dependencies("devcontainer/npm", "devDependencies")["@anthropic-ai/claude-code"]
    older = [name.removeprefix("claude-") for name in _dependencies("tests/e2e/clients", "dependencies")]
    ordered = sorted(older, key=numbers, reverse=True)
    return {pinned: CLAUDE, **{each: CHECKOUT / ".tools" / "clients" / each / "claude" for each in ordered}}


def numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _dependencies(folder: str, kind: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((CHECKOUT / folder / "package.json").read_text())[kind]
    return found
