"""OpenAI's rules for POST /v1/responses, and the words in which it refuses what breaks them.

    assert fault("/v1/responses", body) is None

It holds no state: what it issues as `encrypted_content` (`sealed`) says for which model, and what came right after.
"""

import base64
import json
import re
from typing import Any, NoReturn

Json = dict[str, Any]

PARAMETERS = frozenset({
    "background", "include", "input", "instructions", "max_output_tokens", "max_tool_calls", "metadata", "model",
    "parallel_tool_calls", "previous_response_id", "prompt_cache_key", "reasoning", "safety_identifier",
    "service_tier", "store", "stream", "stream_options", "temperature", "text", "tool_choice", "tools", "top_logprobs",
    "top_p", "truncation", "user",
})  # fmt: skip
INCLUDABLE = frozenset({"reasoning.encrypted_content", "web_search_call.action.sources"})
FIELDS = {
    "message": {"type", "role", "content", "phase", "id", "status"},
    "function_call": {"type", "call_id", "name", "arguments", "id", "status"},
    "function_call_output": {"type", "call_id", "output", "id", "status"},
    "reasoning": {"type", "id", "summary", "content", "encrypted_content", "status"},
}
PARTS = {
    "user": {"input_text", "input_image", "input_file"},
    "system": {"input_text"},
    "developer": {"input_text", "input_image", "input_file"},
    "assistant": {"output_text", "refusal"},
    "output": {"input_text", "input_image", "input_file"},
}
PART_FIELDS = {
    "input_text": {"type", "text"},
    "input_image": {"type", "image_url", "file_id", "detail"},
    "input_file": {"type", "file_data", "file_id", "file_url", "filename"},
    "output_text": {"type", "text", "annotations", "logprobs"},
    "refusal": {"type", "refusal"},
}
TOOL_FIELDS = {
    "function": {"type", "name", "description", "parameters", "strict"},
    "web_search": {"type", "filters", "user_location", "search_context_size"},
}
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh")
NAME = re.compile(r"[a-zA-Z0-9_-]+")
THOUGHTLESS = re.compile(r"gpt-(3|4)")


class Refused(Exception):
    def __init__(self, message: str, param: str | None = None, code: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"message": message, "type": "invalid_request_error", "param": param, "code": code}


def fault(path: str, body: Json) -> tuple[int, Json] | None:
    """The status and the answer of a request that OpenAI would refuse; None for one that it would take."""
    try:
        if not path.endswith("/v1/responses"):
            raise Refused(f"Invalid URL (POST {path})", status=404)
        check(body)
    except Refused as refused:
        return refused.status, {"error": refused.body}
    return None


def sealed(model: str, id: str, follower: str) -> str:
    """What comes as `encrypted_content`. `follower`: the type of the next item, and of a call its id."""
    return "gAAA" + base64.urlsafe_b64encode(json.dumps([model, id, follower]).encode()).decode()


def follows(item: Json) -> str:
    return f"{item['type']} {item.get('call_id', '')}".strip()


def check(body: Json) -> None:
    known(body, PARAMETERS, "")
    for name in ("model", "input"):
        needed(body, name, "")
    for name in ("user", "safety_identifier", "prompt_cache_key"):
        short(body.get(name) or "", name)
    if (most := body.get("max_output_tokens")) is not None and most < 16:
        raise Refused(
            f"Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got {most} instead.",
            "max_output_tokens",
            "integer_below_min_value",
        )
    thinking(body)
    check_tools(body)
    check_format(body.get("text", {}).get("format") or {"type": "text"})
    items = body["input"]
    if isinstance(items, str):
        return
    for place, item in enumerate(items):
        check_item(item, f"input[{place}]")
    check_calls(items)
    check_thoughts(items, body)


def thinking(body: Json) -> None:
    include = body.get("include") or []
    for place, name in enumerate(include):
        if name not in INCLUDABLE:
            invalid(name, INCLUDABLE, f"include[{place}]")
    reasoning = body.get("reasoning") or {}
    known(reasoning, {"effort", "summary"}, "reasoning")
    if THOUGHTLESS.match(body["model"]):
        if reasoning:
            unsupported("reasoning.effort")
        if "reasoning.encrypted_content" in include:
            raise Refused("Encrypted content is not supported with this model.", "include")
        return
    for name in ("temperature", "top_p"):
        if name in body:
            unsupported(name)
    effort = reasoning.get("effort", "low")
    if effort not in EFFORTS:
        invalid(effort, EFFORTS, "reasoning.effort")
    if effort == "minimal" and any(tool["type"] == "web_search" for tool in body.get("tools", ())):
        raise Refused("The following tools cannot be used with reasoning.effort 'minimal': web_search.", "tools")


def check_tools(body: Json) -> None:
    tools = body.get("tools") or []
    names = set()
    for place, tool in enumerate(tools):
        path = f"tools[{place}]"
        if tool.get("type") not in TOOL_FIELDS:
            invalid(tool.get("type"), TOOL_FIELDS, f"{path}.type")
        known(tool, TOOL_FIELDS[tool["type"]], path)
        if tool["type"] == "function":
            for name in ("name", "parameters", "strict"):
                needed(tool, name, path)
            named(tool["name"], f"{path}.name")
            check_schema(tool)
            names.add(tool["name"])
    match body.get("tool_choice"):
        case None:
            pass
        case _ if not tools:
            raise Refused("Tool choice is only allowed when tools are specified.", "tool_choice")
        case "auto" | "none" | "required":
            pass
        case {"type": "function", "name": name}:
            if name not in names:
                raise Refused(f"Tool choice 'function' '{name}' not found in 'tools' parameter.", "tool_choice")
        case choice:
            invalid(choice, ("none", "auto", "required"), "tool_choice")


def check_schema(tool: Json) -> None:
    schema, name = tool["parameters"], tool["name"]
    wrong = f"Invalid schema for function '{name}': "
    if schema.get("type") != "object":
        raise Refused(
            f"{wrong}schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{schema.get('type')}\"'.",
            "tools",
            "invalid_function_parameters",
        )
    if "properties" not in schema:
        raise Refused(
            f"{wrong}In context=(), object schema missing properties.", "tools", "invalid_function_parameters"
        )
    if tool["strict"] and schema.get("additionalProperties") is not False:
        raise Refused(
            f"{wrong}In context=(), 'additionalProperties' is required to be supplied and to be false.",
            "tools",
            "invalid_function_parameters",
        )
    if tool["strict"] and not closed(schema):
        raise Refused(
            f"{wrong}In context=(), 'required' is required to be supplied and to be an array including every key in "
            "properties.",
            "tools",
            "invalid_function_parameters",
        )


def closed(schema: Any) -> bool:
    """Whether every object in it takes just what it requires."""
    match schema:
        case {"properties": dict(properties)}:
            whole = schema.get("additionalProperties") is False and set(schema.get("required", ())) == set(properties)
            return whole and all(map(closed, properties.values()))
        case {"items": inner}:
            return closed(inner)
        case _:
            return True


def check_format(format: Json) -> None:
    match format:
        case {"type": "text" | "json_object"}:
            pass
        case {"type": "json_schema"}:
            needed(format, "name", "text.format")
            needed(format, "schema", "text.format")
            named(format["name"], "text.format.name")
            known(format, {"type", "name", "schema", "strict", "description"}, "text.format")
        case _:
            invalid(format.get("type"), ("text", "json_object", "json_schema"), "text.format.type")


def check_item(item: Json, path: str) -> None:
    type = item.get("type", "message")
    if type not in FIELDS:
        invalid(type, FIELDS, f"{path}.type")
    known(item, FIELDS[type], path)
    match type:
        case "message":
            if item.get("role") not in PARTS:
                invalid(item.get("role"), ("assistant", "system", "developer", "user"), f"{path}.role")
            if "phase" in item and item["role"] != "assistant":
                raise Refused("'phase' is only supported on assistant messages.", f"{path}.phase")
            check_content(item["content"], item["role"], f"{path}.content")
        case "function_call":
            for name in ("call_id", "name", "arguments"):
                needed(item, name, path)
            short(item["call_id"], f"{path}.call_id")
            named(item["name"], f"{path}.name")
            if not isinstance(item["arguments"], str):
                raise Refused(f"Invalid type for '{path}.arguments': expected a string.", f"{path}.arguments")
        case "function_call_output":
            for name in ("call_id", "output"):
                needed(item, name, path)
            check_content(item["output"], "output", f"{path}.output")
        case _:
            needed(item, "summary", path)


def check_content(content: Any, role: str, path: str) -> None:
    if isinstance(content, str):
        return
    for place, part in enumerate(content):
        if part["type"] not in PARTS[role]:
            invalid(part["type"], sorted(PARTS[role]), f"{path}[{place}]")
        known(part, PART_FIELDS[part["type"]], f"{path}[{place}]")


def check_calls(items: list[Json]) -> None:
    asked: set[str] = set()
    answered = {item["call_id"] for item in items if item.get("type") == "function_call_output"}
    for item in items:
        match item.get("type"):
            case "function_call":
                if item["call_id"] not in answered:
                    raise Refused(f"No tool output found for function call {item['call_id']}.", "input")
                asked.add(item["call_id"])
            case "function_call_output":
                if item["call_id"] not in asked:
                    raise Refused(
                        f"No tool call found for function call output with call_id {item['call_id']}.", "input"
                    )
            case _:
                pass


def check_thoughts(items: list[Json], body: Json) -> None:
    for place, item in enumerate(items):
        if item.get("type") != "reasoning":
            continue
        seal = item.get("encrypted_content")
        if seal is None and not item.get("content"):
            raise Refused(
                f"Item with id '{item.get('id')}' not found. Items are not persisted when `store` is set to false.",
                "input",
                status=404,
            )
        if body.get("store") is not False:
            raise Refused("'encrypted_content' can only be used when 'store' is false.", "store")
        follower = next((later for later in items[place + 1 :] if later.get("type") != "reasoning"), {})
        if not by_model(follower):
            raise Refused(
                f"Item '{item.get('id')}' of type 'reasoning' was provided without its required following item.",
                "input",
            )
        if seal is not None:
            check_seal(seal, item, follower, body["model"])


def by_model(item: Json) -> bool:
    return item.get("type") == "function_call" or (item.get("type") == "message" and item["role"] == "assistant")


def check_seal(seal: str, item: Json, follower: Json, model: str) -> None:
    try:
        issued = json.loads(base64.urlsafe_b64decode(seal.removeprefix("gAAA")))
    except ValueError:
        issued = None
    if issued != [model, item.get("id"), follows(follower)]:
        raise Refused(
            f"The encrypted content {seal[:4]}...{seal[-4:]} could not be verified.", None, "invalid_encrypted_content"
        )


def known(fields: Json, names: Any, path: str) -> None:
    for name in fields:
        if name not in names:
            at = f"{path}.{name}" if path else name
            raise Refused(f"Unknown parameter: '{at}'.", at, "unknown_parameter")


def needed(fields: Json, name: str, path: str) -> None:
    if fields.get(name) is None:
        at = f"{path}.{name}" if path else name
        raise Refused(f"Missing required parameter: '{at}'.", at, "missing_required_parameter")


def named(name: str, path: str) -> None:
    short(name, path)
    if not NAME.fullmatch(name):
        raise Refused(
            f"Invalid '{path}': string does not match pattern. Expected a string that matches the pattern "
            "'^[a-zA-Z0-9_-]+$'.",
            path,
            "invalid_value",
        )


def short(value: str, path: str) -> None:
    if len(value) > 64:
        raise Refused(
            f"Invalid '{path}': string too long. Expected a string with maximum length 64, but got a string with "
            f"length {len(value)} instead.",
            path,
            "string_above_max_length",
        )


def invalid(value: object, values: Any, path: str) -> NoReturn:
    listed = ", ".join(f"'{each}'" for each in sorted(values))
    raise Refused(f"Invalid value: '{value}'. Supported values are: {listed}.", path, "invalid_value")


def unsupported(name: str) -> NoReturn:
    raise Refused(f"Unsupported parameter: '{name}' is not supported with this model.", name, "unsupported_parameter")
