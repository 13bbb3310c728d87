import json
from typing import Any

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from ccr.errors import UpstreamBusy
from ccr.messages.blocks import Opaque, Text, Thinking, ToolUse
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
from ccr.messages.reply import Reply, Usage
from ccr.messages.request import Request
from ccr.wire.openai_chat import ChatClient
from tests.support.chat import called, delta, used
from tests.wire.openai_chat.reading import events, streamed

ASKED = Request("m", (), dialect="openai")
COUNTED = Request("m", (), dialect="openai", extra={"stream_options": {"include_usage": True}})
CLIENT = ChatClient(lambda: 1700000000.5)
START = Start("msg_1", "model", Usage(10))
END = (Finish("end_turn", usage=Usage(10, 3)), End())


def written(*events: Event, request: Request = ASKED) -> bytes:
    writer = CLIENT.writer(request)
    return b"".join(writer.write(event) for event in events)


def chunks(data: bytes) -> list[Any]:
    frames = data.decode().split("\n\n")
    assert frames.pop() == ""
    return [json.loads(frame.removeprefix("data: ")) for frame in frames if frame != "data: [DONE]"]


def deltas(*events: Event) -> list[Any]:
    return [chunk["choices"][0]["delta"] for chunk in chunks(written(START, *events))][1:]


def finish(reason: str) -> Any:
    return chunks(written(START, Finish(reason)))[-1]["choices"][0]["finish_reason"]


def test_a_text_in_chunks() -> None:
    data = written(START, BlockStart(Text("")), TextDelta("hi"), BlockStop(), *END)
    found = chunks(data)
    assert [chunk["choices"][0]["delta"] for chunk in found] == [
        {"role": "assistant", "content": ""},
        {"content": "hi"},
        {},
    ]
    assert {(chunk["id"], chunk["created"], chunk["model"]) for chunk in found} == {("chatcmpl-1", 1700000000, "model")}
    assert [chunk["choices"][0]["finish_reason"] for chunk in found] == [None, None, "stop"]
    assert data.endswith(b"data: [DONE]\n\n")
    assert not any("usage" in chunk for chunk in found)


def test_usage_comes_in_a_last_chunk_if_it_is_wanted() -> None:
    found = chunks(written(START, *END, request=COUNTED))
    assert [chunk["usage"] for chunk in found[:-1]] == [None, None]
    assert found[-1]["choices"] == []
    assert found[-1]["usage"]["total_tokens"] == 13


def test_calls_are_numbered_and_begin_with_id_and_name() -> None:
    found = deltas(
        BlockStart(ToolUse("a", "A")),
        JsonDelta('{"p"'),
        JsonDelta(":1}"),
        BlockStop(),
        BlockStart(ToolUse("b", "B")),
        BlockStop(),
    )
    assert [delta["tool_calls"][0] for delta in found] == [
        {"index": 0, "id": "a", "type": "function", "function": {"name": "A", "arguments": ""}},
        {"index": 0, "function": {"arguments": '{"p"'}},
        {"index": 0, "function": {"arguments": ":1}"}},
        {"index": 1, "id": "b", "type": "function", "function": {"name": "B", "arguments": ""}},
        {"index": 1, "function": {"arguments": "{}"}},
    ]


def test_thoughts_are_reasoning_content() -> None:
    assert deltas(BlockStart(Thinking("")), ThinkingDelta("hm"), SignatureDelta("s"), BlockStop()) == [
        {"reasoning_content": "hm"}
    ]


def test_a_text_that_begins_with_words_loses_none() -> None:
    assert deltas(BlockStart(Text("hi"))) == [{"content": "hi"}]


def test_what_this_wire_has_no_words_for_is_left_out() -> None:
    server = Opaque({"type": "server_tool_use", "input": {}})
    assert deltas(BlockStart(server), JsonDelta('{"q":1}'), OpaqueDelta({}), BlockStop()) == []


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("pause_turn", "stop"),
        ("new", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
    ],
)
def test_why_it_ends(reason: str, said: str) -> None:
    assert finish(reason) == said


def test_a_ping_is_a_comment() -> None:
    assert written(Ping()) == CLIENT.writer(ASKED).ping() == b": ping\n\n"


def test_a_stream_that_has_no_answer_yet_begins_with_a_comment() -> None:
    """An answer that is copied brings a first chunk of its own."""
    assert CLIENT.writer(ASKED).open(Start("msg_1", "m")) == b": ping\n\n"


def test_a_failure_is_an_error_and_no_end() -> None:
    data = CLIENT.writer(ASKED).fail(UpstreamBusy("too busy"), "req_1")
    [found] = chunks(data)
    assert found["error"]["message"] == "too busy"
    assert b"[DONE]" not in data


def test_what_is_written_reads_as_it_was() -> None:

    figures: dict[str, object] = {
        "prompt_tokens": 10,
        "completion_tokens": 3,
        "prompt_tokens_details": {"cached_tokens": 4},
    }
    figures["completion_tokens_details"] = {"reasoning_tokens": 2}
    said = streamed(
        delta(reasoning_content="hm"),
        delta(content="a"),
        called(0, id="c", name="Bash", arguments='{"p":1}'),
        delta(finish="stop"),
        used(figures),
    )
    data = written(*said, request=COUNTED)
    assert events([data]) == said
    for chunk in chunks(data):
        ChatCompletionChunk.model_validate(chunk, strict=True)


def test_a_whole_answer() -> None:
    reply = Reply(
        "msg_1",
        "model",
        (Thinking("hm", "s"), Text("a"), Text("b"), ToolUse("c", "Bash", {"p": 1}), Opaque({"type": "new"})),
        "tool_use",
        usage=Usage(6, 3, 4),
    )
    found = json.loads(CLIENT.reply(reply))
    ChatCompletion.model_validate(found, strict=True)
    call = {"id": "c", "type": "function", "function": {"name": "Bash", "arguments": '{"p":1}'}}
    message = {"role": "assistant", "content": "ab", "refusal": None, "reasoning_content": "hm", "tool_calls": [call]}
    assert found["choices"] == [{"index": 0, "message": message, "logprobs": None, "finish_reason": "tool_calls"}]
    assert (found["id"], found["object"], found["created"]) == ("chatcmpl-1", "chat.completion", 1700000000)
    assert found["usage"]["prompt_tokens"] == 10


def test_content_is_null_beside_calls_alone() -> None:
    def content(*blocks: Any) -> Any:
        return json.loads(CLIENT.reply(Reply("chatcmpl-1", "m", blocks, "end_turn")))["choices"][0]["message"][
            "content"
        ]

    assert content(ToolUse("c", "Bash")) is None
    assert content() == ""
