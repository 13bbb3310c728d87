"""Events -> Reply, and Reply -> events."""

import pytest

from ccr.errors import UpstreamCut, UpstreamGarbled
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
    ThinkingDelta,
)
from ccr.messages.fold import fold, unfold
from ccr.messages.reply import Reply, Usage

BASH = ToolUse("toolu_1", "Bash")
SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}}


def answered(*events: Event, reason: str = "end_turn") -> Reply:
    return fold([Start("msg_1", "m"), *events, Finish(reason), End()])


def test_pieces_become_whole_blocks() -> None:
    reply = answered(
        BlockStart(Thinking("")),
        ThinkingDelta("h"),
        ThinkingDelta("m"),
        SignatureDelta("a"),
        SignatureDelta("b"),
        BlockStop(),
        Ping(),
        BlockStart(Text("")),
        TextDelta("h"),
        TextDelta("i"),
        BlockStop(),
        BlockStart(BASH),
        JsonDelta(""),
        JsonDelta('{"command":'),
        JsonDelta('"ls"}'),
        BlockStop(),
        BlockStart(RedactedThinking("x")),
        BlockStop(),
    )
    assert reply.content == (
        Thinking("hm", "ab"),
        Text("hi"),
        ToolUse("toolu_1", "Bash", {"command": "ls"}),
        RedactedThinking("x"),
    )


def test_start_and_finish_are_joined() -> None:
    start = Start("msg_1", "m", Usage(input=9, output=1), {"container": None})
    finish = Finish("stop_sequence", "END", Usage(output=5), {"stop_details": {}})
    assert fold([start, finish, End()]) == Reply(
        "msg_1", "m", (), "stop_sequence", "END", Usage(input=9, output=5), {"container": None, "stop_details": {}}
    )


@pytest.mark.parametrize("events", [[], [Start("msg_1", "m")], [Finish("end_turn")]])
def test_an_answer_without_its_end_is_cut(events: list[Event]) -> None:
    with pytest.raises(UpstreamCut):
        fold(events)


def test_a_tool_without_input_has_an_empty_one() -> None:
    assert answered(BlockStart(BASH), BlockStop()).content == (BASH,)


@pytest.mark.parametrize("written", ['{"command":', "[1]", '"ls"'])
def test_input_that_is_no_object_is_the_upstreams_fault(written: str) -> None:
    with pytest.raises(UpstreamGarbled, match="not a JSON object"):
        answered(BlockStart(BASH), JsonDelta(written), BlockStop(), reason="tool_use")


@pytest.mark.parametrize("block", [BASH, Opaque({**SEARCH, "input": {}})])
@pytest.mark.parametrize("reason", ["max_tokens", "model_context_window_exceeded"])
@pytest.mark.trap(36)
def test_a_call_that_the_limit_cut_in_two_is_left_out(block: Block, reason: str) -> None:
    text = (BlockStart(Text("")), TextDelta("I will look."), BlockStop())
    reply = answered(*text, BlockStart(block), JsonDelta('{"command":"rm -r'), BlockStop(), reason=reason)
    assert (reply.content, reply.stop_reason) == ((Text("I will look."),), reason)


def test_a_broken_call_is_left_out_whatever_its_pieces_come_to() -> None:
    calls: list[Event] = [BlockStart(BASH), JsonDelta("{}"), BlockStop(broken=True), BlockStart(BASH), BlockStop()]
    assert answered(*calls, reason="tool_use").content == (BASH,)


def test_half_an_emoji_in_a_tools_input_is_replaced() -> None:
    reply = answered(BlockStart(BASH), JsonDelta(r'{"a":"\ud83d"}'), BlockStop())
    assert reply.content == (ToolUse("toolu_1", "Bash", {"a": "\ufffd"}),)


def test_citations_are_gathered() -> None:
    first, second = {"cited_text": "a"}, {"cited_text": "b"}
    deltas = [OpaqueDelta({"type": "citations_delta", "citation": citation}) for citation in (first, second)]
    reply = answered(BlockStart(Text("", {"citations": []})), TextDelta("x"), *deltas, BlockStop())
    assert reply.content == (Text("x", {"citations": [first, second]}),)


def test_citations_need_no_empty_list_to_begin_with() -> None:
    delta = OpaqueDelta({"type": "citations_delta", "citation": {"cited_text": "a"}})
    reply = answered(BlockStart(Text("", {"citations": None})), delta, BlockStop())
    assert reply.content == (Text("", {"citations": [{"cited_text": "a"}]}),)


def test_an_unknown_blocks_input_and_deltas_go_into_it() -> None:
    compaction = BlockStart(Opaque({"type": "compaction", "content": None}))
    delta = OpaqueDelta({"type": "compaction_delta", "content": "short"})
    search = BlockStart(Opaque({**SEARCH, "input": {}}))
    reply = answered(compaction, delta, BlockStop(), search, JsonDelta('{"query":"x"}'), BlockStop())
    assert reply.content == (Opaque({"type": "compaction", "content": "short"}), Opaque(SEARCH))


WHOLE = Reply(
    "msg_1",
    "m",
    (
        Thinking("hm", "sig", {"note": 1}),
        Thinking("", "sig"),
        RedactedThinking("x"),
        Text("hi", {"citations": [{"cited_text": "a"}]}),
        Text(""),
        Text("plain"),
        ToolUse("toolu_1", "Bash", {"command": "ls", "ä": [1]}, {"caller": {"type": "direct"}}),
        ToolUse("toolu_2", "Now"),
        Opaque(SEARCH),
        Opaque({"type": "web_search_tool_result", "content": []}),
        Opaque({"type": "server_tool_use", "input": {}}),
    ),
    "tool_use",
    None,
    Usage(1, 2, 3, 4, 5),
    {"container": {"id": "c"}},
)


def test_unfolding_and_folding_gives_the_same_reply() -> None:
    assert fold(unfold(WHOLE)) == WHOLE


def test_an_unfolded_reply_is_grammatical() -> None:
    grammar = Grammar()
    for event in unfold(WHOLE):
        grammar.check(event)
    assert grammar.state == "done"


@pytest.mark.trap(26)
def test_input_is_streamed_and_never_stands_in_the_start() -> None:
    starts = [event.block for event in unfold(WHOLE) if isinstance(event, BlockStart)]
    assert [block.input for block in starts if isinstance(block, ToolUse)] == [{}, {}]
    assert [block.raw.get("input") for block in starts if isinstance(block, Opaque)] == [{}, None, {}]
