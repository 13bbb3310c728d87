"""Settings -> text that can be read, and read again."""

from collections.abc import Mapping
from dataclasses import asdict
from urllib.parse import urlsplit, urlunsplit

import msgspec

from ccr.config.problems import folded
from ccr.config.schema import Config, Key, Model, Provider, QuirkUse, Secret, StatusLine, Timeouts
from ccr.ids import Target
from ccr.messages.json import Json, JsonObject

MASK = "***"
SECRET = ("key", "token", "secret", "password", "authorization", "cookie", "credential")


def show(config: Config) -> str:
    """What holds, in our spelling, secrets masked: a key that came from a variable shows the variable's name."""
    return text(settings(config))


def text(raw: JsonObject) -> str:
    return msgspec.json.format(msgspec.json.encode(raw), indent=2).decode() + "\n"


def settings(config: Config) -> JsonObject:
    server, log = config.server, config.log
    ours: dict[str, Json] = {
        "HOST": server.host,
        "PORT": server.port,
        "APIKEY": MASK if server.key else None,
        "ALLOW_INSECURE": server.allow_insecure or None,
        "LOG": log.enabled,
        "LOG_LEVEL": log.level,
        "API_TIMEOUT_MS": config.client_timeout_ms,
        "PROXY_URL": _masked_url(config.proxy),
        "CUSTOM_ROUTER_PATH": config.custom_router,
        "CLAUDE_PATH": config.claude_path,
        "NON_INTERACTIVE_MODE": config.non_interactive or None,
        "StatusLine": _status_line(config.status_line),
        "timeouts": {
            **_timeouts(config.timeouts),
            "head": config.timeouts.head,
            "failover": config.timeouts.failover,
        },
        **_endurance(config),
        "transformers": [_given({"path": file.path, "options": _masked(file.options)}) for file in config.transformers],
        "Providers": [_provider(provider) for provider in config.providers],
        "Router": {
            **_ways(config, config.routes.targets),
            **_given({"agents": _ways(config, config.routes.agents, "agents.")}),
            "longContextThreshold": config.routes.long_context_threshold,
        },
        "aliases": _ways(config, config.aliases, "aliases."),
        "fallback": {name: [str(target) for target in chain] for name, chain in config.fallback.items()},
    }
    return _given(ours)


def _ways(config: Config, targets: Mapping[str, Target], prefix: str = "") -> dict[str, Json]:
    return {name: _way(config, f"{prefix}{name}", target) for name, target in targets.items()}


def _way(config: Config, name: str, target: Target) -> Json:
    chain = list(map(str, (target, *config.chains.get(name, ()))))
    group = config.groups.get(name)
    if not group:
        return chain if len(chain) > 1 else chain[0]
    members: list[Json] = [
        str(each) if weight == 1 else {"target": str(each), "weight": weight} for each, weight in group.weights.items()
    ]
    equal: dict[str, Json] = {"balance": group.balance, "targets": members}
    behind = chain[len(members) :]
    return [equal, *behind] if behind else equal


def named(config: Config) -> dict[str, Target]:
    """Each route, and each subagent's as `agents.TYPE`, with its first target."""
    routes = config.routes
    return {**routes.targets, **{f"agents.{agent}": target for agent, target in routes.agents.items()}}


def ways(config: Config) -> dict[str, str]:
    """The same, with all that each names itself."""
    return {name: _line(config, name, target) for name, target in named(config).items()}


def _line(config: Config, name: str, target: Target) -> str:
    """`a,m1 | b,m2`; equal ones as `(weighted: a,m1; 3 x b,m2) | c,m3`."""
    chain = list(map(str, (target, *config.chains.get(name, ()))))
    group = config.groups.get(name)
    if not group:
        return " | ".join(chain)
    members = "; ".join(str(each) if share == 1 else f"{share:g} x {each}" for each, share in group.weights.items())
    return " | ".join((f"({group.balance}: {members})", *chain[len(group.weights) :]))


def _endurance(config: Config) -> JsonObject:
    """What is not as usual."""
    usual, breaker = Config(), config.breaker
    plain = ("retries", "recovery", "concurrency", "queue")
    own: dict[str, Json] = {
        name: getattr(config, name) for name in plain if getattr(config, name) != getattr(usual, name)
    }
    if breaker != usual.breaker:
        own["breaker"] = asdict(breaker) if breaker.failures else False
    return own


def _given(entries: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in entries.items() if value not in (None, "", [], {})}


def _status_line(line: StatusLine) -> JsonObject | None:
    if line == StatusLine():
        return None
    modules: list[Json] = [_given(asdict(module)) for module in line.modules]
    return {
        "enabled": line.enabled,
        "currentStyle": line.style,
        **_given({line.style: {"modules": modules} if modules else None}),
    }


def _provider(provider: Provider) -> JsonObject:
    transformer: dict[str, Json] = {model: {"use": _uses(uses)} for model, uses in provider.model_quirks.items()}
    if provider.quirks:
        transformer = {"use": _uses(provider.quirks), **transformer}
    return _given(
        {
            "name": provider.name,
            "api_base_url": provider.url,
            "api_key": _keys(provider),
            "models": list(provider.models),
            "transformer": transformer,
            "dialect": provider.dialect,
            "auth": provider.auth,
            "headers": {name: MASK if is_secret(name) else value for name, value in provider.headers.items()},
            "proxy": _masked_url(provider.proxy),
            "timeouts": _provider_timeouts(provider),
            "retries": provider.retries,
            "concurrency": provider.concurrency,
            "limits": {name: _limits(known) for name, known in provider.limits.items()},
        }
    )


def _keys(provider: Provider) -> Json:
    """A single key is a text, as most people write it."""
    usual = Key(Secret(""), "")
    written: list[Json] = []
    sources: set[str] = set()  # one variable may hold several
    for number, key in enumerate((*provider.keys, *provider.unset), 1):
        if key.source in sources:
            continue
        sources |= {key.source} if key.source else set()
        shown = f"${key.source}" if key.source else MASK
        own: dict[str, Json] = {} if key.name == str(number) else {"name": key.name}
        for name in ("weight", "priority", "rpm", "tpm", "concurrency"):
            if (value := getattr(key, name)) != getattr(usual, name):
                own[name] = value
        written.append({"key": shown, **own} if own else shown)
    return written[0] if len(written) == 1 else written


def _limits(known: Model) -> JsonObject:
    price = msgspec.to_builtins(known.price) if known.price else {}
    return _given({"context": known.context, "output": known.output, "price": _given(price)})


def _uses(uses: tuple[QuirkUse, ...]) -> list[Json]:
    return [[use.name, _masked(use.options)] if use.options else use.name for use in uses]


def _provider_timeouts(provider: Provider) -> JsonObject | None:
    own = _timeouts(provider.timeouts) if provider.timeouts else {}
    return {**own, **_given({"models": {name: _timeouts(each) for name, each in provider.model_timeouts.items()}})}


def _timeouts(timeouts: Timeouts) -> JsonObject:
    return {
        "connect": timeouts.connect,
        **_given({"first_byte": timeouts.first_byte}),
        "idle": timeouts.idle,
        "total": timeouts.total,
    }


def is_secret(name: str) -> bool:
    """Max_tokens is a number of tokens, not one."""
    plain = folded(name)
    return any(word in plain for word in SECRET) and not plain.endswith("tokens")


def _masked(value: Json) -> Json:
    match value:
        case Mapping():
            return {name: MASK if is_secret(name) else _masked(item) for name, item in value.items()}
        case list():
            return [_masked(item) for item in value]
        case _:
            return value


def _masked_url(url: str | None) -> str | None:
    if url is None:
        return None
    parts = urlsplit(url)
    if parts.username is None:
        return url
    return urlunsplit(parts._replace(netloc=f"{MASK}@{parts.netloc.rpartition('@')[2]}"))
