"""The grammar of a streamed answer."""

import pytest

from ccr.errors import UpstreamGarbled
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
    is_content,
)

START = Start("msg_1", "m")
FINISH = Finish("end_turn")
TOOL = ToolUse("toolu_1", "Bash")


def check(*events: Event) -> Grammar:
    grammar = Grammar()
    for event in events:
        assert grammar.check(event) is event
    return grammar


def test_a_whole_answer_is_done() -> None:
    text = (BlockStart(Text("")), TextDelta("hi"), OpaqueDelta({"type": "x"}), BlockStop())
    thought = (BlockStart(Thinking("")), ThinkingDelta("hm"), SignatureDelta("s"), BlockStop())
    tool = (BlockStart(TOOL), JsonDelta("{}"), BlockStop())
    assert check(START, *thought, *text, *tool, FINISH, End()).state == "done"


def test_pings_may_come_at_any_time_before_the_end() -> None:
    check(Ping(), START, Ping(), BlockStart(Text("")), Ping(), BlockStop(), FINISH, Ping(), End())


@pytest.mark.parametrize(
    ("events", "fault"),
    [
        ((TextDelta("x"),), "TextDelta while new"),
        ((START, START), "Start while between"),
        ((START, TextDelta("x")), "TextDelta while between"),
        ((START, BlockStop()), "BlockStop while between"),
        ((START, BlockStart(TOOL), BlockStart(TOOL)), "BlockStart while in block"),
        ((START, BlockStart(TOOL), FINISH), "Finish while in block"),
        ((START, End()), "End while between"),
        ((START, FINISH, FINISH), "Finish while finished"),
        ((START, FINISH, BlockStart(TOOL)), "BlockStart while finished"),
        ((START, FINISH, End(), Ping()), "Ping while done"),
    ],
)
@pytest.mark.trap(18)
def test_what_is_out_of_order_gets_a_name(events: tuple[Event, ...], fault: str) -> None:
    with pytest.raises(UpstreamGarbled, match=fault):
        check(*events)


@pytest.mark.parametrize(
    ("block", "delta"),
    [
        (Text(""), ThinkingDelta("x")),
        (Text(""), JsonDelta("{")),
        (Text(""), SignatureDelta("x")),
        (Thinking(""), TextDelta("x")),
        (Thinking(""), JsonDelta("{")),
        (TOOL, TextDelta("x")),
        (RedactedThinking("x"), ThinkingDelta("x")),
    ],
)
@pytest.mark.trap(20)
def test_a_delta_must_fit_its_block(block: Block, delta: Event) -> None:
    with pytest.raises(UpstreamGarbled, match=f"{type(delta).__name__} in a {type(block).__name__} block"):
        check(START, BlockStart(block), delta)


def test_an_unknown_block_takes_json_and_unknown_deltas() -> None:
    check(START, BlockStart(Opaque({"type": "server_tool_use"})), JsonDelta("{}"), OpaqueDelta({}), BlockStop())


@pytest.mark.parametrize(
    "event",
    [TextDelta("x"), ThinkingDelta("x"), JsonDelta(""), OpaqueDelta({}), BlockStart(TOOL), BlockStart(Opaque({}))],
)
def test_this_is_content(event: Event) -> None:
    assert is_content(event)


@pytest.mark.parametrize(
    "event",
    [START, TextDelta(""), ThinkingDelta(""), BlockStart(Text("")), BlockStart(Thinking("")), Ping(), FINISH, End()],
)
def test_this_is_not_content(event: Event) -> None:
    assert not is_content(event)


@pytest.mark.parametrize("pieces", [('{"x": ',), ("[1]",), ('"te', 'xt"'), ("null",)])
def test_a_tools_input_that_is_no_object_is_a_fault_before_the_answer_finishes(pieces: tuple[str, ...]) -> None:
    grammar = check(START, BlockStart(TOOL), *map(JsonDelta, pieces), BlockStop(), BlockStart(TOOL), BlockStop())
    with pytest.raises(UpstreamGarbled, match="a tool's input is not a JSON object"):
        grammar.check(Finish("tool_use"))


def test_a_tools_input_may_be_cut_short() -> None:
    check(START, BlockStart(TOOL), JsonDelta('{"x": '), BlockStop(), Finish("max_tokens"), End())


def test_a_tool_without_input_is_well() -> None:
    check(START, BlockStart(TOOL), JsonDelta(" "), BlockStop(), Finish("tool_use"), End())


def test_a_broken_call_breaks_no_answer() -> None:
    check(START, BlockStart(TOOL), JsonDelta('{"x": '), BlockStop(broken=True), Finish("tool_use"), End())


@pytest.mark.parametrize("block", [Text(""), Thinking("")])
def test_only_a_call_can_be_broken(block: Block) -> None:
    with pytest.raises(UpstreamGarbled, match=f"a broken {type(block).__name__} block"):
        check(START, BlockStart(block), BlockStop(broken=True))
