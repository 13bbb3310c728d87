"""Raw settings -> Config, with every fault at once."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import cast

from ccr.config import endurance, keys, litellm, zero
from ccr.config import provider as entries
from ccr.config import routes as targets
from ccr.config.exposure import exposed
from ccr.config.interpolate import Interpolated, Unset, interpolate
from ccr.config.pool import VISIBLE
from ccr.config.problems import Fields, Place, Report
from ccr.config.schema import Config, Log, LogLevel, Notice, Provider, Routes, Secret, Server, Timeouts, TransformerFile
from ccr.config.statusline import status_line
from ccr.errors import ConfigInvalid
from ccr.messages.json import JsonObject

# Variables that win over the file.
OVERRIDES: Mapping[str, str] = {
    "HOST": "CCR_HOST",
    "PORT": "CCR_PORT",
    "APIKEY": "CCR_API_KEY",
    "LOG_LEVEL": "CCR_LOG_LEVEL",
}


def parse(raw: JsonObject, env: Mapping[str, str], *, ollama: tuple[str, ...] = (), source: str = "") -> Config:
    """Settings from a file in our spelling, CCR's or LiteLLM's; from `{}`, those of the environment alone.

    `ollama` names the models of a local one, if one answers. Raises ConfigInvalid with one line for each fault.
    """
    carried: tuple[Notice, ...] = ()
    if litellm.is_litellm(raw):
        raw, carried = litellm.translated(raw)
    filled = interpolate(raw, env)
    report = Report(notices=list(carried), unset={unset.path: unset.name for unset in filled.unset})
    config = _config(Place(filled.raw, "", report), filled, env, ollama)
    if report.faults:
        raise ConfigInvalid("\n".join(str(each) for each in dict.fromkeys((*report.faults, *report.strays))))
    told = {notice.path for notice in report.notices}
    unset = (Notice(each.path, _meaning(each)) for each in filled.unset if each.path not in told)
    return replace(config, notices=tuple(dict.fromkeys((*unset, *report.strays, *report.notices))), source=source)


def _meaning(unset: Unset) -> str:
    return f"{unset.name} is not set; " + ("this counts as not given" if unset.whole else "the text stays as it is")


def _config(root: Place, filled: Interpolated, env: Mapping[str, str], ollama: tuple[str, ...]) -> Config:
    fields = _overridden(root.fields(keys.TOP, keys.ELSEWHERE), env)
    for name, instead in keys.UNSUPPORTED.items():
        if not fields[name].empty:
            fields[name].notice(instead)
    server = _server(fields)
    timeouts = endurance.timeouts(fields["timeouts"], Timeouts())
    providers = entries.providers(fields["Providers"], filled.sources, timeouts, server.port, env)
    made_up = fields["Providers"].empty
    if made_up:
        providers = zero.providers(env, ollama)
    names = targets.names(providers, fields["aliases"])
    routes, ways = targets.routes(fields["Router"], names)
    routes = _completed(routes, providers, fields["Router"], quiet=made_up)
    ways = {**ways, **{f"aliases.{name}": way for name, way in names.aliases.items()}}
    usual, retries, queue = Config(), endurance.retries(fields["retries"]), endurance.queue(fields["queue"])
    return Config(
        providers=providers,
        routes=routes,
        aliases=targets.firsts(names.aliases),
        fallback=targets.fallback(fields["fallback"], names, routes),
        chains={name: way.targets[1:] for name, way in ways.items() if way.targets[1:]},
        groups={name: way.group for name, way in ways.items() if way.group},
        retries=usual.retries if retries is None else retries,
        breaker=endurance.breaker(fields["breaker"]),
        recovery=endurance.recovery(fields["recovery"]) or usual.recovery,
        concurrency=endurance.concurrency(fields["concurrency"]),
        queue=usual.queue if queue is None else queue,
        server=server,
        log=_log(fields),
        timeouts=timeouts,
        proxy=entries.address(fields["PROXY_URL"], server.port, credentials=True),
        localhost=env.get("CCR_LOCALHOST") or None,
        transformers=tuple(_files(fields["transformers"], env)),
        custom_router=_path(fields["CUSTOM_ROUTER_PATH"], env),
        claude_path=_path(fields["CLAUDE_PATH"], env),
        status_line=status_line(fields["StatusLine"]),
        client_timeout_ms=fields["API_TIMEOUT_MS"].integer(1, 2**31 - 1) or usual.client_timeout_ms,
        non_interactive=fields["NON_INTERACTIVE_MODE"].boolean() or False,
    )


def _overridden(fields: Fields, env: Mapping[str, str]) -> Fields:
    over = {
        name: Place(env[variable], variable, fields.owner.report)
        for name, variable in OVERRIDES.items()
        if env.get(variable)
    }
    return Fields({**fields.found, **over}, fields.owner)


def _server(fields: Fields) -> Server:
    usual = Server()
    port = fields["PORT"].integer(0, 65535)
    key = fields["APIKEY"].text()
    if key and not VISIBLE.fullmatch(key):
        fields["APIKEY"].fault("has spaces or characters that a header cannot hold; choose another")
    server = Server(
        host=_host(fields["HOST"]) or usual.host,
        port=usual.port if port is None else port,
        key=Secret(key) if key else None,
        max_body=fields["MAX_BODY"].integer(1024, 2**31) or usual.max_body,
        allow_insecure=fields["ALLOW_INSECURE"].boolean() or False,
    )
    if lack := exposed(server):
        fields["HOST"].fault(lack)
    return server


def _host(place: Place) -> str | None:
    host = place.text()
    if host is None:
        return None
    host = host.removeprefix("[").removesuffix("]")
    if "/" in host or " " in host or (":" in host and "::" not in host):
        place.fault(f'"{host}" is not an address to listen on; expected such as 127.0.0.1')
        return None
    return host


def _log(fields: Fields) -> Log:
    usual = Log()
    enabled = fields["LOG"].boolean()
    level = fields["LOG_LEVEL"].choice(keys.LEVELS)
    keep = fields["LOG_KEEP"].integer(0, 1000)
    return Log(
        enabled=usual.enabled if enabled is None else enabled,
        level=cast(LogLevel, level) if level else usual.level,
        max_bytes=fields["LOG_MAX_BYTES"].integer(1024, 2**40) or usual.max_bytes,
        keep=usual.keep if keep is None else keep,
    )


def _path(place: Place, env: Mapping[str, str]) -> str | None:
    text = place.text()
    home = env.get("HOME")
    return f"{home}/{text[2:]}" if text and home and text.startswith("~/") else text


def _files(place: Place, env: Mapping[str, str]) -> Iterator[TransformerFile]:
    if isinstance(place.value, Mapping):
        place.notice("is no list of files and is ignored; what is for a provider stands in its own transformers")
        return
    for item in place.items():
        # A bare path is as good as an entry.
        fields = Fields({"path": item}, item) if isinstance(item.value, str) else item.fields(keys.TRANSFORMER_FILE)
        options = dict(fields["options"].entries())
        if path := _path(fields["path"], env):
            yield TransformerFile(path, {name: option.value for name, option in options.items()})
        else:
            item.notice("has no path and is ignored; name a Python file (docs/transformers.md)")


def _completed(routes: Routes, providers: tuple[Provider, ...], router: Place, *, quiet: bool) -> Routes:
    """Something must answer what no other rule claims."""
    if "default" in routes.targets or router.report.faults:
        return routes
    chosen = zero.routes(providers)
    if "default" not in chosen:
        router.notice('has no default, so requests that no other rule claims fail; set "default": "provider,model"')
        return routes
    if routes.targets:
        chosen.pop("background", None)
    if not quiet:
        Place(None, router.path or "Router", router.report).notice(f'has no default; "{chosen["default"]}" is used')
    return replace(routes, targets={**chosen, **routes.targets})
