"""`make shell-router`: which engine, which words, which exit code. The router itself is a stand-in here."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.repo.files import ROOT

pytestmark = pytest.mark.e2e  # these start processes, and wait for them

STAND_IN = """#!/usr/bin/env python3
import json, os, sys
mine = {name: value for name, value in os.environ.items() if name in ("MAKEFLAGS", "MAKELEVEL", "RUN", "CCR_RUN")}
print(json.dumps({"arguments": sys.argv[1:], "environment": mine, "path": os.environ["PATH"]}))
sys.exit(7 if "seven" in sys.argv[-1] else 0)
"""


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Makefile and shell-router as they are; ccr, setup and the engines are stand-ins that answer at once."""
    root = tmp_path / "a check out"
    (root / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", root)
    shutil.copy(ROOT / "scripts" / "shell-router", root / "scripts")
    (root / "ccr" / "service").mkdir(parents=True)
    shutil.copy(ROOT / "ccr" / "service" / "container", root / "ccr" / "service")
    shutil.copytree(ROOT / "ccr" / "service" / "container.d", root / "ccr" / "service" / "container.d")
    script(root / "scripts" / "install", "#!/bin/sh\n")
    script(root / ".venv" / "share" / "ccr" / "bin" / "ccr", STAND_IN)
    for engine in ("docker", "podman"):
        script(root / "engines" / engine, "#!/bin/sh\nexit 1\n")
    return root


def run(checkout: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    path = {"PATH": f"{checkout / 'engines'}:/usr/local/bin:/usr/bin:/bin", "HOME": str(checkout)}
    return subprocess.run(
        command, cwd=checkout, env=path | environment, check=False, capture_output=True, text=True, timeout=30
    )


@pytest.mark.parametrize(
    "words",
    ['claude -p "say hi"', "echo $HOME `date` 'it''s' \\n", "echo $(", "a\nb", "--flag # no comment", "echo $$ %s"],
)
def test_run_reaches_the_shell_as_it_was_typed(checkout: Path, words: str) -> None:
    done = run(checkout, "make", "shell-router", f"RUN={words}")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["arguments"] == ["shell", "--command", words]


def test_without_run_it_is_an_interactive_shell(checkout: Path) -> None:
    assert json.loads(run(checkout, "make", "shell-router").stdout)["arguments"] == ["shell"]


def test_a_make_inside_the_shell_knows_nothing_of_the_outer_one(checkout: Path) -> None:
    assert json.loads(run(checkout, "make", "shell-router", "RUN=make").stdout)["environment"] == {}


def test_a_claude_on_the_path_comes_before_the_own_one(checkout: Path) -> None:
    path = json.loads(run(checkout, "make", "shell-router").stdout)["path"].split(":")
    assert path[0] == f"{checkout}/.venv/share/ccr/bin"
    assert path[-1] == f"{checkout}/.tools/bin"


def test_the_script_ends_with_the_exit_code_of_the_command(checkout: Path) -> None:
    assert run(checkout, "scripts/shell-router", CCR_RUN="exit seven").returncode == 7


def test_make_can_only_say_2_and_the_message_says_the_code(checkout: Path) -> None:
    done = run(checkout, "make", "shell-router", "RUN=exit seven")
    assert done.returncode == 2
    assert "the command ended with exit code 7" in done.stderr


@pytest.mark.parametrize("engine", ["auto", "none"])
def test_without_an_engine_it_opens_here_with_one_line(checkout: Path, engine: str) -> None:
    done = run(checkout, "make", "shell-router", f"CCR_ENGINE={engine}")
    said = ["shell-router: no container engine answers (docker, podman): opening the shell on this machine"]
    assert (done.returncode, done.stderr.splitlines()) == (0, said if engine == "auto" else [])


def test_where_an_engine_answers_it_enters_the_container(checkout: Path) -> None:
    script(checkout / "ccr" / "service" / "container", '#!/bin/sh\necho "$@" "$CCR_RUN"\n')
    script(checkout / "engines" / "podman", "#!/bin/sh\n")
    assert run(checkout, "make", "shell-router", "RUN=echo hi").stdout == "enter router echo hi\n"


@pytest.mark.parametrize(
    ("engine", "answer", "said"),
    [
        ("docker", "exit 1", "docker does not answer"),
        ("docker", "sleep 60", "docker does not answer"),
        ("lxc", "exit 0", "CCR_ENGINE=lxc is not one of none, docker, podman, auto"),
    ],
)
def test_an_engine_asked_for_by_name_must_work(checkout: Path, engine: str, answer: str, said: str) -> None:
    script(checkout / "engines" / engine, f"#!/bin/sh\n{answer}\n")
    script(checkout / "engines" / "timeout", '#!/bin/sh\nshift\nexec /usr/bin/timeout 0.2 "$@"\n')  # not 5 s
    done = run(checkout, "scripts/shell-router", CCR_ENGINE=engine)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
