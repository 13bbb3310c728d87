"""What clients send, right and bent; each must come to a Request or to words, and a Request must go out to any host."""

import json
from collections.abc import Mapping
from random import Random
from typing import Any

import msgspec

from ccr.errors import RequestProblem
from ccr.messages.request import Request
from ccr.wire.anthropic import AnthropicClient
from ccr.wire.dialect import ClientDialect
from ccr.wire.openai_chat import ChatClient
from ccr.wire.openai_responses import ResponsesClient
from tests.wire.fuzz.bending import bend
from tests.wire.fuzz.hosts import HOSTS, Host
from tests.wire.fuzz.reading import named

PNG = {"type": "base64", "media_type": "image/png", "data": "aGk="}
SCHEMA = {"type": "object", "properties": {"path": {"type": ["string", "null"]}}, "required": ["path"]}
TOOLS = [
    {"name": "Read", "description": "Reads.", "input_schema": SCHEMA},
    {"name": "mcp__" + "x" * 80, "input_schema": {"$ref": "#/$defs/a", "$defs": {"a": SCHEMA}}},
    {"type": "web_search_20250305", "name": "web_search", "max_uses": 8},
    {"type": "bash_20250124", "name": "bash"},
]
FUNCTIONS = [{"name": "Read", "description": "Reads.", "parameters": SCHEMA, "strict": True}]

MESSAGES = {
    "model": "m",
    "max_tokens": 100,
    "stream": True,
    "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "look"}, {"type": "image", "source": PNG}]},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "c2lnbmVk"},
                {"type": "redacted_thinking", "data": "eHh4"},
                {"type": "text", "text": "Looking."},
                {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {"path": "a"}},
                {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "image", "source": PNG}]},
                {"type": "document", "title": "t", "source": {"type": "text", "media_type": "text/plain", "data": "d"}},
                {"type": "search_result", "source": "s", "title": "t", "content": [{"type": "text", "text": "x"}]},
            ],
        },
        {"role": "system", "content": "a note"},
    ],
    "tools": TOOLS,
    "tool_choice": {"type": "tool", "name": "Read", "disable_parallel_tool_use": True},
    "thinking": {"type": "enabled", "budget_tokens": 2048},
    "output_config": {"effort": "high", "format": {"type": "json_schema", "schema": SCHEMA}},
    "stop_sequences": ["END"],
    "metadata": {"user_id": "u"},
    "temperature": 0.5,
}

CHAT = {
    "model": "m",
    "stream": True,
    "stream_options": {"include_usage": True},
    "max_completion_tokens": 100,
    "reasoning_effort": "high",
    "messages": [
        {"role": "developer", "content": "Be brief."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "look"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk=", "detail": "low"}},
                {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,aGk="}},
            ],
        },
        {
            "role": "assistant",
            "content": None,
            "reasoning_content": "hm",
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "Read", "arguments": '{"path":"a"}'}}],
        },
        {"role": "tool", "tool_call_id": "c", "content": "out"},
        {"role": "user", "name": "n", "content": "go on"},
    ],
    "tools": [{"type": "function", "function": function} for function in FUNCTIONS],
    "tool_choice": {"type": "function", "function": {"name": "Read"}},
    "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}},
    "stop": "END",
    "user": "u",
    "seed": 7,
}

RESPONSES = {
    "model": "m",
    "stream": True,
    "instructions": "Be brief.",
    "max_output_tokens": 100,
    "reasoning": {"effort": "high", "summary": "auto"},
    "include": ["reasoning.encrypted_content"],
    "input": [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "look"}]},
        {"role": "user", "content": [{"type": "input_image", "image_url": "data:image/png;base64,aGk="}]},
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "hm"}],
            "encrypted_content": "x",
        },
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Looking."}]},
        {"type": "function_call", "call_id": "c", "name": "Read", "arguments": '{"path":"a"}'},
        {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "out"}]},
        {"type": "custom_tool_call", "call_id": "d", "name": "patch", "input": "*** Begin"},
        {"type": "custom_tool_call_output", "call_id": "d", "output": "done"},
        {"type": "local_shell_call", "call_id": "e", "action": {"type": "exec", "command": ["ls"]}},
        {"type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "q"}},
    ],
    "tools": [
        *({"type": "function", **function} for function in FUNCTIONS),
        {"type": "custom", "name": "patch", "format": {"type": "grammar", "syntax": "lark", "definition": "start: x"}},
        {"type": "namespace", "name": "mcp", "tools": [{"type": "function", **FUNCTIONS[0]}]},
        {"type": "web_search"},
        {"type": "local_shell"},
    ],
    "tool_choice": "auto",
    "parallel_tool_calls": False,
    "text": {"format": {"type": "json_object"}, "verbosity": "low"},
    "store": False,
    "prompt_cache_key": "one",
}

CLIENTS: Mapping[str, tuple[ClientDialect, dict[str, Any]]] = {
    "anthropic": (AnthropicClient(), MESSAGES),
    "openai": (ChatClient(), CHAT),
    "responses": (ResponsesClient(), RESPONSES),
}


def odd_body(body: dict[str, Any], random: Random) -> bytes:
    found: Any = json.loads(json.dumps(body))
    for _ in range(random.randint(0, 4)):
        found = bend(found, random)
    data = json.dumps(found).encode()
    return data[: random.randint(0, len(data))] if random.random() < 0.02 else data


def decoded(client: ClientDialect, body: bytes) -> Request | None:
    """None where it is refused, in words."""
    try:
        return client.decode(body)
    except RequestProblem as problem:
        named(problem)
        return None


def encoded(host: Host, request: Request) -> bytes | None:
    """The body as it goes out, the same each time; None where it is refused."""
    try:
        sent = _body(host, request)
    except RequestProblem as problem:
        named(problem)
        return None
    assert _body(host, request) == sent
    return sent


def _body(host: Host, request: Request) -> bytes:
    for quirk in host.made:
        request = quirk.request(request, host.target)
    payload = host.upstream.encode(request, host.target)
    for quirk in host.made:
        payload = quirk.finished(payload, request, host.target, host.upstream.name)
    return msgspec.json.encode(payload.body)


def goes_out_or_is_refused(client: ClientDialect, body: bytes) -> None:
    if request := decoded(client, body):
        for host in HOSTS.values():
            encoded(host, request)
