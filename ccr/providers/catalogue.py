"""How each vendor's Chat Completions and Responses differ, and those of single models where a vendor has several kinds.

Nothing is sent that a model refuses. A pattern is looked for in a model's name in lower case; a model whose name tells
nothing thinks as it pleases.
"""

from collections.abc import Mapping
from dataclasses import replace

from ccr.config.vendors import Vendor
from ccr.messages.request import Effort
from ccr.wire.efforts import GPT
from ccr.wire.openai_chat import ChatUpstream
from ccr.wire.openai_responses import ResponsesUpstream

PLAIN = ChatUpstream()


def _by_model(usual: ChatUpstream, *models: tuple[str, ChatUpstream]) -> ChatUpstream:
    return replace(usual, models=models)


def _openai(usual: ChatUpstream) -> ChatUpstream:
    """OpenAI's models, at OpenAI or elsewhere. o-series and later refuse max_tokens, stop, temperature.
    https://platform.openai.com/docs/guides/reasoning: what each takes as reasoning_effort
    """
    usual = replace(usual, max_tokens_field="max_completion_tokens")
    thinks = replace(usual, reasoning="reasoning_effort", sampling=False, stops=False)
    return _by_model(
        usual,
        (r"(^|/)gpt.*-search", replace(usual, web_search="web_search_options", sampling=False)),
        *((rf"(^|/)({name})", _told(usual, thinks, efforts)) for name, efforts in GPT),
    )


def _told(usual: ChatUpstream, thinks: ChatUpstream, efforts: tuple[Effort, ...]) -> ChatUpstream:
    return replace(thinks, efforts=efforts, says_off="none" in efforts) if efforts else usual


def _open_weights(usual: ChatUpstream) -> ChatUpstream:
    """Models whose templates take it: https://docs.vllm.ai/en/latest/features/reasoning_outputs.html"""
    effort = replace(usual, reasoning="reasoning_effort")
    template = replace(usual, reasoning="chat_template_kwargs", says_off=True)
    return _by_model(
        usual,
        ("gpt-oss", effort),
        (r"qwen3(?!.*(coder|instruct|thinking))|glm-?[45]|deepseek-v[34]|nemotron|kimi-k2\.[5-9]", template),
    )


_OPENROUTER = ChatUpstream(
    reasoning="reasoning",
    efforts=("minimal", "low", "medium", "high", "xhigh"),
    web_search="plugins",
    user_fields=("user",),
    session_fields=("session_id",),
)
_DEEPSEEK = ChatUpstream(
    reasoning="thinking", says_off=True, reasoning_required="reasoning_content", format="json_object", images=False
)
_MISTRAL = ChatUpstream(include_usage=False, nine_character_ids=True, prefill=False, user_after_tool=False)
_KIMI = ChatUpstream(
    max_tokens_field="max_completion_tokens",
    reasoning="thinking",
    reasoning_required="reasoning_content",
    forced_tools=False,
)
_GROQ = ChatUpstream(max_tokens_field="max_completion_tokens", dollar_schema=False, format_alone=True)
_XAI = ChatUpstream(max_tokens_field="max_completion_tokens", session_headers=("x-grok-conv-id",))
_ZAI = ChatUpstream(reasoning="thinking", tool_stream=True)
_QWEN = ChatUpstream(most_tokens=65_536)
_SILICONFLOW = ChatUpstream()
_CEREBRAS = ChatUpstream(max_tokens_field="max_completion_tokens")
_FIREWORKS = ChatUpstream(session_fields=("prompt_cache_key",), session_headers=("x-session-affinity",))
_OLLAMA = ChatUpstream(tool_choice=False, forced_tools=False)
_LITELLM = ChatUpstream(
    reasoning="reasoning_effort",
    efforts=("minimal", "low", "medium", "high"),
    extras={"drop_params": True},
)

CHAT: Mapping[str, ChatUpstream] = {
    # https://platform.openai.com/docs/guides/prompt-caching: prompt_cache_key
    "openai": _openai(ChatUpstream(user_fields=("safety_identifier",), session_fields=("prompt_cache_key",))),
    # https://learn.microsoft.com/azure/ai-foundry/openai/how-to/reasoning; a deployment is mostly called as its model
    "azure": _openai(PLAIN),
    # https://docs.github.com/rest/models/inference: names have the maker in front; the other makers' know max_tokens
    "github": replace(_openai(PLAIN), max_tokens_field="max_tokens"),
    # https://openrouter.ai/docs/use-cases/reasoning-tokens, …/features/web-search, …/features/prompt-caching:
    # cache_control in the parts of a text, its ttl for Anthropic's models alone
    "openrouter": _by_model(
        _OPENROUTER,
        ("claude", replace(_OPENROUTER, cache="ttl")),
        ("gemini|minimax|glm|qwen", replace(_OPENROUTER, cache="plain")),
    ),
    # https://vercel.com/docs/ai-gateway/sdks-and-apis/openai-chat-completions/advanced: reasoning as OpenRouter has it
    "vercel": ChatUpstream(reasoning="reasoning"),
    # https://api-docs.deepseek.com/guides/thinking_mode; text models: "unknown variant `image_url`";
    # "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]" of the older names
    "deepseek": _by_model(
        _DEEPSEEK,
        ("deepseek-chat", replace(_DEEPSEEK, most_tokens=8192)),
        ("deepseek-reasoner", replace(_DEEPSEEK, most_tokens=65_536)),
        (r"deepseek-v\d", replace(_DEEPSEEK, effort_beside=True, efforts=("low", "medium", "high", "xhigh", "max"))),
    ),
    # https://ai.google.dev/gemini-api/docs/openai: effort is mapped to levels and budgets
    "gemini": ChatUpstream(reasoning="reasoning_effort"),
    # https://docs.mistral.ai/api: no stream_options, usage comes unasked; the last message must not be the assistant's.
    # https://docs.mistral.ai/capabilities/reasoning/adjustable
    "mistral": _by_model(
        _MISTRAL,
        (
            r"mistral-small-(latest|26)|mistral-medium-3[-.][5-9]",
            replace(_MISTRAL, reasoning="reasoning_effort", efforts=("high",), says_off=True),
        ),
        (r"mistral-large-4", replace(_MISTRAL, reasoning="reasoning_effort", says_off=True)),
    ),
    # https://platform.kimi.ai/docs/api/models-overview: tool_choice "required" is refused; thoughts must come back with
    # tool calls; sampling is fixed: "invalid temperature: only 1 is allowed for this model"
    "moonshot": _by_model(
        _KIMI,
        (
            r"kimi-k[3-9]",
            replace(_KIMI, reasoning="reasoning_effort", efforts=("low", "high", "max"), sampling=False),
        ),
        (r"kimi-k2\.[56]", replace(_KIMI, says_off=True, sampling=False)),
        (r"kimi-k2\.|thinking", replace(_KIMI, reasoning=None, sampling=False)),  # they always think
        (r"moonshot-v1|kimi-k2", replace(_KIMI, reasoning=None, reasoning_required=None)),
    ),
    # https://docs.z.ai/guides/llm: some models always think and refuse "disabled"; …/capabilities/stream-tool
    "zai": _by_model(_ZAI, (r"glm-4\.[5-7]", replace(_ZAI, says_off=True))),
    # https://www.alibabacloud.com/help/en/model-studio/deep-thinking: hybrid models alone take it
    "dashscope": _by_model(
        _QWEN,
        (
            r"qwen3(?!.*(coder|instruct|thinking))|qwen-(plus|flash|turbo|max)",
            replace(_QWEN, reasoning="enable_thinking", says_off=True),
        ),
    ),
    # https://platform.minimax.io/docs/api-reference/text-openai-api: else thoughts stand in the text
    "minimax": ChatUpstream(extras={"reasoning_split": True}),
    # https://docs.siliconflow.com/en/api-reference/chat-completions/chat-completions: the models that take it
    "siliconflow": _by_model(
        _SILICONFLOW,
        (
            r"qwen3-\d+b(?!.*(instruct|thinking))|glm-4\.[5-7]|deepseek-v3\.[1-9]|hunyuan-a13b",
            replace(_SILICONFLOW, reasoning="enable_thinking", says_off=True),
        ),
    ),
    # https://console.groq.com/docs/reasoning: with tools, thoughts must be asked for apart; …/docs/structured-outputs
    "groq": _by_model(
        _GROQ,
        ("gpt-oss", replace(_GROQ, reasoning="reasoning_effort")),
        ("qwen3|deepseek-r1", replace(_GROQ, extras={"reasoning_format": "parsed"})),
    ),
    # https://docs.x.ai/developers/advanced-api-usage/prompt-caching/maximizing-cache-hits: x-grok-conv-id.
    # Its later models say of stop: "Argument not supported on this model"
    "xai": _by_model(
        _XAI,
        ("grok-3-mini", replace(_XAI, reasoning="reasoning_effort", efforts=("low", "high"), stops=False)),
        ("grok-[4-9]", replace(_XAI, stops=False)),
    ),
    # https://inference-docs.cerebras.ai/capabilities/reasoning
    "cerebras": _by_model(_CEREBRAS, ("gpt-oss", replace(_CEREBRAS, reasoning="reasoning_effort"))),
    # https://docs.together.ai/docs/reasoning-overview
    "together": _by_model(PLAIN, ("gpt-oss", replace(PLAIN, reasoning="reasoning_effort"))),
    # https://docs.fireworks.ai/guides/prompt-caching: session affinity; cache_control: "Extra inputs are not permitted"
    "fireworks": _by_model(
        _FIREWORKS, (r"gpt-oss|glm-|deepseek-v[34]|minimax", replace(_FIREWORKS, reasoning="reasoning_effort"))
    ),
    # https://docs.api.nvidia.com/nim/reference: templates of the models take it
    "nvidia": _open_weights(PLAIN),
    "vllm": _open_weights(PLAIN),
    "sglang": _open_weights(PLAIN),
    # https://github.com/ggml-org/llama.cpp/tree/master/tools/server: "Assistant response prefill is incompatible with
    # enable_thinking."; tool_choice is a text
    "llamacpp": _open_weights(ChatUpstream(prefill=False, named_tools=False)),
    # https://lmstudio.ai/docs/developer/openai-compat/tools
    "lmstudio": _by_model(
        ChatUpstream(named_tools=False),
        ("gpt-oss", ChatUpstream(named_tools=False, reasoning="reasoning_effort")),
    ),
    # https://github.com/ollama/ollama/blob/main/docs/openai.md: no tool_choice; others: "does not support thinking"
    "ollama": _by_model(
        _OLLAMA,
        ("gpt-oss", replace(_OLLAMA, reasoning="reasoning_effort")),
        (
            r"qwen3(:|$)|deepseek-(r1|v3\.1)",
            replace(_OLLAMA, reasoning="reasoning_effort", says_off=True),
        ),
    ),
    # https://docs.litellm.ai/docs/completion/drop_params, …/docs/reasoning_content, …/docs/completion/prompt_caching
    "litellm": _by_model(_LITELLM, ("claude", replace(_LITELLM, cache="ttl"))),
}

RESPONSES: Mapping[str, ResponsesUpstream] = {
    # https://docs.x.ai/developers/rest-api-reference: of `include` it knows the encrypted thoughts alone
    "xai": ResponsesUpstream(summary=False, sources=False, user_field=None),
}
_RESPONSES = ResponsesUpstream()


def chat(vendor: Vendor | None) -> ChatUpstream:
    return CHAT.get(vendor.name, PLAIN) if vendor else PLAIN


def responses(vendor: Vendor | None) -> ResponsesUpstream:
    return RESPONSES.get(vendor.name, _RESPONSES) if vendor else _RESPONSES
