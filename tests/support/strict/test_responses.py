"""The strict host is strict: each of its rules refuses what breaks it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.strict.responses import fault, sealed

Json = dict[str, Any]
MODEL = "gpt-5.4"
CALL = {"type": "function_call", "call_id": "c1", "name": "A", "arguments": "{}"}
THOUGHT = {
    "type": "reasoning",
    "id": "rs_1",
    "summary": [],
    "encrypted_content": sealed(MODEL, "rs_1", "function_call c1"),
}


def good() -> Json:
    body = {
        "model": MODEL,
        "instructions": "Be brief.",
        "tools": [
            {"type": "function", "name": "A", "parameters": {"type": "object", "properties": {}}, "strict": False},
            {"type": "web_search"},
        ],
        "tool_choice": {"type": "function", "name": "A"},
        "input": [
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a"}]},
            THOUGHT,
            CALL,
            {"type": "function_call_output", "call_id": "c1", "output": [{"type": "input_image", "image_url": "u"}]},
            {"type": "message", "role": "assistant", "content": "b", "phase": "final_answer"},
            {"role": "user", "content": "c"},
        ],
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "reasoning": {"effort": "high", "summary": "auto"},
        "text": {"format": {"type": "json_schema", "name": "t", "schema": {}}},
        "max_output_tokens": 16,
        "safety_identifier": "x" * 64,
    }
    return json.loads(json.dumps(body))  # type: ignore[no-any-return]


def test_a_good_request_is_taken() -> None:
    assert fault("/v1/responses", good()) is None
    assert fault("/v1/responses", {"model": MODEL, "input": "hi"}) is None
    assert fault("/v1/responses", {"model": MODEL, "input": "hi", "text": {"format": {"type": "json_object"}}}) is None


def test_another_path_is_not_found() -> None:
    refused = fault("/v1/chat/completions", good())
    assert refused
    assert refused[0] == 404


BREACHES: list[tuple[Callable[[Json], object], str]] = [
    (lambda body: body.update(stop=["x"]), "Unknown parameter: 'stop'."),
    (lambda body: body.pop("model"), "Missing required parameter: 'model'."),
    (lambda body: body.update(user="x" * 65), "Invalid 'user': string too long."),
    (lambda body: body.update(max_output_tokens=1), "Expected a value >= 16, but got 1"),
    (lambda body: body.update(include=["all"]), "Invalid value: 'all'."),
    (lambda body: body["reasoning"].update(enabled=True), "Unknown parameter: 'reasoning.enabled'."),
    (lambda body: body["reasoning"].update(effort="max"), "Invalid value: 'max'."),
    (lambda body: body["reasoning"].update(effort="minimal"), "cannot be used with reasoning.effort 'minimal'"),
    (lambda body: body.update(temperature=1), "Unsupported parameter: 'temperature'"),
    (lambda body: body.update(model="gpt-4.1"), "Unsupported parameter: 'reasoning.effort'"),
    (lambda body: body.update(model="gpt-4.1", reasoning=None), "Encrypted content is not supported"),
    (lambda body: body["tools"][0].update(type="custom"), "Invalid value: 'custom'."),
    (lambda body: body["tools"][0].update(cache_control={}), "Unknown parameter: 'tools[0].cache_control'."),
    (lambda body: body["tools"][0].pop("strict"), "Missing required parameter: 'tools[0].strict'."),
    (lambda body: body["tools"][0].pop("parameters"), "Missing required parameter: 'tools[0].parameters'."),
    (lambda body: body["tools"][0].update(name="a b"), "string does not match pattern"),
    (lambda body: body["tools"][0].update(parameters={}), "schema must be a JSON Schema of 'type: \"object\"'"),
    (lambda body: body["tools"][0].update(parameters={"type": "object"}), "object schema missing properties"),
    (lambda body: body["tools"][0].update(strict=True), "'additionalProperties' is required"),
    (
        lambda body: body["tools"][0].update(
            strict=True,
            parameters={
                "type": "object",
                "properties": {"a": {"items": {"properties": {"b": {}}}}},
                "required": ["a"],
                "additionalProperties": False,
            },
        ),
        "including every key in properties",
    ),
    (lambda body: body.update(tool_choice={"type": "function", "name": "B"}), "'B' not found in 'tools'"),
    (lambda body: body.update(tool_choice="any"), "Invalid value: 'any'."),
    (lambda body: body.update(tools=[]), "Tool choice is only allowed"),
    (lambda body: body["text"]["format"].pop("name"), "Missing required parameter: 'text.format.name'."),
    (lambda body: body["text"]["format"].update(type="xml"), "Invalid value: 'xml'."),
    (lambda body: body["input"][0].update(type="turn"), "Invalid value: 'turn'."),
    (lambda body: body["input"][0].update(cache_control={}), "Unknown parameter: 'input[0].cache_control'."),
    (lambda body: body["input"][0].update(role="tool"), "Invalid value: 'tool'."),
    (lambda body: body["input"][0].update(phase="commentary"), "only supported on assistant messages"),
    (lambda body: body["input"][0].update(role="assistant"), "Invalid value: 'input_text'."),
    (lambda body: body["input"][0]["content"][0].update(extra=1), "Unknown parameter: 'input[0].content[0].extra'."),
    (lambda body: body["input"][2].update(call_id="x" * 65), "Invalid 'input[2].call_id': string too long."),
    (lambda body: body["input"][2].update(arguments={}), "expected a string"),
    (lambda body: body["input"].pop(3), "No tool output found for function call c1."),
    (lambda body: body["input"].pop(2), "No tool call found for function call output with call_id c1."),
    (lambda body: body["input"].insert(2, body["input"].pop(3)), "No tool call found"),
    (lambda body: body["input"][1].pop("summary"), "Missing required parameter: 'input[1].summary'."),
    (lambda body: body["input"][1].pop("encrypted_content"), "Item with id 'rs_1' not found."),
    (lambda body: body["input"].append(body["input"].pop(1)), "without its required following item"),
    (lambda body: body["input"].insert(3, body["input"].pop(1)), "could not be verified"),
    (lambda body: body["input"][1].update(encrypted_content="gAAAx"), "could not be verified"),
    (lambda body: body.update(model="gpt-5.5"), "could not be verified"),
    (lambda body: body.update(store=True), "'store' is false"),
]


@pytest.mark.parametrize(("breach", "words"), BREACHES, ids=[words for _, words in BREACHES])
def test_a_breach_is_refused_in_the_hosts_words(breach: Callable[[Json], object], words: str) -> None:
    body = good()
    breach(body)
    refused = fault("/v1/responses", body)
    assert refused
    assert words in refused[1]["error"]["message"]
