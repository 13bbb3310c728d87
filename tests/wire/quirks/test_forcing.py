import json
from dataclasses import replace

import pytest
from hypothesis import given, strategies

from ccr.ids import Target
from ccr.messages.blocks import Block, Text, ToolResult, ToolUse
from ccr.messages.events import BlockStart, BlockStop, End, Event, Finish, Grammar, JsonDelta, Start, TextDelta
from ccr.messages.fold import fold
from ccr.messages.reply import Reply
from ccr.messages.request import BuiltinTool, Reasoning, Request, Tool, ToolChoice, Turn
from ccr.wire.quirks.forcing import EXIT, tooluse
from ccr.wire.quirks.mending import Mending
from tests.support.quirks import HI, TARGET, sent_by

BASH = Tool("Bash", "Runs.", {"type": "object"})
ASKED = Request("m", (HI,), (Text("s"),), tools=(BASH,))
RESULT = (Turn("assistant", (ToolUse("t1", "Bash"),)), Turn("user", (ToolResult("t1"),)))
SIZES = [1, 2, 7, 1000]


def staged(events: list[Event], request: Request = ASKED, target: Target = TARGET) -> list[Event]:
    quirk = tooluse({})
    assert quirk.stage
    made = quirk.stage(request, target)
    return [each for event in events for each in made.take(event)]


def called(name: str, arguments: str, size: int = 1000, id: str = "t1") -> list[Event]:
    pieces = [arguments[at : at + size] for at in range(0, len(arguments), size)]
    return [BlockStart(ToolUse(id, name)), *map(JsonDelta, pieces), BlockStop()]


def read(*events: Event, reason: str = "tool_use", request: Request = ASKED) -> Reply:
    grammar = Grammar()
    return fold([grammar.check(event) for event in staged([Start("1", "m"), *events, Finish(reason)], request)])


def said(*events: Event) -> tuple[list[Block], str]:
    reply = read(*events)
    return list(reply.content), reply.stop_reason


def test_a_tool_must_be_used_and_one_more_is_offered() -> None:
    asked = tooluse({}).request(ASKED, TARGET)
    assert asked.tool_choice == ToolChoice("any")
    assert [tool.name for tool in asked.tools] == ["Bash", EXIT]
    assert asked.system[0] == Text("s")
    assert EXIT in str(asked.system[1])
    assert sent_by(tooluse({}), "openai", ASKED)["tool_choice"] == "required"


@pytest.mark.parametrize(
    "request_",
    [
        replace(ASKED, tools=()),
        replace(ASKED, tools=(BuiltinTool("web_search_20250305", "web_search", {}),)),
        replace(ASKED, tool_choice=ToolChoice("none")),
        replace(ASKED, tool_choice=ToolChoice("tool", "Bash")),
        replace(ASKED, tools=(BASH, Tool(EXIT))),
    ],
    ids=["no tools", "the host's tools", "no tool wanted", "one chosen", "the client has one of that name"],
)
def test_where_nothing_is_to_be_forced_nothing_changes(request_: Request) -> None:
    assert tooluse({}).request(request_, TARGET) is request_


def test_one_call_at_a_time_stays_one_at_a_time() -> None:
    asked = tooluse({}).request(replace(ASKED, tool_choice=ToolChoice("auto", parallel=False)), TARGET)
    assert asked.tool_choice == ToolChoice("any", parallel=False)


def test_forced_calls_and_thinking_exclude_each_other() -> None:
    asked = tooluse({}).request(replace(ASKED, reasoning=Reasoning("enabled", 5000), effort="high"), TARGET)
    assert (asked.reasoning, asked.effort) == (Reasoning("disabled"), None)


def test_first_forces_one_step_for_each_word_of_the_users() -> None:
    first = tooluse({"first": True})
    working = replace(ASKED, turns=(HI, *RESULT))
    assert first.request(ASKED, TARGET).tool_choice == ToolChoice("any")
    assert first.request(working, TARGET).tool_choice is None
    assert tooluse({}).request(working, TARGET).tool_choice == ToolChoice("any")
    assert first.request(
        replace(working, turns=(*working.turns, Turn("assistant", (Text("Done."),)), HI)), TARGET
    ).tool_choice


def test_prompt_and_tools_are_the_same_forced_or_not() -> None:
    first = tooluse({"first": True})
    forced, free = first.request(ASKED, TARGET), first.request(replace(ASKED, turns=(HI, *RESULT)), TARGET)
    assert (forced.system, forced.tools) == (free.system, free.tools)


def test_a_conversation_that_begins_with_nothing_is_forced() -> None:
    assert tooluse({"first": True}).request(replace(ASKED, turns=()), TARGET).tool_choice == ToolChoice("any")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "words",
    ["Done.", 'It is "so":\n\tC:\\dir', "é 😀 \u2028", "", "a" * 50],
)
def test_an_exit_is_the_answers_text(words: str, size: int) -> None:
    for written in (json.dumps({"response": words}), json.dumps({"response": words}, ensure_ascii=False)):
        assert said(*called(EXIT, written, size)) == ([Text(words)], "end_turn")


@pytest.mark.parametrize("size", SIZES)
def test_broken_escapes_stay_readable(size: int) -> None:
    written = r'{ "response" : "\d \ud83d, \ud83dx \ud83d\n \ud83d\u0041 ' + 'a\nb" }'
    assert said(*called(EXIT, written, size))[0] == [Text("\\d \ufffd, \ufffdx \ufffd\n \ufffdA a\nb")]


def test_the_text_streams() -> None:
    events = staged(called(EXIT, '{"response": "One, two', 8))
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["On", "e, two"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [('{"answer": "Yes."}', "Yes."), ('{"a": 1, "response": "x"}', "1\n\nx"), ("Yes.", "Yes."), ("", ""), ("{}", "")],
)
def test_a_call_in_another_form_is_said_all_the_same(arguments: str, words: str) -> None:
    assert said(*called(EXIT, arguments, 3)) == ([Text(words)], "end_turn")


def test_arguments_that_come_with_the_start_count() -> None:
    assert said(BlockStart(ToolUse("t", EXIT, {"response": "Yes."})), BlockStop())[0] == [Text("Yes.")]


def test_beside_other_calls_the_answer_still_waits_for_their_results() -> None:
    content, reason = said(*called("Bash", '{"command": "ls"}'), *called(EXIT, '{"response": "Hm."}', id="t2"))
    assert content == [ToolUse("t1", "Bash", {"command": "ls"}), Text("Hm.")]
    assert reason == "tool_use"


def test_other_answers_pass_as_they_are() -> None:
    events: list[Event] = [*called("Bash", "{}"), BlockStart(Text("")), TextDelta("a"), BlockStop(), Finish("tool_use")]
    assert staged(events) == events


def test_a_cut_answer_says_what_came() -> None:
    reply = read(*called(EXIT, '{"response": "Half a \\u00'), reason="max_tokens")
    assert (reply.content, reply.stop_reason) == ((Text("Half a "),), "max_tokens")


def test_a_clients_own_tool_of_that_name_is_called() -> None:
    events = called(EXIT, '{"response": "x"}')
    assert staged(events, replace(ASKED, tools=(Tool(EXIT),))) == events


@given(strategies.text(), strategies.booleans())
def test_any_text_comes_out_as_it_was_meant_however_it_is_cut(words: str, ascii: bool) -> None:
    arguments = json.dumps({"response": words}, ensure_ascii=ascii)
    for size in (1, 5, 10_000):
        assert said(*called(EXIT, arguments, size))[0] == [Text(words)]


@given(strategies.text(alphabet='{"response: \\ud83xn}', max_size=30))
def test_no_arguments_break_an_answer(arguments: str) -> None:
    whole = said(*called(EXIT, '{"response":"' + arguments))
    assert said(*called(EXIT, '{"response":"' + arguments, 1)) == whole
    assert said(*called(EXIT, arguments, 3))[1] == "end_turn"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("arguments", "reason"), [('{"response": "half', "max_tokens"), ('{"response": "half" a"}', "stop")]
)
def test_an_exit_that_is_broken_still_ends_its_text(arguments: str, reason: str, size: int) -> None:
    """What cannot be mended is marked so, before the exit becomes a text."""
    events = [Start("1", "m"), *called(EXIT, arguments, size), Finish(reason), End()]
    mending, grammar = Mending(ASKED, TARGET), Grammar()
    stage = tooluse({}).stage
    assert stage
    made = stage(ASKED, TARGET)
    found = [grammar.check(last) for each in events for mended in mending.take(each) for last in made.take(mended)]
    assert BlockStop() in found
    assert fold(found).content == (Text("half"),)
