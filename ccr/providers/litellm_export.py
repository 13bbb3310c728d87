"""Our settings -> a LiteLLM config that Claude Code can work with, and line by line what could not be carried over.

The other way is ccr/config/litellm.py. Keys that come from variables stay variables. Facts about LiteLLM: 1.106.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from ccr.config import keys
from ccr.config.litellm import REFERENCE
from ccr.config.litellm_groups import STRATEGIES as THEIRS
from ccr.config.routes import Way, behind
from ccr.config.schema import AuthStyle, Balance, Config, Key, Notice, Provider, Secret, Timeouts
from ccr.config.show import is_secret
from ccr.config.vendors import Vendor
from ccr.config.zero import GUIDE
from ccr.errors import ConfigInvalid
from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.json import Json, JsonObject
from ccr.providers.addresses import DIALECTS, vendor_at
from ccr.providers.resolve import Upstream, resolve

# Vendors to which LiteLLM has a way of its own. All others are asked as vLLM is, by plain Chat Completions; as
# `openai/`, requests that think would go to the Responses API, which hardly anybody else has.
PREFIXES: Mapping[str, str] = {
    **{
        name: name
        for name in (
            *("azure", "cerebras", "dashscope", "deepinfra", "deepseek", "gemini", "groq", "mistral", "modelscope"),
            *("github", "huggingface", "moonshot", "openai", "openrouter", "volcengine", "xai", "zai"),
        )
    },
    "fireworks": "fireworks_ai",
    "nvidia": "nvidia_nim",
    "together": "together_ai",
    "vercel": "vercel_ai_gateway",
}
# Clouds, which are known by what stands in the address, and asked with the credentials of the machine.
CLOUDS: Mapping[str, tuple[str, re.Pattern[str]]] = {
    "vertex": ("vertex_ai", re.compile(r".*/projects/(?P<vertex_project>[^/]+)/locations/(?P<vertex_location>[^/]+)")),
    "bedrock": ("bedrock", re.compile(r"https://bedrock-[a-z]+\.(?P<aws_region_name>[^.]+)\.")),
}
STRATEGIES = {ours: theirs for theirs, ours in THEIRS.items()}
PLAIN = "hosted_vllm"
EXTRA = "customparams"  # the transformer that adds to the body

# What Claude Code asks for by itself, by route. LiteLLM tries longer patterns first. Each has a plain name in front:
# lists of models and other importers leave patterns out, and ours takes the first name as the default.
CLAUDE: Mapping[str, tuple[str, ...]] = {
    "default": ("claude-sonnet", "claude-*", "*"),
    "background": ("claude-haiku", "claude-*haiku*"),
}


@dataclass(frozen=True, slots=True)
class Deployment:
    """A provider as LiteLLM is told of it."""

    provider: Provider
    upstream: Upstream

    @property
    def keys(self) -> tuple[Key | None, ...]:
        """Each is a deployment of its own."""
        return self.upstream.keys if self.upstream.auth not in ("google", "aws", "none") else ()

    def with_key(self, key: Key | None) -> "Deployment":
        return replace(self, upstream=self.upstream.with_key(key))

    def entry(
        self, name: str, model: ModelName, key: Key | None, weight: float | None, order: int | None
    ) -> JsonObject:
        prefix, base = _reached(self.upstream)
        times = self.upstream.timeouts_for(model)
        timed = self.provider.timeouts is not None or model in self.provider.model_timeouts
        params: dict[str, Json] = {
            "model": f"{prefix}/{model}",
            "api_base": base,
            "api_version": "v1" if prefix == "azure" else None,
            **_cloud(self.upstream),
            "api_key": _key(self.upstream) if _keyed(self.upstream) else None,
            "extra_headers": self._headers(),
            "extra_body": _extra_body(self.provider, model),
            "timeout": times.total if timed else None,
            "stream_timeout": times.first_byte if timed else None,
            "max_retries": self.provider.retries,
            "max_parallel_requests": key.concurrency if key else self.provider.concurrency,
            "rpm": key.rpm if key else None,
            "tpm": key.tpm if key else None,
            "weight": weight,
            "order": order,
        }
        entry: dict[str, Json] = {"model_name": name, "litellm_params": _given(params)}
        if prefix == PLAIN and self.upstream.dialect.name == "anthropic":
            entry["model_info"] = {"supported_endpoints": ["/v1/messages"]}
        return entry

    def _headers(self) -> JsonObject:
        upstream = self.upstream
        if upstream.key is None or _keyed(upstream) or upstream.auth in ("google", "aws", "none"):
            return upstream.headers
        return {**upstream.headers, upstream.auth: _key(upstream)}


def exported(config: Config) -> tuple[str, tuple[Notice, ...]]:
    """YAML, and what it does not say. Raises ConfigInvalid where there is nothing to export."""
    if config.providers in ((), (GUIDE,)):
        raise ConfigInvalid(
            "there is nothing to export: configure a provider, or set a variable such as GEMINI_API_KEY"
        )
    config, engines = _without_engines(config)
    providers = tuple(_as_if_set(provider) for provider in config.providers)
    upstreams, _ = resolve(replace(config, providers=providers))
    deployments = {each.name: Deployment(each, upstream) for each, upstream in zip(providers, upstreams, strict=True)}
    names = _names(config)
    raw: dict[str, Json] = {
        "model_list": [entry for name, way in names.items() for entry in _entries(name, way, deployments)],
        "router_settings": _given({"fallbacks": [*_fallbacks(names)], **_router_settings(config)}),
        "litellm_settings": {
            "drop_params": True,  # what a provider does not take is left out
            "use_chat_completions_url_for_anthropic_messages": True,
            "disable_anthropic_gemini_context_caching_transform": True,  # Gemini caches by itself, and refuses short ones
            "request_timeout": config.timeouts.total,
        },
        "general_settings": {
            "master_key": f"{REFERENCE}LITELLM_MASTER_KEY",
            # Else /v1/responses seals its ids with a package that LiteLLM does not bring: "No module named 'nacl'".
            "disable_responses_id_security": True,
            **_given({"global_max_parallel_requests": config.concurrency}),
        },
    }
    lost = (
        notice for index, each in enumerate(deployments.values()) for notice in _lost_of(each, f"Providers[{index}]")
    )
    return msgspec.yaml.encode(_given(raw)).decode(), (*_lost(config), *engines, *lost)


def _without_engines(config: Config) -> tuple[Config, tuple[Notice, ...]]:
    engines = frozenset(provider.name for provider in config.providers if provider.dialect == "search")
    if not engines:
        return config, ()

    def models(named: Mapping[str, Target]) -> dict[str, Target]:
        return {name: target for name, target in named.items() if target.provider not in engines}

    def others(chain: Iterable[Target]) -> tuple[Target, ...]:
        return tuple(target for target in chain if target.provider not in engines)

    rest = replace(
        config,
        providers=tuple(provider for provider in config.providers if provider.name not in engines),
        routes=replace(config.routes, targets=models(config.routes.targets)),
        aliases=models(config.aliases),
        fallback={name: others(chain) for name, chain in config.fallback.items()},
        chains={name: others(chain) for name, chain in config.chains.items()},
        groups={
            name: replace(group, weights={target: group.weights[target] for target in others(group.weights)})
            for name, group in config.groups.items()
        },
    )
    return rest, tuple(
        Notice("Providers", f'not carried over: "{name}" is a search engine') for name in sorted(engines)
    )


def _as_if_set(provider: Provider) -> Provider:
    """A variable that is not set here may be where LiteLLM runs."""
    unset = (replace(key, secret=Secret(key.source or "")) for key in provider.unset)
    return replace(provider, keys=(*provider.keys, *unset), unset=())


def _given(entries: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in entries.items() if value not in (None, "", [], {})}


def _names(config: Config) -> dict[str, Way]:
    """What may be asked for -> what answers, and what is asked next when that fails."""
    routes = config.routes.targets

    def chain(target: Target, route: str = "", prefix: str = "") -> Way:
        way = f"{prefix}{route}"
        further = behind(target, config.chains.get(way, ()), [route], config.fallback)
        return Way((target, *further), config.groups.get(way))

    names = {name: chain(routes[route], route) for route, known in CLAUDE.items() if route in routes for name in known}
    for route, target in _families(config):
        names.setdefault(f"claude-*{route.lower()}*", chain(target, route))
    names |= {alias: chain(target, alias, "aliases.") for alias, target in config.aliases.items()}
    listed = [model for provider in config.providers for model in provider.models]
    for target in _targets(config):
        names.setdefault(str(target), chain(target))
        # Chat Completions of LiteLLM takes a comma for a list of models, and answers with a list.
        if (plain := f"{target.provider}/{target.model}") not in listed:
            names.setdefault(plain, chain(target))
    for provider in config.providers:
        for model in provider.models:
            if listed.count(model) == 1 and not model.startswith("claude-"):  # those take the routes
                names.setdefault(model, chain(Target(provider.name, ModelName(model))))
    return names


def _families(config: Config) -> Iterator[tuple[str, Target]]:
    """Routes that are named after a part of Claude's names, such as opus."""
    known = frozenset(keys.ROUTES.values())
    return ((name, target) for name, target in config.routes.targets.items() if name not in known)


def _targets(config: Config) -> Iterator[Target]:
    for provider in config.providers:
        yield from (Target(provider.name, ModelName(model)) for model in provider.models)
    yield from config.routes.targets.values()
    yield from config.aliases.values()
    for chain in (*config.fallback.values(), *config.chains.values()):
        yield from chain


class Row(NamedTuple):
    """One deployment of a name."""

    target: Target
    key: Key | None
    weight: float
    order: tuple[int, int]  # of the target in the chain, of the key


def _entries(name: str, way: Way, deployments: Mapping[ProviderName, Deployment]) -> Iterator[JsonObject]:
    """A pattern is no key of `fallbacks`: its chain is the order of its deployments."""
    equal = _equal(way)
    asked = way.targets if "*" in name else tuple(equal)
    rows = [
        row
        for place, target in enumerate(asked)
        for row in _rows(target, equal.get(target, 1.0), 0 if target in equal else place, deployments[target.provider])
    ]
    orders = sorted({row.order for row in rows})
    least = min(row.weight for row in rows)
    limited = any(row.key and (row.key.rpm or row.key.tpm) for row in rows)  # by which LiteLLM would draw else
    weighed = len(rows) > 1 and (limited or any(row.weight != least for row in rows))
    for row in rows:
        weight = round(row.weight / least, 6) if weighed else None
        order = orders.index(row.order) + 1 if len(orders) > 1 else None
        yield deployments[row.target.provider].with_key(row.key).entry(name, row.target.model, row.key, weight, order)


def _rows(target: Target, weight: float, place: int, deployment: Deployment) -> Iterator[Row]:
    keys = deployment.keys or (None,)
    total = sum(key.weight if key else 1.0 for key in keys)
    priorities = sorted({key.priority for key in keys if key})
    for key in keys:
        if key is None:
            yield Row(target, None, weight, (place, 0))
        else:
            yield Row(target, key, weight * key.weight / total, (place, priorities.index(key.priority)))


def _equal(way: Way) -> Mapping[Target, float]:
    return way.group.weights if way.group else {way.targets[0]: 1.0}


def _fallbacks(names: Mapping[str, Way]) -> Iterator[Json]:
    for name, way in names.items():
        further = [str(target) for target in way.targets if target not in _equal(way)]
        if further and "*" not in name:
            yield {name: further}


def _router_settings(config: Config) -> JsonObject:
    """What is as usual here is left to LiteLLM."""
    usual, breaker = Config(), config.breaker
    told: dict[str, Json] = {"stream_timeout": config.timeouts.first_byte}
    if (balance := _balance(config)) != "weighted":
        told["routing_strategy"] = STRATEGIES[balance]
    if config.retries != usual.retries:
        told["num_retries"] = config.retries
    if not breaker.failures:
        told["disable_cooldowns"] = True
    elif breaker != usual.breaker:
        told |= {"allowed_fails": breaker.failures - 1, "cooldown_time": breaker.pause}
    return told


def _balance(config: Config) -> Balance:
    """LiteLLM has one for all groups."""
    return next((group.balance for group in config.groups.values()), "weighted")


def _reached(upstream: Upstream) -> tuple[str, str | None]:
    """LiteLLM's prefix, and the address unless the prefix says it."""
    vendor = vendor_at(upstream.url)
    base = _base(upstream.url)
    if vendor and vendor.name in CLOUDS:
        return CLOUDS[vendor.name][0], None
    if upstream.dialect.name == "anthropic":
        usual = vendor is not None and vendor.name == "anthropic"
        return ("anthropic", None if usual else base) if upstream.auth == "x-api-key" else (PLAIN, base)
    prefix = _prefix(vendor, upstream.dialect.name)
    if prefix == "azure":
        there = urlsplit(base)
        return prefix, f"{there.scheme}://{there.netloc}"
    usual = vendor is not None and prefix != PLAIN and (vendor.name == "gemini" or base in vendor.urls.values())
    return prefix, None if usual else base


def _cloud(upstream: Upstream) -> JsonObject:
    vendor = vendor_at(upstream.url)
    found = CLOUDS[vendor.name][1].match(upstream.url) if vendor and vendor.name in CLOUDS else None
    return found.groupdict() if found else {}


def _prefix(vendor: Vendor | None, dialect: str) -> str:
    """Who stands in for OpenAI or Google is reached by their words."""
    plain = {"gemini": "gemini", "responses": "openai"}.get(dialect, PLAIN)
    return PREFIXES.get(vendor.name, plain) if vendor else plain


def _base(url: str) -> str:
    """What LiteLLM puts the endpoint after."""
    there, _, _ = url.partition("?")
    for end in ("/chat/completions", "/responses", "/v1/messages", "/models"):
        there = there.removesuffix(end)
    return there


# Where LiteLLM puts a key, by prefix; all others get it as a bearer's.
KEYED: Mapping[str, tuple[AuthStyle, ...]] = {
    "azure": ("api-key",),
    "anthropic": ("x-api-key",),
    "gemini": ("x-goog-api-key", "bearer"),
}


def _keyed(upstream: Upstream) -> bool:
    """Whether the key goes where LiteLLM puts it; otherwise it is a header like any other."""
    prefix, _ = _reached(upstream)
    return upstream.auth in KEYED.get(prefix, ("bearer",))


def _key(upstream: Upstream) -> str | None:
    if upstream.key_source:
        return f"{REFERENCE}{upstream.key_source}"
    return upstream.key.reveal() if upstream.key else None


def _extra_body(provider: Provider, model: str) -> JsonObject:
    uses = (*provider.quirks, *provider.model_quirks.get(model, ()))
    return {name: value for use in uses if use.name.lower() == EXTRA for name, value in use.options.items()}


def _lost(config: Config) -> Iterator[Notice]:
    for route, target in config.routes.targets.items():
        if route in keys.ROUTES.values() and route not in CLAUDE:
            yield Notice(
                f"Router.{route}", f'not carried over: LiteLLM has no such rule; ask for "{target}" by its name'
            )
    if config.custom_router:
        yield Notice("CUSTOM_ROUTER_PATH", "not carried over: LiteLLM runs no such script")
    for index, file in enumerate(config.transformers):
        yield Notice(f"transformers[{index}]", f"not carried over: LiteLLM runs no such file as {file.path}")
    if config.server.key:
        yield Notice("APIKEY", "not carried over: clients send LITELLM_MASTER_KEY, from LiteLLM's environment")
    if config.proxy:
        yield Notice("PROXY_URL", "not carried over: set HTTPS_PROXY where LiteLLM is started")
    for name, group in config.groups.items():
        if group.balance != _balance(config):
            yield Notice(name, f"not carried over: {group.balance}; LiteLLM has one strategy for all")
    for name in ("recovery", "queue"):
        if getattr(config, name) != getattr(Config(), name):
            yield Notice(name, "not carried over: LiteLLM has nothing like it")
    yield from _lost_times("timeouts", config.timeouts)


def _lost_of(deployment: Deployment, path: str) -> Iterator[Notice]:
    provider, upstream = deployment.provider, deployment.upstream
    if any(not key.source for key in provider.keys):
        yield Notice(f"{path}.api_key", "stands in the file as it is; better: $NAME of a variable")
    for name in upstream.headers:
        if is_secret(name):
            yield Notice(f"{path}.headers.{name}", "stands in the file as it is")
    if provider.proxy:
        yield Notice(f"{path}.proxy", "not carried over: set HTTPS_PROXY where LiteLLM is started; it holds for all")
    if provider.concurrency and provider.keys:
        yield Notice(f"{path}.concurrency", "not carried over: LiteLLM has such a limit for each key")
    if "?" in upstream.url:
        yield Notice(f"{path}.api_base_url", "not carried over: what follows the question mark")
    if provider.timeouts:
        yield from _lost_times(f"{path}.timeouts", provider.timeouts)
    for use in (*provider.quirks, *(use for uses in provider.model_quirks.values() for use in uses)):
        if use.name.lower() not in (EXTRA, *DIALECTS, _reached(upstream)[0]):
            yield Notice(
                f"{path}.transformer", f"not carried over: {use.name}; LiteLLM changes requests in its own way"
            )


def _lost_times(path: str, timeouts: Timeouts) -> Iterator[Notice]:
    usual = Timeouts()
    for name in ("connect", "idle"):
        if getattr(timeouts, name) != getattr(usual, name):
            yield Notice(f"{path}.{name}", "not carried over: LiteLLM has one time for all of a request")
