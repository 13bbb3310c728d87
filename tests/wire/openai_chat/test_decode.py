import json
from typing import Any

import pytest

from ccr.errors import BadRequest
from ccr.messages.blocks import Base64, Document, FileId, Image, Opaque, Text, Thinking, ToolResult, ToolUse, Url
from ccr.messages.request import BuiltinTool, Format, Reasoning, Request, Tool, ToolChoice, Turn
from ccr.wire.openai_chat import ChatClient
from tests.wire.openai_chat.reading import assistant, note, user

HI = {"role": "user", "content": "hi"}
BASH = {"type": "function", "function": {"name": "Bash", "description": "Runs.", "parameters": {"type": "object"}}}


def decoded(**fields: Any) -> Request:
    return ChatClient().decode(json.dumps({"model": "m", "messages": [HI], **fields}).encode())


def turns(*messages: object) -> tuple[Turn, ...]:
    return decoded(messages=list(messages)).turns


def part(**fields: Any) -> Any:
    return turns({"role": "user", "content": [fields]})[0].content[0]


def call(id: str, name: str = "Bash", arguments: object = "{}") -> dict[str, object]:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def test_a_plain_request() -> None:
    assert decoded() == Request("m", (user(Text("hi")),), dialect="openai")


# --- messages ---


def test_leading_system_messages_are_the_prompt_and_later_ones_turns() -> None:
    found = decoded(
        messages=[
            {"role": "system", "content": "a"},
            {"role": "developer", "content": [{"type": "text", "text": "b"}]},
            HI,
            {"role": "developer", "content": "c"},
        ]
    )
    assert found.system == (Text("a"), Text("b"))
    assert found.turns == (user(Text("hi")), note("c"))


def test_results_and_what_follows_them_are_one_user_turn() -> None:
    found = turns(
        HI,
        {"role": "assistant", "content": None, "tool_calls": [call("a"), call("b", arguments='{"p":1}')]},
        {"role": "tool", "tool_call_id": "a", "content": "one"},
        {"role": "tool", "tool_call_id": "b", "content": [{"type": "text", "text": "two"}]},
        {"role": "user", "content": "go on"},
        HI,
    )
    assert found[1:] == (
        assistant(ToolUse("a", "Bash", {}), ToolUse("b", "Bash", {"p": 1})),
        user(ToolResult("a", (Text("one"),)), ToolResult("b", (Text("two"),)), Text("go on"), Text("hi")),
    )


def test_user_messages_without_results_stay_apart() -> None:
    assert turns(HI, HI) == (user(Text("hi")), user(Text("hi")))


def test_an_assistant_message_in_full() -> None:
    found = turns(
        HI,
        {
            "role": "assistant",
            "reasoning_content": "hm",
            "reasoning": "hm",
            "content": [{"type": "text", "text": "a"}, {"type": "refusal", "refusal": "no"}],
            "refusal": "never",
            "tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "run", "input": "ls"}}],
        },
    )
    assert found[1] == assistant(
        Thinking("hm"), Text("a"), Text("no"), Text("never"), ToolUse("c", "run", {"input": "ls"})
    )


def test_the_functions_of_older_clients() -> None:
    found = decoded(
        messages=[
            HI,
            {"role": "assistant", "content": None, "function_call": {"name": "now", "arguments": "{}"}},
            {"role": "function", "name": "now", "content": "noon"},
        ],
        functions=[{"name": "now"}],
        function_call={"name": "now"},
    )
    assert found.turns[1:] == (
        assistant(ToolUse("function_1", "now", {})),
        user(ToolResult("function_1", (Text("noon"),))),
    )
    assert found.tools == (Tool("now"),)
    assert found.tool_choice == ToolChoice("tool", "now")
    assert decoded(function_call="none").tool_choice == ToolChoice("none")


@pytest.mark.parametrize(
    ("arguments", "input"),
    [
        (None, {}),
        ("", {}),
        ("null", {}),
        ('"{\\"p\\":1}"', {"p": 1}),
        ('{"p": oops', {"arguments": '{"p": oops'}),
        ("[1]", {"arguments": "[1]"}),
        ('"oops"', {"arguments": '"oops"'}),
    ],
)
def test_arguments_that_a_model_spoilt_do_not_stop_the_conversation(arguments: object, input: object) -> None:
    found = turns(HI, {"role": "assistant", "tool_calls": [call("a", arguments=arguments)]})
    assert found[1].content == (ToolUse("a", "Bash", input),)  # type: ignore[arg-type]


# --- parts ---


def test_images_by_data_and_by_address() -> None:
    data = {"url": "data:image/png;base64,aGk=", "detail": "low"}
    assert part(type="image_url", image_url=data) == Image(Base64("image/png", "aGk="))
    assert part(type="image_url", image_url="https://a.test/i") == Image(Url("https://a.test/i"))


def test_files() -> None:
    inline = {"file_data": "data:application/pdf;name=x;base64,aGk=", "filename": "a.pdf"}
    assert part(type="file", file=inline) == Document(Base64("application/pdf", "aGk="), "a.pdf")
    assert part(type="file", file={"file_id": "f"}) == Document(FileId("f"))
    assert part(type="file", file={"file_data": "https://a.test/d"}) == Document(Url("https://a.test/d"))


def test_other_parts_are_carried() -> None:
    raw = {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}}
    assert part(**raw) == Opaque(raw)


def test_a_cache_mark_is_carried_and_nothing_else() -> None:
    mark = {"type": "ephemeral"}
    assert part(type="text", text="a", cache_control=mark, foo=1) == Text("a", {"cache_control": mark})


# --- tools ---


def test_tools_of_all_kinds() -> None:
    found = decoded(
        tools=[
            BASH,
            {"type": "function", "function": {"name": "Now", "strict": True}},
            {"type": "custom", "custom": {"name": "run", "description": "Free."}},
            {"type": "web_search", "filters": {}},
        ]
    ).tools
    free: Any = {"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"]}
    assert found == (
        Tool("Bash", "Runs.", {"type": "object"}),
        Tool("Now", strict=True),
        Tool("run", "Free.", free),
        BuiltinTool("web_search", "web_search", {"type": "web_search", "filters": {}}),
    )


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        ("auto", ToolChoice("auto")),
        ("none", ToolChoice("none")),
        ("required", ToolChoice("any")),
        ({"type": "function", "function": {"name": "Bash"}}, ToolChoice("tool", "Bash")),
        ({"type": "custom", "custom": {"name": "run"}}, ToolChoice("tool", "run")),
        (None, None),
    ],
)
def test_the_choice_of_tools(said: object, choice: ToolChoice | None) -> None:
    assert decoded(tools=[BASH], tool_choice=said).tool_choice == choice


def test_allowed_tools_are_the_only_ones() -> None:
    other = {"type": "function", "function": {"name": "Other"}}
    allowed = {"mode": "required", "tools": [{"type": "function", "function": {"name": "Bash"}}]}
    found = decoded(tools=[BASH, other], tool_choice={"type": "allowed_tools", "allowed_tools": allowed})
    assert [tool.name for tool in found.tools] == ["Bash"]
    assert found.tool_choice == ToolChoice("any")


def test_one_call_at_a_time() -> None:
    assert decoded(parallel_tool_calls=False).tool_choice == ToolChoice("auto", parallel=False)
    assert decoded(tool_choice="required", parallel_tool_calls=False).tool_choice == ToolChoice("any", parallel=False)
    assert decoded(parallel_tool_calls=True).tool_choice is None


# --- the rest ---


def test_settings() -> None:
    found = decoded(
        max_tokens=5, max_completion_tokens=7, temperature=0.5, top_p=1, top_k=3, stream=True, stop="x", user="me", n=1
    )
    assert (found.max_tokens, found.temperature, found.top_p, found.top_k) == (7, 0.5, 1, 3)
    assert (found.stream, found.stop, found.user) == (True, ("x",), "me")
    assert decoded(stop=["x", "y"], max_tokens=5, safety_identifier="id").stop == ("x", "y")
    assert decoded(safety_identifier="id").user == "id"


def test_what_is_not_known_is_carried() -> None:
    assert decoded(seed=1, stream_options={"include_usage": True}).extra == {
        "seed": 1,
        "stream_options": {"include_usage": True},
    }


@pytest.mark.parametrize(
    ("fields", "reasoning", "effort"),
    [
        ({}, None, None),
        ({"reasoning_effort": "high"}, Reasoning("adaptive"), "high"),
        ({"reasoning_effort": "none"}, Reasoning("disabled"), None),
        ({"reasoning": {"effort": "low"}}, Reasoning("adaptive"), "low"),
        ({"reasoning": {"max_tokens": 2000}}, Reasoning("enabled", 2000), None),
        ({"reasoning": {"enabled": True}}, Reasoning("adaptive"), None),
        ({"reasoning": {"enabled": False, "effort": "high"}}, Reasoning("disabled"), None),
        ({"reasoning": {"exclude": True}}, None, None),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, Reasoning("enabled", 1024), None),
        ({"thinking": {"type": "enabled"}, "reasoning_effort": "max"}, Reasoning("adaptive"), "max"),
        ({"thinking": {"type": "disabled"}}, Reasoning("disabled"), None),
    ],
)
def test_how_much_to_think(fields: dict[str, Any], reasoning: object, effort: object) -> None:
    found = decoded(**fields)
    assert (found.reasoning, found.effort) == (reasoning, effort)


@pytest.mark.parametrize(
    ("said", "format"),
    [
        ({"type": "text"}, None),
        ({"type": "json_object"}, Format(None)),
        (
            {"type": "json_schema", "json_schema": {"name": "t", "schema": {"a": 1}, "strict": True}},
            Format({"a": 1}, "t", True),
        ),
        ({"type": "json_schema", "json_schema": {}}, Format({})),
    ],
)
def test_the_format_of_the_answer(said: object, format: Format | None) -> None:
    assert decoded(response_format=said).format == format


# --- faults ---


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"model": None}, "model: expected a string, not null"),
        ({"messages": None}, "messages: expected a list, not null"),
        ({"messages": "hi"}, "messages: expected a list, not a string"),
        ({"messages": []}, "messages: expected at least one message of the user"),
        ({"messages": [{"role": "system", "content": "a"}]}, "messages: expected at least one message of the user"),
        ({"messages": ["hi"]}, "messages[0]: expected an object, not a string"),
        ({"messages": [{}]}, "messages[0].role: missing, expected a string"),
        ({"messages": [{"role": "robot"}]}, "messages[0].role: expected system, developer, user, assistant or tool, not 'robot'"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content: expected a string or a list of parts, not a number"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0].text: missing, expected a string"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:x"}}]}]},
            "messages[0].content[0].image_url.url: expected a URL such as data:image/png;base64,…",
        ),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id: missing, expected a string"),
        (
            {"messages": [HI, {"role": "function", "name": "f", "content": "x"}]},
            "messages[1].name: no earlier message calls the function 'f'",
        ),
        ({"messages": [{"role": "assistant", "tool_calls": [{"id": "a"}]}]}, "messages[0].tool_calls[0].function: missing, expected an object"),
        ({"n": 2}, "n: only one choice can be asked for"),
        ({"temperature": "hot"}, "temperature: expected a number, not a string"),
        ({"stop": ["a", 1]}, "stop[1]: expected a string"),
        ({"stop": 1}, "stop: expected a list, not a number"),
        ({"tools": [{"type": "function"}]}, "tools[0].function: missing, expected an object"),
        ({"tool_choice": "sometimes"}, "tool_choice: expected none, auto or required, not 'sometimes'"),
        ({"tool_choice": 1}, "tool_choice: expected a string or an object, not a number"),
        ({"reasoning_effort": "huge"}, "reasoning_effort: expected one of none, minimal, low, medium, high, xhigh, max, not 'huge'"),
        ({"response_format": {"type": "xml"}}, "response_format.type: expected text, json_object or json_schema, not 'xml'"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(BadRequest) as caught:
        decoded(**fields)
    assert caught.value.message == message


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
def test_what_is_no_json_object_is_a_bad_request(body: bytes) -> None:
    with pytest.raises(BadRequest):
        ChatClient().decode(body)


def test_the_functions_of_several_turns_are_told_apart() -> None:
    def called(name: str) -> dict[str, object]:
        return {"role": "assistant", "function_call": {"name": name, "arguments": "{}"}}

    found = turns(HI, called("now"), called("then"), {"role": "function", "name": "now", "content": "noon"})
    assert found[3].content == (ToolResult("function_1", (Text("noon"),)),)


def test_thousands_of_results_are_quick() -> None:
    ids = [f"c{n}" for n in range(10_000)]
    said = [{"role": "assistant", "tool_calls": [call(id) for id in ids]}]
    heard = [{"role": "tool", "tool_call_id": id, "content": "ok"} for id in ids]
    old = [{"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}}]
    found = turns(HI, *said, *heard, *old, *({"role": "function", "name": "f", "content": "ok"} for _ in ids))
    assert [len(turn.content) for turn in found] == [1, 10_000, 10_000, 1, 10_000]


def test_a_models_name_has_limits() -> None:
    with pytest.raises(BadRequest, match=r"^model: expected"):
        decoded(model="x" * 600)
