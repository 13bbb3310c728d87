import pytest

from ccr.messages.json import JsonObject
from ccr.messages.request import AnyTool, BuiltinTool, Request, Tool, ToolChoice
from ccr.wire.openai_responses import ResponsesUpstream
from tests.wire.openai_responses.reading import HI, TARGET, body

BASH = Tool("Bash", "Run it.", {"type": "object", "properties": {"command": {"type": "string"}}})
LOOK = BuiltinTool(
    "web_search_20250305",
    "web_search",
    {
        "type": "web_search_20250305",
        "name": "web_search",
        "max_uses": 8,
        "allowed_domains": ["a.org"],
        "blocked_domains": ["b.org"],
        "user_location": {"type": "approximate", "country": "DE"},
    },
)
SEARCH = {
    "type": "web_search",
    "filters": {"allowed_domains": ["a.org"]},
    "user_location": {"type": "approximate", "country": "DE"},
}


def offered(*tools: AnyTool, choice: ToolChoice | None = None) -> Request:
    return Request("m", HI.turns, tools=tools, tool_choice=choice)


@pytest.mark.trap(77, 80)
def test_a_tool_is_flat_and_says_that_it_is_not_strict() -> None:
    extra: JsonObject = {
        "cache_control": {"type": "ephemeral"},
        "type": "custom",
        "input_examples": [],
        "defer_loading": True,
    }
    assert body(offered(Tool(BASH.name, BASH.description, BASH.schema, extra=extra)))["tools"] == [
        {"type": "function", "name": "Bash", "description": "Run it.", "parameters": BASH.schema, "strict": False}
    ]


def test_a_tool_is_strict_where_that_was_asked_for() -> None:
    schema: JsonObject = {"type": "object", "properties": {}, "additionalProperties": False}
    assert body(offered(Tool("A", schema=schema, strict=True)))["tools"][0]["strict"] is True


def test_a_schema_with_options_is_never_strict() -> None:
    assert (
        body(offered(Tool("A", schema={**BASH.schema, "additionalProperties": False}, strict=True)))["tools"][0][
            "strict"
        ]
        is False
    )


def test_a_schema_is_completed_and_a_name_shortened() -> None:
    tool = body(offered(Tool("mcp__" + "x" * 80)))["tools"][0]
    assert tool["parameters"] == {"type": "object", "properties": {}}
    assert len(tool["name"]) == 64
    assert "description" not in tool


def test_one_name_is_offered_once() -> None:
    assert len(body(offered(BASH, BASH))["tools"]) == 1


def test_anthropics_own_client_tools_are_taught() -> None:
    assert body(offered(BuiltinTool("bash_20250124", "bash", {})))["tools"][0]["name"] == "bash"


def test_a_search_is_the_hosts() -> None:
    assert body(offered(LOOK, BASH))["tools"][1] == SEARCH
    assert "tools" not in body(offered(LOOK), ResponsesUpstream(web_search=None))
    plain = BuiltinTool("web_search_20250305", "web_search", {})
    assert body(offered(plain, plain))["tools"] == [{"type": "web_search"}]


def test_other_host_tools_are_known_to_clients_of_this_wire_only() -> None:
    interpreter = BuiltinTool("code_interpreter", "code_interpreter", {"type": "code_interpreter"})
    assert "tools" not in body(offered(interpreter))
    request = Request("m", HI.turns, tools=(interpreter, LOOK), dialect="responses")
    assert ResponsesUpstream().encode(request, TARGET).body["tools"] == [SEARCH, {"type": "code_interpreter"}]


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        (ToolChoice("auto"), "auto"),
        (ToolChoice("none"), "none"),
        (ToolChoice("any"), "required"),
        (ToolChoice("tool", "Bash"), {"type": "function", "name": "Bash"}),
        (ToolChoice("tool", "Gone"), None),
        (None, None),
    ],
)
def test_a_choice_is_flat_too(choice: ToolChoice | None, sent: object) -> None:
    assert body(offered(BASH, choice=choice)).get("tool_choice") == sent


def test_a_search_that_is_forced_is_required() -> None:
    assert body(offered(LOOK, choice=ToolChoice("tool", "web_search")))["tool_choice"] == "required"


@pytest.mark.trap(82)
def test_no_choice_is_made_without_tools() -> None:
    assert not {"tools", "tool_choice"} & body(offered(choice=ToolChoice("any"))).keys()


def test_one_call_at_a_time() -> None:
    assert body(offered(BASH, choice=ToolChoice("auto", parallel=False)))["parallel_tool_calls"] is False
