"""Requests <-> JSON."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr.errors import BadRequest
from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.blocks import RedactedThinking, Text, Thinking, ToolResult, ToolUse
from ccr.messages.request import BuiltinTool, Format, Reasoning, Request, Tool, ToolChoice, Turn
from ccr.wire.anthropic.differences import Differences
from ccr.wire.anthropic.request import MAX_TOKENS, decode_request, encode_request

TARGET = Target(ProviderName("p"), ModelName("m"))
HI = {"role": "user", "content": "hi"}
MARK = {"cache_control": {"type": "ephemeral"}}


def decoded(**fields: object) -> Request:
    return decode_request(json.dumps({"model": "m", "messages": [HI], **fields}).encode())


def encoded(request: Request) -> dict[str, object]:
    """What goes over the wire."""
    body: dict[str, object] = json.loads(json.dumps(encode_request(request, TARGET, Differences()).body))
    return body


def again(**fields: object) -> dict[str, object]:
    return encoded(decoded(**fields))


# --- a whole request, as rich as the API allows ---

TEXT = {"type": "text", "text": "look"}
PNG = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}
PDF = {
    "type": "document",
    "source": {"type": "base64", "media_type": "application/pdf", "data": "aGk="},
    "title": "T",
    "context": "c",
    "citations": {"enabled": True},
}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {"file": "ä", "n": 1.5}}
SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"type": "web_search_result"}]}
RESULT = {
    "type": "tool_result",
    "tool_use_id": "toolu_1",
    "content": [{**TEXT, **MARK}, PNG, {"type": "tool_reference", "tool_name": "x"}],
    "is_error": True,
    **MARK,
}
THOUGHT = {"type": "thinking", "thinking": "hm", "signature": "EqQB"}

RICH: dict[str, object] = {
    "model": "m",
    "max_tokens": 64_000,
    "system": [{**TEXT, **MARK}, TEXT],
    "messages": [
        {"role": "user", "content": [{**TEXT, **MARK}, {**PNG, **MARK}, PDF, {"type": "future", "x": [1]}]},
        {"role": "user", "content": "and?", "note": {"x": 1}},
        {"role": "system", "content": "a reminder", "output_config": {"effort": "low"}},
        {
            "role": "assistant",
            "content": [THOUGHT, {"type": "redacted_thinking", "data": "d"}, SEARCH, FOUND, CALL],
        },
        {"role": "user", "content": [RESULT, TEXT]},
        {"role": "assistant", "content": [{**TEXT, "citations": [{"type": "char_location", "cited_text": "x"}]}]},
        {"role": "user", "content": "go on"},
    ],
    "tools": [
        {"name": "Read", "description": "reads", "input_schema": {"type": "object", "$schema": "s"}, **MARK},
        {"name": "Strict", "input_schema": {"type": "object"}, "strict": True, "defer_loading": True},
        {"type": "custom", "name": "Custom", "input_schema": {"type": "object"}},
        {"type": None, "name": "Null", "input_schema": {"type": "object"}},
        {"type": "web_search_20250305", "name": "web_search", "max_uses": 8},
        {"type": "mcp_toolset", "mcp_server_name": "x"},
    ],
    "tool_choice": {"type": "auto", "disable_parallel_tool_use": True, "future": 1},
    "thinking": {"type": "adaptive", "display": "summarized"},
    "output_config": {
        "effort": "xhigh",
        "format": {"type": "json_schema", "schema": {"type": "object"}, "future": 1},
        "task_budget": {"type": "tokens", "total": 9},
    },
    "stop_sequences": ["END"],
    "temperature": 1,
    "top_p": 0.9,
    "top_k": 5,
    "metadata": {"user_id": '{"session_id":"s"}', "other": "x"},
    "stream": True,
    "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
    "container": {"id": "c", "skills": []},
    "betas": ["x"],
    "mcp_servers": [{"type": "url", "name": "x", "url": "u"}],
    "service_tier": "auto",
    "safeguards": {"x": 1},
}


def test_a_request_of_everything_comes_out_as_it_went_in() -> None:
    assert encoded(decode_request(json.dumps(RICH).encode())) == RICH


BLOCKS = st.sampled_from(
    [TEXT, {**TEXT, **MARK}, PNG, PDF, {"type": "future"}, {"type": "search_result", "content": []}]
)
CONTENT = st.one_of(
    st.sampled_from(["hi", "ä😀"]), st.lists(BLOCKS, min_size=1, max_size=4).filter(lambda found: found != [TEXT])
)
ROLES = st.sampled_from(["user", "assistant", "system"])
MESSAGES = st.lists(st.fixed_dictionaries({"role": ROLES, "content": CONTENT}), min_size=1, max_size=6)
OPTIONAL = [name for name in RICH if name not in ("model", "max_tokens", "messages")]


@given(MESSAGES, st.lists(st.sampled_from(OPTIONAL), unique=True))
def test_any_part_of_it_does_too(messages: list[dict[str, object]], names: list[str]) -> None:
    raw = {"model": "m", "max_tokens": 9, "messages": messages, **{name: RICH[name] for name in names}}
    assert encoded(decode_request(json.dumps(raw).encode())) == raw


# --- single fields ---


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"model": None}, "model: expected a string, not null"),
        ({"messages": None}, "messages: expected a list of at least one message"),
        ({"messages": []}, "messages: expected a list of at least one message"),
        ({"messages": "hi"}, "messages: expected a list, not a string"),
        ({"messages": [HI, 7]}, r"messages\[1\]: expected an object, not a number"),
        ({"messages": [{"content": "x"}]}, r"messages\[0\].role: missing"),
        ({"messages": [{"role": "tool", "content": "x"}]}, r"messages\[0\].role: expected user, assistant or system, not 'tool'"),
        ({"messages": [{"role": "user"}]}, r"messages\[0\].content: missing, expected a string or a list"),
        ({"messages": [{"role": "user", "content": [{"type": 7}]}]}, r"messages\[0\].content\[0\].type: expected a string, not a number"),
        ({"system": 7}, "system: expected a string or a list, not a number"),
        ({"max_tokens": "9"}, "max_tokens: expected an integer, not a string"),
        ({"tools": {}}, "tools: expected a list, not an object"),
        ({"tools": [{}]}, r"tools\[0\].name: missing"),
        ({"tools": [{"name": "x", "input_schema": 1}]}, r"tools\[0\].input_schema: expected an object, not a number"),
        ({"tool_choice": {"type": "tool"}}, "tool_choice.name: missing"),
        ({"thinking": {}}, "thinking.type: missing"),
        ({"thinking": {"type": "enabled", "budget_tokens": "x"}}, "thinking.budget_tokens: expected an integer"),
        ({"output_config": {"effort": 1}}, "output_config.effort: expected a string"),
        ({"output_config": {"format": {"type": "json_schema"}}}, "output_config.format.schema: missing"),
        ({"metadata": {"user_id": 1}}, "metadata.user_id: expected a string"),
        ({"stop_sequences": ["x", 1]}, r"stop_sequences\[1\]: expected a string"),
        ({"temperature": "hot"}, "temperature: expected a number"),
        ({"stream": "yes"}, "stream: expected true or false"),
    ],
)  # fmt: skip
def test_a_fault_begins_with_its_path(fields: dict[str, object], fault: str) -> None:
    with pytest.raises(BadRequest, match=f"^{fault}"):
        decoded(**fields)


def test_a_body_that_is_no_json_is_a_fault() -> None:
    with pytest.raises(BadRequest, match="the body is not JSON"):
        decode_request(b'{"model":')


def test_half_an_emoji_from_a_cut_text_is_read() -> None:
    body = rb'{"model":"m","messages":[{"role":"user","content":"cut \ud83d"}]}'
    assert decode_request(body).turns[0].content == (Text("cut \ufffd"),)


def test_max_tokens_may_be_missing_as_when_tokens_are_counted() -> None:
    assert decoded().max_tokens is None
    assert again()["max_tokens"] == MAX_TOKENS
    assert again(max_tokens=0)["max_tokens"] == 0


def test_the_target_names_the_model_and_the_version_goes_along() -> None:
    payload = encode_request(decoded(model="p,m"), TARGET, Differences())
    assert payload.body["model"] == "m"
    assert payload.headers == {"anthropic-version": "2023-06-01"}


def test_tools_are_told_apart() -> None:
    builtin = {"type": "bash_20250124", "name": "bash"}
    request = decoded(tools=[{"name": "x", "description": "d", "input_schema": {"a": 1}}, builtin])
    assert request.tools == (Tool("x", "d", {"a": 1}), BuiltinTool("bash_20250124", "bash", builtin))


def test_a_schema_without_a_type_is_an_objects() -> None:
    assert again(tools=[{"name": "x"}])["tools"] == [{"name": "x", "input_schema": {"type": "object"}}]


@pytest.mark.parametrize(
    ("raw", "choice"),
    [
        ({"type": "any"}, ToolChoice("any")),
        ({"type": "none"}, ToolChoice("none")),
        ({"type": "tool", "name": "x", "disable_parallel_tool_use": True}, ToolChoice("tool", "x", parallel=False)),
        ({"type": "future", "x": 1}, None),
    ],
)
def test_tool_choices_are_read_and_written(raw: dict[str, object], choice: ToolChoice | None) -> None:
    assert decoded(tool_choice=raw).tool_choice == choice
    assert again(tool_choice=raw)["tool_choice"] == raw


@pytest.mark.parametrize(
    ("raw", "reasoning"),
    [
        ({"type": "enabled", "budget_tokens": 2000}, Reasoning("enabled", 2000)),
        ({"type": "disabled"}, Reasoning("disabled")),
        ({"type": "between_tools", "x": 1}, Reasoning("adaptive", None, {"type": "between_tools", "x": 1})),
    ],
)
def test_kinds_of_thinking_are_read_and_written(raw: dict[str, object], reasoning: Reasoning) -> None:
    assert decoded(thinking=raw).reasoning == reasoning
    assert again(thinking=raw)["thinking"] == raw


@pytest.mark.parametrize("raw", [{"effort": "heroic"}, {"format": {"type": "grammar", "x": 1}}, {"task_budget": {}}])
def test_unknown_output_wishes_are_carried(raw: dict[str, object]) -> None:
    request = decoded(output_config=raw)
    assert (request.effort, request.format) == (None, None)
    assert again(output_config=raw)["output_config"] == raw


def test_output_wishes_are_read() -> None:
    request = decoded(output_config={"effort": "max", "format": {"type": "json_schema", "schema": {"a": 1}}})
    assert (request.effort, request.format) == ("max", Format({"a": 1}))


def test_the_users_id_is_read() -> None:
    assert decoded(metadata={"user_id": "u", "x": 1}).user == "u"
    assert again(metadata={"x": 1})["metadata"] == {"x": 1}


def test_a_format_of_any_json_has_no_words_here() -> None:
    assert "output_config" not in encoded(replace(decoded(), format=Format(None)))


@pytest.mark.parametrize(
    ("max_tokens", "budget", "thinking"),
    [
        (8000, 4000, {"type": "enabled", "budget_tokens": 4000}),
        (4000, 8000, {"type": "enabled", "budget_tokens": 3999}),
        (4000, None, {"type": "enabled", "budget_tokens": 1024}),
        (1024, 8000, None),
    ],
)
@pytest.mark.trap(71)
def test_a_budget_leaves_room_for_the_answer(max_tokens: int, budget: int | None, thinking: object) -> None:
    request = replace(decoded(max_tokens=max_tokens), reasoning=Reasoning("enabled", budget))
    assert encoded(request).get("thinking") == thinking


CALLED = ToolUse("a", "Read")
ANSWERED = Turn("user", (ToolResult("a", (Text("ok"),)),))
ASKED = Turn("user", (Text("hi"),))


@pytest.mark.parametrize(
    ("turns", "thinks"),
    [
        ((ASKED, Turn("assistant", (CALLED,)), ANSWERED), False),
        ((ASKED, Turn("assistant", (Thinking("hm", ""), CALLED)), ANSWERED), False),
        ((ASKED, Turn("assistant", (Text("x"),)), Turn("assistant", (CALLED,)), ANSWERED), False),
        ((ASKED, Turn("assistant", (Thinking("hm", "s"),)), Turn("assistant", (CALLED,)), ANSWERED), True),
        ((Turn("assistant", (RedactedThinking("d"), CALLED)), ANSWERED), True),
        ((ASKED, Turn("assistant", (CALLED,)), ANSWERED, Turn("assistant", (Text("x"),)), ASKED), True),
        ((ASKED,), True),
    ],
)
@pytest.mark.trap(58)
def test_a_tool_loop_that_began_without_thoughts_goes_on_without(turns: tuple[Turn, ...], thinks: bool) -> None:
    request = replace(decoded(), turns=turns, reasoning=Reasoning("enabled", 2000))
    assert ("thinking" in encoded(request)) is thinks


@pytest.mark.parametrize(
    ("edits", "kept"),
    [
        ([{"type": "clear_thinking_20251015"}], None),
        ([{"type": "clear_thinking_20251015"}, {"type": "clear_tool_uses"}], {"edits": [{"type": "clear_tool_uses"}]}),
        (["x"], {"edits": ["x"]}),
        ("x", {"edits": "x"}),
    ],
)
def test_without_thinking_no_thoughts_are_cleared(edits: object, kept: object) -> None:
    request = decoded(max_tokens=9, thinking={"type": "enabled"}, context_management={"edits": edits})
    assert encoded(request).get("context_management") == kept


def test_a_client_of_another_dialect_is_adapted() -> None:
    request = replace(decoded(temperature=1.9, logit_bias={}), dialect="openai", effort="high")
    assert encoded(request) == {
        "model": "m",
        "max_tokens": MAX_TOKENS,
        "thinking": {"type": "enabled", "budget_tokens": 16_384},
        "messages": [HI],
    }


def test_blank_prompts_and_turns_are_left_out() -> None:
    body = again(system=" ", messages=[HI, {"role": "assistant", "content": ""}])
    assert "system" not in body
    assert body["messages"] == [HI]


def test_the_same_request_is_the_same_bytes() -> None:
    body = json.dumps(RICH).encode()
    first, second = (json.dumps(encode_request(decode_request(body), TARGET, Differences()).body) for _ in range(2))
    assert first == second


def test_a_models_name_has_limits() -> None:
    with pytest.raises(BadRequest, match=r"^model: expected"):
        decode_request(json.dumps({"model": "a\nb", "messages": [HI]}).encode())
