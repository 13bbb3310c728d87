import json
from pathlib import Path

import pytest

from ccr.service import process, state
from tests.cli.conftest import CONFIG, Ccr
from tests.service.conftest import stand_in


@pytest.mark.e2e
def test_activate_starts_the_router_and_prints_the_environment(ccr: Ccr, config: Path, home: Path) -> None:
    config.write_text(json.dumps({**CONFIG, "PORT": 0}))
    done = ccr("activate", "--shell", "fish")
    router = state.running(home)
    assert router
    assert not router.for_sessions
    assert f"set -gx ANTHROPIC_BASE_URL '{router.address}'\n" in done.out
    assert done.err == ""


@pytest.mark.e2e
def test_activate_prints_nothing_where_the_router_does_not_start(ccr: Ccr, config: Path) -> None:
    config.write_text("{")
    done = ccr("activate")
    assert (done.code, done.out) == (1, "")
    assert str(config) in done.err


def test_activate_tells_of_settings_that_count_more(ccr: Ccr, config: Path) -> None:
    process.start(config.parent, stand_in(), {"PYTHONPATH": str(Path(__file__).parents[2])})
    folder = config.parents[1] / ".claude"
    folder.mkdir()
    (folder / "settings.json").write_text('{"env": {"ANTHROPIC_BASE_URL": "http://elsewhere"}}')
    assert f"{folder}/settings.json sets ANTHROPIC_BASE_URL" in ccr("activate").err


def test_an_unknown_shell_is_refused(ccr: Ccr) -> None:
    done = ccr("activate", "--shell", "tcsh")
    assert done.code == 2
    assert done.err.startswith("ccr: --shell takes bash, zsh, fish or pwsh")


def test_code_passes_everything_on(ccr: Ccr, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    claude = tmp_path / "claude"
    claude.write_text('#!/bin/sh\nprintf "%s|" "$@"\nexit 7\n')
    claude.chmod(0o755)
    monkeypatch.setenv("CLAUDE_PATH", str(claude))
    process.start(home, stand_in("for-sessions"), {"PYTHONPATH": str(Path(__file__).parents[2])})
    done = ccr("code", "--help", "--version", "-p", "a b", "--", "--frob")
    assert (done.code, done.out) == (7, "--help|--version|-p|a b|--|--frob|")
    process.start(home, stand_in("for-sessions"), {"PYTHONPATH": str(Path(__file__).parents[2])})
    done = ccr("code", "--help")
    assert done.out.startswith("ccr code runs claude through the router.")
    assert done.out.endswith("\n\n--help|")


def test_without_claude_nothing_is_started(ccr: Ccr, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUDE_PATH", "/no/claude")
    done = ccr("code", "hi")
    assert (done.code, done.err) == (1, "ccr: CLAUDE_PATH is /no/claude, and that is no program\n")
    assert not (home / "ccr.state.json").exists()


def test_shell_runs_a_command(ccr: Ccr, home: Path) -> None:
    process.start(home, stand_in("for-sessions"), {"PYTHONPATH": str(Path(__file__).parents[2])})
    done = ccr("shell", "--command", "echo $API_TIMEOUT_MS; exit 3")
    assert (done.code, done.out) == (3, "600000\n")
