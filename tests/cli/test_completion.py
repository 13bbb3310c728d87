"""The scripts, run in the shells that are there."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Ccr
from tests.support.screen import Screen

CASES = {
    "ccr sta": {"start", "status", "statusline"},
    "ccr config va": {"validate"},
    "ccr activate --s": {"--shell"},
    "ccr activate --shell ": {"bash", "zsh", "fish", "pwsh"},
    "ccr completion ": {"bash", "zsh", "fish", "pwsh"},
    "ccr code --c": {"--context"},
    "ccr code --context th": {"think"},
    "ccr model think ": {"or,a", "or,b"},
    "ccr provider test ": {"or"},
    "ccr remote status ": set(),
    "ccr status --json ": set(),
    "ccr model think x:": set(),
}
BASH = """{script}
COMP_LINE={typed}; COMP_POINT=${{#COMP_LINE}}; _ccr ccr {cur}; printf '%s\\n' "${{COMPREPLY[@]}}"
"""
ZSH = """compdef() {{ : }}
{script}
before=({words}); shift before; cur={cur}
_ccr_found | while IFS= read -r word; do [[ $word != "$cur"* ]] || print -r -- $word; done
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A ccr for the PATH."""
    path = tmp_path / "bin" / "ccr"
    path.parent.mkdir()
    path.write_text(f'#!/bin/sh\nPYTHONPATH={Path(__file__).parents[2]} exec {sys.executable} -m ccr "$@"\n')
    path.chmod(0o755)
    return path


@pytest.mark.e2e
@pytest.mark.usefixtures("config")
@pytest.mark.parametrize("typed", CASES)
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_tab_offers_what_fits(ccr: Ccr, tmp_path: Path, program: Path, shell: str, typed: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    script = ccr("completion", shell).out
    before, _, cur = typed.rpartition(" ")
    forms = {"bash": BASH, "zsh": ZSH, "fish": "{script}\ncomplete -C {typed}\n"}
    values = {"words": before, "cur": repr(cur), "typed": repr(typed), "script": script}
    path = tmp_path / "script"
    path.write_text(forms[shell].format(**values))
    env = {"HOME": str(tmp_path), "PATH": f"{program.parent}:/usr/bin:/bin", "LANG": "C.UTF-8"}
    done = subprocess.run([shell, str(path)], env=env, cwd=program.parent, capture_output=True, text=True, timeout=30)
    offered = {line.split("\t")[0] for line in done.stdout.splitlines() if line}
    assert done.stderr == ""
    assert offered - {"ccr"} == CASES[typed]  # fish offers the folder's files where there is nothing else


def test_pwsh_has_tables(ccr: Ccr) -> None:
    script = ccr("completion", "pwsh").out
    assert "'activate --shell' = @('bash', 'zsh', 'fish', 'pwsh')\n" in script
    assert "'code --context' = 'routes'\n" in script
    assert "TABLES" not in script


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_script_can_be_read(ccr: Ccr, tmp_path: Path, shell: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    path = tmp_path / "script"
    path.write_text(ccr("completion", shell).out)
    assert subprocess.run([shell, "-n", str(path)], capture_output=True).stderr == b""


def test_what_stands_in_a_name_is_not_run(ccr: Ccr, tmp_path: Path, program: Path, home: Path) -> None:
    home.mkdir()
    models = ["a$(touch x)", "a'b", "a\033[2J"]
    providers = [{"name": "or", "api_base_url": "http://or.test/v1", "api_key": "k", "models": models}]
    (home / "config.json").write_text(json.dumps({"Providers": providers}))
    assert ccr("completion", "models").out == "or,a$(touch x)\nor,a'b\n"
    text = BASH.format(script=ccr("completion", "bash").out, typed="'ccr model think or'", cur="or")
    (tmp_path / "script").write_text(text)
    env = {"HOME": str(home.parent), "PATH": f"{program.parent}:/usr/bin:/bin"}
    done = subprocess.run(["bash", str(tmp_path / "script")], env=env, capture_output=True, text=True, timeout=30)
    again = subprocess.run(["bash", "-c", "echo " + " ".join(done.stdout.split("\n"))], capture_output=True, text=True)
    assert again.stdout == "or,a$(touch x) or,a'b\n"


@pytest.mark.usefixtures("config")
def test_names_are_a_line_each(ccr: Ccr) -> None:
    assert ccr("completion", "providers").out == "or\n"
    assert ccr("completion", "models").out == "or,a\nor,b\n"
    assert ccr("completion", "routes").out.splitlines()[:3] == ["default", "think", "background"]
    assert ccr("completion", "remotes").out == ""


def test_another_shell_is_refused(ccr: Ccr) -> None:
    assert ccr("completion", "tcsh").err.startswith("ccr: ")


TYPED = {
    "ccr model default an,qwen3:": "ccr model default an,qwen3:8b ",
    "ccr model default an,x@v": "ccr model default an,x@v1 ",
    'ccr model default "an,qwen3:8': 'ccr model default "an,qwen3:8b" ',
    "ccr model default 'an,qw": "ccr model default 'an,qwen3:8b' ",
    'ccr model default "an,qw"en': "ccr model default an,qwen3:8b ",
    'ccr model default "an,qw"en3:': 'ccr model default "an,qw"en3:8b ',
    "ccr model default an,a": "ccr model default an\\,a\\$b ",
    'ccr "model" default an,x': 'ccr "model" default an,x@v1 ',
    "cd . && A=b ccr model default an,qwen3:8": "cd . && A=b ccr model default an,qwen3:8b ",
}


@pytest.mark.e2e
def test_in_a_real_bash_a_word_is_completed_where_readline_parts_it(
    ccr: Ccr, tmp_path: Path, program: Path, home: Path
) -> None:
    home.mkdir()
    provider = {"name": "an", "api_base_url": "http://an.test/v1", "models": ["qwen3:8b", "x@v1", "a$b"]}
    (home / "config.json").write_text(json.dumps({"Providers": [provider]}))
    (tmp_path / "rc").write_text(f"PS1='> '\n{ccr('completion', 'bash').out}")
    env = {"HOME": str(tmp_path), "PATH": f"{program.parent}:/usr/bin:/bin", "LANG": "C.UTF-8"}
    with Screen(["bash", "--rcfile", str(tmp_path / "rc")], env, program.parent) as screen:
        screen.wait_for(">")
        for typed, becomes in TYPED.items():
            screen.type(typed)
            screen.press("Tab")
            screen.type("|")  # shows where the cursor is
            screen.wait_for(f"> {becomes}|\n", 5)
            screen.press("C-u", "C-l")
