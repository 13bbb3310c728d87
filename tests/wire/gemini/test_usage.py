import pytest

from ccr.messages.reply import Usage
from ccr.wire.gemini.usage import usage


@pytest.mark.trap(92)
def test_what_came_from_the_cache_is_taken_out_and_thoughts_are_added() -> None:
    figures = {
        "promptTokenCount": 100,
        "cachedContentTokenCount": 60,
        "toolUsePromptTokenCount": 5,
        "candidatesTokenCount": 7,
        "thoughtsTokenCount": 30,
        "totalTokenCount": 142,
    }
    assert usage(figures) == Usage(45, 37, 60, None, 30)


def test_what_is_not_reported_is_not_known() -> None:
    assert usage({"promptTokenCount": 9}) == Usage(9)
    assert usage({"thoughtsTokenCount": 9}) == Usage(None, 9, reasoning=9)
    assert usage({"promptTokenCount": "9"}) == Usage()
    assert usage(None) == Usage()
