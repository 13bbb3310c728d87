"""Tools, as clients of this wire offer them and want them called."""

from typing import Any

import pytest

from ccr.messages.json import JsonObject
from ccr.messages.request import BuiltinTool, Tool
from ccr.wire.openai_responses.forms import CUSTOM, FUNCTION, LOCAL_SHELL, SEARCH, Called, flat, given, table
from tests.wire.openai_responses.asking import offering

SHOT = {"type": "function", "name": "shot", "description": "A picture.", "parameters": {"type": "object"}}
WAIT = {"type": "function", "name": "wait"}


def only(tool: object) -> Any:
    (found,) = offering(tool).tools
    return found


def test_a_function_is_flat() -> None:
    found = only({**SHOT, "strict": False, "defer_loading": True})
    assert found == Tool("shot", "A picture.", {"type": "object"}, False, {"defer_loading": True})
    assert table(offering(SHOT)) == {}, "the client knows it by the same name"


def test_names_in_a_namespace_come_back_in_two() -> None:
    request = offering({"type": "namespace", "name": "mcp__pics", "description": "Pictures.", "tools": [SHOT, WAIT]})
    shot, wait = request.tools
    assert isinstance(shot, Tool)
    assert isinstance(wait, Tool)
    assert [shot.name, wait.name] == ["mcp__pics__shot", "mcp__pics__wait"]
    assert shot.description == "A picture.\n\nOf all mcp__pics tools: Pictures."
    assert wait.description == ""
    assert table(request)["mcp__pics__shot"] == Called(FUNCTION, "shot", "mcp__pics")


def test_a_namespace_without_words_adds_none() -> None:
    (shot,) = offering({"type": "namespace", "name": "n", "description": "", "tools": [SHOT]}).tools
    assert isinstance(shot, Tool)
    assert shot.description == "A picture."


@pytest.mark.parametrize("namespace", [None, "", "functions"])
def test_what_stands_in_no_namespace_keeps_its_name(namespace: str | None) -> None:
    assert flat("wait", namespace) == "wait"


def test_a_tool_of_the_top_is_called_with_its_namespace_all_the_same() -> None:
    request = offering({"type": "namespace", "name": "functions", "tools": [{"type": "custom", "name": "exec"}]})
    assert table(request) == {"exec": Called(CUSTOM, "exec", "functions")}


def test_a_tool_for_free_text_is_a_function_with_one_string() -> None:
    grammar = {"type": "grammar", "syntax": "lark", "definition": "start: x"}
    found = only({"type": "custom", "name": "apply_patch", "description": "Changes files.", "format": grammar})
    assert list(found.schema["properties"]) == found.schema["required"] == ["input"]
    assert found.description == "Changes files.\n\nThe input has to follow this grammar (lark):\nstart: x"
    assert found.extra["format"] == grammar


def test_a_tool_for_any_text_names_no_grammar() -> None:
    assert only({"type": "custom", "name": "say", "format": {"type": "text"}}).description == ""


@pytest.mark.parametrize("type", ["local_shell", "shell", "apply_patch"])
def test_tools_that_openais_models_know_are_taught_to_others(type: str) -> None:
    found = only({"type": type})
    assert isinstance(found, Tool)
    assert found.name == type
    assert found.description
    assert set(found.schema["required"]) <= set(found.schema["properties"])  # type: ignore[arg-type]


def test_the_client_searches_its_tools() -> None:
    search = {"type": "tool_search", "execution": "client", "description": "Finds.", "parameters": {"type": "object"}}
    request = offering(search)
    assert request.tools[0].name == "tool_search"
    assert table(request)["tool_search"].form is SEARCH


def test_where_the_host_would_search_all_tools_are_offered() -> None:
    later = {**SHOT, "defer_loading": True}
    assert [tool.name for tool in offering({"type": "tool_search"}, later).tools] == ["shot"]


@pytest.mark.parametrize("type", ["web_search", "web_search_preview", "web_search_2025_08_26"])
def test_a_web_search_is_the_hubs(type: str) -> None:
    where = {"type": "approximate", "country": "DE", "city": None}
    domains = {"allowed_domains": ["a.de"], "blocked_domains": []}
    assert only({"type": type}).raw == {"type": "web_search_20250305", "name": "web_search"}
    found = only({"type": type, "filters": domains, "user_location": where, "search_context_size": "low"})
    raw: JsonObject = {
        "type": "web_search_20250305",
        "name": "web_search",
        "allowed_domains": ["a.de"],
        "user_location": {"type": "approximate", "country": "DE"},
    }
    assert found == BuiltinTool("web_search_20250305", "web_search", raw)


def test_what_only_the_host_can_run_is_carried() -> None:
    raw: JsonObject = {"type": "code_interpreter", "container": {"type": "auto"}}
    assert only(raw) == BuiltinTool("code_interpreter", "code_interpreter", raw)


def test_the_action_of_a_shell_is_whole_again() -> None:
    assert given({"command": ["ls"]}, LOCAL_SHELL) == {"type": "exec", "env": {}, "command": ["ls"]}
