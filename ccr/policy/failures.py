"""What a provider's failure is, in our words."""

import re
from collections.abc import Mapping
from email.utils import mktime_tz, parsedate_tz

from ccr.errors import (
    Lack,
    RequestProblem,
    UpstreamBeyondLimit,
    UpstreamBusy,
    UpstreamFailed,
    UpstreamKeyRefused,
    UpstreamLimited,
    UpstreamModelUnknown,
    UpstreamPlaceRefused,
    UpstreamProblem,
    UpstreamRefused,
    UpstreamSaid,
    UpstreamTimeout,
    UpstreamTooLarge,
    UpstreamToolless,
    UpstreamUnaffordable,
    UpstreamUnpaid,
    UpstreamUnreachable,
)
from ccr.ids import Target
from ccr.policy.lacks import lack_of
from ccr.policy.overflows import CODES as OVERFLOW_CODES
from ccr.policy.overflows import overflow_of

LONGEST = 4096  # characters of a message; what comes later quotes the request
A_MONTH = 30 * 86400.0  # seconds; some ask for "inf"

# Screened first: "Request too large … tokens per min (TPM)" is a rate limit that reads like an overflow.
LIMIT = re.compile(r"per[ -]min|\btpm\b|\brpm\b|rate.?limit|too many (requests|tokens(?!:))|please wait|throttl", re.I)
UNPAID = re.compile(r"insufficient.{0,20}(quota|balance|credit|funds)|exceeded your current quota|credit balance", re.I)
# Ollama says "registry.ollama.ai/library/gemma3:4b does not support tools", OpenRouter "No endpoints found that support
# tool use", vLLM that "auto" tool choice "requires --enable-auto-tool-choice", llama.cpp "tools param requires --jinja
# flag", Groq "`tool calling` is not supported with this model", Gemini "Function calling is not enabled for" a model.
TOOLLESS = re.compile(
    r"not support (tool|function)s?( use| call(s|ing))?\b(?! choice)|support tool use|enable-auto-tool-choice"
    r"|tools param requires|(tool|function) ?(use|call(s|ing))?`? (is|are) not (supported|enabled)",
    re.I,
)
# What a provider says of the request itself. OpenRouter says 404, and llama.cpp 500, of images.
OF_THE_REQUEST = (400, 404, 413, 422, 500)
# Behind it stands what was sent, which may say anything: pydantic "[type=…, input_value='…']", FastAPI "'input': '…'".
QUOTED = re.compile(r"input_value=|['\"]input['\"]:|\binput: ?['\"]")
# OpenAI says "Country, region, or territory not supported" with a 403, Gemini "User location is not supported" with a 400.
PLACE = re.compile(r"\bcountry[^.]{0,40} not supported|unsupported_country|user location is not supported", re.I)
# OpenRouter says "You requested up to 64000 tokens, but can only afford 3210".
UNAFFORDABLE = re.compile(r"can only afford", re.I)
# OpenAI and Groq say "Request too large for model … on tokens per minute (TPM): Limit 10000, Requested 50000".
BEYOND = re.compile(r"\blimit:? ([\d,]{1,15}).{0,40}\brequested:? ([\d,]{1,15})", re.I)
# OpenAI says "Project … does not have access to model …" with a 403, LiteLLM "key not allowed to access model" with a 401.
NOT_OURS = re.compile(r"access to (the )?model|not allowed to (access|use) (the |this )?model", re.I)
# OpenRouter says "… requires moderation on … Your input was flagged for …" with a 403.
FLAGGED = re.compile(r"\b(input|prompt|content|request)\b.{0,40}\bflagged\b|\bmoderation\b", re.I)
STATUS = re.compile("[1-5][0-9]{2}")
MODEL = re.compile(r"model|deployment|engine", re.I)
# Whose account or key it is, is nobody's business: OpenAI "in organization org-…", "Incorrect API key provided: sk-…",
# Google "projects/123", AWS "arn:aws:bedrock:eu-west-1:123456789012:…".
PRIVATE = re.compile(
    r"\b(?:sk|gsk|xai|pk)-[\w*.-]{4,}|\bAIza[\w-]{20,}|\b(?:org|proj|acct|user|key)[-_](?=[\w-]{0,80}\d)[\w-]{8,}"
    r"|(?<=projects/)[\w.:-]+|(?<=:)\d{12}(?=:)"
)

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
    status = said.status or CODES.get(said.code) or (int(said.code) if STATUS.fullmatch(said.code) else 500)
    text = PRIVATE.sub("***", said.message.strip()[:LONGEST]) or f"status {status} without a message"
    # The provider's words come first: Claude Code recognises by them what it can heal itself.
    message = f"{text} [{target}]"
    told = QUOTED.split(text, maxsplit=1)[0]
    limited = LIMIT.search(told)
    of_the_request = not limited and (status in OF_THE_REQUEST or said.code in OVERFLOW_CODES)
    if of_the_request and (overflow := overflow_of(told, said.code, message)):
        return overflow
    # Google says "You exceeded your current quota, please check your plan and billing details" of a limit per minute.
    unpaid = status in (400, 403, 429) and said.code != "rate_limit_exceeded" and UNPAID.search(told)
    if status == 402 and UNAFFORDABLE.search(told):
        little = f"the account at {target.provider} has too little balance for so large a request"
        return UpstreamUnaffordable(f"{message}: {little}", target=target, retry=False)
    if said.code == "insufficient_quota" or status == 402 or unpaid:
        return UpstreamUnpaid(f"{message}: the account at {target.provider} has no balance", target=target, retry=False)
    if status in (400, 404, 422, 500, 501) and TOOLLESS.search(told):
        remedy = f'choose another model, or add the transformer "toolprompt" to provider {target.provider}'
        return UpstreamToolless(f"{message}: {target.model} takes no tools; {remedy}", target=target, retry=False)
    if of_the_request and (lack := lack_of(told)):
        return UpstreamRefused(message + _remedy(lack, target), target=target, lack=lack)
    match status:
        case 400 | 403 if PLACE.search(told) or PLACE.search(said.code):
            remedy = "set a proxy for it, or choose another provider"
            wrong = f"{target.provider} does not serve the country that this comes from; {remedy}"
            return UpstreamPlaceRefused(f"{message}: {wrong}", target=target, retry=False)
        case 401 | 403 if said.code == "model_not_found" or NOT_OURS.search(told):
            hint = f"{target.provider} does not give this model to this key; check its models"
            return UpstreamModelUnknown(f"{message}: {hint}", target=target, retry=False)
        case 403 if FLAGGED.search(told):
            return UpstreamProblem(f"{message}: {target.provider} refuses what is asked", target=target, retry=False)
        case 200 | 403 | 413 | 429 | 500 if limited and _is_beyond(told):
            beyond = f"the request alone is more than the limit at {target.provider}"
            return UpstreamBeyondLimit(f"{message}: {beyond}", target=target, retry=False)
        case 200 | 403 | 500 if limited:  # 500 also stands for what a stream says without a status
            return UpstreamLimited(message, target=target, retry_after=said.retry_after)
        case 401 | 403:
            key = f"check {key_source}" if key_source else f"check the api_key of provider {target.provider}"
            return UpstreamKeyRefused(
                f"{message}: {target.provider} refused the key; {key}", target=target, retry=False
            )
        case 404 if said.code != "model_not_found" and not MODEL.search(text) and target.model not in text:
            wrong = f"{target.provider} has nothing at this address; check its api_base_url"
            return UpstreamFailed(f"{message}: {wrong}", target=target, retry=False)
        case 404:
            hint = f"{target.provider} does not know this model or path; check its models and api_base_url"
            return UpstreamModelUnknown(f"{message}: {hint}", target=target, retry=False)
        case 407:
            return UpstreamUnreachable(
                f"{message}: the proxy refuses its login; check its proxy, or PROXY_URL", target=target, retry=False
            )
        case 408 | 504 | 522 | 524:
            return UpstreamTimeout(message, target=target, retry_after=said.retry_after)
        case 508:
            wrong = f"the way to {target.provider} is a loop; check its api_base_url"
            return UpstreamFailed(f"{message}: {wrong}", target=target, retry=False)
        case _ if 300 <= status < 400:
            wrong = f"{target.provider} redirects; check its api_base_url"
            return UpstreamFailed(f"{message}: {wrong}", target=target, retry=False)
        case 429:
            return UpstreamLimited(message, target=target, retry_after=said.retry_after)
        case 413 if limited:
            return UpstreamLimited(message, target=target, retry_after=said.retry_after)
        case 413:
            return UpstreamTooLarge(f"{message}: the request is too large for {target.provider}", target=target)
        case 409 | 425 | 503 | 529:
            return UpstreamBusy(message, target=target, retry_after=said.retry_after)
        case _ if 400 <= status < 500:
            return UpstreamRefused(message, target=target)
        case _ if said.code == "overloaded_error" or "overloaded" in told.lower():
            return UpstreamBusy(message, target=target, retry_after=said.retry_after)
        case _:
            return UpstreamFailed(message, target=target, retry_after=said.retry_after)


def _is_beyond(told: str) -> bool:
    numbers = BEYOND.search(told)
    limit, requested = (int(number.replace(",", "") or 0) for number in numbers.groups()) if numbers else (0, 0)
    return requested > limit


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds until another try is welcome: from seconds, milliseconds or an HTTP date. None where nothing is said."""
    text = headers.get("retry-after", "")
    try:
        if milliseconds := headers.get("retry-after-ms"):
            seconds: float | None = float(milliseconds) / 1000
        else:
            seconds = float(text) if text.replace(".", "", 1).isdigit() else _until(text, now)
    except (ValueError, OverflowError):
        return None
    return None if seconds is None else min(max(0.0, seconds), A_MONTH)


def _until(date: str, now: float) -> float | None:
    moment = parsedate_tz(date)
    return None if moment is None else mktime_tz(moment) - now


def _remedy(lack: Lack, target: Target) -> str:
    if lack.limit is None:
        return ""
    return f": set limits.{target.model}.output to {lack.limit} in provider {target.provider}"
