"""Hosts that offer their own models in Anthropic's dialect, and in what each falls short of it.

Who is not in here and speaks Anthropic's dialect is taken at its word: Anthropic itself, Azure, gateways of all kinds.
"""

from collections.abc import Mapping

from ccr.config.vendors import Vendor
from ccr.wire.anthropic import AnthropicUpstream

GENUINE = AnthropicUpstream()

LOOKALIKES: Mapping[str, AnthropicUpstream] = {
    # https://api-docs.deepseek.com/guides/anthropic_api: a budget is ignored, of output_config only effort is read,
    # documents are not; cache_control is ignored, its caches need no marks. Who sees:
    # https://api-docs.deepseek.com/quick_start/pricing
    # With thoughts missing: "The `content[].thinking` in the thinking mode must be passed back to the API."
    "deepseek": AnthropicUpstream(
        genuine=False,
        thinking="switch",
        thoughts_required=True,
        efforts=("high", "max"),
        blind=("deepseek-v4-pro", "deepseek-chat", "deepseek-reasoner", "claude-opus"),
        image_urls=True,
        user=False,  # [a-zA-Z0-9_-] only, which Claude Code's is not: https://api-docs.deepseek.com/quick_start/rate_limit
    ),
    # "thinking is enabled but reasoning_content is missing in assistant tool call message";
    # tool_choice "required" is refused: https://platform.moonshot.ai/docs
    "moonshot": AnthropicUpstream(genuine=False, thinking="switch", thoughts_required=True, forced_tools=False),
    # https://docs.z.ai/guides/llm: some models always think and refuse "disabled"
    "zai": AnthropicUpstream(genuine=False, thinking="switch", says_off=False, cache=True),
    # https://platform.minimax.io/docs/api-reference/text-anthropic-api: thoughts shall come back, no top_k, no PDFs
    "minimax": AnthropicUpstream(genuine=False, cache=True, top_k=False),
    # https://www.alibabacloud.com/help/en/model-studio/anthropic-api-messages: web_search is not run
    "dashscope": AnthropicUpstream(genuine=False, cache=True),
    # https://openrouter.ai/docs/guides/coding-agents/claude-code-integration: whole for Anthropic's own models, as far
    # as can be for others
    "openrouter": AnthropicUpstream(
        genuine=False,
        web_search=True,
        cache=True,
        thinking="adaptive",
        efforts=("low", "medium", "high", "xhigh", "max"),
        format=True,
        image_urls=True,
        documents=True,
    ),
    "fireworks": AnthropicUpstream(genuine=False),
    # https://vercel.com/docs/ai-gateway/sdks-and-apis/anthropic-messages-api
    "vercel": AnthropicUpstream(genuine=False, cache=True, image_urls=True, documents=True),
    # https://docs.ollama.com/api/anthropic-compatibility: no tool_choice, metadata, caches, PDFs, images by URL
    "ollama": AnthropicUpstream(genuine=False, tool_choice=False, user=False),
    "lmstudio": AnthropicUpstream(genuine=False, user=False),
    # https://github.com/ggml-org/llama.cpp/tree/master/tools/server: signatures are empty
    "llamacpp": AnthropicUpstream(genuine=False, user=False),
    # https://github.com/vllm-project/vllm/tree/main/vllm/entrypoints/anthropic: turned into Chat within
    "vllm": AnthropicUpstream(genuine=False, user=False),
    # redacted_thinking in the history is refused, budgets are ignored
    "sglang": AnthropicUpstream(genuine=False, user=False, thinking="switch"),
}


def anthropic(vendor: Vendor | None) -> AnthropicUpstream:
    return LOOKALIKES.get(vendor.name, GENUINE) if vendor else GENUINE
