"""An upstream that speaks Anthropic Messages."""

import json

import pytest

from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.blocks import RedactedThinking, Text, Thinking
from ccr.messages.events import End
from ccr.messages.fold import fold
from ccr.messages.request import Request, Turn
from ccr.wire.anthropic import AnthropicUpstream
from ccr.wire.origin import Origin, origin
from tests.support import messages
from tests.support.parts import text, thinking

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


def test_every_model_is_at_the_endpoint() -> None:
    assert (
        AnthropicUpstream().address("https://a.test/v1/messages", TARGET, stream=True) == "https://a.test/v1/messages"
    )


def test_it_encodes_reads_and_understands_refusals() -> None:
    upstream = AnthropicUpstream()
    assert upstream.encode(REQUEST, TARGET).body["model"] == "m"
    assert list(upstream.reader(REQUEST, TARGET).feed(messages.body(text("hi"))))[-1] == End()
    assert upstream.refusal(404, b"no such model").message == "no such model"


def test_a_lookalikes_thoughts_come_tagged_and_nothing_of_it_is_copied() -> None:
    upstream = AnthropicUpstream(genuine=False)
    assert (upstream.name, upstream.verbatim) == ("anthropic", False)
    reader = upstream.reader(REQUEST, TARGET)
    (thought,) = fold([*reader.feed(messages.body(thinking("hm", "theirs"))), *reader.close()]).content
    assert isinstance(thought, Thinking)
    assert origin(thought.signature) == Origin(TARGET, "signature", "theirs")


def test_so_do_those_of_a_whole_answer() -> None:
    whole = {"type": "message", "content": [{"type": "redacted_thinking", "data": "xyz"}], "stop_reason": "end_turn"}
    reader = AnthropicUpstream(genuine=False).reader(REQUEST, TARGET)
    (thought,) = fold([*reader.feed(json.dumps(whole).encode()), *reader.close()]).content
    assert isinstance(thought, RedactedThinking)
    assert origin(thought.data) == Origin(TARGET, "redacted_thinking", "xyz")


def test_anthropics_own_come_as_they_are() -> None:
    upstream = AnthropicUpstream()
    assert (upstream.name, upstream.verbatim) == ("anthropic", True)
    reader = upstream.reader(REQUEST, TARGET)
    assert fold([*reader.feed(messages.body(thinking("hm", "EqQB"))), *reader.close()]).content == (
        Thinking("hm", "EqQB"),
    )
