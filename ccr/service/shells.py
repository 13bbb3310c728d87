"""The text that sets the environment in each shell."""

import re
import shlex
from collections.abc import Mapping
from typing import Literal, get_args

from ccr.env import KEPT
from ccr.service.client import Environment

Shell = Literal["bash", "zsh", "fish", "pwsh"]

PWSH_QUOTES = re.compile("(['\u2018\u2019\u201a\u201b])")  # each of these ends a single-quoted string there


def current_shell(env: Mapping[str, str]) -> Shell:
    """The user's shell; bash's words, which every POSIX shell understands, where it is another."""
    name = env.get("SHELL", "").rpartition("/")[2]
    return next((shell for shell in get_args(Shell) if shell == name), "bash")


def text(shell: Shell, environment: Environment) -> str:
    lines = [*(_keep(shell, name) for name in environment.kept), *(_unset(shell, name) for name in environment.unset)]
    lines += [_set(shell, name, value) for name, value in environment.set.items()]
    return "\n".join(lines) + "\n"


def quoted(shell: Shell, value: str) -> str:
    match shell:
        case "bash" | "zsh":
            return shlex.quote(value)
        case "fish":
            return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
        case "pwsh":
            return "'" + PWSH_QUOTES.sub(r"\1\1", value) + "'"


def _set(shell: Shell, name: str, value: str) -> str:
    match shell:
        case "bash" | "zsh":
            return f"export {name}={quoted(shell, value)}"
        case "fish":
            return f"set -gx {name} {quoted(shell, value)}"
        case "pwsh":
            return f"$Env:{name} = {quoted(shell, value)}"


def _unset(shell: Shell, name: str) -> str:
    match shell:
        case "bash" | "zsh":
            return f"unset {name}"
        case "fish":
            return f"set -e {name}"
        case "pwsh":
            return f"Remove-Item -ErrorAction Ignore Env:{name}"


def _keep(shell: Shell, name: str) -> str:
    """By name, so that no key is printed."""
    match shell:
        case "bash" | "zsh":
            return f'[ -z "${{{name}-}}" ] || export {KEPT}{name}="${name}"'
        case "fish":
            return f'test -z "${name}"; or set -gx {KEPT}{name} "${name}"'
        case "pwsh":
            return f"if ($Env:{name}) {{ $Env:{KEPT}{name} = $Env:{name} }}"
