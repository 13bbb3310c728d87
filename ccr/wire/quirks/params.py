"""Parameters that are put into a request, and fields that are taken out of it."""

from collections.abc import Mapping
from dataclasses import replace

from ccr.ids import Target
from ccr.messages.json import Json, JsonObject
from ccr.messages.request import Request
from ccr.wire.quirks.limits import capped
from ccr.wire.quirks.options import Options
from ccr.wire.quirks.quirk import Quirk

# What belongs to the user or to a tool: it is not looked into.
OWN = frozenset({"input", "input_schema", "parameters", "parametersJsonSchema", "arguments", "args", "response"})


def sampling(options: JsonObject) -> Quirk:
    """Fixed sampling parameters (`temperature`, `top_p`, `top_k`, `repetition_penalty`), and a cap on `max_tokens`."""
    given = Options(options, "temperature", "top_p", "top_k", "repetition_penalty", "max_tokens")
    temperature, top_p, top_k = given.number("temperature"), given.number("top_p"), given.count("top_k")
    # OpenAI knows neither, but many hosts behind its API do.
    named = {"top_k": top_k, "repetition_penalty": given.number("repetition_penalty")}
    foreign = {name: value for name, value in named.items() if value is not None}
    most = given.count("max_tokens")

    def sampled(request: Request, target: Target) -> Request:
        return replace(
            request if most is None else capped(request, most),
            temperature=request.temperature if temperature is None else temperature,
            top_p=request.top_p if top_p is None else top_p,
            top_k=top_k or request.top_k,
        )

    return Quirk("sampling", request=sampled, chat=lambda body, _: {**body, **foreign}, notes=given.notes)


def customparams(options: JsonObject) -> Quirk:
    """Options merged into the body; what the request says already wins, and objects are merged in depth."""
    return Quirk("customparams", body=lambda body: _merged(body, options))


def openrouter(options: JsonObject) -> Quirk:
    """Options are fields of the body: `{"provider": {"only": ["…"]}}`. https://openrouter.ai/docs/features/provider-routing"""
    return Quirk("openrouter", body=lambda body: {**body, **options})


def vercel(options: JsonObject) -> Quirk:
    """Options are fields of the body: `{"providerOptions": {"gateway": {"only": ["…"]}}}`. https://vercel.com/docs/ai-gateway"""
    return Quirk("vercel", body=lambda body: {**body, **options})


def cleancache(options: JsonObject) -> Quirk:
    """No cache_control: some hosts of Anthropic's dialect know only a part of it."""
    return Quirk("cleancache", body=lambda body: _cleaned(body, "cache_control"), notes=Options(options).notes)


def streamoptions(options: JsonObject) -> Quirk:
    """Ask for usage in a stream, also where the vendor is not known to understand that."""
    asked: JsonObject = {"stream_options": {"include_usage": True}}
    return Quirk(
        "streamoptions",
        chat=lambda body, request: _merged(body, asked) if request.stream else body,
        notes=Options(options).notes,
    )


def groq(options: JsonObject) -> Quirk:
    """No `$schema` in tools, and no cache_control."""

    def plain(body: JsonObject, request: Request) -> JsonObject:
        unmarked = _cleaned(body, "cache_control")
        return {name: _without(v, "$schema") if name == "tools" else v for name, v in unmarked.items()}

    return Quirk("groq", chat=plain, notes=Options(options).notes)


def cerebras(options: JsonObject) -> Quirk:
    """No `reasoning`: its models think as they please."""
    return Quirk(
        "cerebras",
        chat=lambda body, _: {name: body[name] for name in body if name != "reasoning"},
        notes=Options(options).notes,
    )


def _cleaned(body: JsonObject, mark: str) -> JsonObject:
    return {name: _without(value, mark, OWN) for name, value in body.items() if name != mark}


def _without(value: Json, unwanted: str, own: frozenset[str] = frozenset()) -> Json:
    """In all depths, save within the fields that hold the caller's own objects."""
    match value:
        case dict():
            return {
                name: item if name in own else _without(item, unwanted, own)
                for name, item in value.items()
                if name != unwanted
            }
        case list() | tuple():
            return [_without(item, unwanted, own) for item in value]
        case _:
            return value


def _merged(body: JsonObject, options: JsonObject) -> JsonObject:
    merged: dict[str, Json] = dict(body)
    for name, value in options.items():
        there = merged.get(name)
        if isinstance(there, Mapping) and isinstance(value, Mapping):
            merged[name] = _merged(there, value)
        else:
            merged.setdefault(name, value)
    return merged
