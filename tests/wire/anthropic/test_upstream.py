"""An upstream that speaks Anthropic Messages."""

import pytest

from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.blocks import Text
from ccr.messages.events import End
from ccr.messages.request import Request, Turn
from ccr.wire.anthropic import AnthropicUpstream
from tests.support import messages
from tests.support.parts import text

TARGET = Target(ProviderName("p"), ModelName("m"))
REQUEST = Request("x", (Turn("user", (Text("hi"),)),))


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("https://api.deepseek.com/anthropic", "https://api.deepseek.com/anthropic/v1/messages"),
        ("https://a.example/", "https://a.example/v1/messages"),
        ("https://a.example/v1/", "https://a.example/v1/messages"),
        ("https://a.example/v1/messages", "https://a.example/v1/messages"),
        ("https://a.example/x/v4", "https://a.example/x/v4/messages"),
        ("https://a.example/v1?api-version=2", "https://a.example/v1/messages?api-version=2"),
        ("http://localhost:11434", "http://localhost:11434/v1/messages"),
    ],
)
def test_the_endpoint_is_found_from_any_form_of_url(url: str, endpoint: str) -> None:
    assert AnthropicUpstream().endpoint(url) == endpoint


def test_it_encodes_reads_and_understands_refusals() -> None:
    upstream = AnthropicUpstream()
    assert upstream.encode(REQUEST, TARGET).body["model"] == "m"
    assert list(upstream.reader(REQUEST, TARGET).feed(messages.body(text("hi"))))[-1] == End()
    assert upstream.refusal(404, b"no such model").message == "no such model"
