from dataclasses import replace
from typing import Any

import pytest

from ccr.messages.request import AnyTool, BuiltinTool, Request, Tool, ToolChoice
from ccr.wire.names import shortened
from ccr.wire.openai_chat import ChatUpstream
from ccr.wire.taught import parameters
from tests.wire.openai_chat.reading import HI, body

BASH = Tool("Bash", "Runs.", {"type": "object", "properties": {"command": {"type": "string"}}})
SEARCH = BuiltinTool("web_search_20250305", "web_search", {"type": "web_search_20250305", "name": "web_search"})


def sent(*tools: AnyTool, choice: ToolChoice | None = None, host: ChatUpstream | None = None) -> Any:
    return body(replace(HI, tools=tools, tool_choice=choice), host)


def names(found: Any) -> list[str]:
    return [tool["function"]["name"] for tool in found["tools"]]


def test_a_tool_is_a_function() -> None:
    function = {"name": "Bash", "description": "Runs.", "parameters": BASH.schema}
    assert sent(BASH)["tools"] == [{"type": "function", "function": function}]


@pytest.mark.trap(53, 77)
def test_nothing_of_anthropics_own_fields_is_sent() -> None:
    tool = replace(BASH, description="", extra={"cache_control": {"type": "ephemeral"}, "defer_loading": True})
    assert sent(tool)["tools"][0]["function"] == {"name": "Bash", "parameters": BASH.schema}


def test_strict_is_sent_when_it_is_said() -> None:
    assert sent(replace(BASH, strict=False))["tools"][0]["function"]["strict"] is False
    assert sent(replace(BASH, strict=True))["tools"][0]["function"]["strict"] is False, "its command is optional"
    fits = {**BASH.schema, "required": ["command"], "additionalProperties": False}
    assert sent(replace(BASH, strict=True, schema=fits))["tools"][0]["function"]["strict"] is True


@pytest.mark.parametrize(
    ("schema", "sent"),
    [
        ({}, {"type": "object", "properties": {}}),
        ({"type": None, "properties": {"a": {}}}, {"type": "object", "properties": {"a": {}}}),
        ({"type": "object"}, {"type": "object", "properties": {}}),
        ({"anyOf": []}, {"type": "object", "anyOf": [], "properties": {}}),
        ({"type": ["object", "null"]}, {"type": ["object", "null"]}),
    ],
)
@pytest.mark.trap(80)
def test_a_schema_is_of_an_object(schema: dict[str, Any], sent: dict[str, Any]) -> None:
    assert parameters(schema) == sent


@pytest.mark.trap(81)
def test_a_long_name_is_shortened_in_tools_and_choice() -> None:
    name = "mcp__" + "x" * 90
    found = sent(Tool(name), choice=ToolChoice("tool", name))
    assert names(found) == [shortened(name)]
    assert found["tool_choice"]["function"]["name"] == shortened(name)


def test_two_tools_of_one_name_are_one() -> None:
    assert names(sent(BASH, BASH)) == ["Bash"]


@pytest.mark.parametrize("type", ["bash_20250124", "text_editor_20250728", "memory_20250818"])
def test_tools_that_only_anthropics_models_know_are_explained(type: str) -> None:
    function = sent(BuiltinTool(type, "builtin", {}))["tools"][0]["function"]
    assert function["name"] == "builtin"
    assert function["parameters"]["properties"]["command"]
    assert function["description"]


@pytest.mark.parametrize("tool", [SEARCH, BuiltinTool("code_execution_20250825", "code_execution", {})])
@pytest.mark.trap(82)
def test_server_tools_are_dropped_with_the_choice_of_them(tool: BuiltinTool) -> None:
    found = sent(tool, choice=ToolChoice("tool", tool.name))
    assert found.keys() == {"model", "messages"}


def test_a_forced_tool_that_is_dropped_leaves_the_others_to_choose_from() -> None:
    found = sent(BASH, SEARCH, choice=ToolChoice("tool", "web_search"))
    assert names(found) == ["Bash"]
    assert "tool_choice" not in found


def test_a_host_that_searches_is_asked_to() -> None:
    assert sent(SEARCH, host=ChatUpstream(web_search="plugins"))["plugins"] == [{"id": "web"}]
    assert sent(BASH, SEARCH, host=ChatUpstream(web_search="web_search_options"))["web_search_options"] == {}
    assert "plugins" not in sent(BASH, host=ChatUpstream(web_search="plugins"))


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (ToolChoice("auto"), "auto"),
        (ToolChoice("none"), "none"),
        (ToolChoice("any"), "required"),
        (ToolChoice("tool", "Bash"), {"type": "function", "function": {"name": "Bash"}}),
    ],
)
def test_the_choice_in_the_wires_words(choice: ToolChoice, said: object) -> None:
    assert sent(BASH, choice=choice)["tool_choice"] == said


@pytest.mark.trap(82)
def test_no_choice_without_tools() -> None:
    assert "tool_choice" not in body(Request("m", HI.turns, tool_choice=ToolChoice("auto", parallel=False)))


def test_a_host_that_cannot_be_forced_is_not() -> None:
    host = ChatUpstream(forced_tools=False)
    assert "tool_choice" not in sent(BASH, choice=ToolChoice("any"), host=host)
    assert "tool_choice" not in sent(BASH, choice=ToolChoice("tool", "Bash"), host=host)
    assert sent(BASH, choice=ToolChoice("none"), host=host)["tool_choice"] == "none"


@pytest.mark.parametrize("mode", ["auto", "any"])
def test_a_host_that_knows_no_choice_is_told_none(mode: Any) -> None:
    found = sent(BASH, choice=ToolChoice(mode, parallel=False), host=ChatUpstream(tool_choice=False))
    assert "tools" in found
    assert not found.keys() & {"tool_choice", "parallel_tool_calls"}


def test_a_host_that_cannot_be_told_to_call_nothing_sees_no_tools() -> None:
    assert "tools" not in sent(BASH, choice=ToolChoice("none"), host=ChatUpstream(tool_choice=False))


@pytest.mark.parametrize("mode", ["auto", "any"])
def test_one_call_at_a_time(mode: Any) -> None:
    assert sent(BASH, choice=ToolChoice(mode, parallel=False))["parallel_tool_calls"] is False
    assert "parallel_tool_calls" not in sent(BASH, choice=ToolChoice(mode))


def test_a_host_that_cannot_be_forced_is_asked_in_words() -> None:
    host = ChatUpstream(forced_tools=False)
    asked = sent(BASH, choice=ToolChoice("tool", "Bash"), host=host)["messages"][-1]
    assert asked == {"role": "user", "content": "Answer with a call of the tool Bash."}
    assert "one of the tools" in sent(BASH, choice=ToolChoice("any"), host=host)["messages"][-1]["content"]
    for choice in (None, ToolChoice("auto")):
        assert len(sent(BASH, choice=choice, host=host)["messages"]) == 1
    assert len(sent(SEARCH, choice=ToolChoice("any"), host=host)["messages"]) == 1


def test_a_host_that_takes_no_names_is_told_to_call_any() -> None:
    found = sent(BASH, choice=ToolChoice("tool", "Bash"), host=ChatUpstream(named_tools=False))
    assert found["tool_choice"] == "required"


def test_a_schema_need_not_say_what_it_is() -> None:
    tool = replace(BASH, schema={"$schema": "s", **BASH.schema})
    assert "$schema" in sent(tool)["tools"][0]["function"]["parameters"]
    (bare,) = sent(tool, host=ChatUpstream(dollar_schema=False))["tools"]
    assert bare["function"]["parameters"] == BASH.schema
