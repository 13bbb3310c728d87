"""`make setup` on machines that lack something: one clear line, with what to do."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.repo.files import ROOT

TOOLS = ["bash", "env", "sha256sum", "cat", "mkdir", "tee", "grep", "tail", "sed", "dirname", "ln", "cp", "uname"]


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A checkout beside a `bin` that holds the plainest tools and no python, npm or flock."""
    for name in ("requirements/dev.lock", "pyproject.toml", "devcontainer/npm/package-lock.json", "scripts/install"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "scripts" / "tokenizer-data", tmp_path / "scripts")
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool) or pytest.fail(f"no {tool} here"))
    return tmp_path


def stand_in(machine: Path, name: str, text: str) -> None:
    path = machine / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def with_python(machine: Path) -> None:
    """A python3 whose `-m venv` makes a .venv in which pip makes ccr."""
    pip = "touch .venv/bin/ccr; chmod +x .venv/bin/ccr"
    venv = f"mkdir -p .venv/bin; cp $0 .venv/bin/python; printf '#!/bin/sh\\n{pip}\\n' >.venv/bin/pip"
    stand_in(
        machine, "bin/python3", f'PATH=/usr/bin:/bin\ncase "$*" in "-m venv"*) {venv}; chmod +x .venv/bin/*;; esac'
    )
    stand_in(machine, "bin/touch", 'exec /usr/bin/touch "$@"')
    stand_in(machine, "bin/chmod", 'exec /bin/chmod "$@"')


def setup(machine: Path) -> subprocess.CompletedProcess[str]:
    only = {"PATH": str(machine / "bin")}
    return subprocess.run(
        [machine / "scripts" / "install"], env=only, check=False, capture_output=True, text=True, timeout=30
    )


@pytest.mark.parametrize(
    ("answer", "found"),
    [('[ "$1" = --version ] && echo "Python 3.9.2" || exit 1', "Python 3.9.2"), ("exit 127", "none")],
)
def test_a_python_too_old_is_named(machine: Path, answer: str, found: str) -> None:
    stand_in(machine, "bin/python3", answer)
    done = setup(machine)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"setup: needs Python 3.11 or newer; found: {found}. Install one, or name it with PYTHON=/path/to/python3."
    ]


@pytest.mark.parametrize(
    ("output", "remedy"),
    [
        ("ensurepip is not available", "apt-get install python3-venv"),
        ("OSError: [Errno 28] No space left on device", "Make room"),
        ("Failed to establish a new connection: Temporary failure in name resolution", "Check the network"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "not the pinned one"),
        ("something new", "something new"),
    ],
)
def test_a_failing_step_says_what_to_do(machine: Path, output: str, remedy: str) -> None:
    stand_in(machine, "bin/python3", f'[ "$1" = -c ] || {{ echo "{output}"; exit 1; }}')
    done = setup(machine)
    assert done.returncode == 1
    assert remedy in done.stderr.splitlines()[-1]


def test_without_npm_the_environment_is_ready_and_one_line_says_what_is_missing(machine: Path) -> None:
    with_python(machine)
    done = setup(machine)
    assert (done.returncode, (machine / ".venv" / "bin" / "ccr").exists()) == (0, True), done.stderr
    assert "npm is missing" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("caller", "told"),
    [
        ("-bash", True),
        ("make setup", True),
        ("sh -c scripts/install; ls", True),
        ("bash /ccr/scripts/test unit", False),
    ],
)
def test_who_calls_it_by_hand_is_told_the_next_step(machine: Path, caller: str, told: bool) -> None:
    with_python(machine)
    for name in ("package.json", ".npmrc"):
        shutil.copy(ROOT / "devcontainer" / "npm" / name, machine / "devcontainer" / "npm")
    for tool in ("claude", "npm"):
        stand_in(machine, f"bin/{tool}", "")
    stand_in(machine, "bin/ps", f"echo '{caller}'")
    done = setup(machine)
    ccr = machine / ".venv" / "bin" / "ccr"
    next_step = f'setup: ready. Next: {ccr} code, or eval "$({ccr} activate)" for ccr and claude in this shell.'
    assert done.returncode == 0, done.stderr
    assert (done.stderr.splitlines()[-1] == next_step) == told, done.stderr


def test_the_second_time_there_is_nothing_to_do(machine: Path) -> None:
    with_python(machine)
    stand_in(machine, "bin/claude", "")
    setup(machine)
    (machine / "bin" / "python3").unlink()
    (machine / ".venv" / "share" / "ccr" / "cl100k_base.tiktoken").write_text("")
    done = setup(machine)
    assert (done.returncode, done.stderr.count("npm is missing")) == (0, 1)
