from dataclasses import replace
from typing import Any

import pytest

from ccr.messages.request import Request
from ccr.wire.quirks.limits import capped, deepseek, maxcompletiontokens, maxtoken
from tests.support.quirks import TARGET, sent_by

ASKED = Request("m", (), max_tokens=32_000)


@pytest.mark.parametrize(
    "quirk", [maxtoken({"max_tokens": 8192}), deepseek({}), deepseek({"max_tokens": 8192})], ids=lambda each: each.name
)
def test_a_cap_lowers_and_never_raises_or_sets(quirk: Any) -> None:
    assert quirk.request(ASKED, TARGET).max_tokens == 8192
    assert quirk.request(replace(ASKED, max_tokens=100), TARGET).max_tokens == 100
    assert quirk.request(replace(ASKED, max_tokens=None), TARGET).max_tokens is None


@pytest.mark.trap(84)
@pytest.mark.parametrize("dialect", ["openai", "anthropic", "gemini", "responses"])
def test_a_cap_holds_in_every_dialect(dialect: str) -> None:
    assert "77" in str(sent_by(maxtoken({"max_tokens": 77}), dialect, max_tokens=900))


def test_deepseek_can_be_given_more() -> None:
    assert deepseek({"max_tokens": 64_000}).request(ASKED, TARGET) is ASKED


def test_a_cap_that_is_not_said_is_asked_for() -> None:
    with pytest.raises(ValueError, match="needs max_tokens, a whole number above 0"):
        maxtoken({})


@pytest.mark.trap(85)
def test_maxcompletiontokens_renames_where_the_name_is_known() -> None:
    quirk = maxcompletiontokens({})
    chat = sent_by(quirk, "openai", max_tokens=5)
    assert (chat.get("max_completion_tokens"), "max_tokens" in chat) == (5, False)
    for dialect in ("anthropic", "gemini", "responses"):
        assert "max_completion_tokens" not in str(sent_by(quirk, dialect, max_tokens=5))


def test_capped_leaves_what_fits_as_it_is() -> None:
    assert capped(ASKED, 32_000) is ASKED
