"""What Codex sends, in all its forms, is taken by hosts that are as strict as the vendors."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.blocks import Thinking
from ccr.wire.anthropic import AnthropicUpstream
from ccr.wire.dialect import UpstreamDialect
from ccr.wire.gemini import GeminiUpstream
from ccr.wire.openai_chat import ChatUpstream
from ccr.wire.openai_responses import ResponsesUpstream
from ccr.wire.openai_responses.thoughts import sealed
from ccr.wire.origin import Origin
from tests.support.strict import chat, gemini, messages, responses
from tests.wire.openai_responses.asking import asked

PNG = "data:image/png;base64,aGk="
SCHEMA = {"type": "object", "properties": {"x": {"type": "integer"}}, "additionalProperties": False}
OTHER = Origin(Target(ProviderName("other"), ModelName("m")), "reasoning_content").sign()


def function(name: str, **more: object) -> dict[str, object]:
    return {"type": "function", "name": name, "description": "Does.", "strict": False, "parameters": SCHEMA, **more}


TOOLS = [
    function("exec_command"),
    {
        "type": "custom",
        "name": "apply_patch",
        "format": {"type": "grammar", "syntax": "lark", "definition": "start: x"},
    },
    {"type": "namespace", "name": "mcp__pics", "description": "Pictures.", "tools": [function("shot")]},
    {"type": "tool_search", "execution": "client", "description": "Finds.", "parameters": SCHEMA},
    {"type": "local_shell"},
    {"type": "web_search", "external_web_access": True},
]


def said(role: str, text: str) -> dict[str, object]:
    kind = "output_text" if role == "assistant" else "input_text"
    return {"type": "message", "id": f"msg_{text}", "role": role, "content": [{"type": kind, "text": text}]}


def thought(seal: str | None) -> dict[str, object]:
    summary = [{"type": "summary_text", "text": "hm"}]
    return {"type": "reasoning", "id": "rs_1", "summary": summary, "content": None, "encrypted_content": seal}


CALL: dict[str, Any] = {
    "type": "function_call",
    "id": "fc_1",
    "call_id": "call_1",
    "name": "shot",
    "namespace": "mcp__pics",
    "arguments": "{}",
}
ITEMS: list[Any] = [
    {"type": "additional_tools", "role": "developer", "tools": [{"type": "custom", "name": "exec"}]},
    said("developer", "be brief"),
    said("user", "where"),
    said("user", "look"),
    thought(responses.sealed("gpt-5.5", "rs_1", responses.follows(CALL))),
    thought(OTHER),
    CALL,
    {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_2", "name": "exec", "input": "1+1"},
    {"type": "function_call_output", "call_id": "call_1", "output": [{"type": "input_image", "image_url": PNG}]},
    {"type": "custom_tool_call_output", "call_id": "call_2", "output": "2"},
    thought(None),
    {"type": "tool_search_call", "call_id": "call_3", "execution": "client", "arguments": {"x": 1}},
    {"type": "tool_search_output", "call_id": "call_3", "tools": [function("found", defer_loading=True)]},
    {"type": "local_shell_call", "id": "lsh", "call_id": "call_4", "action": {"type": "exec", "command": ["ls"], "env": {}}},
    {"type": "local_shell_call_output", "id": "call_4", "output": ""},
    {"type": "web_search_call", "id": "ws", "status": "completed", "action": {"type": "search", "query": "x"}},
    said("assistant", "done"),
    {"type": "agent_message", "author": "/a", "recipient": "/", "content": [{"type": "input_text", "text": "counted"}]},
    said("developer", "a note"),
    {"type": "compaction", "encrypted_content": "gAAA"},
    {"type": "function_call_output", "call_id": "gone", "output": "of a call that is no more"},
    said("user", "and now?"),
]  # fmt: skip

Fault = Callable[[Any, Any], object]
HOSTS: dict[str, tuple[UpstreamDialect, str, Fault]] = {
    "anthropic": (
        AnthropicUpstream(),
        "claude-opus-5-5",
        lambda body, headers: messages.fault("/v1/messages", body, headers, {"EqQB"}),
    ),
    "openai": (ChatUpstream(), "gpt-5.5", lambda body, _: chat.fault("/v1/chat/completions", body)),
    "responses": (ResponsesUpstream(), "gpt-5.5", lambda body, _: responses.fault("/v1/responses", body)),
    "gemini": (
        GeminiUpstream(),
        "gemini-2.5-flash",
        lambda body, _: gemini.fault("/v1beta/models/gemini-2.5-flash:generateContent", body),
    ),
}


@pytest.mark.trap(40, 62, 81)
@pytest.mark.parametrize("length", [4, 10, 11, 13, 15, len(ITEMS)])
@pytest.mark.parametrize("name", HOSTS)
def test_every_host_takes_it(name: str, length: int) -> None:
    dialect, model, fault = HOSTS[name]
    request = asked(*ITEMS[:length], tools=TOOLS, tool_choice="auto", reasoning={"summary": "auto"}, store=False)
    payload = dialect.encode(request, Target(ProviderName("acme"), ModelName(model)))
    body = json.loads(json.dumps(payload.body))
    assert fault(body, payload.headers) is None
    text = json.dumps(body)
    for lost in ("where", "look", "be brief"):
        assert lost in text
    if length == len(ITEMS):
        for lost in ("1+1", "aGk=", "counted", "a note", "no more", "and now?"):
            assert lost in text


def test_anthropics_thoughts_come_back_to_it() -> None:
    dialect, model, fault = HOSTS["anthropic"]
    call = {"type": "function_call", "call_id": "c", "name": "exec_command", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "c", "output": "ok"}
    seal = sealed(Thinking("hm", "EqQB"))
    request = asked(said("user", "x"), thought(seal), call, output, tools=TOOLS, reasoning={"effort": "high"})
    payload = dialect.encode(request, Target(ProviderName("acme"), ModelName(model)))
    assert fault(payload.body, payload.headers) is None
    assert "EqQB" in json.dumps(payload.body)
