"""Each shell that is there runs what is meant for it; PowerShell's words are looked at where it is not."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from ccr.env import restored
from ccr.service.client import Environment
from ccr.service.shells import FORMS, Shell, current_shell, quoted, text, undone

PATH = "/usr/local/bin:/usr/bin:/bin"
NASTY = """a'b"c $HOME `date` $(date) \\ \\' é\u2019\u201b !! %s {x} *
  second line; exit 9
"""
OURS = Environment({"NASTY": NASTY, "PLAIN": "x"}, ("ANTHROPIC_API_KEY", "CLAUDE_CODE_USE_VERTEX"), ("/our own",))
BEFORE = {"PLAIN": NASTY, "ANTHROPIC_API_KEY": f"key {NASTY}", "EMPTY": "", "PATH": PATH}
ARGV: Mapping[Shell, tuple[str, ...]] = {
    "bash": ("bash", "--norc", "-c"),
    "zsh": ("zsh", "-f", "-c"),
    "fish": ("fish", "-c"),
    "pwsh": ("pwsh", "-NoProfile", "-Command"),
}
OTHERS = ("PWD", "OLDPWD", "SHLVL", "_", "HOME", "USER", "LOGNAME")  # a shell's own
DUMP = f"{sys.executable} -c 'import json, os; print(json.dumps(dict(os.environ)))'"

present = pytest.mark.parametrize(
    "shell",
    [
        pytest.param(
            shell, marks=pytest.mark.skipif(not shutil.which(shell), reason=f"{shell} is not installed: nothing to run")
        )
        for shell in ARGV
    ],
)


def run(shell: Shell, script: str, env: Mapping[str, str], home: Path) -> dict[str, str]:
    """The environment that a program has after the script."""
    program = shutil.which(shell)
    assert program
    call = f"& {DUMP}" if shell == "pwsh" else DUMP
    whole = {**env, "HOME": str(home), "LANG": "C.UTF-8"}
    argv = [program, *ARGV[shell][1:], f"{script}\n{call}"]
    done = subprocess.run(argv, env=whole, capture_output=True, timeout=30, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stderr) == (0, b"")
    said: dict[str, str] = json.loads(done.stdout)
    return {name: value for name, value in said.items() if name not in (*OTHERS, "LANG", "LC_CTYPE")}


@present
def test_the_shell_has_what_is_applied(shell: Shell, tmp_path: Path) -> None:
    assert run(shell, text(shell, OURS), BEFORE, tmp_path) == OURS.applied(BEFORE)


@present
def test_the_same_text_twice_changes_no_more(shell: Shell, tmp_path: Path) -> None:
    assert run(shell, text(shell, OURS) * 2, BEFORE, tmp_path) == OURS.applied(BEFORE)


@present
def test_all_is_undone_to_the_letter(shell: Shell, tmp_path: Path) -> None:
    undoing = undone(shell, OURS.applied(BEFORE))
    assert run(shell, text(shell, OURS, mark=True) + undoing, BEFORE, tmp_path) == BEFORE


@present
def test_another_router_leaves_nothing_of_the_first(shell: Shell, tmp_path: Path) -> None:
    other = Environment({"OTHER": "y"}, ("CLAUDE_CODE_USE_VERTEX",))
    activated = text(shell, OURS) + undone(shell, OURS.applied(BEFORE)) + text(shell, other)
    assert run(shell, activated, BEFORE, tmp_path) == other.applied(BEFORE)


@present
def test_what_was_changed_since_stays(shell: Shell, tmp_path: Path) -> None:
    now = {**OURS.applied(BEFORE), "PATH": f"/mine:{PATH}:/our own:/more", "ANTHROPIC_API_KEY": "newer"}
    after = run(shell, undone(shell, now), now, tmp_path)
    assert after == {**BEFORE, "PATH": f"/mine:{PATH}:/more", "ANTHROPIC_API_KEY": "newer"}


@present
def test_a_shell_that_stops_at_faults_goes_on(shell: Shell, tmp_path: Path) -> None:
    strict = {"bash": "set -euo pipefail\n", "zsh": "setopt err_exit no_unset\n", "pwsh": "Set-StrictMode -Version 3\n"}
    script = strict.get(shell, "") + text(shell, OURS, mark=True) + undone(shell, OURS.applied({}))
    assert "PLAIN" not in run(shell, script, {"PATH": PATH}, tmp_path)


@present
def test_a_key_is_kept_by_name(shell: Shell) -> None:
    assert "key " not in text(shell, OURS) + undone(shell, OURS.applied(BEFORE))


@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed: nothing to run")
def test_a_universal_variable_is_covered_and_comes_back(tmp_path: Path) -> None:
    everywhere = "set -Ux ANTHROPIC_API_KEY theirs; set -Ux PLAIN theirs\n"
    covered = run("fish", everywhere + text("fish", OURS), {"PATH": PATH}, tmp_path)
    assert covered["ANTHROPIC_API_KEY"] == ""
    assert restored(covered)["ANTHROPIC_API_KEY"] == "theirs"
    shown = "; set --show PLAIN ANTHROPIC_API_KEY >&2"
    fish = ["fish", "-c", text("fish", OURS) + undone("fish", covered) + shown]
    done = subprocess.run(fish, env={"HOME": str(tmp_path), "PATH": PATH}, capture_output=True, text=True)
    assert "global scope" not in done.stderr
    assert done.stderr.count("universal scope") == 2


def test_where_nothing_was_changed_nothing_is_undone() -> None:
    assert undone("bash", {"PATH": "/bin", "CCR_KEPT_A": "left over"}) == ""


def test_a_name_that_is_none_is_not_printed() -> None:
    script = undone("bash", {"CCR_KEPT_NAMES": "$(reboot) A", "CCR_KEPT_x;y": "1"})
    assert "reboot" not in script
    assert "x;y" not in script
    assert script.startswith("unset A\n")


def test_the_mark_comes_once_and_goes() -> None:
    script = "PS1='$ '\n" + text("bash", OURS, mark=True) * 2 + 'echo "$PS1"\n'
    script += undone("bash", OURS.applied({"PATH": ""})) + 'echo "$PS1"'
    done = subprocess.run(["bash", "-c", script], env={"PATH": PATH}, capture_output=True, check=True)
    assert done.stdout == b"(ccr) $ \n$ \n"


def test_pwsh_knows_curly_quotes_as_quotes() -> None:
    assert quoted("pwsh", "it's \u2019; exit") == "'it''s \u2019\u2019; exit'"


def test_pwsh_has_its_own_words() -> None:
    assert text("pwsh", Environment({"A": "it's $x"}, ("GONE",))).splitlines() == [
        "if (-not $Env:CCR_KEPT_NAMES -and (Test-Path Env:A)) { $Env:CCR_KEPT_A = $Env:A }",
        "if (Test-Path Env:GONE) { $Env:CCR_KEPT_GONE = $Env:GONE }",
        "Remove-Item -ErrorAction Ignore Env:GONE",
        "$Env:CCR_KEPT_NAMES = 'A GONE'",
        "$Env:A = 'it''s $x'",
    ]
    assert undone("pwsh", {"CCR_KEPT_NAMES": "A B", "CCR_KEPT_A": "1"}).splitlines()[:2] == [
        "$Env:A = $Env:CCR_KEPT_A",
        "Remove-Item -ErrorAction Ignore Env:B",
    ]


@pytest.mark.parametrize(
    ("asks", "users", "expected"),
    [
        ("fish", "/bin/zsh", "fish"),
        ("-zsh", "/bin/bash", "zsh"),
        ("dash", "/usr/bin/fish", "bash"),
        ("python3", "/usr/bin/fish", "fish"),
        ("", "/bin/zsh", "zsh"),
        ("make", "/bin/tcsh", "bash"),
        ("pwsh", "", "pwsh"),
    ],
)
def test_the_shell_is_the_one_that_asks(tmp_path: Path, asks: str, users: str, expected: str) -> None:
    if asks:
        (tmp_path / "7").mkdir()
        (tmp_path / "7" / "comm").write_text(f"{asks}\n")
    assert current_shell({"SHELL": users}, 7, tmp_path) == expected


def test_every_shell_has_its_forms() -> None:
    assert set(FORMS) == set(ARGV)
