"""Anthropic's rules for POST /v1/messages, and the words in which it refuses what breaks them.

    issued: set[str] = set()                            # signatures and redacted data that this API has given out
    assert fault("/v1/messages", body, headers, issued) is None

`lookalike_fault` is as strict in what hosts that resemble it refuse.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

Json = dict[str, Any]

PARAMETERS = frozenset({
    "model", "messages", "system", "max_tokens", "tools", "tool_choice", "thinking", "output_config", "stop_sequences",
    "temperature", "top_p", "top_k", "stream", "metadata", "service_tier", "cache_control", "container",
    "inference_geo", "speed", "diagnostics",
})  # fmt: skip
# Fields that only the beta of this name opens.
BETAS = {
    "context_management": ("context-management-2025-06-27", "compact-2026-01-12"),
    "mcp_servers": ("mcp-client-2025-11-20",),
}
# Fields of a system turn, and blocks in it.
TURN_BETAS = {
    "output_config": ("per-turn-control-2026-07-01", "mid-conversation-output-config-2026-07-01"),
    "clear_at": ("per-turn-control-2026-07-01",),
    "tool_addition": ("mid-conversation-tool-changes-2026-07-01",),
    "tool_removal": ("mid-conversation-tool-changes-2026-07-01",),
}
FIELDS = {
    "tool_addition": {"type", "tool", "cache_control"},
    "tool_removal": {"type", "tool", "cache_control"},
    "text": {"type", "text", "citations", "cache_control"},
    "image": {"type", "source", "cache_control", "transformations"},
    "document": {"type", "source", "title", "context", "citations", "cache_control"},
    "search_result": {"type", "source", "title", "content", "citations", "cache_control"},
    "thinking": {"type", "thinking", "signature"},
    "redacted_thinking": {"type", "data"},
    "tool_use": {"type", "id", "name", "input", "caller", "cache_control"},
    "tool_result": {"type", "tool_use_id", "content", "is_error", "cache_control"},
    "tool_reference": {"type", "tool_name", "cache_control"},
    "server_tool_use": {"type", "id", "name", "input", "caller", "cache_control"},
    "web_search_tool_result": {"type", "tool_use_id", "content", "caller", "cache_control"},
}
PLACES = {
    "user": {"text", "image", "document", "search_result", "tool_result"},
    "assistant": {"text", "thinking", "redacted_thinking", "tool_use", "server_tool_use", "web_search_tool_result"},
    "system": {"text"},
    "tool_result": {"text", "image", "document", "search_result", "tool_reference"},
}
TOOL = {
    "type", "name", "description", "input_schema", "strict", "cache_control", "defer_loading", "eager_input_streaming",
    "input_examples", "allowed_callers",
}  # fmt: skip
ID = re.compile(r"[a-zA-Z0-9_-]+")
NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
MARKS = 4
_VERSION = re.compile(r"claude-[a-z]+-(\d)(?:[.-](\d)(?!\d))?")


class Refused(Exception):
    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def fault(path: str, body: Json, headers: Mapping[str, str], issued: set[str]) -> tuple[int, Json] | None:
    """The status and the answer of a request that Anthropic would refuse; None for one that it would take."""
    return _told(lambda: check(path, body, headers, issued))


def lookalike_fault(path: str, body: Json, headers: Mapping[str, str], issued: set[str]) -> tuple[int, Json] | None:
    """The same of a host that resembles it, and knows less."""
    return _told(lambda: check_lookalike(path, body, headers, issued))


def _told(checks: Any) -> tuple[int, Json] | None:
    try:
        checks()
    except Refused as refused:
        kind = "not_found_error" if refused.status == 404 else "invalid_request_error"
        return refused.status, {"type": "error", "error": {"type": kind, "message": str(refused)}}
    return None


def check(path: str, body: Json, headers: Mapping[str, str], issued: set[str]) -> None:
    if not path.endswith("/v1/messages"):
        raise Refused("Not Found", 404)
    if headers.get("anthropic-version") not in ("2023-06-01", "2026-10-21"):
        raise Refused("anthropic-version: header is required")
    betas = set(filter(None, headers.get("anthropic-beta", "").split(",")))
    opened = {name for name, names in (BETAS | TURN_BETAS).items() if betas & set(names)}
    known(body, PARAMETERS | (opened & BETAS.keys()), "")
    check_shape(body, opened & TURN_BETAS.keys())
    check_roles(body)
    check_thinking(body, issued)
    check_sampling(body)


def check_shape(body: Json, turns: set[str]) -> None:
    """What holds for every host."""
    for name in ("model", "max_tokens", "messages"):
        if name not in body:
            raise Refused(f"{name}: Field required")
    if not body["messages"]:
        raise Refused("messages: at least one message is required")
    check_blocks(body.get("system") or [], {"text"}, "system")
    for place, message in enumerate(body["messages"]):
        extra = turns if message["role"] == "system" else set()
        known(message, {"role", "content"} | extra, f"messages.{place}")
        if message["role"] not in PLACES:
            raise Refused(f"messages.{place}.role: Input should be 'user' or 'assistant'")
        check_blocks(message["content"], PLACES[message["role"]] | extra, f"messages.{place}.content")
    check_tools(body)
    check_calls(body["messages"])
    marks = sum(1 for _ in marked(body))
    if marks > MARKS:
        raise Refused(f"A maximum of {MARKS} blocks with cache_control may be provided. Found {marks}.")


def known(value: Json, fields: set[str] | frozenset[str], place: str) -> None:
    for name in value:
        if name not in fields:
            raise Refused(f"{place}.{name}: Extra inputs are not permitted".removeprefix("."))


def check_blocks(content: Any, allowed: set[str], place: str) -> None:
    if isinstance(content, str):
        if not content.strip():
            raise Refused(f"{place}: text content blocks must be non-empty")
        return
    for index, block in enumerate(content):
        at, kind = f"{place}.{index}", block.get("type")
        if kind not in allowed:
            raise Refused(f"{at}: Input tag '{kind}' found using 'type' does not match any of the expected tags")
        known(block, FIELDS[kind], f"{at}.{kind}")
        match block:
            case {"type": "text", "text": text} if not text.strip():
                if "cache_control" in block:
                    raise Refused(f"{at}.text: cache_control cannot be set for empty text blocks")
                raise Refused("messages: text content blocks must be non-empty")
            case {"type": "tool_use", "id": id, "name": name, "input": input}:
                if not ID.fullmatch(id):
                    raise Refused(f"{at}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'")
                if not NAME.fullmatch(name):
                    raise Refused(f"{at}.tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
                if not isinstance(input, dict):
                    raise Refused(f"{at}.tool_use.input: Input should be a valid dictionary")
            case {"type": "tool_result"}:
                check_blocks(block.get("content") or [], PLACES["tool_result"], f"{at}.tool_result.content")
            case {"type": "server_tool_use", "id": id} if not id.startswith("srvtoolu_") or "ccr" in id:
                raise Refused(f"{at}.server_tool_use.id: String should match pattern '^srvtoolu_[a-zA-Z0-9]+$'")
            case {"type": "web_search_tool_result", "content": list(hits)}:
                if not all(hit.get("encrypted_content") for hit in hits):
                    raise Refused(f"{at}: Invalid `encrypted_content` in `search_result` block")
            case _:
                pass
        for citation in block.get("citations") or []:
            if isinstance(citation, dict) and not citation.get("encrypted_index", "x"):
                raise Refused(f"{at}.text.citations: Invalid `encrypted_index`")


def check_tools(body: Json) -> None:
    tools = body.get("tools") or []
    for place, tool in enumerate(tools):
        if tool.get("type", "custom") == "custom":
            known(tool, TOOL, f"tools.{place}.custom")
            if not NAME.fullmatch(tool["name"]):
                raise Refused(f"tools.{place}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
            if tool.get("input_schema", {}).get("type") != "object":
                raise Refused(f"tools.{place}.custom.input_schema.type: Field required")
    names = [tool.get("name") for tool in tools]
    if len(set(names)) < len(names):
        raise Refused("tools: Tool names must be unique.")
    choice = body.get("tool_choice")
    if choice and not tools:
        raise Refused("tool_choice: `tool_choice` may only be specified while providing `tools`")
    if choice and choice["type"] == "tool" and choice["name"] not in names:
        raise Refused(f"Tool '{choice['name']}' not found in provided tools")


def check_calls(messages: list[Json]) -> None:
    """Each call has one result, at the beginning of the user's turn right after it."""
    seen: set[str] = set()
    waiting: list[str] = []
    for by_model, run in groupby(messages, lambda message: message["role"] == "assistant"):
        content = [block for message in run for block in blocks(message)]
        if not by_model:
            check_results(waiting, content)
            waiting = []
            continue
        waiting = [block["id"] for block in content if block["type"] == "tool_use"]
        if len(set(waiting)) < len(waiting) or seen & set(waiting):
            raise Refused("messages: `tool_use` ids must be unique")
        seen |= set(waiting)
    check_results(waiting, [])


def check_results(calls: list[str], content: list[Json]) -> None:
    results = [block["tool_use_id"] for block in content if block["type"] == "tool_result"]
    if strange := [id for id in results if id not in calls]:
        raise Refused(
            f"messages: unexpected `tool_use_id` found in `tool_result` blocks: {', '.join(strange)}. Each `tool_result` "
            "block must have a corresponding `tool_use` block in the previous message."
        )
    if len(set(results)) < len(results):
        raise Refused("messages: each tool_use must have a single result. Found multiple `tool_result` blocks")
    first = [block.get("tool_use_id") for block in content[: len(calls)]]
    if missing := [id for id in calls if id not in first]:
        raise Refused(
            "messages: `tool_use` ids were found without `tool_result` blocks immediately after: "
            f"{', '.join(missing)}. Each `tool_use` block must have a corresponding `tool_result` block in the next "
            "message."
        )


def check_roles(body: Json) -> None:
    roles = [message["role"] for message in body["messages"]]
    for place, role in enumerate(roles):
        if role != "system":
            continue
        if not takes_system_turns(body["model"]):
            raise Refused(f"messages.{place}: role 'system' is not supported on this model")
        if place == 0:
            raise Refused("messages.0: use the top-level 'system' parameter for the initial system prompt")
        if roles[place - 1] == "assistant" or roles[place + 1 : place + 2] == ["user"]:
            raise Refused(
                f"messages.{place}: role 'system' must follow a user message and precede an assistant message"
            )
    if roles[-1] == "assistant" and version(body["model"]) >= (4, 6):
        raise Refused(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )


def check_thinking(body: Json, issued: set[str]) -> None:
    for place, message in enumerate(body["messages"]):
        for index, block in enumerate(blocks(message)):
            at = f"messages.{place}.content.{index}"
            if block["type"] == "thinking" and block["signature"] not in issued:
                raise Refused(f"{at}: Invalid `signature` in `thinking` block")
            if block["type"] == "redacted_thinking" and block["data"] not in issued:
                raise Refused(f"{at}: Invalid `data` in `redacted_thinking` block")
    thinking, model = body.get("thinking") or {}, body["model"]
    match thinking.get("type"):
        case "enabled" if version(model) >= (4, 7):
            raise Refused("`thinking.type.enabled` is not supported for this model. Use `thinking.type.adaptive`.")
        case "adaptive" if version(model) < (4, 6):
            raise Refused("adaptive thinking is not supported on this model")
        case "disabled" if re.search("fable|mythos", model):
            raise Refused("`thinking.type.disabled` is not supported for this model.")
        case "enabled":
            check_budget(body, thinking["budget_tokens"])
        case _:
            pass


def check_budget(body: Json, budget: int) -> None:
    if budget < 1024:
        raise Refused("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
    if budget >= body["max_tokens"]:
        raise Refused("`max_tokens` must be greater than `thinking.budget_tokens`")
    if body.get("tool_choice", {}).get("type") in ("any", "tool"):
        raise Refused("Thinking may not be enabled when tool_choice forces tool use.")
    runs = [
        [block["type"] for message in run for block in blocks(message)]
        for by_model, run in groupby(body["messages"], lambda message: message["role"] == "assistant")
        if by_model
    ]
    if runs and "tool_use" in runs[-1] and "thinking" not in runs[-1][0]:
        raise Refused(
            "When `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the "
            f"lastmost set of `tool_use` and `tool_result` blocks). Expected `thinking` or `redacted_thinking`, but "
            f"found `{runs[-1][0]}`."
        )


def check_sampling(body: Json) -> None:
    given = [name for name in ("temperature", "top_p", "top_k") if name in body]
    if given and version(body["model"]) >= (4, 7):
        raise Refused(f"`{given[0]}` is deprecated for this model.")
    if body.get("temperature", 0) > 1:
        raise Refused("temperature: range: 0..1")
    if any(not stop.strip() for stop in body.get("stop_sequences", [])):
        raise Refused("stop_sequences: each stop sequence must contain non-whitespace")


LOOKALIKE_PARAMETERS = frozenset({
    "model", "messages", "system", "max_tokens", "tools", "tool_choice", "thinking", "output_config", "stop_sequences",
    "temperature", "top_p", "stream", "metadata",
})  # fmt: skip


def check_lookalike(path: str, body: Json, headers: Mapping[str, str], issued: set[str]) -> None:
    if not path.endswith("/v1/messages"):
        raise Refused("Not Found", 404)
    if headers.get("anthropic-version") != "2023-06-01" or "anthropic-beta" in headers:
        raise Refused("unknown anthropic-version or anthropic-beta")
    known(body, LOOKALIKE_PARAMETERS, "")
    known(body.get("output_config") or {}, {"effort"}, "output_config")
    check_shape(body, set())
    if any(mark != {"type": "ephemeral"} for mark in marked(body)):
        raise Refused("cache_control.ttl: 1h is not supported")
    if any("type" in tool for tool in body.get("tools") or []):
        raise Refused("tools[0].type: unknown variant `custom`")
    if "x-anthropic-billing-header" in str(body.get("system")):
        raise Refused("the prompt begins with another line each time")
    for message in body["messages"]:
        check_remembered(message, body, issued)


def check_remembered(message: Json, body: Json, issued: set[str]) -> None:
    if message["role"] == "system":
        raise Refused("System message must be at the beginning.")
    thoughts = [block for block in blocks(message) if "thinking" in block["type"]]
    for thought in thoughts:
        known(thought, {"type", "thinking", "signature"}, "thinking")
        if thought["thinking"].strip() and thought["signature"] not in issued:
            raise Refused("invalid thinking signature")
    thinks = body.get("thinking", {}).get("type") != "disabled"
    if thinks and body.get("tool_choice", {}).get("type") in ("any", "tool"):
        raise Refused("Thinking mode does not support this tool_choice")
    if thinks and message["role"] == "assistant" and not any(thought["thinking"] for thought in thoughts):
        raise Refused("The `content[].thinking` in the thinking mode must be passed back to the API.")


def blocks(message: Json) -> list[Json]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def marked(value: Any) -> Iterator[Json]:
    """Every cache_control, but for those in the caller's own objects."""
    match value:
        case dict():
            for name, item in value.items():
                if name == "cache_control":
                    yield item
                elif name not in ("input", "input_schema"):
                    yield from marked(item)
        case list():
            for item in value:
                yield from marked(item)
        case _:
            pass


def version(model: str) -> tuple[int, int]:
    found = _VERSION.search(model)
    return (int(found[1]), int(found[2] or 0)) if found else (9, 9)


def takes_system_turns(model: str) -> bool:
    return bool(re.search("fable|mythos", model)) or ("opus" in model and version(model) >= (4, 8))
