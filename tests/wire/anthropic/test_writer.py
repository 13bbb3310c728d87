"""Events -> an Anthropic stream."""

import json

import pytest

from ccr.errors import UpstreamCut
from ccr.messages.blocks import Block, Opaque, RedactedThinking, Text, Thinking, ToolUse
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
from ccr.messages.fold import unfold
from ccr.messages.json import JsonObject
from ccr.messages.reply import Reply, Usage
from ccr.wire.anthropic.reply import encode_reply
from ccr.wire.anthropic.writer import StreamWriter
from tests.support.sse import Heard, frames, heard

PING = b'event: ping\ndata: {"type":"ping"}\n\n'


def written(*events: Event) -> bytes:
    writer = StreamWriter()
    return b"".join(map(writer.write, events))


def answer(*events: Event) -> Heard:
    return heard(written(Start("msg_1", "m"), *events, Finish("end_turn"), End()))


def opened(block: Block) -> StreamWriter:
    writer = StreamWriter()
    writer.write(Start("msg_1", "m"))
    writer.write(BlockStart(block))
    return writer


@pytest.mark.trap(6)
def test_the_bytes_are_as_anthropic_writes_them() -> None:
    stream = written(
        Start("msg_1", "m", Usage(input=9, output=1)),
        BlockStart(Text("")),
        TextDelta('"ä"\n'),
        BlockStop(),
        Finish("end_turn", None, Usage(output=5)),
        End(),
    )
    assert stream.decode() == (
        "event: message_start\n"
        'data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m",'
        '"content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":1,'
        '"cache_read_input_tokens":0,"cache_creation_input_tokens":0}}}\n\n'
        "event: content_block_start\n"
        'data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n'
        "event: content_block_delta\n"
        'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\\"ä\\"\\n"}}\n\n'
        "event: content_block_stop\n"
        'data: {"type":"content_block_stop","index":0}\n\n'
        "event: message_delta\n"
        'data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},'
        '"usage":{"output_tokens":5,"input_tokens":9}}\n\n'
        "event: message_stop\n"
        'data: {"type":"message_stop"}\n\n'
    )


def test_a_whole_answer_reads_back_as_it_is() -> None:
    content = (
        Thinking("hm", "sig"),
        Text("hi"),
        ToolUse("toolu_1", "Bash", {"command": "ls"}),
        Opaque({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"q": 1}}),
        Opaque({"type": "web_search_tool_result", "content": []}),
        RedactedThinking("x"),
    )
    reply = Reply("msg_1", "m", content, "tool_use", None, Usage(1, 2))
    assert heard(written(*unfold(reply))).blocks == json.loads(encode_reply(reply))["content"]


def test_a_signature_comes_once_and_last() -> None:
    events = (BlockStart(Thinking("")), SignatureDelta("a"), ThinkingDelta("hm"), SignatureDelta("b"), BlockStop())
    assert answer(*events).blocks == [{"type": "thinking", "thinking": "hm", "signature": "ab"}]


@pytest.mark.trap(23)
def test_a_thinking_block_without_a_signature_still_gets_its_delta() -> None:
    events = [data for _, data in frames(written(BlockStart(Thinking("")), ThinkingDelta("hm"), BlockStop()))]
    assert [event["delta"] for event in events if "delta" in event] == [
        {"type": "thinking_delta", "thinking": "hm"},
        {"type": "signature_delta", "signature": ""},
    ]


def test_one_blocks_signature_is_not_the_nexts() -> None:
    first = (BlockStart(Thinking("")), SignatureDelta("a"), BlockStop())
    assert [block["signature"] for block in answer(*first, BlockStart(Thinking("")), BlockStop()).blocks] == ["a", ""]


def test_unknown_deltas_are_passed_on() -> None:
    delta: JsonObject = {"type": "citations_delta", "citation": {"cited_text": "x"}}
    events = answer(BlockStart(Text("")), OpaqueDelta(delta), BlockStop()).events
    assert {"type": "content_block_delta", "index": 0, "delta": delta} in events


def test_blocks_are_counted() -> None:
    tools = (BlockStart(ToolUse("a", "A")), BlockStop(), BlockStart(ToolUse("b", "B")), JsonDelta("{}"), BlockStop())
    assert [call["id"] for call in answer(*tools).calls] == ["a", "b"]


def test_late_figures_complete_early_ones() -> None:
    stream = written(
        Start("msg_1", "m", Usage(input=100, cache_read=7)),
        Finish("end_turn", None, Usage(input=120, output=5, reasoning=2, extra={"service_tier": "standard"})),
        End(),
    )
    assert heard(stream).usage == {
        "input_tokens": 120,
        "output_tokens": 5,
        "cache_read_input_tokens": 7,
        "cache_creation_input_tokens": 0,
        "output_tokens_details": {"thinking_tokens": 2},
        "service_tier": "standard",
    }


def test_the_end_says_all_that_is_known_of_it() -> None:
    extra: JsonObject = {"stop_details": {"category": "cyber"}, "context_management": {"applied_edits": []}}
    [(_, event)] = frames(written(Finish("refusal", "END", extra=extra)))
    assert event == {
        "type": "message_delta",
        "delta": {"stop_reason": "refusal", "stop_sequence": "END", "stop_details": {"category": "cyber"}},
        "usage": {"output_tokens": 0},
        "context_management": {"applied_edits": []},
    }


def test_the_start_says_all_that_is_known_of_it() -> None:
    [(_, event)] = frames(written(Start("chatcmpl-1", "m", extra={"container": {"id": "c"}})))
    assert (event["message"]["id"], event["message"]["container"]) == ("msg_chatcmpl-1", {"id": "c"})


@pytest.mark.parametrize(
    ("block", "delta"),
    [
        (Text(""), {"type": "text_delta", "text": ""}),
        (Thinking(""), {"type": "thinking_delta", "thinking": ""}),
        (ToolUse("a", "A"), {"type": "input_json_delta", "partial_json": ""}),
    ],
)
@pytest.mark.trap(12)
def test_a_ping_in_an_open_block_brings_an_empty_delta(block: Block, delta: object) -> None:
    assert frames(opened(block).ping()) == [
        ("ping", {"type": "ping"}),
        ("content_block_delta", {"type": "content_block_delta", "index": 0, "delta": delta}),
    ]


NOTHING_NEW = (
    b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":null,"stop_sequence":null},'
    b'"usage":{"output_tokens":0}}\n\n'
)


def test_where_no_delta_can_stand_a_ping_brings_a_message_delta_that_says_nothing() -> None:
    closed, writer = opened(Text("")), StreamWriter()
    closed.write(BlockStop())
    assert closed.ping() == PING + NOTHING_NEW
    writer.write(Start("msg_1", "m"))
    assert writer.ping() == PING + NOTHING_NEW


def test_in_a_block_that_takes_no_delta_a_ping_is_a_ping() -> None:
    assert opened(RedactedThinking("x")).ping() == PING


def test_before_the_start_and_after_the_stop_reason_a_ping_is_a_ping() -> None:
    """Each message_delta overwrites the stop_reason of the one before it."""
    writer = StreamWriter()
    assert writer.ping() == PING
    writer.write(Start("msg_1", "m"))
    writer.write(Finish("end_turn"))
    assert writer.ping() == PING


def test_an_answer_that_was_opened_before_it_came_does_not_begin_twice() -> None:
    writer = StreamWriter()
    assert frames(writer.open(Start("1", "asked")))[0][0] == "message_start"
    assert writer.write(Start("1", "m", Usage(input=10, cache_read=8000))) == b""
    assert b'"input_tokens":10,"cache_read_input_tokens":8000' in writer.write(
        Finish("end_turn", None, Usage(output=5))
    )


def test_an_upstreams_ping_is_a_ping() -> None:
    assert opened(Text("")).write(Ping()) == PING


def test_a_broken_call_is_never_stopped_since_the_stop_would_run_it() -> None:
    writer = opened(ToolUse("toolu_1", "Bash"))
    assert writer.write(BlockStop(broken=True)) == b""
    assert writer.ping() == PING + NOTHING_NEW
    assert b'"index":1' in writer.write(BlockStart(Text("")))


@pytest.mark.trap(10)
def test_a_failure_is_an_error_event() -> None:
    stream = opened(Text("")).fail(UpstreamCut("p,m was cut"), "req_1")
    assert frames(stream) == [
        (
            "error",
            {"type": "error", "error": {"type": "api_error", "message": "p,m was cut"}, "request_id": "req_1"},
        )
    ]


def test_no_guess_is_added_to_a_prompt_that_came_from_the_cache_as_a_whole() -> None:
    used = answer_using(Usage(input=1000), Usage(input=0, output=5, cache_read=1000))
    assert used == {"input_tokens": 1, "output_tokens": 5, "cache_read_input_tokens": 999}


def answer_using(guess: Usage, real: Usage) -> object:
    events = (Start("msg_1", "m", guess), Finish("end_turn", None, real), End())
    return next(data["usage"] for name, data in frames(written(*events)) if name == "message_delta")
