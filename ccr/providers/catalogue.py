"""What is known of vendors: how each one's Chat Completions differ, and which vendor a configured provider is."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from ccr.config.schema import Provider
from ccr.config.vendors import VENDORS, Vendor, vendor_named
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


def vendor_of(provider: Provider) -> Vendor | None:
    """By the address first: a provider may be called after the models it serves."""
    return (vendor_at(provider.url) if provider.url else None) or vendor_named(provider.name)


def vendor_at(url: str) -> Vendor | None:
    netloc = urlsplit(url).netloc.lower().rpartition("@")[2]
    return next((vendor for vendor in VENDORS if any(_under(netloc, host) for host in hosts(vendor))), None)


def hosts(vendor: Vendor) -> tuple[str, ...]:
    """A local server is known by host and port; the usual ports of some say too little (8000, 8080)."""
    own = urlsplit(vendor.url).netloc
    if own.startswith("localhost:") and not vendor.hosts:
        return ()
    return tuple(host for host in (own, *vendor.hosts) if host)


def _under(netloc: str, host: str) -> bool:
    return netloc == host or netloc.endswith(f".{host}")
