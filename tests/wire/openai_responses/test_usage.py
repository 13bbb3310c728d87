import pytest

from ccr.messages.reply import Usage
from ccr.wire.openai_responses.usage import usage


@pytest.mark.trap(92)
def test_what_came_from_the_cache_is_not_counted_twice() -> None:
    raw = {
        "input_tokens": 100,
        "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10},
        "output_tokens": 20,
        "output_tokens_details": {"reasoning_tokens": 15},
        "total_tokens": 120,
    }
    assert usage(raw) == Usage(30, 20, 60, 10, 15)


@pytest.mark.trap(93)
@pytest.mark.parametrize("raw", [None, "x", {}, {"input_tokens": 0, "output_tokens": 0}, {"input_tokens": "many"}])
def test_what_is_no_report_is_none(raw: object) -> None:
    assert usage(raw) == Usage()


def test_hosts_leave_details_out() -> None:
    assert usage({"input_tokens": 5, "output_tokens": 2}) == Usage(5, 2)
    assert usage({"output_tokens": 2, "input_tokens_details": None}) == Usage(None, 2)
    assert usage({"input_tokens": 5, "input_tokens_details": {"cached_tokens": 9}}).input == 0
