from typing import Any

import pytest

from ccr.errors import UpstreamGarbled
from ccr.messages.blocks import Opaque, RedactedThinking, Text, Thinking, ToolUse
from ccr.messages.events import (
    BlockStart,
    BlockStop,
    End,
    Event,
    Finish,
    JsonDelta,
    OpaqueDelta,
    Ping,
    SignatureDelta,
    Start,
    TextDelta,
    ThinkingDelta,
)
from ccr.messages.reply import Usage
from ccr.wire.anthropic import decode_event, encode_event

USAGE = Usage(10, 3, 2, None, extra={"service_tier": "standard"})
EVENTS: list[Event] = [
    Start("msg_1", "m", USAGE, {"container": None}),
    BlockStart(Text("", {"citations": []})),
    BlockStart(Thinking("")),
    BlockStart(ToolUse("t1", "Bash")),
    BlockStart(RedactedThinking("abc")),
    BlockStart(Opaque({"type": "web_search_tool_result", "content": []})),
    TextDelta("hi"),
    JsonDelta('{"a'),
    ThinkingDelta("hm"),
    SignatureDelta("sig"),
    OpaqueDelta({"type": "citations_delta", "citation": {}}),
    BlockStop(),
    Finish("stop_sequence", "END", USAGE, {"container": {"id": "c"}, "context_management": {}}),
    Finish("end_turn"),
    End(),
    Ping(),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_every_event_comes_back_as_it_went(event: Event) -> None:
    assert list(decode_event(encode_event(event, 3))) == [event]


def test_they_look_as_they_do_on_the_wire() -> None:
    assert encode_event(TextDelta("hi"), 3) == {
        "type": "content_block_delta",
        "index": 3,
        "delta": {"type": "text_delta", "text": "hi"},
    }
    assert encode_event(EVENTS[12], 3) == {
        "type": "message_delta",
        "delta": {"stop_reason": "stop_sequence", "stop_sequence": "END", "container": {"id": "c"}},
        "usage": {
            "input_tokens": 10,
            "output_tokens": 3,
            "cache_read_input_tokens": 2,
            "service_tier": "standard",
        },
        "context_management": {},
    }


def test_what_was_not_reported_is_not_made_up() -> None:
    message: Any = encode_event(Start("msg_1", "m"), 0)["message"]
    assert message["usage"] == {}


def test_a_block_that_comes_whole_is_read_as_its_deltas() -> None:
    def begun(block: dict[str, Any]) -> list[Event]:
        return list(decode_event({"type": "content_block_start", "content_block": block}))

    assert begun({"type": "text", "text": "hi"}) == [BlockStart(Text("")), TextDelta("hi")]
    assert begun({"type": "tool_use", "id": "t", "name": "n", "input": {"a": 1}}) == [
        BlockStart(ToolUse("t", "n")),
        JsonDelta('{"a":1}'),
    ]
    assert begun({"type": "thinking", "thinking": "hm", "signature": "s"}) == [
        BlockStart(Thinking("")),
        ThinkingDelta("hm"),
        SignatureDelta("s"),
    ]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({}, "the event.type: missing, expected a string"),
        ({"type": "banana"}, 'the event.type: "banana" is none of Anthropic\'s'),
        ({"type": "content_block_delta"}, "the event.delta: missing, expected an object"),
        (
            {"type": "content_block_delta", "delta": {"type": "text_delta", "text": 7}},
            "the event.delta.text: expected a string, not a number",
        ),
        ({"type": "message_start", "message": {"id": "1"}}, "the event.message.model: missing, expected a string"),
    ],
)
def test_what_is_no_event_is_named_by_its_place(raw: dict[str, Any], said: str) -> None:
    with pytest.raises(UpstreamGarbled) as fault:
        list(decode_event(raw))
    assert fault.value.message == said
