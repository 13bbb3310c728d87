from typing import Any

import pytest

from ccr.messages.request import Effort, Reasoning, Request
from ccr.wire.gemini.families import family
from ccr.wire.gemini.thinking import thinking


def wish(model: str, reasoning: Reasoning | None, effort: Effort | None = None, max_tokens: int | None = None) -> Any:
    asked = Request("m", (), reasoning=reasoning, effort=effort, max_tokens=max_tokens)
    return thinking(asked, family(model)).get("thinkingConfig")


ADAPTIVE, OFF = Reasoning("adaptive"), Reasoning("disabled")


@pytest.mark.parametrize(
    ("model", "reasoning", "effort", "budget"),
    [
        ("gemini-2.5-flash", Reasoning("enabled", 5000), None, 5000),
        ("gemini-2.5-flash", Reasoning("enabled", 99999), None, 24576),
        ("gemini-2.5-pro", Reasoning("enabled", 1), None, 128),
        ("gemini-2.5-flash-lite", Reasoning("enabled", 1), None, 512),
        ("gemini-2.5-flash", ADAPTIVE, None, -1),
        ("gemini-2.5-flash", ADAPTIVE, "low", 1024),
        ("gemini-2.5-flash", None, "medium", 8192),
        ("gemini-2.5-pro", ADAPTIVE, "max", 32768),
    ],
)
def test_2_5_gets_a_budget_within_its_range(
    model: str, reasoning: Reasoning, effort: Effort | None, budget: int
) -> None:
    assert wish(model, reasoning, effort) == {"thinkingBudget": budget, "includeThoughts": True}


@pytest.mark.parametrize(
    ("model", "reasoning", "effort", "level"),
    [
        ("gemini-3-flash", ADAPTIVE, "minimal", "minimal"),
        ("gemini-3-flash", ADAPTIVE, "medium", "medium"),
        ("gemini-3-pro", ADAPTIVE, "medium", "high"),
        ("gemini-3-pro", ADAPTIVE, "minimal", "low"),
        ("gemini-3.1-pro", None, "xhigh", "high"),
        ("gemini-3-flash", Reasoning("enabled", 1024), None, "low"),
        ("gemini-3-flash", Reasoning("enabled", 8000), None, "medium"),
        ("gemini-3-flash", Reasoning("enabled", 31999), None, "high"),
    ],
)
def test_3_gets_a_level_that_it_knows(model: str, reasoning: Reasoning, effort: Effort | None, level: str) -> None:
    assert wish(model, reasoning, effort) == {"thinkingLevel": level, "includeThoughts": True}


def test_thinking_as_it_pleases_has_no_level() -> None:
    assert wish("gemini-3-pro", ADAPTIVE) == {"includeThoughts": True}


@pytest.mark.trap(69)
@pytest.mark.parametrize(
    ("model", "least"),
    [
        ("gemini-2.5-flash", {"thinkingBudget": 0}),
        ("gemini-2.5-pro", {"thinkingBudget": 128}),
        ("gemini-3-flash", {"thinkingLevel": "minimal"}),
        ("gemini-3-pro", {"thinkingLevel": "low"}),
    ],
)
def test_off_is_the_least_that_the_model_can_do_and_shows_nothing(model: str, least: object) -> None:
    assert wish(model, OFF) == least
    assert wish(model, OFF, "high") == least
    assert wish(model, None, "none") == least


@pytest.mark.parametrize("model", ["gemini-2.0-flash", "my-alias", "gemini-2.5-flash-image"])
def test_a_model_that_knows_no_such_wish_hears_none(model: str) -> None:
    assert wish(model, ADAPTIVE, "high") is None


def test_no_wish_is_no_wish() -> None:
    assert wish("gemini-2.5-pro", None) is None


@pytest.mark.trap(71)
def test_thoughts_leave_room_for_the_answer() -> None:
    assert wish("gemini-2.5-flash", Reasoning("enabled", 8000), max_tokens=4000)["thinkingBudget"] == 2000
    assert wish("gemini-2.5-flash", Reasoning("enabled", 8000), max_tokens=8001)["thinkingBudget"] == 8000
