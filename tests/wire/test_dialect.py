"""Both dialects keep the promises that the gateway relies on."""

import pytest

from ccr.wire.anthropic import AnthropicClient, AnthropicUpstream
from ccr.wire.dialect import ClientDialect, Payload, UpstreamDialect

CLIENT: ClientDialect = AnthropicClient()
UPSTREAM: UpstreamDialect = AnthropicUpstream()


def test_both_sides_have_one_name() -> None:
    assert CLIENT.name == UPSTREAM.name == "anthropic"


def test_a_payload_needs_no_headers() -> None:
    assert Payload({}).headers == {}


@pytest.mark.parametrize("url", ["https://a.example", "https://a.example/v1", "https://a.example/v1/messages"])
def test_every_form_of_url_reaches_the_endpoint(url: str) -> None:
    assert UPSTREAM.endpoint(url) == "https://a.example/v1/messages"
