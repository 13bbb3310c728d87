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
