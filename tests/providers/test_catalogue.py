"""What leaves for each vendor, and for its kinds of models. Why is said in the rows of the catalogue."""

from dataclasses import replace
from typing import Any

import pytest

from ccr.config.vendors import VENDORS, vendor_named
from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.blocks import Text
from ccr.messages.request import BuiltinTool, Format, Reasoning, Request, Tool, ToolChoice, Turn
from ccr.providers.catalogue import CHAT, PLAIN, RESPONSES, chat, responses
from ccr.wire.openai_responses import ResponsesUpstream
from tests.support.strict.chat import fault

ASK = Request(
    "m",
    (Turn("user", (Text("hi"),)),),
    max_tokens=100_000,
    tools=(Tool("Bash", "", {"$schema": "s", "type": "object"}),),
    tool_choice=ToolChoice("tool", "Bash"),
    reasoning=Reasoning("adaptive"),
    effort="xhigh",
    stop=("x",),
    user="u",
    session="s",
    stream=True,
)
STANDING = ("model", "messages", "tools", "stream")
USUAL: dict[str, Any] = {
    "tool_choice": {"type": "function", "function": {"name": "Bash"}},
    "max_tokens": 100_000,
    "stop": ["x"],
    "stream_options": {"include_usage": True},
}
NEWER: dict[str, Any] = {"max_tokens": None, "max_completion_tokens": 100_000}
TEMPLATE: dict[str, Any] = {"chat_template_kwargs": {"thinking": True, "enable_thinking": True}}
KEY = "043a718774c572bd8a25adbeb1bfcd5c"  # what the session is called

Row = tuple[str, str, dict[str, Any], dict[str, str]]

# How the body differs from the usual one (None: is not there), and what goes into the head.
ROWS: tuple[Row, ...] = (
    ("gemini", "gemini-3-pro", {"reasoning_effort": "high"}, {}),
    ("openrouter", "anthropic/claude-sonnet-5", {"reasoning": {"effort": "xhigh"}, "user": "u", "session_id": KEY}, {}),
    ("openrouter", "x-ai/grok-4", {"reasoning": {"effort": "xhigh"}, "user": "u", "session_id": KEY}, {}),
    ("openai", "gpt-4.1", {**NEWER, "safety_identifier": "u", "prompt_cache_key": KEY}, {}),
    (
        "openai",
        "gpt-5-mini",
        {**NEWER, "reasoning_effort": "high", "safety_identifier": "u", "prompt_cache_key": KEY, "stop": None},
        {},
    ),
    (
        "openai",
        "gpt-5.5",
        {**NEWER, "reasoning_effort": "xhigh", "safety_identifier": "u", "prompt_cache_key": KEY, "stop": None},
        {},
    ),
    (
        "openai",
        "o3",
        {**NEWER, "reasoning_effort": "high", "safety_identifier": "u", "prompt_cache_key": KEY, "stop": None},
        {},
    ),
    (
        "openai",
        "gpt-5-pro",
        {**NEWER, "reasoning_effort": "high", "safety_identifier": "u", "prompt_cache_key": KEY, "stop": None},
        {},
    ),
    (
        "openai",
        "gpt-5.1",
        {**NEWER, "reasoning_effort": "high", "safety_identifier": "u", "prompt_cache_key": KEY, "stop": None},
        {},
    ),
    ("openai", "gpt-5-search-api", {**NEWER, "safety_identifier": "u", "prompt_cache_key": KEY}, {}),
    ("deepseek", "deepseek-v4-pro", {"thinking": {"type": "enabled"}, "reasoning_effort": "xhigh"}, {}),
    ("deepseek", "deepseek-chat", {"max_tokens": 8192, "thinking": {"type": "enabled"}}, {}),
    ("deepseek", "deepseek-reasoner", {"max_tokens": 65536, "thinking": {"type": "enabled"}}, {}),
    ("groq", "openai/gpt-oss-120b", {**NEWER, "reasoning_effort": "high"}, {}),
    ("groq", "qwen/qwen3-32b", {**NEWER, "reasoning_format": "parsed"}, {}),
    ("groq", "llama-3.3-70b-versatile", NEWER, {}),
    ("mistral", "mistral-small-latest", {"reasoning_effort": "high", "stream_options": None}, {}),
    ("mistral", "codestral-latest", {"stream_options": None}, {}),
    ("mistral", "mistral-large-4-0", {"reasoning_effort": "high", "stream_options": None}, {}),
    ("xai", "grok-4.5", {**NEWER, "stop": None}, {"x-grok-conv-id": KEY}),
    ("xai", "grok-3-mini", {**NEWER, "reasoning_effort": "high", "stop": None}, {"x-grok-conv-id": KEY}),
    ("moonshot", "kimi-k2.6", {**NEWER, "thinking": {"type": "enabled"}, "tool_choice": None}, {}),
    ("moonshot", "kimi-k3", {**NEWER, "reasoning_effort": "high", "tool_choice": None}, {}),
    ("moonshot", "kimi-k2.7-code", {**NEWER, "tool_choice": None}, {}),
    ("moonshot", "kimi-k2-thinking", {**NEWER, "tool_choice": None}, {}),
    ("moonshot", "kimi-k2-turbo-preview", {**NEWER, "tool_choice": None}, {}),
    ("zai", "glm-5", {"thinking": {"type": "enabled"}, "tool_stream": True}, {}),
    ("dashscope", "qwen3-coder-plus", {"max_tokens": 65536}, {}),
    ("dashscope", "qwen3-32b", {"max_tokens": 65536, "enable_thinking": True}, {}),
    ("siliconflow", "zai-org/GLM-4.6", {"enable_thinking": True}, {}),
    ("siliconflow", "moonshotai/Kimi-K2", {}, {}),
    ("minimax", "MiniMax-M2", {"reasoning_split": True}, {}),
    ("cerebras", "gpt-oss-120b", {**NEWER, "reasoning_effort": "high"}, {}),
    ("cerebras", "zai-glm-4.7", NEWER, {}),
    ("together", "openai/gpt-oss-120b", {"reasoning_effort": "high"}, {}),
    ("together", "zai-org/GLM-5", {}, {}),
    (
        "fireworks",
        "accounts/fireworks/models/glm-5",
        {"reasoning_effort": "high", "prompt_cache_key": KEY},
        {"x-session-affinity": KEY},
    ),
    ("fireworks", "accounts/fireworks/models/llama", {"prompt_cache_key": KEY}, {"x-session-affinity": KEY}),
    ("nvidia", "openai/gpt-oss-120b", {"reasoning_effort": "high"}, {}),
    ("nvidia", "deepseek-ai/deepseek-v3.1", TEMPLATE, {}),
    ("deepinfra", "m", {}, {}),
    ("vercel", "deepseek/deepseek-v4", {"reasoning": {"effort": "high"}}, {}),
    ("modelscope", "m", {}, {}),
    ("volcengine", "m", {}, {}),
    ("azure", "gpt-5-mini", {**NEWER, "reasoning_effort": "high", "stop": None}, {}),
    ("azure", "my-deployment", NEWER, {}),
    ("github", "openai/gpt-5-mini", {**NEWER, "reasoning_effort": "high", "stop": None}, {}),
    ("github", "meta/llama-4", {}, {}),
    ("huggingface", "openai/gpt-oss-120b", {}, {}),
    ("ollama", "gpt-oss:20b", {"reasoning_effort": "high", "tool_choice": None}, {}),
    ("ollama", "qwen3:8b", {"reasoning_effort": "high", "tool_choice": None}, {}),
    ("ollama", "llama3", {"tool_choice": None}, {}),
    ("lmstudio", "openai/gpt-oss-20b", {"tool_choice": "required", "reasoning_effort": "high"}, {}),
    ("lmstudio", "llama", {"tool_choice": "required"}, {}),
    ("vllm", "Qwen/Qwen3-32B", TEMPLATE, {}),
    ("vllm", "llama", {}, {}),
    ("sglang", "zai-org/GLM-5", TEMPLATE, {}),
    ("llamacpp", "qwen3-8b", {"tool_choice": "required", **TEMPLATE}, {}),
    ("litellm", "claude-x", {"reasoning_effort": "high", "drop_params": True}, {}),
    ("litellm", "m", {"reasoning_effort": "high", "drop_params": True}, {}),
)


def sent(vendor: str, model: str, request: Request = ASK) -> dict[str, Any]:
    return dict(chat(vendor_named(vendor)).encode(request, Target(ProviderName("p"), ModelName(model))).body)


@pytest.mark.trap(69, 82, 83, 84, 85, 86)
@pytest.mark.parametrize(("vendor", "model", "differs", "head"), ROWS, ids=[f"{row[0]} {row[1]}" for row in ROWS])
def test_what_leaves_for_each_vendor(vendor: str, model: str, differs: dict[str, Any], head: dict[str, str]) -> None:
    payload = chat(vendor_named(vendor)).encode(ASK, Target(ProviderName("p"), ModelName(model)))
    found = {name: value for name, value in payload.body.items() if name not in STANDING}
    assert found == {name: value for name, value in {**USUAL, **differs}.items() if value is not None}
    assert payload.headers == head


@pytest.mark.parametrize("model", ["gpt-oss:20b", "qwen3:8b", "llama3"])
@pytest.mark.parametrize("mode", ["auto", "none", "any"])
def test_ollama_takes_every_choice(model: str, mode: Any) -> None:
    asked = sent("ollama", model, replace(ASK, tool_choice=ToolChoice(mode)))
    assert fault("/v1/chat/completions", asked, "ollama") is None


def test_every_vendor_is_in_the_table() -> None:
    elsewhere = {"anthropic", "vertex", "bedrock"}  # they have doors of their own
    assert {row[0] for row in ROWS} == {vendor.name for vendor in VENDORS} - elsewhere


def test_every_difference_belongs_to_a_vendor() -> None:
    assert CHAT.keys() | RESPONSES.keys() <= {vendor.name for vendor in VENDORS}


def test_who_is_not_known_to_differ_is_plain() -> None:
    assert chat(None) is chat(vendor_named("deepinfra")) is PLAIN
    assert responses(None) == responses(vendor_named("openai")) == ResponsesUpstream()
    assert not responses(vendor_named("xai")).sources


@pytest.mark.parametrize(
    ("vendor", "model", "says"),
    [
        ("openai", "gpt-5.5", {"reasoning_effort": "none"}),
        ("openai", "gpt-5-mini", {}),
        ("deepseek", "deepseek-v4-pro", {"thinking": {"type": "disabled"}}),
        ("moonshot", "kimi-k2.6", {"thinking": {"type": "disabled"}}),
        ("moonshot", "kimi-k2-thinking", {}),
        ("zai", "glm-4.6", {"thinking": {"type": "disabled"}}),
        ("zai", "glm-5", {}),
        ("dashscope", "qwen-plus", {"enable_thinking": False}),
        ("dashscope", "qwen3-coder-plus", {}),
        ("mistral", "mistral-small-latest", {"reasoning_effort": "none"}),
        ("vllm", "Qwen/Qwen3-8B", {"chat_template_kwargs": {"thinking": False, "enable_thinking": False}}),
        ("ollama", "qwen3", {"reasoning_effort": "none"}),
        ("ollama", "qwen3-coder", {}),
        ("openrouter", "x-ai/grok-4", {}),
    ],
)
def test_thinking_is_turned_off_in_words_only_where_the_model_takes_them(
    vendor: str, model: str, says: dict[str, Any]
) -> None:
    plain = Request("m", ASK.turns)
    off = Request("m", ASK.turns, reasoning=Reasoning("disabled"))
    assert sent(vendor, model, off) == {**sent(vendor, model, plain), **says}


@pytest.mark.parametrize(
    ("vendor", "model", "takes"),
    [
        ("openai", "gpt-4.1", True),
        ("openai", "o3", False),
        ("openai", "gpt-5-mini", False),
        ("moonshot", "kimi-k2.6", False),
        ("moonshot", "moonshot-v1-128k", True),
        ("deepinfra", "m", True),
    ],
)
def test_sampling_is_left_out_where_a_model_refuses_it(vendor: str, model: str, takes: bool) -> None:
    found = sent(vendor, model, Request("m", ASK.turns, temperature=0.5, top_p=0.9))
    assert ("temperature" in found, "top_p" in found) == (takes, takes)


def test_groq_takes_no_schema_of_a_schema_and_structured_output_alone() -> None:
    assert "$schema" not in sent("groq", "m")["tools"][0]["function"]["parameters"]
    assert "$schema" in sent("deepinfra", "m")["tools"][0]["function"]["parameters"]
    asked = Request("m", ASK.turns, format=Format({"type": "object"}))
    assert "response_format" in sent("groq", "m", asked)
    assert "response_format" not in sent("groq", "m", Request("m", ASK.turns, format=asked.format, stream=True))
    assert "response_format" not in sent("groq", "m", Request("m", ASK.turns, format=asked.format, tools=ASK.tools))


def test_deepseek_knows_json_but_no_schema() -> None:
    asked = Request("m", ASK.turns, format=Format({"type": "object"}))
    assert sent("deepseek", "deepseek-v4-pro", asked)["response_format"] == {"type": "json_object"}


def test_searching_models_of_openai_are_told_so_and_openrouter_has_a_plugin() -> None:
    asked = Request("m", ASK.turns, tools=(BuiltinTool("web_search_20250305", "web_search", {}),))
    assert sent("openai", "gpt-4o-search-preview", asked)["web_search_options"] == {}
    assert sent("openrouter", "a/b", asked)["plugins"] == [{"id": "web"}]
    assert "web_search_options" not in sent("openai", "gpt-4o", asked)
