"""How each shell is opened so that the user's own start-up files come first, then our environment and a mark in the prompt."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ccr.errors import ServiceProblem
from ccr.service import shells, state
from ccr.service.client import Environment

NO_SHELLS = ("nologin", "false")

BASH = """[ -f ~/.bashrc ] && . ~/.bashrc
{changes}"""
ZSHENV = """[ -f {folder}/.zshenv ] && . {folder}/.zshenv
"""
ZSHRC = """ZDOTDIR={folder}
[ -f {folder}/.zshrc ] && . {folder}/.zshrc
{changes}"""


@dataclass(frozen=True, slots=True)
class Opening:
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)  # beside the environment itself


def user_shell(env: Mapping[str, str]) -> str:
    """$SHELL, or what there is."""
    path = env.get("PATH", "")
    for name in (env.get("SHELL", ""), "bash", "sh"):
        found = shutil.which(name, path=path) if name else None
        if found and Path(found).name not in NO_SHELLS:
            return found
    raise ServiceProblem("there is no shell: SHELL names none, and neither bash nor sh is on the PATH")


def opening(shell: str, environment: Environment, folder: Path, env: Mapping[str, str]) -> Opening:
    """`folder` holds the start-up files that are needed; they hold the key, and are for the user alone."""
    match Path(shell).name:
        case "bash":
            return Opening((shell, "--rcfile", _file(folder / "bashrc", BASH, changes=_changes("bash", environment))))
        case "zsh":
            own = shells.quoted("zsh", env.get("ZDOTDIR") or env.get("HOME", ""))
            _file(folder / ".zshenv", ZSHENV, folder=own)
            _file(folder / ".zshrc", ZSHRC, folder=own, changes=_changes("zsh", environment))
            return Opening((shell,), {"ZDOTDIR": str(folder)})
        case "fish":
            path = _file(folder / "config.fish", "{changes}", changes=_changes("fish", environment))
            return Opening((shell, "--init-command", f"source {shells.quoted('fish', path)}"))
        case _:
            return Opening((shell,), {"PS1": f"{shells.MARK}$ "})


def _changes(shell: shells.Shell, environment: Environment) -> str:
    return shells.text(shell, environment, mark=True)


def _file(path: Path, template: str, **values: str) -> str:
    state.replace(path, template.format(**values).encode())
    return str(path)
