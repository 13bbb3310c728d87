from typing import Any

import pytest

from ccr.messages.request import Reasoning, Request
from ccr.wire.quirks.thinking import reasoning, thinks, thoughtless
from tests.support.quirks import sent_by


def fields(options: dict[str, Any], **asked: Any) -> tuple[Any, Any]:
    found = sent_by(reasoning(options), "openai", **asked)
    return found.get("thinking"), found.get("enable_thinking")


def test_the_wish_to_think_goes_out_in_both_fields() -> None:
    asked = Reasoning("enabled", 5000)
    assert fields({}, reasoning=asked) == ({"type": "enabled", "budget_tokens": 5000}, True)
    assert fields({"enable": True}, reasoning=Reasoning("adaptive")) == ({"type": "enabled"}, True)
    assert fields({}, effort="high") == ({"type": "enabled"}, True)


def test_who_does_not_want_thoughts_gets_none_and_who_says_nothing_what_is_usual() -> None:
    assert fields({}, reasoning=Reasoning("disabled")) == ({"type": "disabled"}, False)
    assert fields({}, effort="none") == ({"type": "disabled"}, False)
    assert fields({}) == (None, None)


def test_enable_false_switches_thinking_off_whatever_was_asked() -> None:
    off = ({"type": "disabled"}, False)
    assert fields({"enable": False}, reasoning=Reasoning("enabled", 5000), effort="high") == off
    assert fields({"enable": False}) == off


def test_enable_false_holds_in_other_dialects_in_their_words() -> None:
    quirk = reasoning({"enable": False})
    body = sent_by(quirk, "anthropic", reasoning=Reasoning("adaptive"), effort="high")
    assert (body["thinking"], "output_config" in body) == ({"type": "disabled"}, False)
    assert "enable_thinking" not in str(sent_by(quirk, "gemini", effort="high"))


def test_other_options_are_named_and_wrong_ones_refused() -> None:
    assert reasoning({"max_tokens": 3}).notes == ("does not know max_tokens; it takes enable",)
    with pytest.raises(ValueError, match="takes true or false as enable"):
        reasoning({"enable": "no"})


def test_what_a_request_says_about_thinking() -> None:
    request = Request("m", (), effort="low")
    assert (thinks(request), thinks(thoughtless(request)), thinks(Request("m", ()))) == (True, False, None)
