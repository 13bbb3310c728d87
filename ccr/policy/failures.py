"""What a provider's failure is, in our words, and whether another target may heal it."""

import re
from collections.abc import Mapping
from email.utils import mktime_tz, parsedate_tz

from ccr.errors import (
    ContextOverflow,
    RequestProblem,
    UpstreamBusy,
    UpstreamFailed,
    UpstreamKeyRefused,
    UpstreamLimited,
    UpstreamModelUnknown,
    UpstreamProblem,
    UpstreamRefused,
    UpstreamSaid,
    UpstreamTimeout,
    UpstreamToolless,
    UpstreamUnpaid,
)
from ccr.ids import Target

# Screened first: "Request too large … tokens per min (TPM)" is a rate limit that reads like an overflow.
LIMIT = re.compile(r"per[ -]min|\btpm\b|\brpm\b|rate.?limit|too many (requests|tokens)|please wait|throttl", re.I)
UNPAID = re.compile(r"insufficient.{0,20}(quota|balance|credit|funds)|exceeded your current quota|credit balance", re.I)
# Ollama says "registry.ollama.ai/library/gemma3:4b does not support tools", OpenRouter "No endpoints found that support
# tool use", vLLM that "auto" tool choice "requires --enable-auto-tool-choice", llama.cpp "tools param requires --jinja
# flag", Groq "`tool calling` is not supported with this model", Gemini "Function calling is not enabled for" a model.
TOOLLESS = re.compile(
    r"not support (tool|function)s?( use| call(s|ing))?\b(?! choice)|support tool use|enable-auto-tool-choice"
    r"|tools param requires|(tool|function) ?(use|call(s|ing))?`? (is|are) not (supported|enabled)",
    re.I,
)
OVERFLOW = re.compile(
    r"prompt is too long|input is too long|exceed context limit|context_length_exceeded|maximum context length"
    r"|maximum prompt length|exceeds? the context window|context window exceeds limit|exceeded model token limit"
    r"|exceeds the maximum number of tokens allowed|longer than the model's context length"
    r"|maximum allowed input length|reduce the length of the messages|maximum context length"
    r"|exceeds the available context size|greater than the context length|exceeded max context length"
    r"|prompt token count of \d+ exceeds|current length is \d+ while limit is|input too long:"
    r"|content_length_exceeds_threshold",
    re.I,
)
MODEL = re.compile(r"model|deployment|engine", re.I)
# How providers give the two numbers of an overflow: the prompt's tokens and the model's maximum.
NUMBERS = (
    re.compile(r"(?P<had>\d[\d,]*) tokens > (?P<max>\d[\d,]*)", re.I),
    re.compile(r"input token count \(?(?P<had>\d[\d,]*)\)? exceeds .*?\(?(?P<max>\d[\d,]*)\)?", re.I | re.S),
    re.compile(r"prompt token count of (?P<had>\d+) exceeds the limit of (?P<max>\d+)", re.I),
    re.compile(r"current length is (?P<had>\d+) while limit is (?P<max>\d+)", re.I),
    re.compile(
        r"maximum (?:context|prompt) length (?:is|of) (?P<max>\d[\d,]*).*?(?P<had>\d[\d,]*) (?:input )?tokens",
        re.I | re.S,
    ),
)
# vLLM, OpenAI and DeepSeek count prompt and answer together; Claude Code heals this one by asking for less.
BOTH = re.compile(
    r"maximum context length is (?P<max>\d+).*?(?P<had>\d+) (?:in|tokens from) the (?:messages|input).*?"
    r"(?P<asked>\d+) (?:in|tokens for) the completion",
    re.I | re.S,
)
ALREADY_BOTH = re.compile(r"input length and `?max_tokens`? exceed context limit", re.I)

# What a provider says inside a 200 stream, or beside a status that does not tell.
CODES: dict[str, int] = {
    "authentication_error": 401,
    "invalid_api_key": 401,
    "permission_error": 403,
    "billing_error": 402,
    "insufficient_quota": 402,
    "not_found_error": 404,
    "model_not_found": 404,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
    "invalid_request_error": 400,
}


def classify(said: UpstreamSaid, target: Target, key_source: str | None = None) -> RequestProblem:
    """The one table from what a provider said to what it means."""
    status = said.status or CODES.get(said.code) or (int(said.code) if said.code.isdigit() else 500)
    text = said.message.strip() or f"status {status} without a message"
    if not LIMIT.search(text) and (OVERFLOW.search(text) or said.code in ("context_length_exceeded", "1261")):
        return ContextOverflow(_overflow(text))
    # The provider's words come first: Claude Code recognises by them what it can heal itself.
    message = f"{text} [{target}]"
    # Google says "You exceeded your current quota, please check your plan and billing details" of a limit per minute.
    unpaid = status in (400, 403, 429) and said.code != "rate_limit_exceeded" and UNPAID.search(text)
    if said.code == "insufficient_quota" or status == 402 or unpaid:
        return UpstreamUnpaid(f"{message}: the account at {target.provider} has no balance", target=target, retry=False)
    if status in (400, 404, 422, 500, 501) and TOOLLESS.search(text):
        remedy = f'choose another model, or add the transformer "toolprompt" to provider {target.provider}'
        return UpstreamToolless(f"{message}: {target.model} takes no tools; {remedy}", target=target, retry=False)
    match status:
        case 401 | 403:
            key = f"check {key_source}" if key_source else f"check the api_key of provider {target.provider}"
            return UpstreamKeyRefused(
                f"{message}: {target.provider} refused the key; {key}", target=target, retry=False
            )
        case 404 if said.code != "model_not_found" and not MODEL.search(text) and target.model not in text:
            # Claude Code takes a 404 for the model's, and drops our words.
            wrong = f"{target.provider} has nothing at this address; check its api_base_url"
            return UpstreamFailed(f"{message}: {wrong}", target=target, retry=False)
        case 404:
            hint = f"{target.provider} does not know this model or path; check its models and api_base_url"
            return UpstreamModelUnknown(f"{message}: {hint}", target=target)
        case 408 | 504:
            return UpstreamTimeout(message, target=target, retry_after=said.retry_after)
        case _ if 300 <= status < 400:
            return UpstreamFailed(f"{message}: {target.provider} redirects; check its api_base_url", target=target)
        case 429:
            return UpstreamLimited(message, target=target, retry_after=said.retry_after)
        case 413 if LIMIT.search(text):
            return UpstreamLimited(message, target=target, retry_after=said.retry_after)
        case 503 | 529:
            return UpstreamBusy(message, target=target, retry_after=said.retry_after)
        case _ if 400 <= status < 500:
            return UpstreamRefused(message, target=target)
        case _ if said.code == "overloaded_error" or "overloaded" in text.lower():
            return UpstreamBusy(message, target=target, retry_after=said.retry_after)
        case _:
            return UpstreamFailed(message, target=target, retry_after=said.retry_after)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds until another try is welcome: from seconds, milliseconds or an HTTP date. None where nothing is said."""
    try:
        if milliseconds := headers.get("retry-after-ms"):
            return max(0.0, float(milliseconds) / 1000)
        text = headers.get("retry-after", "")
        return max(0.0, float(text)) if text.replace(".", "", 1).isdigit() else _until(text, now)
    except ValueError:
        return None


def heals_elsewhere(failure: RequestProblem) -> bool:
    """A request that the provider calls malformed is malformed for the next one too; everything else may be luck."""
    return isinstance(failure, UpstreamProblem) and not isinstance(failure, UpstreamRefused)


def _until(date: str, now: float) -> float | None:
    moment = parsedate_tz(date)
    return None if moment is None else max(0.0, mktime_tz(moment) - now)


def _overflow(text: str) -> str:
    """In the words that make Claude Code compact, or lower max_tokens."""
    if ALREADY_BOTH.search(text):
        return text
    if both := BOTH.search(text):
        return (
            f"input length and `max_tokens` exceed context limit: {both['had']} + {both['asked']} > {both['max']}"
            ", decrease input length or `max_tokens` and try again"
        )
    for pattern in NUMBERS:
        if found := pattern.search(text):
            had, most = (int(found[name].replace(",", "")) for name in ("had", "max"))
            return f"prompt is too long: {had} tokens > {most} maximum"
    return text if text.lower().startswith("prompt is too long") else f"prompt is too long: {text}"
