import shutil
import subprocess

import pytest

from ccr.service.client import Environment
from ccr.service.shells import Shell, current_shell, text

NASTY = """a'b"c $HOME `date` \\ é
second line"""


@pytest.mark.parametrize("path", [path for path in map(shutil.which, ("sh", "bash", "zsh")) if path])
def test_posix_shells_read_it_back(path: str) -> None:
    script = text("bash", Environment({"NASTY": NASTY}, ("GONE",))) + 'printf "%s|%s" "$NASTY" "${GONE-unset}"'
    done = subprocess.run([path, "-c", script], env={"GONE": "here"}, capture_output=True, check=True)
    assert done.stdout.decode() == f"{NASTY}|unset"


@pytest.mark.parametrize(
    ("shell", "expected"),
    [
        ("bash", "unset GONE\nexport A='it'\"'\"'s $x'\n"),
        ("zsh", "unset GONE\nexport A='it'\"'\"'s $x'\n"),
        ("fish", "set -e GONE\nset -gx A 'it\\'s $x'\n"),
        ("pwsh", "Remove-Item -ErrorAction Ignore Env:GONE\n$Env:A = 'it''s $x'\n"),
    ],
)
def test_each_shell_has_its_words(shell: Shell, expected: str) -> None:
    assert text(shell, Environment({"A": "it's $x"}, ("GONE",))) == expected


def test_fish_keeps_backslashes() -> None:
    assert text("fish", Environment({"A": "\\'"}, ())) == "set -gx A '\\\\\\''\n"


def test_pwsh_knows_curly_quotes_as_quotes() -> None:
    assert text("pwsh", Environment({"A": "\u2019; exit"}, ())) == "$Env:A = '\u2019\u2019; exit'\n"


@pytest.mark.parametrize(
    ("shell", "expected"), [("/usr/bin/fish", "fish"), ("/bin/zsh", "zsh"), ("/bin/dash", "bash"), ("", "bash")]
)
def test_the_shell_is_the_users(shell: str, expected: str) -> None:
    assert current_shell({"SHELL": shell}) == expected


def test_what_is_hidden_is_kept_by_name() -> None:
    script = text("bash", Environment({}, ("GONE",), ("GONE",)))
    assert "secret" not in script
    again = f'set -eu\n{script}{script}printf "%s|%s" "$CCR_KEPT_GONE" "${{GONE-unset}}"'
    done = subprocess.run(["sh", "-c", again], env={"GONE": "a secret"}, capture_output=True, check=True)
    assert done.stdout == b"a secret|unset"


@pytest.mark.parametrize(
    ("shell", "expected"),
    [
        ("fish", 'test -z "$A"; or set -gx CCR_KEPT_A "$A"\n'),
        ("pwsh", "if ($Env:A) { $Env:CCR_KEPT_A = $Env:A }\n"),
    ],
)
def test_each_shell_keeps_in_its_words(shell: Shell, expected: str) -> None:
    assert text(shell, Environment({}, (), ("A",))) == expected
