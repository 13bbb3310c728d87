import json
from dataclasses import replace
from typing import Any

import pytest

from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.blocks import Base64, Image, Text, Thinking, ToolResult, ToolUse
from ccr.messages.fold import fold
from ccr.messages.json import JsonObject
from ccr.messages.request import BuiltinTool, Format, Reasoning, Request, Tool, ToolChoice, Turn
from ccr.wire.anthropic import AnthropicUpstream
from ccr.wire.anthropic.differences import Differences
from ccr.wire.origin import Origin
from tests.support import messages
from tests.support.parts import tool

HERE = Target(ProviderName("kimi"), ModelName("k2"))
PLAIN = AnthropicUpstream(genuine=False)
HI = Request("x", (Turn("user", (Text("hi"),)),), max_tokens=8000)
FORCED = replace(HI, tools=(Tool("f"),), tool_choice=ToolChoice("tool", "f"))


def sent(request: Request, **host: Any) -> dict[str, Any]:
    upstream = AnthropicUpstream(**{"genuine": False, **host})
    body: dict[str, Any] = json.loads(json.dumps(upstream.encode(request, HERE).body))
    return body


def test_the_version_that_lookalikes_know_goes_along_and_no_beta() -> None:
    assert PLAIN.encode(replace(HI, betas=("context-1m-2025-08-07",)), HERE).headers == {
        "anthropic-version": "2023-06-01"
    }


@pytest.mark.trap(88)
def test_fields_of_betas_and_of_anthropics_own_house_go() -> None:
    extra: JsonObject = {"context_management": {"edits": []}, "service_tier": "auto", "speed": "fast", "container": {}}
    assert sent(replace(HI, extra=extra)) == {
        "model": "k2",
        "max_tokens": 8000,
        "messages": [{"role": "user", "content": "hi"}],
    }


def test_who_asks_is_told_where_the_host_keeps_users_apart() -> None:
    asked = replace(HI, user="u", top_k=3)
    assert sent(asked)["metadata"] == {"user_id": "u"}
    assert sent(asked)["top_k"] == 3
    assert sent(asked, user=False, top_k=False).keys() == {"model", "max_tokens", "messages"}


@pytest.mark.trap(80)
def test_tools_have_a_schema_and_no_type() -> None:
    request = replace(
        HI,
        tools=(
            Tool("f", "does", {}, True, {"type": "custom", "defer_loading": True, "cache_control": {"ttl": "1h"}}),
            BuiltinTool("bash_20250124", "bash", {"type": "bash_20250124", "name": "bash"}),
            BuiltinTool("code_execution_20250825", "code_execution", {}),
            BuiltinTool("web_search_20250305", "web_search", {"type": "web_search_20250305", "cache_control": {}}),
        ),
    )
    f, bash = sent(request)["tools"]
    assert f == {"name": "f", "description": "does", "input_schema": {"type": "object", "properties": {}}}
    assert bash["input_schema"]["required"] == ["command"]
    f, _, search = sent(request, web_search=True, cache=True)["tools"]
    assert f["cache_control"] == {"type": "ephemeral"}
    assert search == {"type": "web_search_20250305"}


@pytest.mark.trap(82)
@pytest.mark.parametrize(
    ("choice", "host", "left"),
    [
        (ToolChoice("tool", "f"), {}, {"type": "tool", "name": "f"}),
        (ToolChoice("any", parallel=False), {}, {"type": "any", "disable_parallel_tool_use": True}),
        (ToolChoice("tool", "gone"), {}, None),
        (ToolChoice("any"), {"forced_tools": False}, None),
        (ToolChoice("auto"), {"forced_tools": False}, {"type": "auto"}),
        (ToolChoice("auto"), {"tool_choice": False}, None),
    ],
)
def test_a_choice_is_sent_as_far_as_it_is_known(choice: ToolChoice, host: dict[str, Any], left: object) -> None:
    assert sent(replace(HI, tools=(Tool("f"),), tool_choice=choice), **host).get("tool_choice") == left


def test_a_choice_without_tools_is_none() -> None:
    assert "tool_choice" not in sent(replace(HI, tool_choice=ToolChoice("auto")))


OFF, ON = {"type": "disabled"}, {"type": "enabled"}


@pytest.mark.trap(69, 70)
@pytest.mark.parametrize(
    ("request_", "host", "thinking"),
    [
        (HI, {}, None),
        (replace(HI, reasoning=Reasoning("disabled")), {}, OFF),
        (replace(HI, effort="none"), {}, OFF),
        (replace(HI, reasoning=Reasoning("disabled")), {"says_off": False}, None),
        (replace(HI, reasoning=Reasoning("disabled")), {"thinking": "none"}, None),
        (replace(HI, reasoning=Reasoning("adaptive")), {"thinking": "none"}, None),
        (replace(HI, reasoning=Reasoning("adaptive", extra={"display": "x"})), {"thinking": "adaptive"}, {"type": "adaptive"}),
        (replace(HI, effort="low"), {"thinking": "adaptive"}, {"type": "adaptive"}),
        (replace(HI, reasoning=Reasoning("enabled", 2000)), {"thinking": "switch"}, ON),
        (replace(HI, reasoning=Reasoning("enabled", 2000)), {}, {**ON, "budget_tokens": 2000}),
        (replace(HI, reasoning=Reasoning("adaptive"), effort="low"), {}, {**ON, "budget_tokens": 2048}),
        (replace(HI, reasoning=Reasoning("adaptive")), {}, {**ON, "budget_tokens": 7999}),
        (replace(FORCED, reasoning=Reasoning("adaptive")), {"thinking": "switch"}, OFF),
        (FORCED, {"thinking": "switch"}, OFF),
    ],
)  # fmt: skip
def test_thinking_is_asked_for_in_the_hosts_form(request_: Request, host: dict[str, Any], thinking: object) -> None:
    assert sent(request_, **host).get("thinking") == thinking


@pytest.mark.parametrize(
    ("effort", "sent_as"), [("low", "high"), ("xhigh", "high"), ("max", "max"), ("none", None), (None, None)]
)
def test_an_effort_is_the_nearest_that_the_host_knows(effort: Any, sent_as: object) -> None:
    found = sent(replace(HI, effort=effort), efforts=("high", "max")).get("output_config", {})
    assert found.get("effort") == sent_as


def test_an_effort_that_the_host_does_not_know_goes() -> None:
    assert "output_config" not in sent(replace(HI, effort="low"))


def test_a_form_is_asked_for_by_field_or_in_words() -> None:
    asked = replace(HI, system=(Text("You are."),), format=Format({"type": "object"}))
    assert sent(asked, format=True)["output_config"] == {
        "format": {"type": "json_schema", "schema": {"type": "object"}}
    }
    assert sent(asked, format=True)["system"] == "You are."
    assert sent(asked)["system"][1]["text"].endswith('schema:\n{"type":"object"}')
    assert "system" not in sent(replace(HI, format=Format(None)))


def test_turns_in_a_row_are_one_and_a_thinking_model_speaks_last() -> None:
    said = Turn("assistant", (Text("a"),))
    turns = (*HI.turns, Turn("system", (Text("note"),)), said)
    found = sent(replace(HI, turns=turns))["messages"]
    assert [message["role"] for message in found] == ["user", "assistant", "user"]
    assert len(found[0]["content"]) == 2
    unthinking = replace(HI, turns=turns, reasoning=Reasoning("disabled"))
    assert [message["role"] for message in sent(unthinking)["messages"]] == ["user", "assistant"]


@pytest.mark.trap(67, 68)
def test_thoughts_go_back_with_the_calls() -> None:
    own = Thinking("hm", Origin(HERE, "signature", "theirs").sign())
    foreign = Thinking("no", "EqQB")
    call, result = ToolUse("t1", "f"), ToolResult("t1", (Text("ok"),))
    turns = (
        *HI.turns,
        Turn("assistant", (own, call)),
        Turn("user", (result,)),
        Turn("assistant", (foreign, Text("a"))),
    )
    request = replace(HI, turns=(*turns, *HI.turns))
    found = sent(request, thoughts_required=True)["messages"]
    assert found[1]["content"][0] == {"type": "thinking", "thinking": "hm", "signature": "theirs"}
    assert found[3]["content"][0] == {"type": "thinking", "thinking": " ", "signature": ""}
    assert sent(request)["messages"][3]["content"] == "a"


@pytest.mark.trap(50)
def test_what_was_sent_is_sent_again_to_the_byte() -> None:
    note = Turn("system", (Text("note"),))
    turns: list[Turn] = []
    earlier = ""
    for number in range(20):
        turns += [Turn("user", (Text(f"q{number}"),)), note]
        body = json.dumps(sent(replace(HI, turns=tuple(turns)), thoughts_required=True)["messages"])
        assert body.startswith(earlier)
        earlier = body.removesuffix("]")
        turns += [Turn("assistant", (Thinking("t", Origin(HERE, "signature", "s").sign()), ToolUse(f"t{number}", "f")))]
        turns += [Turn("user", (ToolResult(f"t{number}", (Text("ok"),)),)), Turn("assistant", (Text("done"),))]


@pytest.mark.trap(81)
def test_long_names_of_tools_are_short_there_and_whole_here() -> None:
    long = "mcp__" + "x" * 80
    turns = (*HI.turns, Turn("assistant", (ToolUse("t1", long),)), Turn("user", (ToolResult("t1"),)))
    request = replace(HI, turns=turns, tools=(Tool(long), Tool("f")), tool_choice=ToolChoice("tool", long))
    body = sent(request)
    short = body["tools"][0]["name"]
    assert len(short) <= 64
    assert body["tool_choice"]["name"] == body["messages"][1]["content"][0]["name"] == short
    reader = PLAIN.reader(request, HERE)
    answer = messages.body(tool(short, {"a": 1}, "t2"), tool("f", {}, "t3"))
    reply = fold([*reader.feed(answer), *reader.close()])
    assert [block.name for block in reply.content if isinstance(block, ToolUse)] == [long, "f"]


def test_some_models_of_a_host_are_blind() -> None:
    picture = replace(HI, turns=(Turn("user", (Image(Base64("image/png", "AA==")),)),))
    assert sent(picture, blind=("k1",))["messages"][0]["content"][0]["type"] == "image"
    assert "text only" in sent(picture, blind=("k1", "k2"))["messages"][0]["content"]


def test_a_lookalike_is_not_taken_at_its_word() -> None:
    assert not PLAIN.verbatim
    assert not PLAIN.searches
    assert AnthropicUpstream(genuine=False, web_search=True).searches
    assert AnthropicUpstream().searches
    assert Differences() == Differences()
