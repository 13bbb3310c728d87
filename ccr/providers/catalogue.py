"""How each vendor's Chat Completions differ."""

from collections.abc import Mapping

from ccr.config.vendors import Vendor
from ccr.wire.openai_chat import ChatUpstream

PLAIN = ChatUpstream()

# Nothing is sent that some model of the vendor refuses; where models differ, they think as they please.
CHAT: Mapping[str, ChatUpstream] = {
    # o-series and later refuse max_tokens; https://platform.openai.com/docs/api-reference/chat/create
    "openai": ChatUpstream(
        max_tokens_field="max_completion_tokens", user_fields=("safety_identifier", "prompt_cache_key")
    ),
    "azure": ChatUpstream(max_tokens_field="max_completion_tokens"),
    # https://openrouter.ai/docs/use-cases/reasoning-tokens and …/features/web-search
    "openrouter": ChatUpstream(
        reasoning="reasoning",
        efforts=("minimal", "low", "medium", "high", "xhigh"),
        web_search="plugins",
        user_fields=("user",),
    ),
    # https://api-docs.deepseek.com/guides/thinking_mode; text models: "unknown variant `image_url`"
    "deepseek": ChatUpstream(
        reasoning="thinking", says_off=True, reasoning_required="reasoning_content", format="json_object", images=False
    ),
    # https://ai.google.dev/gemini-api/docs/openai: effort is mapped to levels and budgets
    "gemini": ChatUpstream(reasoning="reasoning_effort"),
    # https://docs.mistral.ai/api: no stream_options, usage comes unasked; the last message must not be the assistant's
    "mistral": ChatUpstream(include_usage=False, nine_character_ids=True, prefill=False),
    # https://platform.moonshot.ai/docs: tool_choice "required" is refused; thoughts must come back with tool calls
    "moonshot": ChatUpstream(reasoning="thinking", reasoning_required="reasoning_content", forced_tools=False),
    # https://docs.z.ai/guides/llm: some models always think and refuse "disabled"
    "zai": ChatUpstream(reasoning="thinking"),
    # https://github.com/ollama/ollama/blob/main/docs/openai.md: no tool_choice
    "ollama": ChatUpstream(forced_tools=False),
}


def chat(vendor: Vendor | None) -> ChatUpstream:
    return CHAT.get(vendor.name, PLAIN) if vendor else PLAIN
