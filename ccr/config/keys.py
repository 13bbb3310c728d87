"""The names of all settings, in every spelling that circulates, and what is known but not done."""

from collections.abc import Mapping

from ccr.config.problems import spellings

TOP: Mapping[str, str] = spellings(
    "HOST", "PORT", "APIKEY", "ALLOW_INSECURE", "MAX_BODY",
    "LOG", "LOG_LEVEL", "LOG_MAX_BYTES", "LOG_KEEP",
    "API_TIMEOUT_MS", "PROXY_URL", "CUSTOM_ROUTER_PATH", "NON_INTERACTIVE_MODE", "CLAUDE_PATH",
    "Providers", "Router", "fallback", "aliases", "timeouts", "retries", "recovery", "breaker", "concurrency", "queue",
    "transformers", "StatusLine", "REWRITE_SYSTEM_PROMPT", "forceUseImageAgent", "plugins", "ANTHROPIC_SMALL_FAST_MODEL",
    "OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL", "noServer", "claudeCodeSettings", "SERVICE_PORT",
    httpsproxy="PROXY_URL", proxy="PROXY_URL", key="APIKEY",
)  # fmt: skip

PROVIDER: Mapping[str, str] = spellings(
    "name", "api_base_url", "api_key", "models", "transformer", "transformers", "dialect", "auth", "headers", "proxy",
    "timeouts", "tokenizer", "limits", "retries", "concurrency",
    baseurl="api_base_url", url="api_base_url", apibase="api_base_url", host="api_base_url", key="api_key",
    proxyurl="proxy", keys="api_key", apikeys="api_key",
)  # fmt: skip

# One of several in api_key.
KEY: Mapping[str, str] = spellings(
    "key", "name", "weight", "priority", "rpm", "tpm", "concurrency",
    apikey="key", maxparallelrequests="concurrency",
)  # fmt: skip

# What is no setting of ours at this place, and where it belongs. LiteLLM's users try some.
ELSEWHERE: Mapping[str, str] = {
    **dict.fromkeys(("retry", "numretries", "maxretries"), 'write "retries"'),
    **dict.fromkeys(("cooldown", "cooldowntime"), 'write "breaker": {"pause": …}'),
    **dict.fromkeys(("allowedfails", "maxfailures"), 'write "breaker": {"failures": …}'),
}
OF_A_KEY: Mapping[str, str] = {
    **{name: ELSEWHERE[name] for name in ("retry", "numretries", "maxretries")},
    **{
        name: f'it belongs to a key: "api_key": [{{"key": "$NAME", "{name}": …}}]'
        for name in ("weight", "priority", "rpm", "tpm")
    },
}
OF_THE_FILE: Mapping[str, str] = dict.fromkeys(
    ("head", "failover"), "it belongs into the file's own timeouts: it is about a request, not about one attempt"
)

# Targets that are equal, and one of them.
BALANCED: Mapping[str, str] = spellings("balance", "targets", "target", "weight")
MEMBER: Mapping[str, str] = spellings("target", "weight")
BALANCES: Mapping[str, str] = spellings("weighted", "least_busy", "fastest")

LIMITS: Mapping[str, str] = spellings(
    "context", "output", "price",
    contextwindow="context", window="context", maxinputtokens="context", maxoutputtokens="output", maxtokens="output",
)  # fmt: skip

PRICE: Mapping[str, str] = spellings("input", "output", "cache_read", "cache_write")

MODEL_TIMEOUTS: Mapping[str, str] = spellings("connect", "first_byte", "idle", "total")
PROVIDER_TIMEOUTS: Mapping[str, str] = {**MODEL_TIMEOUTS, **spellings("models")}
TIMEOUTS: Mapping[str, str] = {**MODEL_TIMEOUTS, **spellings("head", "failover")}

BREAKER: Mapping[str, str] = spellings("failures", "share", "window", "pause")

TRANSFORMER_FILE: Mapping[str, str] = spellings("path", "options")

# Beside `use` in a provider's transformers, in older templates: what is forced, capped, fixed.
TRANSFORMER: Mapping[str, str] = spellings("use", "enableToolForcing", "maxTokens", "temperature")

STATUS_LINE: Mapping[str, str] = spellings("enabled", "currentStyle", "default", "powerline", "fontFamily")

MODULE: Mapping[str, str] = spellings("type", "icon", "text", "color", "background", "scriptPath", "options")

ROUTES: Mapping[str, str] = spellings(
    "default",
    "background",
    "think",
    "longContext",
    "webSearch",
    "image",
    "subagent",
    "agents",
    "compaction",
    "tool",
    "coder",
)

DIALECTS: Mapping[str, str] = spellings(
    "anthropic", "openai", "responses", "gemini", "vertex-gemini", "vertex-claude", "bedrock-claude", "search",
    messages="anthropic", chat="openai", openaichat="openai", openairesponses="responses", searxng="search",
    bedrock="bedrock-claude",
)  # fmt: skip
AUTHS: Mapping[str, str] = spellings(
    "bearer", "x-api-key", "api-key", "x-goog-api-key", "google", "aws", "client", "none"
)
RECOVERIES: Mapping[str, str] = spellings("error", "continue")
LEVELS: Mapping[str, str] = spellings(
    "error", "warn", "info", "debug", fatal="error", warning="warn", trace="debug", silent="error"
)

# Settings of CCR 1 to 3 that have no effect here, and what to do instead.
UNSUPPORTED: Mapping[str, str] = {
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

# Where settings stand, and their names there.
PLACES: Mapping[str, Mapping[str, str]] = {
    "": TOP, "Providers[].": PROVIDER, "Router.": ROUTES, "timeouts.": TIMEOUTS, "breaker.": BREAKER,
    "transformers[].": TRANSFORMER_FILE,
    "Providers[].api_key[].": KEY, "Providers[].limits.MODEL.": LIMITS, "Providers[].limits.MODEL.price.": PRICE,
}  # fmt: skip

# Setting -> type, what it is, and what holds without it; for docs/reference.md.
MEANINGS: Mapping[str, str] = {
    "HOST": "text: the address to listen on; `127.0.0.1`",
    "PORT": "number: the port to listen on; `3456`",
    "APIKEY": "text: the key that clients must send; one is made at the first start",
    "ALLOW_INSECURE": "true or false: may listen beyond this machine without a key of yours; `false`",
    "MAX_BODY": "bytes: the largest request; 64 MiB",
    "LOG": "true or false: whether requests are logged; `true`",
    "LOG_LEVEL": "`error`, `warn`, `info` or `debug`; `info`",
    "LOG_MAX_BYTES": "bytes: how large a log file grows; 20 MiB",
    "LOG_KEEP": "number: how many older log files are kept; `3`",
    "API_TIMEOUT_MS": "milliseconds: how long Claude Code waits, which it is told at its start; `600000`",
    "PROXY_URL": "URL: the proxy on the way to providers",
    "CUSTOM_ROUTER_PATH": "path: a script of yours that routes first",
    "NON_INTERACTIVE_MODE": "true or false: Claude Code is started as in CI, without a terminal; `false`",
    "CLAUDE_PATH": "path: the claude program, unless the variable `CLAUDE_PATH` names one",
    "Providers": "list of objects: who can be asked; without it, those whose keys are in the environment",
    "Router": "object: route → target, such as `provider,model`, or [several](failover.md)",
    "fallback": "object: route, alias or target → the target or targets [tried next](failover.md); none",
    "aliases": "object: a model name of your own → target or [several](failover.md); none",
    "timeouts": "object: for all providers that have none of their own",
    "retries": "number: how often a model is asked again with the same key when it is busy or fails, before another is; `1`",
    "recovery": "what becomes of an answer that breaks off: the client is told (`error`), or the next target goes on with its "
    "text (`continue`); `error`",
    "breaker": "object: when a model is passed over while another could answer; `false`: never",
    "breaker.failures": "number: after so many failures of one key and model; `5`",
    "breaker.share": "number up to 1: if they are so large a share of its answers; `0.5`",
    "breaker.window": "seconds that are looked back; `60`",
    "breaker.pause": "seconds until it is tried again, doubled each time that this fails, "
    "up to 300, or 60 where it cannot be reached; `30`",
    "concurrency": "number: requests under way at providers, in all; any",
    "queue": "seconds that a request waits for its turn where there is a `concurrency`; `20`",
    "StatusLine": "object: [Claude Code's status line](statusline.md), as CCR has it; none of ours",
    "transformers": "list: [transformers of your own](transformers.md#your-own); none",
    "Providers[].name": "text: a vendor's, or any without a comma; needed",
    "Providers[].api_base_url": "URL: the base or the full endpoint; a known vendor's own",
    "Providers[].api_key": "text, or `$NAME` of a variable; or a [list of several](failover.md#several-keys), as texts or the objects below",
    "Providers[].api_key[].key": "text, or `$NAME` of a variable; needed",
    "Providers[].api_key[].name": "text: what logs call it; its number in the list",
    "Providers[].api_key[].weight": "number: its share of the conversations among those of its priority; `1`",
    "Providers[].api_key[].priority": "number: keys of `2` are used while none of `1` can be; `1`",
    "Providers[].api_key[].rpm": "number: how many requests it is sent in a minute; any",
    "Providers[].api_key[].tpm": "number: for how many tokens it is used in a minute; any",
    "Providers[].api_key[].concurrency": "number: how many of its requests are under way at a time; any",
    "Providers[].models": "list of names",
    "Providers[].transformer": "object or list: [what changes its requests and answers](transformers.md); none",
    "Providers[].transformers": "as `transformer`, and after it",
    "Providers[].dialect": "what it speaks, see below; as its address or the vendor says",
    "Providers[].auth": "how the key is sent, see below; as the vendor or the dialect is used to. "
    "`client`: [the caller's own Claude login](claude-login.md) is",
    "Providers[].headers": "object: header → text, sent with each request; none",
    "Providers[].proxy": "URL: its own proxy; `PROXY_URL`",
    "Providers[].timeouts": "object: its own, and under `models` those of a model; the file's `timeouts`",
    "Providers[].retries": "number: its own; the file's `retries`",
    "Providers[].concurrency": "number: its requests under way; any",
    "Providers[].limits": "object: model, or `*` for the others → its window as a number, or the object below; "
    "[what is known](models.md)",
    "Providers[].limits.MODEL.context": "tokens of prompt and answer together; such a window is kept before anything is sent",
    "Providers[].limits.MODEL.output": "tokens: the longest answer; `max_tokens` never asks for more",
    "Providers[].limits.MODEL.price": "object: dollars for a million tokens",
    "Providers[].limits.MODEL.price.input": "dollars; needed",
    "Providers[].limits.MODEL.price.output": "dollars; needed",
    "Providers[].limits.MODEL.price.cache_read": "dollars for what comes out of a cache; not known",
    "Providers[].limits.MODEL.price.cache_write": "dollars for what goes into a cache; not known",
    "Providers[].tokenizer": "ignored: tokens are counted in one way for all models",
    "Router.default": "target: what no other rule claims; chosen from the providers",
    "Router.background": "target: Claude Haiku's requests and those that Claude Code makes for itself",
    "Router.think": "target: requests that want thinking",
    "Router.longContext": "target: prompts of more than `longContextThreshold` tokens (`60000`)",
    "Router.webSearch": "target or search engine: [web searches](web-search.md)",
    "Router.image": "target: requests whose last user turn holds an image",
    "Router.subagent": "target: Claude Code's subagents",
    "Router.agents": "object: a subagent's type (`Explore`, an agent file's name) → target; none",
    "Router.compaction": "target: Claude Code's summaries of a conversation",
    "Router.tool": "target: requests with tools",
    "Router.coder": "target: requests with tools that edit files",
    "timeouts.connect": "seconds until there is a connection; `10`",
    "timeouts.first_byte": "seconds until an answer's first content; `900`, `120` where another target could answer, `600` where one could "
    "and this is a local server",
    "timeouts.idle": "seconds of silence within an answer; `900`",
    "timeouts.total": "seconds for an answer that is not streamed; `600`",
    "timeouts.head": "seconds until a client has its stream's beginning, content or not; `30`; the file's alone",
    "timeouts.failover": "seconds within which another target or key is still tried; `900`; the file's alone",
    "transformers[].path": "path of a Python file; needed",
    "transformers[].options": "object: what a use of it does not say otherwise; none",
}
