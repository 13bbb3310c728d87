"""The text that changes the environment in each shell, and the text that undoes it: a row of forms per shell.

What is changed is kept by name, so that no key is printed but the router's own.
"""

import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from ccr.env import ADDED, HIDDEN, KEPT, NAMES, restored
from ccr.service.client import Environment

Shell = Literal["bash", "zsh", "fish", "pwsh"]

PROC = Path("/proc")
POSIX_SHELLS = ("sh", "dash", "ash", "ksh", "mksh", "busybox")  # understand bash's words here
PWSH_QUOTES = re.compile("(['\u2018\u2019\u201a\u201b])")  # each of these ends a single-quoted string there
MARK = "(ccr) "


@dataclass(frozen=True, slots=True)
class Forms:
    """`%(name)s` is the variable, `%(value)s` a quoted text."""

    quoted: Callable[[str], str]
    set: str
    unset: str
    keep: str  # what it is now
    keep_first: str  # the same, but not where something is kept already
    add: str  # a folder to PATH, once
    back: str  # what was kept
    gone: str  # it was not set before
    mark: str  # in the prompt
    unmark: str


def _fish_quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _pwsh_quoted(value: str) -> str:
    return "'" + PWSH_QUOTES.sub(r"\1\1", value) + "'"


POSIX = Forms(
    shlex.quote,
    set="export %(name)s=%(value)s",
    unset="unset %(name)s",
    keep='[ -z "${%(name)s+x}" ] || export ' + KEPT + '%(name)s="$%(name)s"',
    keep_first='[ -n "${' + NAMES + '+x}" ] || [ -z "${%(name)s+x}" ] || export ' + KEPT + '%(name)s="$%(name)s"',
    add='case ":$PATH:" in *:%(value)s:*) ;; *) export PATH="${PATH:+$PATH:}"%(value)s ;; esac',
    back='export %(name)s="$' + KEPT + '%(name)s"',
    gone="unset %(name)s",
    mark=': "${PS1=}"; PS1="' + MARK + '${PS1#"' + MARK + '"}"',
    unmark='[ -z "${PS1-}" ] || PS1="${PS1#"' + MARK + '"}"',
)
FISH = Forms(
    _fish_quoted,
    set="set -gx %(name)s %(value)s;",
    # A universal variable is every session's: it is covered by an empty one, as one that is not exported covers nothing.
    unset="set -eg %(name)s; set -q %(name)s; and set -gx %(name)s;",
    keep='test -n "$%(name)s"; and set -gx ' + KEPT + '%(name)s "$%(name)s";',
    keep_first="not set -q " + NAMES + "; and set -qx %(name)s; and set -gx " + KEPT + '%(name)s "$%(name)s";',
    add="contains -- %(value)s $PATH; or set -gx PATH $PATH %(value)s;",
    back='set -eg %(name)s; set -qx %(name)s; and test "$%(name)s" = "$'
    + (KEPT + '%(name)s"; or set -gx %(name)s "$' + KEPT + '%(name)s";'),
    gone="set -eg %(name)s;",
    mark="functions -q ccr_inner_prompt; or begin; functions -c fish_prompt ccr_inner_prompt; "
    "function fish_prompt; echo -n '" + MARK + "'; ccr_inner_prompt; end; end;",
    unmark="functions -q ccr_inner_prompt; and begin; functions -e fish_prompt; "
    "functions -c ccr_inner_prompt fish_prompt; functions -e ccr_inner_prompt; end;",
)
PWSH = Forms(
    _pwsh_quoted,
    set="$Env:%(name)s = %(value)s",
    unset="Remove-Item -ErrorAction Ignore Env:%(name)s",
    keep="if (Test-Path Env:%(name)s) { $Env:" + KEPT + "%(name)s = $Env:%(name)s }",
    keep_first="if (-not $Env:" + NAMES + " -and (Test-Path Env:%(name)s)) { "
    "$Env:" + KEPT + "%(name)s = $Env:%(name)s }",
    add="if (($Env:PATH -split ':') -notcontains %(value)s) { $Env:PATH += ':' + %(value)s }",
    back="$Env:%(name)s = $Env:" + KEPT + "%(name)s",
    gone="Remove-Item -ErrorAction Ignore Env:%(name)s",
    mark="if (-not $function:ccr_inner_prompt) { $function:global:ccr_inner_prompt = $function:prompt; "
    "function global:prompt { '" + MARK + "' + (ccr_inner_prompt) } }",
    unmark="if ($function:ccr_inner_prompt) { $function:global:prompt = $function:ccr_inner_prompt; "
    "Remove-Item function:ccr_inner_prompt }",
)
FORMS: Mapping[Shell, Forms] = {"bash": POSIX, "zsh": POSIX, "fish": FISH, "pwsh": PWSH}


def current_shell(env: Mapping[str, str], parent: int | None = None, proc: Path = PROC) -> Shell:
    """The shell that asks, else the user's, else bash."""
    asks = _program(parent or os.getppid(), proc)
    names = ("bash" if asks in POSIX_SHELLS else asks, env.get("SHELL", "").rpartition("/")[2])
    return next((shell for name in names for shell in get_args(Shell) if shell == name), "bash")


def _program(pid: int, proc: Path) -> str:
    """A login shell has a dash before its name; where there is no /proc, nothing is known."""
    try:
        return (proc / str(pid) / "comm").read_text().strip().lstrip("-")
    except (OSError, UnicodeDecodeError):
        return ""


def text(shell: Shell, environment: Environment, *, mark: bool = False) -> str:
    return "".join(f"{line}\n" for line in _changes(FORMS[shell], environment, mark))


def _changes(forms: Forms, environment: Environment, mark: bool) -> Iterator[str]:
    for name in environment.set:
        yield forms.keep_first % {"name": name}
    for name in environment.unset:  # what is set all the same is newer than what is kept
        yield forms.keep % {"name": name}
        yield forms.unset % {"name": name}
    for folder in environment.path:
        yield forms.add % {"value": forms.quoted(folder)}
    if environment.path:
        yield forms.set % {"name": ADDED, "value": forms.quoted(":".join(environment.path))}
    yield forms.set % {"name": NAMES, "value": forms.quoted(" ".join(environment.names))}
    for name, value in environment.set.items():
        yield forms.set % {"name": name, "value": forms.quoted(value)}
    if mark:
        yield forms.mark


def undone(shell: Shell, env: Mapping[str, str]) -> str:
    """Undoes what was changed in this environment; nothing, where nothing was."""
    return "".join(f"{line}\n" for line in _undoing(FORMS[shell], env)) if NAMES in env else ""


def _undoing(forms: Forms, env: Mapping[str, str]) -> Iterator[str]:
    before = restored(env)
    for name in env[NAMES].split():
        if not name.isidentifier() or (name in HIDDEN and env.get(name)):
            continue
        if name == "PATH":
            yield forms.set % {"name": name, "value": forms.quoted(before["PATH"])}
        else:
            yield (forms.back if name in before else forms.gone) % {"name": name}
    for name in env:
        if name.startswith(KEPT) and name.isidentifier():
            yield forms.unset % {"name": name}
    yield forms.unmark


def quoted(shell: Shell, value: str) -> str:
    return FORMS[shell].quoted(value)
