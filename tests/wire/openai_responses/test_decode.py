"""Requests of Responses clients."""

import json
from typing import Any

import pytest

from ccr.errors import BadRequest
from ccr.messages.blocks import Text
from ccr.messages.json import JsonObject
from ccr.messages.request import Format, Reasoning, Request, ToolChoice, Turn
from tests.wire.openai_responses.asking import CLIENT, asked, offering

HI = {"role": "user", "content": "hi"}
F = {"type": "function", "name": "f"}
G = {"type": "function", "name": "g"}
SCHEMA: JsonObject = {"type": "object", "properties": {"a": {"type": "string"}}}


def decoded(**fields: object) -> Request:
    return CLIENT.decode(json.dumps({"model": "m", "input": "hi", **fields}).encode())


def test_the_simplest_request() -> None:
    assert decoded() == Request("m", (Turn("user", (Text("hi"),)),), dialect="responses")


def test_every_plain_field() -> None:
    found = decoded(
        instructions="be brief",
        max_output_tokens=9,
        temperature=0.5,
        top_p=0.9,
        stream=True,
        user="u",
        safety_identifier="s",
        previous_response_id=None,
        background=False,
    )
    assert found.system == (Text("be brief"),)
    assert (found.max_tokens, found.temperature, found.top_p, found.stream, found.user) == (9, 0.5, 0.9, True, "s")
    assert not found.extra


def test_what_is_not_known_here_is_carried() -> None:
    extra = {"store": False, "include": ["x"], "prompt_cache_key": "k", "client_metadata": {"a": "b"}}
    found = decoded(**extra, reasoning={"summary": "auto"}, text={"verbosity": "low"})
    assert found.extra == {**extra, "reasoning": {"summary": "auto"}, "text": {"verbosity": "low"}}
    assert found.reasoning is None


def test_instructions_may_be_items_and_come_first() -> None:
    before = [{"role": "system", "content": [{"type": "input_text", "text": "a"}]}]
    found = asked({"role": "developer", "content": "b"}, HI, instructions=before)
    assert found.system == (Text("a"), Text("b"))


@pytest.mark.parametrize(
    ("wish", "reasoning", "effort"),
    [
        ({"effort": "high"}, Reasoning("adaptive"), "high"),
        ({"effort": "none"}, Reasoning("disabled"), None),
        ({"effort": None}, None, None),
    ],
)
def test_how_much_to_think(wish: object, reasoning: Reasoning | None, effort: str | None) -> None:
    found = decoded(reasoning=wish)
    assert (found.reasoning, found.effort) == (reasoning, effort)


@pytest.mark.parametrize(
    ("format", "read"),
    [
        ({"type": "text"}, None),
        ({"type": "json_object"}, Format(None)),
        ({"type": "json_schema", "name": "n", "schema": SCHEMA, "strict": True}, Format(SCHEMA, "n", True)),
    ],
)
def test_the_form_of_the_answer(format: object, read: Format | None) -> None:
    assert decoded(text={"format": format}).format == read


@pytest.mark.parametrize(
    ("choice", "read"),
    [
        ("auto", ToolChoice("auto")),
        ("required", ToolChoice("any")),
        ("none", ToolChoice("none")),
        ({"type": "function", "name": "f"}, ToolChoice("tool", "f")),
        ({"type": "custom", "name": "shot", "namespace": "pics"}, ToolChoice("tool", "pics__shot")),
        ({"type": "web_search_preview"}, ToolChoice("tool", "web_search")),
        ({"type": "apply_patch"}, ToolChoice("tool", "apply_patch")),
    ],
)
def test_which_tool(choice: object, read: ToolChoice) -> None:
    assert offering(F, tool_choice=choice).tool_choice == read


def test_of_the_tools_only_those_that_are_allowed() -> None:
    found = offering(F, G, tool_choice={"type": "allowed_tools", "mode": "required", "tools": [G]})
    assert [tool.name for tool in found.tools] == ["g"]
    assert found.tool_choice == ToolChoice("any")


def test_one_call_at_a_time() -> None:
    assert offering(F, parallel_tool_calls=False).tool_choice == ToolChoice("auto", parallel=False)
    assert offering(F, parallel_tool_calls=True).tool_choice is None


def test_of_two_tools_of_one_name_the_later_counts() -> None:
    (tool,) = offering(F, {**F, "description": "later"}).tools
    assert tool.description == "later"  # type: ignore[union-attr]


@pytest.mark.parametrize("length", range(4))
def test_a_grown_conversation_repeats_the_turns_of_the_shorter_one(length: int) -> None:
    def grown(rounds: int) -> Request:
        items: list[Any] = [{"role": "developer", "content": "s"}, HI]
        for number in range(rounds):
            items += [
                {"type": "reasoning", "summary": [], "encrypted_content": f"ccr1.{number}"},
                {"type": "function_call", "call_id": f"c{number}", "name": "f", "arguments": "{}"},
                {"type": "function_call_output", "call_id": f"c{number}", "output": "x"},
            ]
        return asked(*items)

    shorter, longer = grown(length), grown(length + 1)
    assert longer.turns[: len(shorter.turns)] == shorter.turns
    assert longer.system == shorter.system


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"previous_response_id": "resp_1"}, "previous_response_id is not supported: .* send all items in `input`"),
        ({"conversation": {"id": "conv_1"}}, "conversation is not supported"),
        ({"prompt": {"id": "pmpt_1"}}, "stored prompts are OpenAI's"),
        ({"background": True}, "background is not supported"),
        ({"model": None}, "model: "),
        ({"input": None}, "input: expected a string or a list of items, not null"),
        ({"input": []}, "input: expected at least one message of the user"),
        ({"input": [{"role": "system", "content": "s"}]}, "input: expected at least one message of the user"),
        ({"input": ["hi"]}, r"input\[0\]: expected an object"),
        ({"instructions": 7}, "instructions: expected a string"),
        ({"tools": [{}]}, r"tools\[0\].type: missing"),
        ({"tool_choice": 7}, "tool_choice: expected a string or an object"),
        ({"tool_choice": "maybe"}, "tool_choice: expected none, auto or required"),
        ({"reasoning": {"effort": "much"}}, "reasoning.effort: expected one of"),
        ({"text": {"format": {"type": "xml"}}}, "text.format.type: expected text, json_object or json_schema"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(fields: dict[str, object], words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        decoded(**fields)
