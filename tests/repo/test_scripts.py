"""What every script of the repository keeps to."""

import os

from tests.repo.files import ROOT, is_shell, tracked

# In the image, these go on after a failure on purpose: they end things, or say which of several failed.
GO_ON = {"healthy", "finish", "stop", "stopped"}
SCRIPTS = [path for path in tracked("scripts", ".ci") if path.suffix != ".md"]


def test_shell_scripts_stop_at_the_first_failure() -> None:
    everywhere = [path for path in tracked() if is_shell(path) and path.name not in GO_ON]
    assert [path for path in everywhere if "\nset -e" not in (ROOT / path).read_text()] == []


def test_scripts_can_be_run() -> None:
    assert [path for path in SCRIPTS if not os.access(ROOT / path, os.X_OK)] == []


def test_every_script_says_what_it_is_for() -> None:
    second = {path: (ROOT / path).read_text().splitlines()[1] for path in SCRIPTS}
    assert [path for path, line in second.items() if not line.startswith(("# ", '"""'))] == []


def test_the_readme_lists_every_script() -> None:
    readme = (ROOT / "scripts" / "README.md").read_text()
    assert [path for path in SCRIPTS if path.parts[0] == "scripts" and f"| `{path.name}` |" not in readme] == []
