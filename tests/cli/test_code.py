import json
from pathlib import Path

import pytest

from ccr.service import process, state
from tests.cli.conftest import CONFIG, Ccr
from tests.service.conftest import stand_in
from tests.support.pages import Pages


@pytest.mark.e2e
def test_activate_starts_the_router_and_prints_the_environment(ccr: Ccr, config: Path, home: Path) -> None:
    config.write_text(json.dumps({**CONFIG, "PORT": 0}))
    done = ccr("activate", "--shell", "fish")
    router = state.running(home)
    assert router
    assert not router.for_sessions
    assert f"set -gx ANTHROPIC_BASE_URL '{router.address}';\n" in done.out
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
    said = f"ccr: env.ANTHROPIC_BASE_URL in {folder}/settings.json leads claude past the router; take it out there"
    assert ccr("activate").err.startswith(said)


def test_activate_undoes_what_another_did_before(ccr: Ccr, elsewhere: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCR_KEPT_NAMES", "OLD_ONE")
    monkeypatch.setenv("OLD_ONE", "theirs")
    done = ccr("activate", "--shell", "bash")
    assert done.out.startswith("unset OLD_ONE\nunset CCR_KEPT_NAMES\n")
    assert ccr("env", "--shell", "bash").out == done.out


@pytest.mark.usefixtures("elsewhere")
def test_the_mark_is_for_those_who_ask(ccr: Ccr) -> None:
    assert "(ccr)" not in ccr("activate", "--shell", "zsh").out
    assert "(ccr)" in ccr("activate", "--shell", "zsh", "--mark").out


def test_deactivate_undoes_what_was_done_and_nothing_else(ccr: Ccr, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ccr("deactivate").out == ""
    monkeypatch.setenv("CCR_KEPT_NAMES", "A")
    assert ccr("deactivate", "--shell", "bash").out.startswith("unset A\nunset CCR_KEPT_NAMES\n")


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


def test_a_shell_beside_a_router_elsewhere_leaves_nothing(ccr: Ccr, home: Path, elsewhere: Pages) -> None:
    assert ccr("shell", "-c", "echo $ANTHROPIC_BASE_URL $API_TIMEOUT_MS").out == f"{elsewhere.address} 4321\n"
    assert not home.exists()


def test_activate_starts_no_router_that_is_elsewhere(ccr: Ccr, home: Path, elsewhere: Pages) -> None:
    done = ccr("activate", "--shell", "bash")
    assert (done.code, done.err) == (0, "")
    assert f"export ANTHROPIC_BASE_URL={elsewhere.address}\n" in done.out
    assert not home.exists()


def test_env_asks_the_router_elsewhere(ccr: Ccr, elsewhere: Pages) -> None:
    assert f"export ANTHROPIC_BASE_URL={elsewhere.address}\n" in ccr("env").out


def test_a_router_elsewhere_that_does_not_answer_is_one_line(
    ccr: Ccr, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CCR_ROUTER", "http://127.0.0.1:1")
    done = ccr("code", "hi")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("ccr: the router at http://127.0.0.1:1 does not answer; ")
