import pytest

from ccr.messages.reply import Usage
from ccr.wire.openai_chat.usage import reported, usage

PLAIN = {"prompt_tokens": 100, "completion_tokens": 7}


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        (PLAIN, Usage(100, 7)),
        ({**PLAIN, "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10}}, Usage(30, 7, 60, 10)),
        ({**PLAIN, "prompt_cache_hit_tokens": 60}, Usage(40, 7, 60)),
        ({**PLAIN, "cached_tokens": 60}, Usage(40, 7, 60)),
        ({**PLAIN, "prompt_tokens_details": {"cached_tokens": 0}}, Usage(100, 7, 0)),
        ({**PLAIN, "prompt_tokens_details": {"cached_tokens": 200}}, Usage(0, 7, 200)),
        ({**PLAIN, "completion_tokens_details": {"reasoning_tokens": 5}, "total_tokens": 107}, Usage(100, 7, reasoning=5)),
        ({**PLAIN, "prompt_tokens_details": None, "completion_tokens_details": "?"}, Usage(100, 7)),
        ({"completion_tokens": 7}, Usage(None, 7)),
        ({"prompt_tokens": 100, "completion_tokens": True}, Usage(100, None)),
        ({"prompt_tokens": -1, "completion_tokens": "7"}, Usage()),
        (None, Usage()),
        ([], Usage()),
    ],
)  # fmt: skip
@pytest.mark.trap(92)
def test_the_parts_of_the_prompt_exclude_each_other(raw: object, read: Usage) -> None:
    assert usage(raw) == read


def test_thoughts_counted_beside_the_completion_are_added() -> None:
    raw = {**PLAIN, "completion_tokens_details": {"reasoning_tokens": 5}, "total_tokens": 112}
    assert usage(raw) == Usage(100, 12, reasoning=5)


def test_zeros_are_no_report() -> None:
    assert usage({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}) == Usage()


def test_for_a_client_the_prompt_holds_what_was_cached() -> None:
    assert reported(Usage(30, 7, 60, 10, 5)) == {
        "prompt_tokens": 100,
        "completion_tokens": 7,
        "total_tokens": 107,
        "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10},
        "completion_tokens_details": {"reasoning_tokens": 5},
    }


def test_what_is_not_known_is_zero() -> None:
    assert reported(Usage())["total_tokens"] == 0
    assert reported(Usage())["prompt_tokens_details"] == {"cached_tokens": 0}


@pytest.mark.parametrize("figure", [-1, 2**53 + 1, 10**30])
def test_a_figure_that_cannot_be_is_not_reported(figure: int) -> None:
    assert usage({"prompt_tokens": figure, "completion_tokens": 3}) == Usage(output=3)
