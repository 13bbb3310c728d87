"""What hosts of Chat Completions would say against a request, each in its own words; None: they take it.

A stand-in that answers only what passes here shows that nothing leaves which a vendor is known to refuse.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.support.strict.responses import closed

Json = dict[str, Any]
Fault = tuple[int, Json]

PARTS = {"text", "image_url", "input_audio", "file"}
# What a host takes in the body; a host that is not here takes anything.
OPENAI = {
    "model", "messages", "tools", "tool_choice", "parallel_tool_calls", "max_completion_tokens", "reasoning_effort",
    "temperature", "top_p", "stop", "stream", "stream_options", "response_format", "user", "safety_identifier",
    "prompt_cache_key", "metadata", "seed", "service_tier", "verbosity", "web_search_options", "n", "store", "logprobs",
}  # fmt: skip
KNOWN = {
    "openai": OPENAI | {"max_tokens"},
    "groq": OPENAI - {"safety_identifier", "prompt_cache_key", "web_search_options", "verbosity"}
    | {"max_tokens", "reasoning_format", "include_reasoning"},
    "mistral": {
        "model", "messages", "tools", "tool_choice", "parallel_tool_calls", "max_tokens", "temperature", "top_p", "stop",
        "stream", "response_format", "random_seed", "safe_prompt", "reasoning_effort", "prompt_mode",
    },
}  # fmt: skip
CACHES = {"openrouter", "litellm"}  # who takes cache_control, within parts
CALLS = {"role", "content", "name", "tool_calls", "refusal", "audio"}
# What an assistant's message may have beside them.
BESIDE = {
    "openai": set[str](),
    "mistral": {"prefix"},
    "groq": {"reasoning"},
    "deepseek": {"reasoning_content", "prefix"},
    "kimi": {"reasoning_content", "partial"},
}
NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def fault(path: str, body: Json, vendor: str = "openai") -> Fault | None:
    if not path.partition("?")[0].endswith("/chat/completions"):
        return 404, _error(vendor, f"Invalid URL (POST {path})")
    words = next((found for rule in RULES for found in rule(body, vendor)), None)
    return None if words is None else (400, _error(vendor, words))


def _error(vendor: str, words: str) -> Json:
    if vendor == "mistral":
        return {"object": "error", "message": words, "type": "invalid_request_error", "code": 3280}
    return {"error": {"message": words, "type": "invalid_request_error", "param": None, "code": None}}


def _fields(body: Json, vendor: str) -> Iterator[str]:
    for name in body.keys() - KNOWN.get(vendor, body.keys()):
        match vendor:
            case "mistral":
                yield f"body.{name}: Extra inputs are not permitted"
            case "groq":
                yield f"property '{name}' is unsupported"
            case _:
                yield f"Unrecognized request argument supplied: {name}"
    if "stream_options" in body and not body.get("stream"):
        yield "The 'stream_options' parameter is only allowed when 'stream' is enabled."
    stop = body.get("stop", [])
    if not isinstance(stop, list) or len(stop) > 4:
        yield "Invalid 'stop': expected an array with at most 4 elements."
    if len(str(body.get("user", ""))) > 64:
        yield "Invalid 'user': string too long. Expected a string with maximum length 64"


def _thinkers(body: Json, vendor: str) -> Iterator[str]:
    """OpenAI's models that think, by their names."""
    if vendor != "openai" or not re.match(r"o\d|gpt-5", body["model"]):
        return
    if "max_tokens" in body:
        yield "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    for name in ("temperature", "top_p", "stop"):
        if name in body:
            yield f"Unsupported parameter: '{name}' is not supported with this model."


def _limits(body: Json, vendor: str) -> Iterator[str]:
    if vendor == "deepseek" and body["model"] == "deepseek-chat" and body.get("max_tokens", 0) > 8192:
        yield "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]"
    if vendor == "kimi" and body["model"].startswith("kimi-k2.6") and body.get("temperature", 1) != 1:
        yield "invalid temperature: only 1 is allowed for this model"


def _tools(body: Json, vendor: str) -> Iterator[str]:
    tools = body.get("tools")
    if tools is None:
        if "tool_choice" in body:
            yield "'tool_choice' is only allowed when 'tools' are specified."
        return
    if not tools:
        yield "Invalid 'tools': empty array. Expected an array with minimum length 1"
    if len(tools) > 128:
        yield f"Invalid 'tools': array too long. Expected at most 128, but got {len(tools)}."
    for number, tool in enumerate(tools):
        function = tool["function"]
        if tool.keys() - {"type", "function"} or function.keys() - {"name", "description", "parameters", "strict"}:
            yield f"Unrecognized field in tools[{number}]"
        if not NAME.fullmatch(function["name"]):
            yield f"Invalid 'tools[{number}].function.name': string does not match pattern '^[a-zA-Z0-9_-]+$', or too long"
        schema = function.get("parameters", {})
        if schema.get("type") != "object" or "properties" not in schema:
            yield f"Invalid schema for function '{function['name']}': object schema missing properties"
        if vendor == "openai" and function.get("strict") and not closed(schema):
            yield f"Invalid schema for function '{function['name']}': 'required' is required to include every key"
        if vendor == "groq" and "$schema" in schema:
            yield "tool call validation failed: property '$schema' is unsupported"
    if vendor == "kimi" and body.get("tool_choice") not in (None, "auto", "none"):
        yield "tool_choice 'required' is not supported"
    if vendor == "ollama" and "tool_choice" in body:
        yield "tool_choice is not supported"


def _contents(body: Json, vendor: str) -> Iterator[str]:
    for number, message in enumerate(body["messages"]):
        at, content, role = f"messages[{number}]", message.get("content"), message["role"]
        if "cache_control" in message or (vendor not in CACHES and "cache_control" in json.dumps(message)):
            yield f"{at}: Extra inputs are not permitted: cache_control"
        if content is None and not message.get("tool_calls"):
            yield f"Invalid value for 'content': expected a string, got null. ({at})"
        if content in ("", []) and not message.get("tool_calls"):
            yield f"{at}: message content must not be empty"
        parts = content if isinstance(content, list) else []
        for part in parts:
            kinds = PARTS | ({"thinking"} if vendor == "mistral" and role == "assistant" else set())
            if part["type"] not in kinds:
                yield f"Invalid value: '{part['type']}'. Supported values are: {sorted(kinds)}"
            if role != "user" and part["type"] in PARTS - {"text"}:
                yield "Image URLs are only allowed for messages with role 'user'"
            if part["type"] == "text" and not part["text"].strip():
                yield f"{at}: text content blocks must be non-empty"
            if vendor == "deepseek" and part["type"] == "image_url":
                yield "unknown variant `image_url`, expected `text`"
        beside = message.keys() - CALLS
        if role == "assistant" and beside - BESIDE.get(vendor, beside):
            yield f"{at}: property '{min(beside)}' is unsupported"


def _order(body: Json, vendor: str) -> Iterator[str]:
    messages = body["messages"]
    waiting: list[str] = []
    seen: set[str] = set()
    for number, message in enumerate(messages):
        before = messages[number - 1]["role"] if number else None
        if message["role"] in ("system", "developer") and number:
            yield "System message must be at the beginning."
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                yield "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
            else:
                waiting.remove(message["tool_call_id"])
            continue
        if waiting:
            yield (
                "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
                f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(waiting)}"
            )
        if vendor == "mistral" and before == "tool" and message["role"] == "user":
            yield "Unexpected role 'user' after role 'tool'"
        if before == message["role"] == "assistant":
            yield "Expected the roles to alternate"
        calls = message.get("tool_calls", [])
        yield from _calls(calls, seen, vendor)
        waiting = [call["id"] for call in calls]
    if waiting:
        yield "An assistant message with 'tool_calls' must be followed by tool messages"
    if vendor == "mistral" and messages[-1]["role"] == "assistant":
        yield "Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant"


def _calls(calls: list[Json], seen: set[str], vendor: str) -> Iterator[str]:
    for call in calls:
        id, function = call["id"], call["function"]
        if vendor == "mistral" and not re.fullmatch("[a-zA-Z0-9]{9}", id):
            yield f"Tool call id was {id} but must be a-z, A-Z, 0-9, with a length of 9."
        if len(id) > 40:
            yield "Invalid 'tool_calls[0].id': string too long. Expected a string with maximum length 40"
        if id in seen:
            yield f"Duplicate tool call id: {id}"
        seen.add(id)
        if not NAME.fullmatch(function["name"]):
            yield "Invalid 'tool_calls[0].function.name': string too long. Expected maximum length 64"
        if not isinstance(function["arguments"], str) or not isinstance(json.loads(function["arguments"]), dict):
            yield "Invalid 'tool_calls[0].function.arguments': expected a string that is a JSON object"


def _thoughts(body: Json, vendor: str) -> Iterator[str]:
    for number, message in enumerate(body["messages"]):
        if message["role"] != "assistant" or message.get("reasoning_content"):
            continue
        if vendor == "deepseek":
            yield "The `reasoning_content` in the thinking mode must be passed back to the API."
        if vendor == "kimi" and message.get("tool_calls"):
            yield (
                f"thinking is enabled but reasoning_content is missing in assistant tool call message at index {number}"
            )


RULES: tuple[Callable[[Json, str], Iterator[str]], ...] = (
    _fields,
    _thinkers,
    _limits,
    _tools,
    _contents,
    _order,
    _thoughts,
)
