import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from ccr.errors import ServiceProblem
from ccr.service.client import Environment
from ccr.service.terminal import opening, user_shell

OURS = Environment({"ANTHROPIC_BASE_URL": "http://127.0.0.1:1", "ODD": "a'b"}, ("GONE",))


def program(folder: Path, name: str) -> str:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_the_shell_is_the_users(tmp_path: Path) -> None:
    fish = program(tmp_path, "fish")
    assert user_shell({"SHELL": fish, "PATH": ""}) == fish


@pytest.mark.parametrize("shell", ["", "/no/such/shell", "nologin"])
def test_without_a_usable_shell_there_is_bash_or_sh(tmp_path: Path, shell: str) -> None:
    program(tmp_path, "nologin")
    sh = program(tmp_path, "sh")
    assert user_shell({"SHELL": shell, "PATH": str(tmp_path)}) == sh
    bash = program(tmp_path, "bash")
    assert user_shell({"SHELL": shell, "PATH": str(tmp_path)}) == bash


def test_without_any_shell_there_is_a_sentence() -> None:
    with pytest.raises(ServiceProblem, match="there is no shell"):
        user_shell({"PATH": ""})


def test_bash_has_the_users_files_then_ours_then_the_mark(tmp_path: Path) -> None:
    bash = shutil.which("bash")
    assert bash
    (tmp_path / ".bashrc").write_text("PS1='mine> '\nANTHROPIC_BASE_URL=elsewhere\nMINE=1\nexport GONE=here\n")
    found = opening(bash, OURS, tmp_path, {"HOME": str(tmp_path)})
    asked = 'echo "$PS1|$ANTHROPIC_BASE_URL|$MINE|$ODD|${GONE-unset}"'
    env = {"HOME": str(tmp_path), **found.env}
    done = subprocess.run([*found.argv, "-i", "-c", asked], env=env, capture_output=True, stdin=subprocess.DEVNULL)
    assert done.stdout.decode().strip() == "(ccr) mine> |http://127.0.0.1:1|1|a'b|unset"


def test_start_up_files_are_for_the_user_alone(tmp_path: Path) -> None:
    opening("/bin/bash", OURS, tmp_path, {})
    assert stat.S_IMODE((tmp_path / "bashrc").stat().st_mode) == 0o600


def test_zsh_finds_its_own_files_again(tmp_path: Path) -> None:
    found = opening("/bin/zsh", OURS, tmp_path, {"HOME": "/home/it's"})
    assert (found.argv, found.env) == (("/bin/zsh",), {"ZDOTDIR": str(tmp_path)})
    text = (tmp_path / ".zshrc").read_text()
    assert text.startswith("ZDOTDIR='/home/it'\"'\"'s'\n")
    assert "export ANTHROPIC_BASE_URL=http://127.0.0.1:1\n" in text


def terminal(name: str, rc: Path, text: str, asked: str, home: Path) -> str:
    """What an interactive shell says, with this start-up file of the user's."""
    shell = shutil.which(name)
    assert shell
    rc.parent.mkdir(parents=True, exist_ok=True)
    rc.write_text(text)
    (home / "state").mkdir()
    found = opening(shell, OURS, home / "state", {"HOME": str(home)})
    env = {"HOME": str(home), "PATH": "/usr/bin:/bin", "GONE": "here", **found.env}
    done = subprocess.run([*found.argv, "-i", "-c", asked], env=env, capture_output=True, stdin=subprocess.DEVNULL)
    return done.stdout.decode().strip()


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")
def test_zsh_has_the_users_files_then_ours_then_the_mark(tmp_path: Path) -> None:
    own = "PROMPT='mine> '\nexport ANTHROPIC_BASE_URL=elsewhere MINE=1 GONE=there\n"
    asked = 'print -r -- "$PROMPT|$ANTHROPIC_BASE_URL|$MINE|$ODD|${GONE-unset}|$CCR_KEPT_GONE|$ZDOTDIR"'
    said = terminal("zsh", tmp_path / ".zshrc", own, asked, tmp_path)
    assert said == f"(ccr) mine> |http://127.0.0.1:1|1|a'b|unset|there|{tmp_path}"


@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed")
def test_fish_has_the_users_files_then_ours_then_the_mark(tmp_path: Path) -> None:
    own = "function fish_prompt; echo -n 'mine> '; end\nset -gx MINE 1\nset -gx GONE there\n"
    asked = 'echo (fish_prompt)"|$ANTHROPIC_BASE_URL|$MINE|$ODD|"(set -q GONE; or echo unset)"|$CCR_KEPT_GONE"'
    said = terminal("fish", tmp_path / ".config/fish/config.fish", own, asked, tmp_path)
    assert said.endswith("(ccr) mine> |http://127.0.0.1:1|1|a'b|unset|there")


def test_fish_gets_ours_after_its_own(tmp_path: Path) -> None:
    found = opening("/usr/bin/fish", OURS, tmp_path, {})
    assert found.argv == ("/usr/bin/fish", "--init-command", f"source '{tmp_path}/config.fish'")
    assert "set -gx ODD 'a\\'b';\n" in (tmp_path / "config.fish").read_text()


def test_another_shell_has_a_plain_mark(tmp_path: Path) -> None:
    found = opening("/bin/dash", OURS, tmp_path, {})
    assert (found.argv, found.env) == (("/bin/dash",), {"PS1": "(ccr) $ "})
