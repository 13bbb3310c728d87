"""How long an answer may be."""

from dataclasses import replace

from ccr.messages.json import JsonObject
from ccr.messages.request import Request
from ccr.wire.quirks.options import Options
from ccr.wire.quirks.quirk import Quirk


def maxtoken(options: JsonObject) -> Quirk:
    """Never more than `max_tokens`: providers answer a larger one by 400 "Invalid max_tokens"."""
    given = Options(options, "max_tokens")
    most = given.count("max_tokens")
    if most is None:
        raise ValueError("needs max_tokens, a whole number above 0")
    return Quirk("maxtoken", request=lambda request, target: capped(request, most), notes=given.notes)


def deepseek(options: JsonObject) -> Quirk:
    """At most 8192 tokens of answer, as in CCR 2, or `max_tokens`: newer models of DeepSeek's give more."""
    given = Options(options, "max_tokens")
    most = given.count("max_tokens") or 8192
    return Quirk("deepseek", request=lambda request, target: capped(request, most), notes=given.notes)


def maxcompletiontokens(options: JsonObject) -> Quirk:
    """`max_completion_tokens`, the only name that OpenAI's reasoning models take. Other dialects have their own."""
    return Quirk("maxcompletiontokens", chat=lambda body, _: _renamed(body), notes=Options(options).notes)


def capped(request: Request, most: int) -> Request:
    if request.max_tokens is None or request.max_tokens <= most:
        return request
    return replace(request, max_tokens=most)


def _renamed(body: JsonObject) -> JsonObject:
    return {"max_completion_tokens" if name == "max_tokens" else name: value for name, value in body.items()}
