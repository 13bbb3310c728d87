from dataclasses import replace
from pathlib import Path

import pytest

from ccr.service.doctor.claude import NEWEST, OLDEST, claude, conflicts
from tests.service.doctor.conftest import Seen, acme
from tests.support.clients import numbers, programs


def program(folder: Path, says: str) -> str:
    path = folder / "claude"
    path.write_text(f"#!/bin/sh\n{says}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("says", "state", "what"),
    [
        ("echo '2.1.329 (Claude Code)'", "ok", "version 2.1.329"),
        ("echo '9.0.0 (Claude Code)'", "ok", "version 9.0.0, newer than those tested (2.1.329)"),
        (
            "echo '1.0.3 (Claude Code)'",
            "warning",
            "the oldest that is tested is 2.1.197: it may not recover from all errors",
        ),
        ("echo hello", "problem", "does not say its version as Claude Code does"),
        ("exit 3", "problem", "does not say its version as Claude Code does"),
    ],
)
def test_the_version_says_what_can_be_expected(seen: Seen, tmp_path: Path, says: str, state: str, what: str) -> None:
    (found,) = claude(seen(CLAUDE_PATH=program(tmp_path, says)))
    assert (found.state, found.seen.endswith(what)) == (state, True)


def test_a_claude_that_is_missing_is_a_problem_with_a_remedy(seen: Seen) -> None:
    (found,) = claude(seen(CLAUDE_PATH="/nowhere/claude"))
    assert (found.state, found.seen) == ("problem", "CLAUDE_PATH is /nowhere/claude, and that is no program")


def test_a_claude_that_cannot_be_run_is_a_problem(seen: Seen, tmp_path: Path) -> None:
    path = tmp_path / "claude"
    path.write_text("#!/nowhere/sh\n")
    path.chmod(0o755)
    (found,) = claude(seen(CLAUDE_PATH=str(path)))
    assert "cannot be run" in found.seen


def test_a_claude_that_does_not_end_is_a_problem(seen: Seen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ccr.service.doctor.claude.STARTS", 0.05)
    (found,) = claude(seen(CLAUDE_PATH=program(tmp_path, "exec sleep 5")))
    assert found.seen.endswith("--version does not end")


def test_the_versions_are_those_that_the_contract_is_tested_with() -> None:
    tested = sorted(map(numbers, programs()))
    assert (tested[0], tested[-1]) == (OLDEST, NEWEST)


def test_where_nothing_is_in_the_way_that_is_said(seen: Seen) -> None:
    assert [each.state for each in conflicts(seen(acme()))] == ["ok"]


def test_what_nobody_heals_is_a_warning_with_its_remedy(seen: Seen) -> None:
    found = list(conflicts(seen(acme(), CLAUDE_CODE_USE_GATEWAY="1", ANTHROPIC_MODEL="nobody,nothing")))
    assert ("warning", True) in [(each.state, bool(each.remedy)) for each in found]


def test_a_settings_file_that_is_broken_is_a_warning(seen: Seen, tmp_path: Path) -> None:
    path = tmp_path / ".claude" / "settings.json"
    path.parent.mkdir()
    path.write_text("{ nonsense")
    (found,) = conflicts(seen(acme()))
    assert (found.state, found.seen) == ("warning", f"{path} cannot be read as JSON")
    path.write_text("")
    assert [each.state for each in conflicts(seen(acme()))] == ["ok"]


def test_what_is_healed_is_told_and_no_warning(seen: Seen) -> None:
    (found,) = conflicts(seen(acme(), ANTHROPIC_API_KEY="sk-ant-0123456789"))
    assert (found.state, "sk-ant" in found.seen) == ("ok", False)


def test_a_shell_that_was_activated_for_a_router_that_ended_is_a_warning(seen: Seen) -> None:
    here = seen(acme())
    assert here.configured is not None
    around = {"CCR_KEPT_NAMES": "ANTHROPIC_BASE_URL", "ANTHROPIC_BASE_URL": here.configured.address}
    found = list(conflicts(replace(here, changed={**here.env, **around})))
    assert ("warning", True) in [(each.state, "which has ended" in each.seen) for each in found]
