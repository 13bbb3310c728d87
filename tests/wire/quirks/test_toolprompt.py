"""A model without tools is told of them in words, byte for byte the same while the conversation grows."""

from dataclasses import replace
from typing import Any, Literal

import pytest

from ccr.messages.blocks import Base64, Block, Document, Image, Opaque, PlainText, RedactedThinking, Text, Thinking
from ccr.messages.blocks import ToolResult as Result
from ccr.messages.blocks import ToolUse as Use
from ccr.messages.request import BuiltinTool, Request, Tool, ToolChoice, Turn
from ccr.wire.quirks import QUIRKS
from ccr.wire.quirks.textcalls import TextCalls
from ccr.wire.quirks.toolprompt import INTRODUCTION
from tests.support.quirks import TARGET

BASH = Tool("Bash", "Runs it.", {"type": "object"})
DOT = Image(Base64("image/png", "AA=="))
HELLO = Turn("user", (Text("hi"),))
CALL = Turn("assistant", (Thinking("hm", "s"), Text("Look:"), Use("a", "Bash", {"command": "ls"})))
RESULT = Turn("user", (Result("a", (Text("x"), Text("y"))), Text("go on")))
ASKED = Request("m", (HELLO,), system=(Text("Be good."),), tools=(BASH,), tool_choice=ToolChoice("auto"))


def told(request: Request = ASKED, **changes: Any) -> Request:
    return QUIRKS["toolprompt"]({}).request(replace(request, **changes), TARGET)


def results(*content: Block, error: bool = False) -> tuple[Block, ...]:
    return told(turns=(HELLO, CALL, Turn("user", (Result("a", content, error),)))).turns[-1].content


def test_tools_are_described_at_the_end_of_the_system_prompt() -> None:
    found = told()
    listed = '<tools>\n{"name":"Bash","description":"Runs it.","arguments":{"type":"object"}}\n</tools>'
    assert found.system == (Text("Be good."), Text(INTRODUCTION + listed))
    assert (found.tools, found.tool_choice) == ((), None)
    assert found.turns == ASKED.turns


def test_a_tool_that_only_its_own_api_defines_is_taught_and_one_that_a_host_runs_is_left_out() -> None:
    found = told(tools=(BuiltinTool("bash_20250124", "bash", {}), BuiltinTool("web_search_20250305", "web_search", {})))
    text = str(found.system[-1])
    assert '"name":"bash"' in text
    assert "web_search" not in text


def test_calls_and_results_are_written_as_text() -> None:
    assert told(turns=(HELLO, CALL, RESULT)).turns == (
        HELLO,
        Turn(
            "assistant",
            (
                Thinking("hm", "s"),
                Text("Look:"),
                Text('\n<tool_call>\n{"name":"Bash","arguments":{"command":"ls"}}\n</tool_call>\n'),
            ),
        ),
        Turn("user", (Text('<tool_response name="Bash">\nx\ny\n</tool_response>'), Text("go on"))),
    )


def test_results_say_that_they_are_errors_empty_or_pictures() -> None:
    assert results(Text("no"), error=True) == (Text('<tool_response name="Bash">\nError: no\n</tool_response>'),)
    assert results(RedactedThinking("x")) == (Text('<tool_response name="Bash">\n(no output)\n</tool_response>'),)
    paper = Document(PlainText("p"))
    follows = '<tool_response name="Bash">\n(It follows.)\n(It follows.)\n</tool_response>'
    assert results(DOT, paper) == (Text(follows), DOT, paper)
    reference = Opaque({"type": "tool_reference", "tool_name": "Write"})
    assert "The tool Write is available." in str(results(reference)[0])


def test_every_call_has_its_result() -> None:
    assert "[no result]" in str(told(turns=(HELLO, CALL)).turns[-1])


def test_a_result_in_the_model_s_own_turn_is_called_by_its_id() -> None:
    odd = told(turns=(HELLO, Turn("assistant", (Result("lost"),))))
    assert '<tool_response name="lost">' in str(odd.turns[-1])


def test_a_cache_mark_stays_where_it_was_and_nothing_else_does() -> None:
    mark = {"cache_control": {"type": "ephemeral"}}
    found = told(turns=(HELLO, Turn("assistant", (Use("a", "Bash", {}, {**mark, "caller": 1}),)), RESULT))
    (call,) = found.turns[1].content
    assert isinstance(call, Text)
    assert call.extra == mark


@pytest.mark.parametrize(
    ("mode", "parallel", "wish"),
    [
        ("any", True, "\n\nCall a tool now."),
        ("tool", True, "\n\nCall Bash now."),
        ("none", True, "\n\nCall no tool now."),
        ("auto", False, "\n\nCall one tool at a time."),
        ("auto", True, "</tools>"),
    ],
)
def test_what_is_wished_is_said(mode: Literal["auto", "any", "none", "tool"], parallel: bool, wish: str) -> None:
    text = told(tool_choice=ToolChoice(mode, "Bash", parallel)).system[-1]
    assert isinstance(text, Text)
    assert text.text.endswith(wish)
    assert told(tool_choice=None).system == told().system


def test_a_longer_conversation_repeats_the_shorter_one() -> None:
    turns = (HELLO, CALL, RESULT, Turn("assistant", (Use("b", "Bash"),)), Turn("user", (Result("b"),)))
    longest = told(turns=turns)
    for size in (1, 3, 5):
        shorter = told(turns=turns[:size])
        assert shorter.turns == longest.turns[:size]
        assert shorter.system == longest.system


def test_a_request_without_tools_stays_as_it_is() -> None:
    assert told(tools=(), tool_choice=None) == replace(ASKED, tools=(), tool_choice=None)


@pytest.mark.parametrize("name", ["toolprompt", "texttools"])
def test_the_answer_is_read_for_calls(name: str) -> None:
    make = QUIRKS[name]({}).stage
    assert make
    assert isinstance(make(ASKED, TARGET), TextCalls)


@pytest.mark.parametrize("name", ["enhancetool", "texttools"])
def test_these_leave_the_request_alone(name: str) -> None:
    assert QUIRKS[name]({}).request(ASKED, TARGET) is ASKED


@pytest.mark.parametrize("name", ["enhancetool", "texttools", "toolprompt"])
def test_they_take_no_options(name: str) -> None:
    assert QUIRKS[name]({"x": 1}).notes == ("does not know x; it takes no options",)
    assert QUIRKS[name]({}).notes == ()


def test_enhancetool_is_accepted_for_what_is_always_done() -> None:
    assert QUIRKS["enhancetool"]({}).stage is None
