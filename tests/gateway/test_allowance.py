from math import inf

import pytest

from ccr.gateway.allowance import longest_wait


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, inf),
        ({"x-stainless-timeout": "600"}, 582),
        ({"x-stainless-timeout": "20.5"}, 19.885),
        ({"x-stainless-timeout": "0"}, inf),
        ({"x-stainless-timeout": "none"}, inf),
        ({"user-agent": "claude-cli/2.1.329 (external, cli)", "x-stainless-timeout": "600"}, 291),
        ({"user-agent": "claude-cli/2.1.329 (external, cli)"}, 291),
    ],
)
def test_how_long_a_client_waits_for_a_whole_answer(headers: dict[str, str], seconds: float) -> None:
    assert longest_wait(headers) == pytest.approx(seconds)
