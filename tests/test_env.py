"""The one place that reads the environment."""

import pytest

from ccr import env


def test_the_environment_is_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCR_PORT", "3457")
    seen = env.current()
    monkeypatch.setenv("CCR_PORT", "1")
    assert seen["CCR_PORT"] == "3457"


def test_every_variable_is_listed_once_and_explained() -> None:
    names = [variable.name for variable in env.VARIABLES]
    assert len(names) == len(set(names))
    assert all(variable.meaning for variable in env.VARIABLES)


SHELL = {
    "ANTHROPIC_BASE_URL": "ours",
    "API_TIMEOUT_MS": "ours",
    "CCR_KEPT_NAMES": "ANTHROPIC_BASE_URL API_TIMEOUT_MS ANTHROPIC_API_KEY PATH",
    "CCR_KEPT_ANTHROPIC_API_KEY": "theirs",
    "CCR_KEPT_API_TIMEOUT_MS": "",
    "CCR_KEPT_PATH": "/ours:/too",
    "PATH": "/bin:/ours:/theirs:/too",
}


def test_what_a_shell_of_ours_changed_is_given_back() -> None:
    own = {"ANTHROPIC_API_KEY": "theirs", "API_TIMEOUT_MS": "", "PATH": "/bin:/theirs", "A": ""}
    assert env.restored({**SHELL, "A": ""}) == own


def test_a_key_that_was_set_since_is_the_users() -> None:
    assert env.restored({**SHELL, "ANTHROPIC_API_KEY": "newer"})["ANTHROPIC_API_KEY"] == "newer"
    assert env.restored({**SHELL, "ANTHROPIC_API_KEY": ""})["ANTHROPIC_API_KEY"] == "theirs"


def test_the_changes_can_be_seen_too(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"CCR_KEPT_NAMES": "A", "A": "ours"}.items():
        monkeypatch.setenv(name, value)
    assert "A" not in env.current()
    assert env.changed()["A"] == "ours"


def test_without_a_shell_of_ours_nothing_changes() -> None:
    assert env.restored({"ANTHROPIC_BASE_URL": "own", "B": "1"}) == {"ANTHROPIC_BASE_URL": "own", "B": "1"}
