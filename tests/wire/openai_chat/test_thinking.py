from typing import Any

import pytest

from ccr.messages.request import Reasoning, Request
from ccr.wire.openai_chat.differences import Differences
from ccr.wire.openai_chat.thinking import thinking
from tests.wire.openai_chat.reading import HI

SWITCH = Differences(reasoning="enable_thinking", says_off=True)
TEMPLATE = Differences(reasoning="chat_template_kwargs", says_off=True)


def said(differences: Differences, reasoning: Reasoning | None, *, stream: bool = True, effort: Any = None) -> Any:
    return thinking(Request("m", HI.turns, reasoning=reasoning, effort=effort, stream=stream), differences)


def test_qwen_has_a_switch_and_a_budget_in_streams() -> None:
    assert said(SWITCH, Reasoning("adaptive")) == {"enable_thinking": True}
    assert said(SWITCH, Reasoning("enabled", 9000)) == {"enable_thinking": True, "thinking_budget": 9000}
    assert said(SWITCH, Reasoning("enabled", 90_000))["thinking_budget"] == 32_768
    assert said(SWITCH, Reasoning("enabled", 9000), stream=False) == {"enable_thinking": False}
    assert said(SWITCH, Reasoning("disabled")) == {"enable_thinking": False}


def test_templates_are_told_in_both_of_their_words() -> None:
    on = {"chat_template_kwargs": {"thinking": True, "enable_thinking": True}}
    off = {"chat_template_kwargs": {"thinking": False, "enable_thinking": False}}
    assert said(TEMPLATE, Reasoning("adaptive")) == on
    assert said(TEMPLATE, Reasoning("disabled")) == off


def test_an_effort_may_stand_beside_the_switch() -> None:
    host = Differences(reasoning="thinking", effort_beside=True, efforts=("low", "high", "max"))
    assert said(host, None, effort="max") == {"thinking": {"type": "enabled"}, "reasoning_effort": "max"}


@pytest.mark.trap(69)
def test_never_on_and_off_at_once() -> None:
    for reasons in ("reasoning_effort", "reasoning", "thinking", "enable_thinking", "chat_template_kwargs"):
        host = Differences(reasoning=reasons, says_off=True)
        found = said(host, Reasoning("disabled"), effort="high")
        assert "high" not in str(found)
        assert "True" not in str(found)


def test_a_host_without_such_a_field_is_told_nothing() -> None:
    assert said(Differences(says_off=True), Reasoning("disabled")) == {}
    assert said(Differences(), Reasoning("adaptive")) == {}
