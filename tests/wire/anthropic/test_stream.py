"""The events of a stream, put into the hub's order."""

import pytest

from ccr.errors import UpstreamCut, UpstreamGarbled, UpstreamSaid
from ccr.messages.blocks import Block, Opaque, RedactedThinking, Text, Thinking, ToolUse
from ccr.messages.events import (
    BlockStart,
    BlockStop,
    End,
    Event,
    Finish,
    Grammar,
    JsonDelta,
    OpaqueDelta,
    Ping,
    SignatureDelta,
    Start,
    TextDelta,
)
from ccr.messages.fold import fold
from ccr.messages.reply import Reply, Usage
from ccr.wire.anthropic.stream import Raw, Stream
from ccr.wire.toolids import ToolIds

START: Raw = {"type": "message_start", "message": {"id": "msg_1", "model": "m", "content": [], "usage": {}}}
STOP: Raw = {"type": "message_stop"}


def begin(index: int | None, **block: object) -> Raw:
    return {"type": "content_block_start", "index": index, "content_block": block}  # type: ignore[dict-item]


def delta(index: int | None, type: str, **fields: object) -> Raw:
    return {"type": "content_block_delta", "index": index, "delta": {"type": type, **fields}}  # type: ignore[dict-item]


def stop(index: int | None) -> Raw:
    return {"type": "content_block_stop", "index": index}


def finish(reason: str | None = "end_turn", usage: object = None, **fields: object) -> Raw:
    return {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage, **fields}  # type: ignore[dict-item]


def read(*events: Raw, marked: bool = True) -> list[Event]:
    """Through the grammar. Without an end mark the bytes just end."""
    stream, grammar = Stream("asked", ToolIds()), Grammar()
    found = [grammar.check(event) for raw in events for event in stream.read(raw["type"], raw)]
    if not stream.done:
        found += [grammar.check(event) for event in stream.end(marked=marked)]
    assert grammar.state == "done"
    return found


def answered(*events: Raw) -> Reply:
    return fold(read(START, *events, finish()))


def content(*events: Raw) -> tuple[Block, ...]:
    return answered(*events).content


TEXT = (begin(0, type="text", text=""), delta(0, "text_delta", text="hi"), stop(0))


def test_a_whole_stream_is_read() -> None:
    assert read(START, {"type": "ping"}, *TEXT, finish(usage={"output_tokens": 3}), STOP) == [
        Start("msg_1", "m"),
        Ping(),
        BlockStart(Text("")),
        TextDelta("hi"),
        BlockStop(),
        Ping(),
        Finish("end_turn", None, Usage(output=3)),
        End(),
    ]


def test_all_kinds_of_blocks_are_read() -> None:
    found = content(
        begin(0, type="thinking", thinking="", signature=""),
        delta(0, "thinking_delta", thinking="hm", estimated_tokens=3),
        delta(0, "signature_delta", signature="sig"),
        stop(0),
        begin(1, type="redacted_thinking", data="d"),
        stop(1),
        begin(2, type="server_tool_use", id="s", name="web_search", input={}),
        delta(2, "input_json_delta", partial_json='{"q":1}'),
        stop(2),
        begin(3, type="web_search_tool_result", content=[]),
        stop(3),
        begin(4, type="text", text="", citations=[]),
        delta(4, "citations_delta", citation={"cited_text": "x"}),
        delta(4, "text_delta", text="hi"),
        stop(4),
        begin(5, type="tool_use", id="t", name="Bash", input={}),
        delta(5, "input_json_delta", partial_json=""),
        delta(5, "input_json_delta", partial_json='{"a":'),
        delta(5, "input_json_delta", partial_json="1}"),
        stop(5),
    )
    assert found == (
        Thinking("hm", "sig"),
        RedactedThinking("d"),
        Opaque({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"q": 1}}),
        Opaque({"type": "web_search_tool_result", "content": []}),
        Text("hi", {"citations": [{"cited_text": "x"}]}),
        ToolUse("t", "Bash", {"a": 1}),
    )


def test_unknown_events_and_deltas_do_no_harm() -> None:
    assert read(START, {"type": "new_event"}, *TEXT, finish()) == read(START, *TEXT, finish())
    assert OpaqueDelta({"type": "new_delta", "x": 1}) in read(START, TEXT[0], delta(0, "new_delta", x=1), finish())


def test_an_unknown_blocks_deltas_are_unknown() -> None:
    pieces = [delta(0, f"{kind}_delta", **{kind: "x"}) for kind in ("text", "thinking", "signature")]
    assert content(begin(0, type="new"), *pieces) == (
        Opaque({"type": "new", "text": "x", "thinking": "x", "signature": "x"}),
    )


# --- the end ---


def test_figures_and_reasons_of_several_ends_add_up_to_one() -> None:
    events = read(
        START,
        finish(None, {"input_tokens": 9}),
        finish("stop_sequence", {"output_tokens": 3}, context_management={"applied_edits": []}),
        {"type": "message_delta", "delta": {"stop_reason": "stop_sequence", "stop_sequence": "END", "container": None}},
        {"type": "message_delta"},
        STOP,
    )
    extra: Raw = {"context_management": {"applied_edits": []}, "container": None}
    assert events[-2:] == [Finish("stop_sequence", "END", Usage(input=9, output=3), extra), End()]


@pytest.mark.trap(9)
def test_a_stop_reason_is_end_enough() -> None:
    assert read(START, *TEXT, finish("max_tokens"), marked=False)[-2:] == [Finish("max_tokens"), End()]


def test_an_end_mark_is_end_enough() -> None:
    assert read(START, *TEXT, STOP)[-2:] == [Finish("end_turn"), End()]


@pytest.mark.parametrize("events", [(START,), (START, *TEXT), (START, *TEXT, finish(None))])
@pytest.mark.trap(8)
def test_without_either_the_answer_is_cut(events: tuple[Raw, ...]) -> None:
    with pytest.raises(UpstreamCut):
        read(*events, marked=False)


def test_an_end_without_a_beginning_is_garbled() -> None:
    with pytest.raises(UpstreamGarbled, match="ends before it begins"):
        read(STOP)


def test_a_call_ends_in_tool_use() -> None:
    events = read(START, begin(0, type="tool_use", id="t", name="Bash", input={}), finish("end_turn"))
    assert Finish("tool_use") in events


@pytest.mark.parametrize(
    ("event", "status", "code"),
    [
        ({"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}, 529, "overloaded_error"),
        ({"type": "", "error": {"message": "busy"}}, 500, ""),
    ],
)
def test_an_error_inside_the_stream_is_what_the_upstream_said(event: Raw, status: int, code: str) -> None:
    with pytest.raises(UpstreamSaid, match="busy") as raised:
        read(START, *TEXT, event)
    assert (raised.value.status, raised.value.code) == (status, code)


# --- what lookalikes do ---


def test_a_missing_beginning_is_made_up() -> None:
    assert read(*TEXT, finish())[0] == Start("", "asked")
    assert read(finish())[0] == Start("", "asked")
    assert read({"type": "message_start", "message": None}, finish())[0] == Start("", "asked")


def test_a_second_beginning_is_ignored() -> None:
    assert read(START, START, *TEXT, finish()) == read(START, *TEXT, finish())


def test_what_the_beginning_says_beside_is_kept() -> None:
    start: Raw = {"type": "message_start", "message": {"id": "x", "model": "y", "container": {"id": "c"}}}
    assert read(start, finish())[0] == Start("x", "y", extra={"container": {"id": "c"}})


@pytest.mark.parametrize(
    ("start", "block"),
    [
        (begin(0, type="text", text="Hel"), Text("Hello")),
        (begin(0, type="text", text="Hello"), Text("Hello")),
    ],
)
def test_text_in_the_start_is_not_lost(start: Raw, block: Block) -> None:
    rest = (delta(0, "text_delta", text="lo"),) if start == begin(0, type="text", text="Hel") else ()
    assert content(start, *rest, stop(0)) == (block,)


@pytest.mark.trap(24)
def test_thoughts_in_the_start_are_not_lost() -> None:
    assert content(begin(0, type="thinking", thinking="hm", signature="sig"), stop(0)) == (Thinking("hm", "sig"),)


def test_input_in_the_start_counts_when_no_other_comes() -> None:
    start = begin(0, type="tool_use", id="t", name="Bash", input={"a": 1})
    assert content(start, delta(0, "input_json_delta", partial_json=""), stop(0)) == (ToolUse("t", "Bash", {"a": 1}),)
    assert content(start, delta(0, "input_json_delta", partial_json='{"b":2}'), stop(0)) == (
        ToolUse("t", "Bash", {"b": 2}),
    )


def test_a_call_without_input_has_an_empty_one() -> None:
    events = read(START, begin(0, type="tool_use", id="t", name="Now", input={}), stop(0), finish())
    assert JsonDelta("{}") in events


def test_interleaved_blocks_come_one_after_the_other() -> None:
    found = content(
        begin(0, type="tool_use", id="a", name="A", input={}),
        begin(1, type="tool_use", id="b", name="B", input={}),
        begin(2, type="tool_use", id="c", name="C", input={}),
        delta(2, "input_json_delta", partial_json='{"c":'),
        delta(1, "input_json_delta", partial_json='{"b":1}'),
        delta(0, "input_json_delta", partial_json='{"a":1}'),
        stop(1),
        stop(0),
        delta(2, "input_json_delta", partial_json="1}"),
        stop(2),
    )
    assert found == (ToolUse("a", "A", {"a": 1}), ToolUse("b", "B", {"b": 1}), ToolUse("c", "C", {"c": 1}))


def test_what_follows_a_closed_block_streams_at_once() -> None:
    stream = Stream("m", ToolIds())
    for raw in (START, begin(0, type="text", text=""), begin(1, type="text", text="")):
        list(stream.read(raw["type"], raw))
    assert list(stream.read("content_block_delta", delta(1, "text_delta", text="x"))) == []
    assert list(stream.read("content_block_stop", stop(0))) == [BlockStop(), BlockStart(Text("")), TextDelta("x")]
    assert list(stream.read("content_block_delta", delta(1, "text_delta", text="y"))) == [TextDelta("y")]


def test_missing_block_stops_are_made_up() -> None:
    found = content(
        begin(0, type="text", text=""),
        delta(0, "text_delta", text="a"),
        begin(1, type="text", text=""),
        delta(1, "text_delta", text="b"),
    )
    assert found == (Text("a"), Text("b"))


def test_an_index_that_begins_again_is_a_new_block() -> None:
    again = begin(0, type="thinking", thinking="")
    assert content(*TEXT[:2], again, delta(0, "thinking_delta", thinking="hm"), stop(0)) == (Text("hi"), Thinking("hm"))


def test_without_indexes_the_last_block_is_meant() -> None:
    assert content(begin(None, type="text", text=""), delta(None, "text_delta", text="hi"), stop(None)) == (Text("hi"),)


@pytest.mark.parametrize(
    ("piece", "block"),
    [
        (delta(3, "text_delta", text="x"), Text("x")),
        (delta(3, "thinking_delta", thinking="x"), Thinking("x")),
        (delta(3, "signature_delta", signature="x"), Thinking("", "x")),
    ],
)
def test_a_missing_block_start_is_made_up(piece: Raw, block: Block) -> None:
    assert content(piece, stop(3)) == (block,)


def test_tool_input_without_its_tool_is_garbled() -> None:
    with pytest.raises(UpstreamGarbled, match="input_json_delta for block 0, which has not begun"):
        content(delta(0, "input_json_delta", partial_json="{}"))


def test_a_stop_without_a_block_is_ignored() -> None:
    assert content(stop(7), *TEXT) == (Text("hi"),)


def test_a_delta_in_the_wrong_block_is_garbled() -> None:
    with pytest.raises(UpstreamGarbled, match="TextDelta in a ToolUse block"):
        content(begin(0, type="tool_use", id="a", name="A", input={}), delta(0, "text_delta", text="x"))


def test_a_block_that_is_none_is_garbled() -> None:
    with pytest.raises(UpstreamGarbled, match="content_block.type: missing"):
        content(begin(0))


@pytest.mark.parametrize("fields", [{}, {"text": None}, {"text": 7}])
def test_an_empty_delta_is_empty(fields: dict[str, object]) -> None:
    assert content(TEXT[0], delta(0, "text_delta", **fields), stop(0)) == (Text(""),)


def test_call_ids_are_made_to_fit() -> None:
    found = content(
        begin(0, type="tool_use", id="a", name="A", input={}),
        stop(0),
        begin(1, type="tool_use", id="a", name="B", input={}),
        stop(1),
        begin(2, type="tool_use", id=None, name="C", input={}),
    )
    ids = [block.id for block in found if isinstance(block, ToolUse)]
    assert ids[:2] == ["a", "a_2"]
    assert ids[2].startswith("toolu_")


def test_a_bare_end_is_a_sign_of_life() -> None:
    assert read(START, {"type": "message_delta", "delta": {}}, finish())[1] == Ping()


def test_signatures_are_passed_on() -> None:
    start = begin(0, type="thinking", thinking="", signature="")
    assert SignatureDelta("s") in read(START, start, delta(0, "signature_delta", signature="s"), finish())


def test_what_waits_for_its_turn_has_a_limit() -> None:
    piece = "x" * 1024 * 1024
    with pytest.raises(UpstreamGarbled, match="wait for another block to end"):
        read(begin(0, type="text", text=""), *[delta(1, "text_delta", text=piece)] * 33)
    assert len(read(*[delta(0, "text_delta", text=piece)] * 33, finish())) > 33


def test_what_an_end_says_of_itself_is_nothing_unknown() -> None:
    end: Raw = {"type": "message_delta", "delta": {"type": "message_delta", "stop_reason": ["odd"], "new": 1}}
    (found,) = (event for event in read(START, *TEXT, end, STOP) if isinstance(event, Finish))
    assert (found.reason, found.extra) == ("end_turn", {"new": 1})
