"""Named differences of vendors. Each is a function of the request or of the encoded body, and says where it was seen."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from ccr.messages.json import Json, JsonObject
from ccr.messages.request import Request
from ccr.wire.quirks.quirk import Quirk


def maxtoken(options: JsonObject) -> Quirk:
    """Never more than `max_tokens`: providers answer a larger one by 400 "Invalid max_tokens"."""
    most = _count(options, "max_tokens")
    return Quirk("maxtoken", request=lambda request: _capped(request, most))


def maxcompletiontokens(options: JsonObject) -> Quirk:
    """`max_completion_tokens`, the only name that OpenAI's reasoning models take."""
    return Quirk("maxcompletiontokens", body=lambda body: _renamed(body, "max_tokens", "max_completion_tokens"))


def sampling(options: JsonObject) -> Quirk:
    """Fixed sampling parameters, and a cap on max_tokens."""
    known = ("temperature", "top_p", "top_k", "repetition_penalty", "max_tokens")
    if unknown := [name for name in options if name not in known]:
        raise ValueError(f"does not know {', '.join(unknown)}; it takes {', '.join(known)}")
    most = _count(options, "max_tokens") if "max_tokens" in options else None
    fixed = {name: _number(options, name) for name in known[:4] if name in options}
    return Quirk(
        "sampling",
        request=lambda request: request if most is None else _capped(request, most),
        body=lambda body: {**body, **fixed},
    )


def customparams(options: JsonObject) -> Quirk:
    """Options merged into the body; what the request says already wins, and objects are merged in depth."""
    return Quirk("customparams", body=lambda body: _merged(body, options))


def openrouter(options: JsonObject) -> Quirk:
    """Options are fields of the body: `{"provider": {"only": ["…"]}}`. https://openrouter.ai/docs/features/provider-routing"""
    return Quirk("openrouter", body=lambda body: {**body, **options})


def deepseek(options: JsonObject) -> Quirk:
    """At most 8192 tokens of answer, as this transformer's name promised in CCR 2."""
    return Quirk("deepseek", request=lambda request: _capped(request, 8192))


def cleancache(options: JsonObject) -> Quirk:
    """No cache_control: some hosts of Anthropic's dialect know only a part of it. Chat Completions never has any."""
    mark, own = "cache_control", frozenset({"input", "input_schema"})
    return Quirk("cleancache", body=lambda body: {k: _without(v, mark, own) for k, v in body.items() if k != mark})


def streamoptions(options: JsonObject) -> Quirk:
    """Ask for usage in a stream, also where the vendor is not known to understand that."""
    asked: JsonObject = {"stream_options": {"include_usage": True}}
    return Quirk("streamoptions", body=lambda body: _merged(body, asked) if body.get("stream") else body)


def groq(options: JsonObject) -> Quirk:
    """No `$schema` in tools."""
    return Quirk("groq", body=lambda body: {k: _without(v, "$schema") if k == "tools" else v for k, v in body.items()})


def cerebras(options: JsonObject) -> Quirk:
    """No `reasoning`: its models think as they please."""
    return Quirk("cerebras", body=lambda body: {name: body[name] for name in body if name != "reasoning"})


QUIRKS: Mapping[str, Callable[[JsonObject], Quirk]] = {
    "maxtoken": maxtoken,
    "maxcompletiontokens": maxcompletiontokens,
    "sampling": sampling,
    "customparams": customparams,
    "openrouter": openrouter,
    "deepseek": deepseek,
    "cleancache": cleancache,
    "streamoptions": streamoptions,
    "groq": groq,
    "cerebras": cerebras,
}

# Names that CCR 2 knows and that do nothing here yet: the configuration reports them.
PENDING = frozenset(
    "gemini vertex-gemini vertex-claude tooluse enhancetool reasoning forcereasoning openai-responses vercel "
    "gemini-cli qwen-cli chutes-glm rovo-cli".split()
)


def _capped(request: Request, most: int) -> Request:
    if request.max_tokens is None or request.max_tokens <= most:
        return request
    return replace(request, max_tokens=most)


def _without(value: Json, unwanted: str, foreign: frozenset[str] = frozenset()) -> Json:
    """In all depths, save within the fields that hold the caller's own objects."""
    match value:
        case dict():
            return {
                name: item if name in foreign else _without(item, unwanted, foreign)
                for name, item in value.items()
                if name != unwanted
            }
        case list() | tuple():
            return [_without(item, unwanted, foreign) for item in value]
        case _:
            return value


def _renamed(body: JsonObject, old: str, new: str) -> JsonObject:
    return {new if name == old else name: value for name, value in body.items()}


def _merged(body: JsonObject, options: JsonObject) -> JsonObject:
    merged: dict[str, Json] = dict(body)
    for name, value in options.items():
        there = merged.get(name)
        if isinstance(there, Mapping) and isinstance(value, Mapping):
            merged[name] = _merged(there, value)
        else:
            merged.setdefault(name, value)
    return merged


def _count(options: JsonObject, name: str) -> int:
    value = options.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise ValueError(f"needs {name}, a whole number above 0")


def _number(options: JsonObject, name: str) -> int | float:
    value = options[name]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise ValueError(f"takes a number as {name}")
