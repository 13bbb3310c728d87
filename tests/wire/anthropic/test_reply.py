"""Whole answers <-> JSON."""

import json

import pytest

from ccr.errors import UpstreamGarbled
from ccr.messages.blocks import Block, Opaque, Text, Thinking, ToolUse
from ccr.messages.reply import Reply, Usage
from ccr.wire.anthropic.reply import (
    decode_reply,
    decode_usage,
    encode_reply,
    encode_usage,
    message_id,
    stop_reason,
    whole_usage,
)

USAGE = {
    "input_tokens": 1,
    "output_tokens": 2,
    "cache_read_input_tokens": 3,
    "cache_creation_input_tokens": 4,
    "output_tokens_details": {"thinking_tokens": 1},
    "cache_creation": {"ephemeral_5m_input_tokens": 4, "ephemeral_1h_input_tokens": 0},
    "service_tier": "standard",
}
RAW = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "text", "text": "hi", "citations": None},
        {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"a": 1}},
        {"type": "web_search_tool_result", "tool_use_id": "x", "content": []},
    ],
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "usage": USAGE,
    "container": {"id": "c"},
}
CALL = ToolUse("toolu_1", "Bash")


def test_an_answer_survives_reading_and_writing() -> None:
    assert json.loads(encode_reply(decode_reply(RAW, "other"))) == RAW  # type: ignore[arg-type]


def test_what_a_lookalike_leaves_out_is_filled_in() -> None:
    reply = decode_reply({"content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "x"}]}, "m")
    assert reply == Reply("", "m", (Thinking("hm"), Text("x")), "end_turn")
    assert json.loads(encode_reply(reply)) == {
        "id": "msg_0",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [{"type": "thinking", "thinking": "hm", "signature": ""}, {"type": "text", "text": "x"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": dict.fromkeys(list(USAGE)[:4], 0),
    }


def test_the_stop_sequence_is_kept() -> None:
    assert decode_reply({**RAW, "stop_sequence": "END"}, "m").stop_sequence == "END"  # type: ignore[dict-item]


def test_a_broken_block_is_the_upstreams_fault() -> None:
    with pytest.raises(UpstreamGarbled, match=r"content\[0\].text: missing"):
        decode_reply({"content": [{"type": "text"}]}, "m")


@pytest.mark.parametrize(
    ("said", "content", "reason"),
    [
        ("end_turn", [Text("x")], "end_turn"),
        ("end_turn", [Text("x"), CALL], "tool_use"),
        (None, [CALL], "tool_use"),
        (None, [], "end_turn"),
        ("tool_use", [Text("x")], "end_turn"),
        ("tool_use", [Opaque({"type": "server_tool_use"})], "end_turn"),
        ("max_tokens", [CALL], "max_tokens"),
        ("a_new_one", [], "a_new_one"),
    ],
)
def test_the_stop_reason_fits_the_content(said: object, content: list[Block], reason: str) -> None:
    assert stop_reason(said, content) == reason


@pytest.mark.parametrize(("id", "name"), [("msg_01", "msg_01"), ("chatcmpl-1.x", "msg_chatcmpl-1_x"), ("", "msg_0")])
def test_a_message_has_an_id_of_anthropics_form(id: str, name: str) -> None:
    assert message_id(id) == name


def test_usage_is_read_and_written() -> None:
    usage = decode_usage(USAGE)
    assert (usage.input, usage.output, usage.cache_read, usage.cache_write, usage.reasoning) == (1, 2, 3, 4, 1)
    assert encode_usage(usage) == USAGE


@pytest.mark.parametrize("raw", [None, [], "x", {}, {"input_tokens": None, "output_tokens": "3", "speed": None}])
def test_usage_that_says_nothing_is_unknown(raw: object) -> None:
    assert decode_usage(raw) == Usage()


def test_only_what_is_known_is_written() -> None:
    assert encode_usage(Usage(output=3, reasoning=2)) == {
        "output_tokens": 3,
        "output_tokens_details": {"thinking_tokens": 2},
    }


def test_whole_usage_has_all_four_figures() -> None:
    assert whole_usage(Usage(output=3)) == {
        "input_tokens": 0,
        "output_tokens": 3,
        "cache_read_input_tokens": 0,
        "cache_creation_input_tokens": 0,
    }


@pytest.mark.parametrize("figure", [-1, 2**53 + 1, 10**30])
def test_a_figure_that_cannot_be_is_not_reported(figure: int) -> None:
    raw = {"input_tokens": figure, "output_tokens": 3, "output_tokens_details": {"thinking_tokens": figure}}
    found = decode_usage(raw)
    assert (found.input, found.output, found.reasoning) == (None, 3, None)
