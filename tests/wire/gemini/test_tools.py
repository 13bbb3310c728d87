from typing import Any

import pytest

from ccr.messages.request import BuiltinTool, Request, Tool, ToolChoice
from ccr.wire.gemini.tools import searches
from tests.wire.gemini.reading import HI, body

GREP = Tool("Grep", "Finds.", {"type": "object", "properties": {"q": {"type": "string"}}})
SEARCH = BuiltinTool("web_search_20250305", "web_search", {"type": "web_search_20250305", "max_uses": 8})


def asked(*tools: Any, choice: ToolChoice | None = None) -> Any:
    return body(Request("m", HI.turns, tools=tools, tool_choice=choice))


@pytest.mark.trap(77)
def test_a_declaration_has_a_name_a_description_and_a_schema_and_nothing_else() -> None:
    tool = Tool(
        GREP.name, GREP.description, GREP.schema, strict=True, extra={"input_examples": [], "defer_loading": True}
    )
    schema = {"type": "object", "properties": {"q": {"type": "string"}}}
    declared = {"name": "Grep", "description": "Finds.", "parametersJsonSchema": schema}
    assert asked(tool)["tools"] == [{"functionDeclarations": [declared]}]


def test_a_tool_that_takes_nothing_has_no_schema() -> None:
    assert asked(Tool("Now", "", {"type": "object"}))["tools"] == [{"functionDeclarations": [{"name": "Now"}]}]


def test_a_name_is_declared_once() -> None:
    assert len(asked(GREP, GREP)["tools"][0]["functionDeclarations"]) == 1


def test_a_tool_that_only_anthropics_models_know_is_taught() -> None:
    (tool,) = asked(BuiltinTool("bash_20250124", "bash", {}))["tools"][0]["functionDeclarations"]
    assert tool["name"] == "bash"
    assert "command" in tool["parametersJsonSchema"]["properties"]


@pytest.mark.parametrize(
    ("type", "hosted"),
    [
        ("web_search_20250305", "googleSearch"),
        ("web_fetch_20250910", "urlContext"),
        ("code_execution_20250522", "codeExecution"),
    ],
)
def test_what_google_runs_itself(type: str, hosted: str) -> None:
    assert asked(BuiltinTool(type, "x", {}), choice=ToolChoice("tool", "x"))["tools"] == [{hosted: {}}]


def test_functions_come_before_a_search() -> None:
    made = asked(SEARCH, GREP)
    assert [list(tool) for tool in made["tools"]] == [["functionDeclarations"]]
    assert not searches(Request("m", (), tools=(SEARCH, GREP)))
    assert searches(Request("m", (), tools=(SEARCH,)))


@pytest.mark.parametrize(
    ("wish", "text"),
    [
        ({"allowed_domains": ["a.test", "b.test"]}, "Search only these sites: a.test, b.test"),
        ({"blocked_domains": ["a.test"]}, "Leave out what you find on these sites: a.test"),
    ],
)
def test_where_to_search_is_said_in_words(wish: Any, text: str) -> None:
    search = BuiltinTool(SEARCH.type, SEARCH.name, wish)
    assert asked(search)["systemInstruction"] == {"parts": [{"text": text}]}
    assert "systemInstruction" not in asked(search, GREP)
    assert "systemInstruction" not in asked(SEARCH)


@pytest.mark.trap(82)
def test_without_tools_there_is_no_choice() -> None:
    for tools in ((), (SEARCH,), (BuiltinTool("computer_20250124", "computer", {}),)):
        assert "toolConfig" not in asked(*tools, choice=ToolChoice("any"))


@pytest.mark.parametrize(
    ("choice", "config"),
    [
        (ToolChoice("auto"), {"mode": "AUTO"}),
        (ToolChoice("any"), {"mode": "ANY"}),
        (ToolChoice("none"), {"mode": "NONE"}),
        (ToolChoice("tool", "Grep"), {"mode": "ANY", "allowedFunctionNames": ["Grep"]}),
    ],
)
def test_a_choice_is_a_mode(choice: ToolChoice, config: object) -> None:
    assert asked(GREP, choice=choice)["toolConfig"] == {"functionCallingConfig": config}


def test_a_choice_of_a_tool_that_is_not_there_is_none() -> None:
    assert "toolConfig" not in asked(GREP, choice=ToolChoice("tool", "Glob"))
    assert "toolConfig" not in asked(GREP)
