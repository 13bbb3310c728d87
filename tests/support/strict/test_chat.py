from typing import Any

import pytest

from tests.support.strict.chat import fault

PATH = "/v1/chat/completions"
USER = {"role": "user", "content": "hi"}
Json = dict[str, Any]


def call(id: str = "abcdefgh1", name: str = "Bash", arguments: object = "{}") -> Json:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def calls(*each: Json, **fields: object) -> Json:
    return {"role": "assistant", "content": None, "tool_calls": list(each), **fields}


def result(id: str = "abcdefgh1", content: object = "out") -> Json:
    return {"role": "tool", "tool_call_id": id, "content": content}


def tool(**fields: object) -> Json:
    schema = {"type": "object", "properties": {}}
    return {"type": "function", "function": {"name": "Bash", "parameters": schema, **fields}}


def said(vendor: str, *messages: Json, **fields: object) -> str | None:
    refused = fault(PATH, {"model": "m", "messages": list(messages or (USER,)), **fields}, vendor)
    if refused is None:
        return None
    status, body = refused
    assert status == 400
    return str(body["message"] if "message" in body else body["error"]["message"])


@pytest.mark.parametrize("vendor", ["openai", "groq", "mistral", "deepseek", "kimi", "openrouter", "litellm"])
def test_a_plain_conversation_with_tools_is_taken(vendor: str) -> None:
    spoken = calls(call(), **({"reasoning_content": "hm"} if vendor in ("deepseek", "kimi") else {}))
    assert said(vendor, USER, spoken, result(), tools=[tool()]) is None


def test_another_path_is_not_found() -> None:
    assert fault("/v1/messages", {}, "openai") == (404, fault("/v1/messages", {}, "openai")[1])  # type: ignore[index]


THINKS = {"model": "gpt-5-mini"}
PICTURE = {"type": "image_url", "image_url": {"url": "data:,"}}
MARKED = {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}


@pytest.mark.parametrize(
    ("vendor", "messages", "fields", "words"),
    [
        ("openai", [], {"top_k": 5}, "Unrecognized request argument"),
        ("mistral", [], {"stream_options": {}, "stream": True}, "Extra inputs"),
        ("groq", [], {"prompt_cache_key": "k"}, "unsupported"),
        ("openai", [], {"stream_options": {}}, "stream_options"),
        ("openai", [], {"stop": "x"}, "stop"),
        ("openai", [], {"user": "u" * 65}, "string too long"),
        ("openai", [], {**THINKS, "max_tokens": 5}, "max_completion_tokens"),
        ("openai", [], {**THINKS, "temperature": 0.5}, "temperature"),
        ("deepseek", [], {"model": "deepseek-chat", "max_tokens": 9000}, "Invalid max_tokens"),
        ("kimi", [], {"model": "kimi-k2.6", "temperature": 0.5}, "invalid temperature"),
        ("openai", [], {"tool_choice": "auto"}, "only allowed when"),
        ("openai", [], {"tools": []}, "empty array"),
        ("openai", [], {"tools": [tool()] * 129}, "at most 128"),
        ("openai", [], {"tools": [tool(cache_control={})]}, "Unrecognized field"),
        ("openai", [], {"tools": [tool(name="x" * 65)]}, "pattern"),
        ("openai", [], {"tools": [tool(parameters={"type": "object"})]}, "missing properties"),
        ("openai", [], {"tools": [tool(strict=True)]}, "every key"),
        ("groq", [], {"tools": [tool(parameters={"type": "object", "properties": {}, "$schema": "s"})]}, "$schema"),
        ("kimi", [], {"tools": [tool()], "tool_choice": "required"}, "not supported"),
        ("ollama", [], {"tools": [tool()], "tool_choice": "auto"}, "not supported"),
        ("openai", [{"role": "user", "content": [MARKED]}], {}, "cache_control"),
        ("openrouter", [{**USER, "cache_control": {}}], {}, "cache_control"),
        ("openai", [USER, {"role": "assistant", "content": None}], {}, "got null"),
        ("openai", [{"role": "user", "content": ""}], {}, "empty"),
        ("openai", [{"role": "user", "content": [{"type": "image"}]}], {}, "Supported values"),
        ("openai", [USER, calls(call()), result(content=[PICTURE])], {}, "only allowed for messages with role 'user'"),
        ("openai", [{"role": "user", "content": [{"type": "text", "text": " "}]}], {}, "non-empty"),
        ("deepseek", [{"role": "user", "content": [PICTURE]}], {}, "image_url"),
        ("openai", [USER, {"role": "assistant", "content": "a", "reasoning_content": "b"}], {}, "unsupported"),
        ("openai", [USER, {"role": "system", "content": "a"}], {}, "beginning"),
        ("openai", [USER, result()], {}, "preceeding"),
        ("openai", [USER, calls(call()), USER, result()], {}, "must be followed"),
        ("openai", [USER, calls(call())], {}, "must be followed"),
        ("mistral", [USER, calls(call()), result(), USER], {}, "Unexpected role"),
        ("openai", [USER, {"role": "assistant", "content": "a"}, {"role": "assistant", "content": "b"}], {}, "alternate"),
        ("mistral", [USER, {"role": "assistant", "content": "a"}], {}, "Expected last role"),
        ("mistral", [USER, calls(call("call_1")), result("call_1")], {}, "length of 9"),
        ("openai", [USER, calls(call("c" * 41)), result("c" * 41)], {}, "maximum length 40"),
        ("openai", [USER, calls(call(), call()), result(), result()], {}, "Duplicate"),
        ("openai", [USER, calls(call(name="x" * 65)), result()], {}, "maximum length 64"),
        ("openai", [USER, calls(call(arguments={})), result()], {}, "JSON object"),
        ("deepseek", [USER, {"role": "assistant", "content": "a", "reasoning_content": ""}], {}, "must be passed back"),
        ("kimi", [USER, calls(call()), result()], {}, "at index 1"),
    ],
)  # fmt: skip
def test_what_a_vendor_refuses_is_refused_in_its_words(
    vendor: str, messages: list[Json], fields: Json, words: str
) -> None:
    found = said(vendor, *messages, **fields)
    assert found is not None
    assert words in found
