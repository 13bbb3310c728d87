"""One provider, tried: its connection, text and a tool call of its models; and what is known of all of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import urlsplit

import msgspec

from ccr.config.schema import Key
from ccr.errors import ServiceProblem
from ccr.ids import ModelName, Target
from ccr.messages.json import JsonObject
from ccr.providers import addresses
from ccr.providers.addresses import vendor_of
from ccr.providers.resolve import Upstream, resolve
from ccr.service.doctor import live
from ccr.service.doctor.examine import findings
from ccr.service.doctor.finding import Check, Finding, Look, Surroundings
from ccr.service.doctor.network import shown
from ccr.service.doctor.providers import connection, is_local, serves
from ccr.service.router import used

CONNECTION = "connection"


@dataclass(frozen=True, slots=True)
class Told:
    """A provider as `ccr provider list` tells it."""

    name: str
    dialect: str
    vendor: str | None  # None: nobody who is known
    url: str  # without what may be secret in it
    key: str  # "set", "none", or which variable is missing
    models: tuple[str, ...]

    def as_json(self) -> JsonObject:
        told: JsonObject = msgspec.to_builtins(self)
        return told


def told(env: Mapping[str, str]) -> list[Told]:
    router = used(env)
    config = router.configured().config
    # Of a router elsewhere we have the configuration without keys; it says itself which are set.
    states = {each.name: each.key for each in router.status(0.0).details.providers}
    found = []
    for provider, upstream in zip(config.providers, resolve(config)[0], strict=True):
        vendor = vendor_of(provider)
        found.append(
            Told(
                name=provider.name,
                dialect=addresses.dialect(provider, vendor),
                vendor=vendor.name if vendor else None,
                url=_shown(upstream.url),
                key=states.get(provider.name) or _key(upstream),
                models=upstream.models,
            )
        )
    return found


def _shown(url: str) -> str:
    return f"{shown(url)}{urlsplit(url).path}" if url.startswith("http") else url


def _key(upstream: Upstream) -> str:
    if upstream.auth in ("google", "aws", "client") and not upstream.key_missing:
        return {"client": "each caller's login"}.get(upstream.auth, "this machine's")
    return upstream.key_state


@dataclass(frozen=True, slots=True)
class Chosen:
    upstream: Upstream
    models: tuple[ModelName, ...]
    keys: tuple[Key | None, ...] = (None,)  # each is tried; None: the one there is


def chosen(here: Surroundings, name: str, models: tuple[str, ...], *, all_models: bool) -> Chosen:
    """Raises ServiceProblem where there is nothing to try."""
    if here.configured is None:
        raise ServiceProblem(here.fault)
    if here.guided:
        raise ServiceProblem("there is no provider yet: `ccr config init` makes a configuration")
    upstreams = {each.name.lower(): each for each in resolve(here.config)[0]}
    upstream = upstreams.get(name.lower())
    if upstream is None:
        raise ServiceProblem(f"there is no provider {name}; there are {', '.join(upstreams) or 'none'}")
    if not live.has_key(upstream, here):
        raise ServiceProblem(f"provider {name} has no key: set {upstream.key_source}")
    known = live.models_of(upstream, here)
    keys = upstream.keys if len(upstream.keys) > 1 and not here.elsewhere else (None,)
    if models:
        return Chosen(upstream, tuple(map(ModelName, models)), keys)
    return Chosen(upstream, known if all_models else known[:1], keys)


def parts(chosen: Chosen) -> Iterator[tuple[str, Look]]:
    """What is tried, one after the other: a provider may let one request in at a time."""
    yield (
        CONNECTION,
        guarded(CONNECTION, lambda here: _connection(replace(chosen.upstream, models=chosen.models), here)),
    )
    if lack := live.unasked(chosen.upstream):
        yield "model", lambda _: iter([lack])
        return
    for model in chosen.models:
        target = Target(chosen.upstream.name, model)
        for number, key in enumerate(chosen.keys):
            part = f"{model} with key {key.name}" if key else model
            yield part, guarded(part, partial(_model, target, key, tools=not number))


def guarded(name: str, look: Look) -> Look:
    """What stops it is a finding."""
    return lambda here: iter(findings(Check(name, look), here))


def _connection(upstream: Upstream, here: Surroundings) -> Iterator[Finding]:
    if here.elsewhere:
        return iter(())  # its network is not ours
    return serves(upstream, here) if is_local(upstream, here) else connection(upstream, here)


def _model(target: Target, key: Key | None, here: Surroundings, *, tools: bool) -> Iterator[Finding]:
    """A tool call only where text has come: an error is told once. Tools are the model's, not the key's."""
    (asked,) = live.ask_all(here, [(target, live.GREETING)], key)
    text = live.greeted(f"{target} with key {key.name}" if key else str(target), asked)
    yield text
    if tools and text.state != "problem":
        (asked,) = live.ask_all(here, [(target, live.CALLING)])
        yield live.tooled(f"{target} with tools", asked)
