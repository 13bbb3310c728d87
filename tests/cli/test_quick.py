import subprocess
import sys

import pytest

from ccr import __version__
from ccr.service import shells
from tests.cli.conftest import Ccr


@pytest.mark.parametrize("words", ["--version", "-v", "version"])
def test_the_version_is_printed(ccr: Ccr, words: str) -> None:
    assert ccr(words).out == f"ccr {__version__}\n"


@pytest.mark.usefixtures("config")
def test_env_prints_what_claude_needs(ccr: Ccr) -> None:
    done = ccr("env")
    assert done.code == 0
    assert "export ANTHROPIC_BASE_URL=http://127.0.0.1:3999\n" in done.out
    assert "unset ANTHROPIC_API_KEY\n" in done.out


@pytest.mark.usefixtures("config")
def test_env_is_json_for_programs(ccr: Ccr) -> None:
    said = ccr("env", "--json").json
    assert isinstance(said, dict)
    assert said["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:3999"
    assert said["ANTHROPIC_API_KEY"] is None


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "pwsh"])
def test_env_speaks_each_shell(ccr: Ccr, shell: shells.Shell) -> None:
    assert ccr("env", "--shell", shell).code == 0


@pytest.mark.parametrize(("words", "heavy"), [("--version", "dataclasses"), ("env", "typer"), ("deactivate", "typer")])
def test_what_only_prints_imports_little(words: str, heavy: str) -> None:
    asked = "import sys; from ccr.__main__ import main; sys.argv[1:] = [sys.argv[1]]\ntry: main()\nexcept SystemExit: pass\n"
    asked += f"sys.exit({heavy!r} in sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked, words], capture_output=True, env={"HOME": "/nonexistent"})
    assert done.returncode == 0, done.stderr
