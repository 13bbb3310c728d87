"""Requests from clients of another dialect."""

from dataclasses import replace

import pytest

from ccr.messages.blocks import Opaque, Text
from ccr.messages.request import BuiltinTool, Effort, Reasoning, Request, Tool, ToolChoice, Turn
from ccr.wire.anthropic.foreign import BUDGETS, CONTINUE, adapted, version

USER = Turn("user", (Text("hi"),))
REQUEST = Request("x", (USER,), dialect="openai")
NEW, OLD, LOOKALIKE = "claude-opus-5", "claude-haiku-4-5-20251001", "deepseek-chat"
MARK = {"cache_control": {"type": "ephemeral"}}
SEARCH = BuiltinTool("web_search_20250305", "web_search", {"type": "web_search_20250305", "name": "web_search"})


@pytest.mark.parametrize(
    ("model", "number"),
    [
        ("claude-opus-4-20250514", (4, 0)),
        ("claude-opus-4-1-20250805", (4, 1)),
        ("claude-haiku-4-5-20251001", (4, 5)),
        ("anthropic/claude-opus-4.6", (4, 6)),
        ("claude-opus-5", (5, 0)),
        ("claude-3-5-sonnet-20241022", (0, 0)),
        ("deepseek-chat", (0, 0)),
    ],
)
def test_a_claude_tells_its_version(model: str, number: tuple[int, int]) -> None:
    assert version(model) == number


def test_a_system_turn_becomes_the_users_words_where_it_stands() -> None:
    turns = (USER, Turn("system", (Text("be"), Text("brief"), Opaque({"type": "x"}))), USER)
    folded = Turn("user", (Text("<system-reminder>\nbe\n\nbrief\n</system-reminder>"),))
    assert adapted(replace(REQUEST, turns=turns), NEW).turns == (USER, folded, USER)


@pytest.mark.parametrize("turns", [(), (USER, Turn("assistant", (Text("well"),)))])
@pytest.mark.trap(55)
def test_the_user_has_the_last_word(turns: tuple[Turn, ...]) -> None:
    assert adapted(replace(REQUEST, turns=turns), NEW).turns == (*turns, CONTINUE)


def test_nothing_of_the_other_dialect_goes_on_but_the_cache_mark() -> None:
    request = Request(
        "x",
        (Turn("user", (Text("hi", {**MARK, "x": 1}), Opaque({"type": "y"})), {"name": "me"}),),
        system=(Text("be", {"x": 1}),),
        tools=(Tool("T", extra={**MARK, "x": 1}), SEARCH),
        extra={"logit_bias": {}},
        dialect="openai",
    )
    assert adapted(request, NEW) == Request(
        "x",
        (Turn("user", (Text("hi", MARK), Opaque({"type": "y"}))),),
        system=(Text("be"),),
        tools=(Tool("T", extra=MARK), SEARCH),
        dialect="openai",
    )


@pytest.mark.trap(82)
def test_what_only_openai_runs_is_not_offered() -> None:
    hosted = BuiltinTool("code_interpreter", "code_interpreter", {"type": "code_interpreter"})
    request = replace(REQUEST, tools=(hosted,), tool_choice=ToolChoice("any"))
    assert (adapted(request, NEW).tools, adapted(request, NEW).tool_choice) == ((), None)
    assert adapted(replace(request, tools=(hosted, Tool("T"))), NEW).tool_choice == ToolChoice("any")


def test_blank_stop_sequences_are_dropped() -> None:
    assert adapted(replace(REQUEST, stop=("\n", "END")), NEW).stop == ("END",)


@pytest.mark.parametrize("effort", ["low", "medium", "high", "xhigh", "max"])
@pytest.mark.trap(70)
def test_a_new_claude_is_told_the_effort(effort: Effort) -> None:
    request = adapted(replace(REQUEST, effort=effort), NEW)
    assert (request.reasoning, request.effort) == (Reasoning("adaptive"), effort)


def test_minimal_effort_is_low() -> None:
    assert adapted(replace(REQUEST, effort="minimal"), NEW).effort == "low"


@pytest.mark.parametrize("model", [OLD, LOOKALIKE])
@pytest.mark.trap(70)
def test_others_are_told_a_budget(model: str) -> None:
    request = adapted(replace(REQUEST, effort="high"), model)
    assert (request.reasoning, request.effort) == (Reasoning("enabled", BUDGETS["high"]), None)


def test_a_budget_that_is_given_counts() -> None:
    request = adapted(replace(REQUEST, reasoning=Reasoning("enabled", 5000)), OLD)
    assert request.reasoning == Reasoning("enabled", 5000)


def test_thinking_without_figures_is_medium() -> None:
    request = adapted(replace(REQUEST, reasoning=Reasoning("enabled")), OLD)
    assert request.reasoning == Reasoning("enabled", BUDGETS["medium"])


@pytest.mark.parametrize(
    "wish", [replace(REQUEST, effort="none"), replace(REQUEST, reasoning=Reasoning("disabled"), effort="high")]
)
@pytest.mark.parametrize(("model", "reasoning"), [(NEW, Reasoning("disabled")), ("claude-fable-5", None)])
def test_not_to_think_is_a_wish_too(wish: Request, model: str, reasoning: Reasoning | None) -> None:
    request = adapted(wish, model)
    assert (request.reasoning, request.effort) == (reasoning, None)


@pytest.mark.parametrize(("mode", "thinks"), [("any", False), ("tool", False), ("auto", True), ("none", True)])
def test_with_a_budget_no_tool_can_be_forced(mode: str, thinks: bool) -> None:
    choice = ToolChoice(mode, "T")  # type: ignore[arg-type]
    request = adapted(replace(REQUEST, effort="high", tools=(Tool("T"),), tool_choice=choice), OLD)
    assert (request.reasoning is not None) is thinks


def test_temperature_is_at_most_one() -> None:
    request = adapted(replace(REQUEST, temperature=1.7, top_p=0.9), OLD)
    assert (request.temperature, request.top_p) == (1.0, 0.9)


@pytest.mark.parametrize(
    ("request_", "model"), [(REQUEST, NEW), (REQUEST, "claude-opus-4-7"), (replace(REQUEST, effort="low"), OLD)]
)
@pytest.mark.trap(86)
def test_sampling_is_dropped_where_it_is_refused(request_: Request, model: str) -> None:
    request = adapted(replace(request_, temperature=0.5, top_p=0.9, top_k=4), model)
    assert (request.temperature, request.top_p, request.top_k) == (None, None, None)


def test_without_a_temperature_none_is_made_up() -> None:
    assert adapted(replace(REQUEST, effort="none"), OLD).temperature is None
