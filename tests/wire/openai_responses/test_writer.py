"""Events and whole answers, in the words of the official types."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from ccr.errors import BadRequest, ContextOverflow, UpstreamBusy, UpstreamCut
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
from ccr.messages.fold import unfold
from ccr.messages.reply import Reply, Usage
from ccr.messages.request import Request
from tests.wire.openai_responses.asking import CLIENT, asked, frames, offering, read

EVENT: TypeAdapter[ResponseStreamEvent] = TypeAdapter(ResponseStreamEvent)
START = Start("msg_1", "model", Usage(10))
END = (Finish("end_turn", usage=Usage(10, 3, 4, 1, 2)), End())
STOP = BlockStop()
HI = asked({"role": "user", "content": "hi"})


def stream(*events: Event, request: Request = HI, reason: str = "end_turn") -> list[Any]:
    found = frames(START, *events, Finish(reason, usage=Usage(10, 3, 4, 1, 2)), End(), request=request)
    for event in found:
        EVENT.validate_python(event)
    return found


def output(*events: Event, request: Request = HI, reason: str = "end_turn") -> list[Any]:
    """The items, as the last event has them; each was told to be done in the same words."""
    found = stream(*events, request=request, reason=reason)
    items: list[Any] = found[-1]["response"]["output"]
    assert [event["item"] for event in found if event["type"] == "response.output_item.done"] == items
    assert [event["output_index"] for event in found if event["type"].endswith("item.added")] == [*range(len(items))]
    return items


def kinds(found: list[Any]) -> list[str]:
    return [event["type"].removeprefix("response.") for event in found]


WORDS = st.text(max_size=5)
INPUTS = st.dictionaries(WORDS, WORDS | st.integers(), max_size=2)
BLOCKS = st.one_of(
    st.builds(Text, WORDS),
    st.builds(Thinking, WORDS, st.sampled_from(["", "EqQB", "ccr1.x"])),
    st.builds(RedactedThinking, WORDS),
    st.builds(ToolUse, st.sampled_from("abc"), st.sampled_from(["f", "free", "pics__shot"]), INPUTS),
    st.sampled_from(
        [
            Opaque({"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "x"}}),
            Opaque({"type": "web_search_tool_result", "tool_use_id": "s1", "content": []}),
            Opaque({"type": "future"}),
        ]
    ),
)
EVERY = (
    {"type": "function", "name": "f"},
    {"type": "custom", "name": "free"},
    {"type": "namespace", "name": "pics", "tools": [{"type": "function", "name": "shot"}]},
)


@given(st.lists(BLOCKS, max_size=6).map(tuple))
def test_whatever_comes_is_a_stream_as_the_official_types_have_it(blocks: tuple[Any, ...]) -> None:
    request = offering(*EVERY)
    found = frames(*unfold(Reply("msg_1", "model", blocks, "end_turn", usage=Usage(1, 1))), request=request)
    for event in found:
        EVENT.validate_python(event)
    items = found[-1]["response"]["output"]
    assert [event["item"] for event in found if event["type"] == "response.output_item.done"] == items
    texts = "".join(part["text"] for item in items if item["type"] == "message" for part in item["content"])
    assert texts == "".join(block.text for block in blocks if isinstance(block, Text))
    calls = [item["call_id"] for item in items if "call_id" in item]
    assert calls == [block.id for block in blocks if isinstance(block, ToolUse)]

    again = asked({"role": "user", "content": "hi"}, *items, tools=EVERY)
    kept = [block for turn in again.turns[1:] for block in turn.content if isinstance(block, ToolUse)]
    assert [(block.id, block.name) for block in kept] == [
        (block.id, block.name) for block in blocks if isinstance(block, ToolUse)
    ]


def searched(*found: object) -> list[Event]:
    call: Event = BlockStart(Opaque({"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}}))
    content = {"type": "web_search_tool_result", "tool_use_id": "s1", "content": list(found)}
    return [call, JsonDelta('{"query":"x"}'), STOP, BlockStart(Opaque(content)), STOP]


@pytest.mark.trap(92)
def test_a_text_from_its_beginning_to_its_end() -> None:
    found = stream(BlockStart(Text("")), TextDelta("hi "), TextDelta("there"), STOP)
    assert kinds(found) == [
        "created", "in_progress", "output_item.added", "content_part.added", "output_text.delta", "output_text.delta",
        "output_text.done", "content_part.done", "output_item.done", "completed",
    ]  # fmt: skip
    assert found[0]["response"]["status"] == "in_progress"
    assert found[0]["response"]["usage"] is None
    part = {"type": "output_text", "annotations": [], "logprobs": [], "text": "hi there"}
    done = {"id": "msg_1_0", "type": "message", "status": "completed", "role": "assistant", "content": [part]}
    last = found[-1]["response"]
    assert (last["id"], last["model"], last["created_at"], last["status"]) == (
        "resp_1",
        "model",
        1700000000,
        "completed",
    )
    assert last["output"] == [done]
    assert last["usage"] == {
        "input_tokens": 15,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 1},
        "output_tokens": 3,
        "output_tokens_details": {"reasoning_tokens": 2},
        "total_tokens": 18,
    }


def test_neighbouring_texts_are_one_with_their_sources() -> None:
    cited = OpaqueDelta({"type": "citations_delta", "citation": {"url": "https://a.de", "title": "A"}})
    placeless = OpaqueDelta({"type": "citations_delta", "citation": {"document_index": 0}})
    found = stream(
        BlockStart(Text("Yes, ")), STOP, BlockStart(Text("")), cited, placeless, TextDelta("so."), STOP,
        BlockStart(Text("")), TextDelta(" Bye."), STOP,
    )  # fmt: skip
    (part,) = found[-1]["response"]["output"][0]["content"]
    note = {"type": "url_citation", "start_index": 5, "end_index": 8, "url": "https://a.de", "title": "A"}
    assert (part["text"], part["annotations"]) == ("Yes, so. Bye.", [note])
    (added,) = [event for event in found if "annotation" in event]
    assert (added["annotation_index"], added["annotation"]) == (0, note)


@pytest.mark.trap(72)
def test_a_thought_is_sealed_when_it_is_done() -> None:
    found = stream(BlockStart(Thinking("")), ThinkingDelta("h"), ThinkingDelta("m"), SignatureDelta("EqQB"), STOP)
    assert kinds(found)[2:-1] == [
        "output_item.added", "reasoning_summary_part.added", "reasoning_summary_text.delta",
        "reasoning_summary_text.delta", "reasoning_summary_text.done", "reasoning_summary_part.done", "output_item.done",
    ]  # fmt: skip
    assert found[2]["item"] == {"id": "rs_1_0", "type": "reasoning", "summary": [], "encrypted_content": None}
    part = {"type": "summary_text", "text": "hm"}
    done = {"id": "rs_1_0", "type": "reasoning", "summary": [part], "encrypted_content": "ccr1.signed.EqQB"}
    assert found[-1]["response"]["output"] == [done]


def test_a_thought_may_be_without_words_or_without_a_seal() -> None:
    silent: list[Event] = [BlockStart(Thinking("")), ThinkingDelta(""), SignatureDelta("ccr1.x"), STOP]
    hidden: list[Event] = [BlockStart(RedactedThinking("EmwK")), STOP]
    open_: list[Event] = [BlockStart(Thinking("hm")), OpaqueDelta({"type": "future"}), STOP]
    found = output(*silent, *hidden, *open_)
    assert [item["encrypted_content"] for item in found] == ["ccr1.x", "ccr1.redacted.EmwK", None]
    assert [len(item["summary"]) for item in found] == [0, 0, 1]


def test_calls_of_functions() -> None:
    found = stream(
        BlockStart(ToolUse("a", "f")), JsonDelta('{"x":'), JsonDelta("1}"), STOP, BlockStart(ToolUse("b", "g")), STOP
    )
    assert kinds(found)[2:8] == [
        "output_item.added", "function_call_arguments.delta", "function_call_arguments.delta",
        "function_call_arguments.done", "output_item.done", "output_item.added",
    ]  # fmt: skip
    first, second = found[-1]["response"]["output"]
    call = {"id": "fc_1_0", "type": "function_call", "status": "completed", "call_id": "a", "name": "f"}
    assert first == {**call, "arguments": '{"x":1}'}
    assert (second["call_id"], second["arguments"]) == ("b", "{}")


def test_a_tool_in_a_namespace_is_called_there() -> None:
    tools = {"type": "namespace", "name": "mcp__pics", "tools": [{"type": "function", "name": "shot"}]}
    (item,) = output(BlockStart(ToolUse("a", "mcp__pics__shot")), STOP, request=offering(tools))
    assert (item["type"], item["name"], item["namespace"]) == ("function_call", "shot", "mcp__pics")


@pytest.mark.parametrize(
    ("written", "text"),
    [('{"input":"*** Bé\\n"}', "*** Bé\n"), ('{"patch":"x"}', "x"), ('{"input":["a"]}', '["a"]'), ("{}", "")],
)
def test_a_tool_for_free_text_gets_its_text(written: str, text: str) -> None:
    request = offering({"type": "custom", "name": "apply_patch"})
    found = stream(BlockStart(ToolUse("a", "apply_patch")), JsonDelta(""), JsonDelta(written), STOP, request=request)
    assert kinds(found)[2:-1] == [
        "output_item.added", "custom_tool_call_input.delta", "custom_tool_call_input.done", "output_item.done",
    ]  # fmt: skip
    assert (found[3]["delta"], found[4]["input"]) == (text, text)
    call = {"id": "ctc_1_0", "type": "custom_tool_call", "status": "completed", "call_id": "a", "name": "apply_patch"}
    assert found[-1]["response"]["output"] == [{**call, "input": text}]


@pytest.mark.parametrize(
    ("tool", "written", "item"),
    [
        (
            {"type": "tool_search", "execution": "client"},
            '{"query":"x"}',
            {"type": "tool_search_call", "execution": "client", "arguments": {"query": "x"}},
        ),
        (
            {"type": "local_shell"},
            '{"command":["ls"]}',
            {"type": "local_shell_call", "action": {"type": "exec", "env": {}, "command": ["ls"]}},
        ),
        ({"type": "shell"}, '{"commands":["ls"]}', {"type": "shell_call", "action": {"commands": ["ls"]}}),
        (
            {"type": "apply_patch"},
            '{"type":"delete_file","path":"a"}',
            {"type": "apply_patch_call", "operation": {"type": "delete_file", "path": "a"}},
        ),
    ],
)
def test_tools_that_take_an_object_are_called_with_one(tool: Any, written: str, item: Any) -> None:
    found = frames(
        START, BlockStart(ToolUse("a", tool["type"])), JsonDelta(written), STOP, *END, request=offering(tool)
    )
    assert kinds(found)[2:-1] == ["output_item.added", "output_item.done"]
    (done,) = found[-1]["response"]["output"]
    assert done.pop("id").endswith("_1_0")
    assert done == {"status": "completed", "call_id": "a", **item}


@pytest.mark.trap(36)
@pytest.mark.parametrize("tool", [{"type": "function", "name": "f"}, {"type": "custom", "name": "f"}])
def test_a_call_that_was_cut_short_says_so(tool: object) -> None:
    events: list[Event] = [BlockStart(ToolUse("a", "f")), JsonDelta('{"x":'), STOP]
    (item,) = output(*events, request=offering(tool), reason="max_tokens")
    assert item["status"] == "incomplete"


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        ("max_tokens", "max_output_tokens"),
        ("model_context_window_exceeded", "max_output_tokens"),
        ("refusal", "content_filter"),
    ],
)
def test_an_answer_that_is_not_whole_says_why(reason: str, why: str) -> None:
    last = stream(BlockStart(Text("ha")), STOP, reason=reason)[-1]
    assert last["type"] == "response.incomplete"
    assert (last["response"]["status"], last["response"]["incomplete_details"]) == ("incomplete", {"reason": why})


def test_a_search_with_what_it_found() -> None:
    hit = {"type": "web_search_result", "url": "https://a.de", "title": "A"}
    found = stream(*searched(hit, {"type": "future"}), BlockStart(Text("A.")), STOP)
    assert kinds(found)[2:7] == [
        "output_item.added", "web_search_call.in_progress", "web_search_call.searching", "web_search_call.completed",
        "output_item.done",
    ]  # fmt: skip
    action = {"type": "search", "query": "x", "queries": ["x"], "sources": [{"type": "url", "url": "https://a.de"}]}
    search = {"id": "ws_1_0", "type": "web_search_call", "status": "completed", "action": action}
    assert found[-1]["response"]["output"][0] == search


def test_a_search_may_fail_or_find_nothing() -> None:
    call, *_ = searched()
    failed = Opaque({"type": "web_search_tool_result", "tool_use_id": "s1", "content": {"error_code": "unavailable"}})
    stray = Opaque({"type": "web_search_tool_result", "tool_use_id": "other", "content": []})
    found = output(call, STOP, BlockStart(failed), STOP, call, TextDelta("?"), STOP, BlockStart(stray), STOP)
    assert [item["status"] for item in found] == ["failed", "completed"]
    assert found[0]["action"]["query"] == ""


def test_what_has_no_form_is_left_out() -> None:
    strange: list[Event] = [BlockStart(Opaque({"type": "container_upload"})), OpaqueDelta({"type": "x"}), STOP]
    assert [item["type"] for item in output(*strange, BlockStart(Text("hi")), STOP)] == ["message"]
    assert output(BlockStart(Text("")), JsonDelta("{}"), STOP)[0]["content"][0]["text"] == ""
    assert output(BlockStart(ToolUse("a", "f")), OpaqueDelta({"type": "x"}), STOP)[0]["arguments"] == "{}"


@pytest.mark.trap(12)
def test_a_sign_of_life_before_the_start_is_a_comment_and_has_no_number() -> None:
    writer = CLIENT.writer(HI)
    assert writer.write(Ping()) == writer.ping() == b": ping\n\n"
    assert len(read(writer.write(START))) == 2


@pytest.mark.trap(12)
def test_a_sign_of_life_after_the_start_is_an_event_for_codex_takes_no_comment_for_one() -> None:
    writer = CLIENT.writer(HI)
    writer.write(START)
    assert writer.ping() == b'event: keepalive\ndata: {"type":"keepalive","sequence_number":2}\n\n'


def test_a_stream_that_has_no_answer_yet_begins_with_a_comment() -> None:
    """The SDKs want one id from response.created to the end: "Lifecycle response identity changed."."""
    assert CLIENT.writer(HI).open(START) == b": ping\n\n"


@pytest.mark.trap(10)
@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UpstreamCut("cut"), "server_error"),
        (UpstreamBusy("cut"), "server_is_overloaded"),
        (ContextOverflow("cut"), "context_length_exceeded"),
        (BadRequest("cut"), "invalid_request_error"),
    ],
)
def test_what_breaks_an_answer_is_its_last_word(error: Any, code: str) -> None:
    writer = CLIENT.writer(HI)
    events: list[Event] = [START, BlockStart(Text("")), TextDelta("ha")]
    begun = b"".join(map(writer.write, events))
    *_, said, failed = read(begun + writer.fail(error, "req_9"))
    assert said == {"type": "error", "code": code, "message": "cut", "param": None, "sequence_number": 5}
    assert failed["type"] == "response.failed"
    assert (failed["response"]["id"], failed["response"]["status"]) == ("resp_1", "failed")
    assert failed["response"]["error"] == {"code": code, "message": "cut"}


def test_an_answer_that_never_began_begins_to_fail() -> None:
    writer = CLIENT.writer(HI)
    found = read(writer.fail(UpstreamCut("cut"), "req_9"))
    assert kinds(found) == ["created", "in_progress", "error", "failed"]
    for event in found:
        EVENT.validate_python(event)
    assert {(event["response"]["id"], event["response"]["model"]) for event in found if "response" in event} == {
        ("resp_9", HI.model)
    }


def test_a_whole_answer_is_the_streams_last_word() -> None:
    request = offering({"type": "custom", "name": "f"}, {"type": "function", "name": "g"}, max_output_tokens=9)
    blocks = (Thinking("hm", "EqQB"), Text("hi"), ToolUse("a", "f", {"input": "x"}), ToolUse("b", "g", {"y": 1}))
    reply = Reply("msg_1", "model", blocks, "tool_use", usage=Usage(10, 3))
    found = json.loads(CLIENT.reply(reply, request))
    assert Response.model_validate(found).output_text == "hi"
    assert [item["type"] for item in found["output"]] == ["reasoning", "message", "custom_tool_call", "function_call"]
    assert found == frames(*unfold(reply), request=request)[-1]["response"]


def test_what_was_asked_is_repeated() -> None:
    request = offering(
        {"type": "function", "name": "f"}, tool_choice="required", parallel_tool_calls=False, temperature=0.5,
        reasoning={"effort": "high"}, metadata={"a": "b"},
    )  # fmt: skip
    found = frames(START, request=request)[0]["response"]
    assert (found["tool_choice"], found["parallel_tool_calls"], found["temperature"]) == ("required", False, 0.5)
    assert (found["reasoning"]["effort"], found["metadata"]) == ("high", {"a": "b"})
    assert frames(START, request=offering(tool_choice="none"))[0]["response"]["tool_choice"] == "none"
