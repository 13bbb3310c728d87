"""The strict Gemini refuses what Google refuses; otherwise tests on it would prove nothing."""

from typing import Any

import pytest

from tests.support.gemini import issued
from tests.support.strict.gemini import SKIP, fault

PRO, FLASH = "gemini-3-pro-preview", "gemini-2.5-flash"
HI = {"role": "user", "parts": [{"text": "hi"}]}
CALL: dict[str, Any] = {"functionCall": {"name": "F", "args": {}}}
SIGNED = {**CALL, "thoughtSignature": issued(PRO, CALL)}
RESPONSE: dict[str, Any] = {"functionResponse": {"name": "F", "response": {"output": "x"}}}


def model(*parts: Any) -> dict[str, Any]:
    return {"role": "model", "parts": list(parts)}


def user(*parts: Any) -> dict[str, Any]:
    return {"role": "user", "parts": list(parts)}


def said(body: object, name: str = FLASH) -> str:
    found = fault(f"/v1beta/models/{name}:generateContent", body)  # type: ignore[arg-type]
    if found is None:
        return ""
    assert found[0] == 400
    assert found[1]["error"]["status"] == "INVALID_ARGUMENT"
    return str(found[1]["error"]["message"])


def test_it_takes_what_is_right() -> None:
    schema = {"type": "object", "properties": {"a": {"type": ["string", "null"], "enum": ["x"]}}, "required": ["a"]}
    body = {
        "systemInstruction": {"parts": [{"text": "s"}]},
        "tools": [{"functionDeclarations": [{"name": "F", "description": "d", "parametersJsonSchema": schema}]}],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["F"]}},
        "contents": [HI, model({"text": "so"}, SIGNED, CALL), user(RESPONSE, RESPONSE, {"text": "and?"})],
        "generationConfig": {"thinkingConfig": {"thinkingLevel": "low"}, "maxOutputTokens": 9},
    }
    assert said(body, PRO) == ""


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ([], "contents is not specified"),
        ([model({"text": "a"}), HI], "alternate between user and model"),
        ([HI, HI], "alternate between user and model"),
        ([HI, model({"text": "a"})], "end with a user role"),
        ([{"role": "system", "parts": [{"text": "a"}]}], "valid role"),
        ([user()], "must not be empty"),
        ([user({"text": ""})], "must have a text parameter"),
        ([user({})], "must have one initialized field"),
        ([user({"text": "a", "inlineData": {}})], "must have one initialized field"),
        ([user({"text": "a", "cache_control": {}})], 'Unknown name "cache_control"'),
        ([HI, model(CALL), HI], "number of function response parts is equal"),
        ([HI, model(CALL), user(RESPONSE, RESPONSE)], "number of function response parts is equal"),
        ([HI, model(CALL), user({"text": "a"}, RESPONSE)], "immediately after a function call turn"),
        ([user(RESPONSE)], "immediately after a function call turn"),
        ([user(CALL), model(RESPONSE), HI], "role model"),
        ([HI, model({"functionCall": {"name": "G", "args": {}}}), user(RESPONSE)], "match the function call parts"),
        (
            [HI, model({"functionCall": {"name": "F", "args": {}, "id": "1"}}), user(RESPONSE)],
            'Unknown name "id"',
        ),
        ([HI, model(CALL), user({"functionResponse": {"name": "F", "response": "x"}})], "Invalid value"),
    ],
)
def test_histories(contents: object, message: str) -> None:
    assert message in said({"contents": contents})


@pytest.mark.parametrize(
    ("name", "contents", "message"),
    [
        (PRO, [HI, model(CALL), user(RESPONSE)], "missing a thought_signature"),
        (PRO, [HI, model(SIGNED), user(RESPONSE), model(CALL), user(RESPONSE)], "missing a thought_signature"),
        (PRO, [HI, model(CALL), user(RESPONSE), model({"text": "a"}), HI], ""),
        (PRO, [HI, model({**CALL, "thoughtSignature": SKIP}), user(RESPONSE)], ""),
        (FLASH, [HI, model({**CALL, "thoughtSignature": SKIP}), user(RESPONSE)], "Corrupted"),
        (PRO, [HI, model(SIGNED, {**CALL, "thoughtSignature": SKIP}), user(RESPONSE, RESPONSE)], "Corrupted"),
        (FLASH, [HI, model(SIGNED), user(RESPONSE)], "Corrupted"),
        (PRO, [HI, model(SIGNED, SIGNED), user(RESPONSE, RESPONSE)], "Corrupted"),
        (PRO, [HI, model({"text": "a", "thoughtSignature": SIGNED["thoughtSignature"]}), HI], "Corrupted"),
        (PRO, [HI, model(SIGNED), user({**RESPONSE, "thoughtSignature": "x"})], "Corrupted"),
        (FLASH, [HI, model(CALL), user(RESPONSE)], ""),
    ],
)
def test_signatures(name: str, contents: object, message: str) -> None:
    found = said({"contents": contents}, name)
    assert message in found
    assert bool(message) is bool(found)


def test_ids() -> None:
    def calls(name: str, call: str, response: str) -> str:
        made = {"functionCall": {**CALL["functionCall"], **({"id": call} if call else {})}, "thoughtSignature": SKIP}
        back = {"functionResponse": {**RESPONSE["functionResponse"], **({"id": response} if response else {})}}
        return said({"contents": [HI, model(made), user(back)]}, name)

    assert calls(PRO, "1", "1") == calls(PRO, "", "") == calls("gemini-3.5-flash", "1", "1") == ""
    assert "match the function call parts" in calls(PRO, "1", "")
    assert "match the function call parts" in calls(PRO, "1", "2")
    assert "invalid argument" in calls("gemini-3.5-flash", "", "")


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "string"}, "should be OBJECT"),
        ({"type": "object", "properties": {}}, "non-empty for OBJECT"),
        ({"type": "object", "properties": {"a": {}}}, "didn't specify the schema type"),
        ({"type": "object", "properties": {"a": True}}, "Invalid value"),
        ({"type": "object", "$schema": "x"}, 'Unknown name "$schema"'),
        ({"type": "object", "properties": {"a": {"type": "string", "const": "x"}}}, 'Unknown name "const"'),
        ({"type": "object", "properties": {"a": {"type": ["string", "integer"]}}}, "not repeating"),
        ({"type": "object", "properties": {"a": {"type": "custom"}}}, "not repeating"),
        ({"type": "object", "properties": {"a": {"type": "integer", "enum": [1]}}}, "only allowed for STRING"),
        ({"type": "object", "properties": {"a": {"type": "string", "enum": [1]}}}, "only allowed for STRING"),
        ({"type": "object", "properties": {"a": {"type": "string", "enum": [""]}}}, "cannot be empty"),
        ({"type": "object", "properties": {"a": {"type": "string", "format": "uri"}}}, "'enum' and 'date-time'"),
        ({"type": "object", "properties": {"a": {"type": "array", "items": {}}}}, "items: missing field"),
        ({"type": "object", "required": ["a"]}, "property is not defined"),
        (
            {"type": "object", "properties": {"a": {"anyOf": [{"type": "string"}], "description": "d"}}},
            "only field set",
        ),
    ],
)
def test_schemas(schema: object, message: str) -> None:
    tools = [{"functionDeclarations": [{"name": "F", "parametersJsonSchema": schema}]}]
    assert message in said({"contents": [HI], "tools": tools})


@pytest.mark.parametrize(
    ("tools", "message"),
    [
        ([{"functionDeclarations": [{"name": "1st"}]}], "Invalid function name"),
        ([{"functionDeclarations": [{"name": "n" * 65}]}], "Invalid function name"),
        ([{"functionDeclarations": [{"name": "F"}, {"name": "F"}]}], "Duplicate function declaration"),
        ([{"functionDeclarations": [{"name": "F", "input_examples": []}]}], 'Unknown name "input_examples"'),
        ([{"functionDeclarations": [{"name": f"f{n}"} for n in range(513)]}], "exceeds 512"),
        ([{"functionDeclarations": [{"name": "F"}]}, {"googleSearch": {}}], "unsupported"),
        ([{"web_search": {}}], 'Unknown name "web_search"'),
    ],
)
def test_tools(tools: object, message: str) -> None:
    assert message in said({"contents": [HI], "tools": tools})


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"mode": "AUTO", "allowedFunctionNames": ["F"]}, "mode is ANY"),
        ({"mode": "ANY", "allowedFunctionNames": ["G"]}, "must be a subset"),
        ({"mode": "required"}, "Invalid value"),
    ],
)
def test_choices(config: object, message: str) -> None:
    tools = [{"functionDeclarations": [{"name": "F"}]}]
    config = {"functionCallingConfig": config}
    assert message in said({"contents": [HI], "tools": tools, "toolConfig": config})
    assert "without function_declarations" in said({"contents": [HI], "toolConfig": config})


@pytest.mark.parametrize(
    ("name", "config", "message"),
    [
        (FLASH, {"stop": []}, 'Unknown name "stop"'),
        (FLASH, {"stopSequences": list("abcdef")}, "at most 5"),
        (FLASH, {"maxOutputTokens": 65537}, "outside the supported range"),
        (FLASH, {"responseJsonSchema": {"type": "string"}}, "requires the response mime type"),
        (PRO, {"thinkingConfig": {"thinkingLevel": "low", "thinkingBudget": 9}}, "only one"),
        (FLASH, {"thinkingConfig": {"thinkingLevel": "low"}}, "not supported"),
        (PRO, {"thinkingConfig": {"thinkingLevel": "minimal"}}, "MINIMAL is not supported"),
        (PRO, {"thinkingConfig": {"thinkingBudget": 0}}, "deprecated"),
        ("gemini-2.0-flash", {"thinkingConfig": {}}, "not supported"),
        ("gemini-2.5-pro", {"thinkingConfig": {"thinkingBudget": 0}}, "between 128 and 32768"),
        (FLASH, {"thinkingConfig": {"thinkingBudget": 30000}}, "between 0 and 24576"),
        ("gemini-2.5-flash-lite", {"thinkingConfig": {"thinkingBudget": 9}}, "between 512 and 24576"),
    ],
)
def test_settings(name: str, config: object, message: str) -> None:
    assert message in said({"contents": [HI], "generationConfig": config}, name)


def test_json_and_functions() -> None:
    tools = [{"functionDeclarations": [{"name": "F"}]}]
    body = {"contents": [HI], "tools": tools, "generationConfig": {"responseMimeType": "application/json"}}
    assert "is unsupported" in said(body)
    assert said(body, PRO) == ""


def test_unknown_fields() -> None:
    assert said({"contents": [HI], "messages": []}) == (
        'Invalid JSON payload received. Unknown name "messages": Cannot find field.'
    )
