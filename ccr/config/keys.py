"""The names of all settings, in every spelling that circulates, and what is known but not done."""

from collections.abc import Mapping

from ccr.config.problems import spellings

TOP: Mapping[str, str] = spellings(
    "HOST", "PORT", "APIKEY", "ALLOW_INSECURE", "MAX_BODY",
    "LOG", "LOG_LEVEL", "LOG_MAX_BYTES", "LOG_KEEP",
    "API_TIMEOUT_MS", "PROXY_URL", "CUSTOM_ROUTER_PATH", "NON_INTERACTIVE_MODE", "CLAUDE_PATH",
    "Providers", "Router", "fallback", "aliases", "timeouts",
    "transformers", "StatusLine", "REWRITE_SYSTEM_PROMPT", "forceUseImageAgent", "plugins", "ANTHROPIC_SMALL_FAST_MODEL",
    "OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL", "noServer", "claudeCodeSettings", "SERVICE_PORT",
    httpsproxy="PROXY_URL", proxy="PROXY_URL", key="APIKEY",
)  # fmt: skip

PROVIDER: Mapping[str, str] = spellings(
    "name", "api_base_url", "api_key", "models", "transformer", "transformers", "dialect", "auth", "headers", "proxy",
    "timeouts", "tokenizer",
    baseurl="api_base_url", url="api_base_url", apibase="api_base_url", host="api_base_url", key="api_key",
    proxyurl="proxy",
)  # fmt: skip

TIMEOUTS: Mapping[str, str] = spellings("connect", "first_byte", "idle", "total")

TRANSFORMER_FILE: Mapping[str, str] = spellings("path", "options")

# Beside `use` in a provider's transformers, in older templates: what is forced, capped, fixed.
TRANSFORMER: Mapping[str, str] = spellings("use", "enableToolForcing", "maxTokens", "temperature")

ROUTES: Mapping[str, str] = spellings(
    "default", "background", "think", "longContext", "webSearch", "image", "compaction", "tool", "coder"
)

DIALECTS: Mapping[str, str] = spellings(
    "anthropic", "openai", "responses", "gemini", "vertex-gemini", "vertex-claude", "bedrock-claude", "search",
    messages="anthropic", chat="openai", openaichat="openai", openairesponses="responses", searxng="search",
    bedrock="bedrock-claude",
)  # fmt: skip
AUTHS: Mapping[str, str] = spellings("bearer", "x-api-key", "api-key", "x-goog-api-key", "google", "aws", "none")
LEVELS: Mapping[str, str] = spellings(
    "error", "warn", "info", "debug", fatal="error", warning="warn", trace="debug", silent="error"
)

# Settings of CCR 1 to 3 that have no effect here, and what to do instead.
UNSUPPORTED: Mapping[str, str] = {
    "StatusLine": "the status line is not drawn by the router; set statusLine in Claude Code's settings",
    "REWRITE_SYSTEM_PROMPT": "the system prompt is not rewritten",
    "forceUseImageAgent": "there is no image agent; Router.image sends the whole request to a model that sees",
    "plugins": "plugins are not loaded; the request log has tokens and times",
    "ANTHROPIC_SMALL_FAST_MODEL": "is not passed on; set Router.background",
    "OPENAI_API_KEY": "has no effect here; put it into a provider's api_key",
    "OPENAI_BASE_URL": "has no effect here; put it into a provider's api_base_url",
    "OPENAI_MODEL": "has no effect here; set Router.default",
    "noServer": "presets are not supported",
    "claudeCodeSettings": "presets are not supported",
    "SERVICE_PORT": "has no effect here; set PORT",
}
UNSUPPORTED_ROUTES: Mapping[str, str] = {
    "custom": "has no effect here; set CUSTOM_ROUTER_PATH",
    "fallback": "has no effect inside Router; move it to the top of the file",
    "rules": "rules of CCR 3 are not supported; set the routes, or CUSTOM_ROUTER_PATH",
    "builtinrules": "rules of CCR 3 are not supported; set the routes, or CUSTOM_ROUTER_PATH",
}
