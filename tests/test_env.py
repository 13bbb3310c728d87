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


def test_what_a_shell_of_ours_hides_is_given_back() -> None:
    shell = {"ANTHROPIC_BASE_URL": "ours", "CCR_KEPT_ANTHROPIC_BASE_URL": "", "CCR_KEPT_ANTHROPIC_API_KEY": "theirs"}
    assert env.restored({**shell, "A": ""}) == {"ANTHROPIC_API_KEY": "theirs", "A": ""}
    assert env.restored({**shell, "CCR_KEPT_ANTHROPIC_BASE_URL": "own"})["ANTHROPIC_BASE_URL"] == "own"
    assert env.restored({**shell, "ANTHROPIC_API_KEY": "newer"})["ANTHROPIC_API_KEY"] == "newer"


def test_without_a_shell_of_ours_nothing_changes() -> None:
    assert env.restored({"ANTHROPIC_BASE_URL": "own", "B": "1"}) == {"ANTHROPIC_BASE_URL": "own", "B": "1"}
