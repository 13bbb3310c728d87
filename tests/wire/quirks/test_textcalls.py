"""Calls that a model writes as text become calls; what only looks like one stays text, to the byte."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.blocks import Text, Thinking, ToolUse
from ccr.messages.events import (
    BlockStart,
    BlockStop,
    End,
    Event,
    Finish,
    Grammar,
    OpaqueDelta,
    Ping,
    Start,
    TextDelta,
    ThinkingDelta,
)
from ccr.messages.fold import fold
from ccr.messages.reply import Reply
from ccr.messages.request import BuiltinTool, Request, Tool, Turn
from ccr.wire.names import shortened
from ccr.wire.quirks import textcalls
from ccr.wire.quirks.textcalls import TextCalls

M = Target(ProviderName("acme"), ModelName("m"))
LONG = "mcp__server__" + "x" * 80
SCHEMA: Any = {"properties": {"command": {"type": "string"}, "timeout": {"type": "integer"}, "f(x)": {}}}
ASKED = Request(
    "m", (), tools=(Tool("Bash", schema=SCHEMA), Tool(LONG), Tool("Write"), BuiltinTool("web_search_1", "web", {}))
)
LS = {"command": "ls"}


def staged(text: str, size: int, *, reason: str = "end_turn", request: Request = ASKED) -> list[Event]:
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    deltas = [TextDelta(piece) for piece in pieces]
    return through([Start("msg_1", "m"), BlockStart(Text("")), *deltas, BlockStop(), Finish(reason), End()], request)


def through(events: list[Event], request: Request = ASKED) -> list[Event]:
    stage, grammar = TextCalls(request, M), Grammar()
    return [grammar.check(found) for event in events for found in stage.take(event)]


def heard(text: str, *, reason: str = "end_turn", request: Request = ASKED) -> Reply:
    """Where a piece ends must not mean anything."""
    found = [fold(staged(text, size, reason=reason, request=request)) for size in (1, 7, len(text) or 1)]
    assert found[0] == found[1] == found[2]
    return found[0]


def said(text: str, **changes: Any) -> list[object]:
    """Texts as strings, calls as name and input."""
    return [
        (block.name, block.input) if isinstance(block, ToolUse) else block.text if isinstance(block, Text) else block
        for block in heard(text, **changes).content
    ]


HERMES = '<tool_call>\n{"name": "Bash", "arguments": {"command": "ls"}}\n</tool_call>'
CODER = "<function=Bash>\n<parameter=command>\nls\n</parameter>\n</function>"


@pytest.mark.trap(38)
@pytest.mark.parametrize(
    "text",
    [
        HERMES,
        '<tool_call>{"name":"Bash","arguments":"{\\"command\\": \\"ls\\"}"}</tool_call>',
        "<tool_call>{'name': 'Bash', 'arguments': {'command': 'ls'},}</tool_call>",
        '<tool_call>```json\n{"name": "Bash", "arguments": {"command": "ls"}}\n```</tool_call>',
        '<tool_call>{"name": "Bash", "arguments": {"command": "ls"}}',
        f"<tool_call>\n{CODER}\n</tool_call>",
        f"{CODER}\n</tool_call>",
        "<function=Bash><parameter=command>ls</function>",
        "<tool_call>Bash\n<arg_key>command</arg_key>\n<arg_value>ls</arg_value>\n</tool_call>",
        '<|python_tag|>{"name": "Bash", "parameters": {"command": "ls"}}<|eom_id|>',
        '[TOOL_CALLS] [{"name": "Bash", "arguments": {"command": "ls"}}]',
        '[TOOL_CALLS]Bash[ARGS]{"command": "ls"}',
        '```json\n{"name": "Bash", "arguments": {"command": "ls"}}\n```',
        '```json\n{"tool": "Bash", "parameters": {"command": "ls"}}\n```',
        '```json\n{"function": {"name": "Bash", "arguments": {"command": "ls"}}}\n```',
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>Bash\n```json\n"
        '{"command": "ls"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>Bash<｜tool▁sep｜>"
        '{"command": "ls"}<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
    ],
)
def test_each_model_family_s_way_to_write_a_call_is_read(text: str) -> None:
    assert said(text) == [("Bash", LS)]
    assert heard(text).stop_reason == "tool_use"
    assert said(f"Let me look.\n\n{text}") == ["Let me look.\n\n", ("Bash", LS)]


@pytest.mark.parametrize(
    "text",
    [
        "A < b and `<tool_call>` is a tag.",
        "<tool_call>is it?</tool_call>",
        '<tool_call>{"name": "Unknown", "arguments": {}}</tool_call> so',
        '<tool_call>{"name": "Bash"}</tool_call>',
        '<tool_call>{"name": "Bash", "arguments": "ls"}</tool_call>',
        "<tool_call><b></tool_call>",
        "</tool_call>",
        "<function=f>(x)</function>",
        "<function=>",
        "It is written <function=Bash> and closed later.",
        " " * 700,
        '```json\n{"name": "ccr", "version": "1"}\n```\nThat is the file.',
        '```json\n[1, 2]\n```\n```json\n{"a": "\\u00e9"}\n```',
        "```python\nprint()\n```",
        "[TOOL_CALLS]",
        "[TOOL_CALLS] []",
        "[TOOL_CALLS] [1]",
        "[TOOL_CALLS]Bash is no call",
        "<|python_tag|>print(1)",
        "<｜tool▁calls▁begin｜>nothing<｜tool▁calls▁end｜>",
        "  \n ",
        "",
        "ends in the middle of a <tool_c",
        "<tool_call>{" * 50,
        '<tool_call>{"x": "</tool_call>"' * 30,
    ],
)
def test_what_is_no_call_of_an_offered_tool_leaves_as_it_came(text: str) -> None:
    assert said(text) == [text]
    assert heard(text).stop_reason == "end_turn"


def test_several_calls_have_ids_of_their_own_and_no_blanks_between_them() -> None:
    reply = heard(f"{HERMES}\n{HERMES}\nDone?")
    first, second, rest = reply.content
    assert isinstance(first, ToolUse)
    assert isinstance(second, ToolUse)
    assert first.id != second.id
    assert rest == Text("\nDone?")


def test_ids_are_new_in_the_conversation_also_where_every_answer_has_the_same_id() -> None:
    first = heard(HERMES).content[0]
    history = replace(ASKED, turns=(Turn("assistant", (first,)),))
    (second,) = heard(HERMES, request=history).content
    assert isinstance(first, ToolUse)
    assert isinstance(second, ToolUse)
    assert first.id != second.id


def test_several_calls_in_one_mark() -> None:
    two = '[{"name": "Bash", "arguments": {"command": "ls"}}, {"name": "Write", "arguments": {}}]'
    assert said(f"[TOOL_CALLS]{two}") == [("Bash", LS), ("Write", {})]
    assert said('[TOOL_CALLS]Bash{"command": "ls"}[TOOL_CALLS]Write{}') == [("Bash", LS), ("Write", {})]


def test_of_several_calls_in_one_mark_one_that_is_none_makes_all_of_them_text() -> None:
    text = '[TOOL_CALLS][{"name": "Bash", "arguments": {"command": "ls"}}, {"name": "No", "arguments": {}}]'
    assert said(text) == [text]


def test_a_closer_that_is_quoted_in_an_argument_does_not_end_the_call() -> None:
    call = '<tool_call>{"name": "Bash", "arguments": {"command": "echo </tool_call>"}}</tool_call>'
    assert said(f"{call} and") == [("Bash", {"command": "echo </tool_call>"}), " and"]


def test_what_is_written_without_json_gets_the_types_of_the_schema() -> None:
    text = (
        "<function=Bash><parameter=command>\n 1\n2\n</parameter><parameter=timeout>30</parameter>"
        "<parameter=f(x)>3</parameter></function>"
    )
    assert said(text) == [("Bash", {"command": " 1\n2", "timeout": 30, "f(x)": "3"})]


@pytest.mark.trap(81)
def test_a_name_that_was_shortened_for_the_wire_is_restored() -> None:
    text = HERMES.replace("Bash", shortened(LONG))
    assert said(text) == [(LONG, LS)]


def test_text_streams_until_something_begins_that_may_be_a_call() -> None:
    found = staged("One two <tool_call>" + HERMES[11:], 4)
    texts = [event.text for event in found if isinstance(event, TextDelta)]
    assert texts == ["One ", "two "]
    assert Ping() in found, "a sign of life while a call is gathered"


@pytest.mark.trap(36)
@pytest.mark.parametrize("text", [HERMES[:-13], '[TOOL_CALLS]Bash{"command": "ls"}'])
def test_a_call_at_which_the_limit_cut_the_answer_stays_text(text: str) -> None:
    assert said(text, reason="max_tokens") == [text]


def test_a_whole_call_before_the_limit_is_one() -> None:
    assert said(HERMES, reason="max_tokens") == [("Bash", LS)]
    assert heard(HERMES, reason="max_tokens").stop_reason == "max_tokens"


@pytest.mark.parametrize(("reason", "becomes"), [("stop_sequence", "tool_use"), ("refusal", "refusal")])
def test_a_call_changes_why_the_answer_ended_only_where_that_was_its_end(reason: str, becomes: str) -> None:
    assert heard(HERMES, reason=reason).stop_reason == becomes


def test_without_tools_nothing_is_looked_for() -> None:
    assert said(HERMES, request=Request("m", ())) == [HERMES]


def test_other_blocks_and_native_calls_are_not_touched() -> None:
    thought: list[Event] = [BlockStart(Thinking("")), ThinkingDelta(HERMES), BlockStop()]
    native: list[Event] = [BlockStart(ToolUse("id", "Bash")), BlockStop()]
    events = [Start("msg_1", "m"), *thought, *native, Finish("tool_use"), End()]
    assert through(events) == events


def test_a_block_that_waits_for_its_end_ends_when_another_begins() -> None:
    half: list[Event] = [BlockStart(Text("")), TextDelta(HERMES[:-13]), BlockStop(), Ping()]
    other: list[Event] = [BlockStart(Text("")), TextDelta("and"), BlockStop()]
    found = fold(through([Start("msg_1", "m"), *half, *other, Finish("end_turn"), End()]))
    assert [type(block) for block in found.content] == [ToolUse, Text]


def test_a_citation_stays_in_its_block() -> None:
    cited = OpaqueDelta({"type": "citations_delta", "citation": {"url": "u"}})
    text: list[Event] = [BlockStart(Text("", {"citations": []})), cited, TextDelta("x"), BlockStop()]
    found = fold(through([Start("msg_1", "m"), *text, Finish("end_turn"), End()]))
    assert found.content == (Text("x", {"citations": [{"url": "u"}]}),)


def test_what_grows_beyond_all_calls_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(textcalls, "_MOST_HELD", 100)
    text = '<tool_call>{"name": "' + "x" * 200 + HERMES
    assert said(text) == [text]


PIECES = [
    "<tool_call>",
    "</tool_call>",
    "<function=",
    "Bash>",
    "```json",
    "```",
    "[TOOL_CALLS]",
    "{",
    "}",
    " ",
    "x",
    "<",
]


@given(st.lists(st.sampled_from(PIECES)), st.integers(1, 9))
def test_without_a_whole_call_nothing_is_lost(pieces: list[str], size: int) -> None:
    text = "".join(pieces)
    found = staged(text, size, request=Request("m", (), tools=(Tool("Other"),)))
    assert "".join(event.text for event in found if isinstance(event, TextDelta)) == text


@pytest.mark.parametrize("unit", ["<tool_call>{", "<function=B", "```json\n{", " ", "<", "[TOOL_CALLS]Bash   "])
def test_time_grows_with_the_length_alone(unit: str) -> None:
    """Not a stopwatch: quadratic work on this much would not end within the suite's patience."""
    staged(unit * 3000, 3)
    staged(unit * 30_000, 1_000_000)


def test_a_function_without_parameters_is_called_once_it_is_closed() -> None:
    assert said("<function=Bash></function>") == [("Bash", {})]


WRITE: Any = {"properties": {"content": {}, "file_path": {}}, "required": ["content", "file_path"]}
WRITES = Request("m", (), tools=(Tool("Write", schema=WRITE), Tool("Bash", schema=SCHEMA)))


@pytest.mark.parametrize(
    "content",
    ["<function=x><parameter=y>1</parameter></function>\nlast line", "a <tool_call> b </tool_call> c", HERMES],
)
@pytest.mark.parametrize("form", ["<tool_call>{}</tool_call>", "{}"])
def test_a_file_that_shows_calls_is_written_whole(content: str, form: str) -> None:
    arguments = f"<parameter=file_path>a.xml</parameter><parameter=content>\n{content}\n</parameter>"
    text = form.format(f"<function=Write>{arguments}</function>")
    assert said(text, request=WRITES) == [("Write", {"content": content, "file_path": "a.xml"})]


@pytest.mark.parametrize("reason", ["end_turn", "max_tokens"])
def test_a_call_inside_one_that_cannot_be_read_is_not_run(reason: str) -> None:
    for half in (
        "<tool_call><function=Write><parameter=content>",
        '<tool_call>{"name": "Write", "arguments": {"content": "',
    ):
        text = f"{half}{HERMES}{CODER}"
        assert said(text, request=WRITES, reason=reason) == [text]


def test_json_that_speaks_of_tags_is_json() -> None:
    text = HERMES.replace("ls", "<function=Bash><arg_key>")
    assert said(text) == [("Bash", {"command": "<function=Bash><arg_key>"})]


@pytest.mark.parametrize("call", [HERMES, CODER, '```json\n{"name": "Bash", "arguments": {"command": "ls"}}\n```'])
@pytest.mark.parametrize(
    "around", ["Use `{}` to call.", "So:\n```xml\n{}\n```\nDone.", "It says:\n\n> {}\n\nwhich is so."]
)
def test_a_quoted_call_is_text(call: str, around: str) -> None:
    text = around.format(call if "\n>" not in around else call.replace("\n", " "))
    assert said(text) == [text]


def test_after_a_quoted_call_a_real_one_runs() -> None:
    assert said(f"`<tool_call>` it is:\n{HERMES}") == ["`<tool_call>` it is:\n", ("Bash", LS)]
