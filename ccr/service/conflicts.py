"""What would lead claude past the router, or change what it gets. `ccr code`, `activate` and `doctor` show what is found.

What claude heeds was measured with 2.1.329; it reads no `.env`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from ccr.config.schema import Config
from ccr.env import HIDDEN, NAMES, restored
from ccr.messages.json import JsonObject
from ccr.service import client, settings
from ccr.service.client import LOOPBACK, Environment
from ccr.service.configured import Configured

Healer = Literal["code", "activate"]  # `ccr shell` does what activate does
BOTH: tuple[Healer, ...] = ("code", "activate")

SHELL = "the environment"
PROXIES = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")  # the router speaks http
MODELS = ("ANTHROPIC_MODEL", "ANTHROPIC_DEFAULT_MODEL", "ANTHROPIC_SMALL_FAST_MODEL") + tuple(
    f"ANTHROPIC_DEFAULT_{family}_MODEL" for family in ("OPUS", "SONNET", "HAIKU", "FABLE")
)
# Claude's own words for a model; it resolves them itself.
ALIASES = ("default", "inherit", "best", "opus", "sonnet", "haiku", "fable", "opusplan")
EFFECTS: Mapping[str, str] = {
    "ANTHROPIC_API_KEY": "has claude send this key beside the router's",
    "ANTHROPIC_UNIX_SOCKET": "leads claude to a socket instead of the router",
    "CLAUDE_CODE_USE_GATEWAY": "has claude ask for other models, with fewer tools",
    "ANTHROPIC_BASE_URL": "leads claude past the router",
    "ANTHROPIC_AUTH_TOKEN": "gives claude a key that the router does not know",
    "NO_PROXY": "sends what is for the router to a proxy",
    "no_proxy": "sends what is for the router to a proxy",
    "ANTHROPIC_CUSTOM_HEADERS": "takes away the header that names the route",
}
ELSEWHERE = "leads claude to a cloud's service instead of the router"


@dataclass(frozen=True, slots=True)
class Conflict:
    place: str  # where it stands
    effect: str
    remedy: str
    healed_by: tuple[Healer, ...] = ()  # these see to it by themselves

    @property
    def line(self) -> str:
        return f"{self.place} {self.effect}; {self.remedy}"


def conflicts(
    env: Mapping[str, str],
    folder: Path,
    here: Configured,
    given: JsonObject | None = None,
    managed: Path = settings.MANAGED,
) -> tuple[Conflict, ...]:
    """`env` is what a claude started now would get; a shell of ours may be around it. `given`: from --settings."""
    own = restored(env)
    layers = settings.layers(own, folder, given, managed)
    said = settings.environment_in([layer.settings for layer in layers])
    ours = client.environment(here.config, here.address, here.key, {**own, **said})
    return (
        *_stale(env, own, here),
        *_variables(env, here),
        *_models({name: value for name, value in env.items() if name not in said}, SHELL, here.config),
        *(conflict for layer in layers for conflict in _settings(layer, layers, ours, here.config)),
    )


def remaining(found: Sequence[Conflict], healer: Healer) -> tuple[Conflict, ...]:
    return tuple(conflict for conflict in found if healer not in conflict.healed_by)


def _stale(env: Mapping[str, str], own: Mapping[str, str], here: Configured) -> Iterator[Conflict]:
    """An activation whose router is another one now, or none."""
    if "ANTHROPIC_BASE_URL" not in env.get(NAMES, "").split():
        return
    url = env.get("ANTHROPIC_BASE_URL", "nothing")
    again = 'eval "$(ccr activate)" does it anew'
    if url != here.address:
        yield Conflict("this shell", f"was activated for {url}, and the router is at {here.address}", again, BOTH)
    elif here.router is None and not own.get("CCR_ROUTER"):
        yield Conflict("this shell", f"was activated for the router at {url}, which has ended", again, BOTH)
    elif env.get("ANTHROPIC_AUTH_TOKEN", here.key) != here.key:
        yield Conflict("this shell", "was activated with a key that is not the router's any more", again, BOTH)


def _variables(env: Mapping[str, str], here: Configured) -> Iterator[Conflict]:
    for name in HIDDEN:
        if _counts(name, env.get(name, "")):
            yield Conflict(f"{name} in {SHELL}", EFFECTS.get(name, ELSEWHERE), f"unset {name}", BOTH)
    host = urlsplit(here.address).hostname
    proxy = next((name for name in PROXIES if env.get(name)), None)
    if proxy and host in (*LOOPBACK, "::1") and not _excepted(str(host), env):
        remedy = f"NO_PROXY={','.join(LOOPBACK)} keeps it out"
        yield Conflict(f"{proxy} in {SHELL}", "sends what is for the router to a proxy", remedy, BOTH)


def _counts(name: str, value: str) -> bool:
    return value.lower() in ("1", "true", "yes", "on") if name.startswith("CLAUDE_CODE_USE_") else bool(value)


def _excepted(host: str, env: Mapping[str, str]) -> bool:
    listed = env.get("NO_PROXY") or env.get("no_proxy") or ""
    return bool({host, "*"} & {each.strip() for each in listed.split(",")})


def _models(said: Mapping[str, str], place: str, config: Config, prefix: str = "") -> Iterator[Conflict]:
    for name in MODELS:
        if said.get(name) and not _is_known(said[name], config):
            yield _unknown_model(f"{prefix}{name} in {place}", said[name])


def _unknown_model(place: str, model: str) -> Conflict:
    then = "the router refuses it" if "," in model else "the routes decide, as for a model that nobody chose"
    effect = f"names {model}, which the configuration does not have: {then}"
    return Conflict(place, effect, "take it out, or name one that `ccr models` lists")


def _is_known(model: str, config: Config) -> bool:
    """As routing reads it: rules.explicit."""
    name = model.strip().removesuffix("[1m]")
    provider, comma, _ = name.partition(",")
    providers = [each.name.lower() for each in config.providers]
    if not providers or name in config.aliases:
        return True
    if comma:
        return provider.strip().lower() in providers
    listed = any(name in each.models for each in config.providers)
    return listed or name.startswith("claude-") or name in ALIASES or name.partition("/")[0].lower() in providers


def _settings(
    layer: settings.Layer, layers: Sequence[settings.Layer], ours: Environment, config: Config
) -> Iterator[Conflict]:
    """What this file says, unless one that counts more says it again."""
    later = layers[layers.index(layer) + 1 :]
    above = settings.environment_in([each.settings for each in later])
    said = {name: value for name, value in settings.environment_in([layer.settings]).items() if name not in above}
    for conflict in _said(layer, said, ours, config):
        yield replace(conflict, healed_by=()) if layer.managed else conflict
    for name, value in ((name, _text(layer, name)) for name in (settings.HELPER, "model")):
        if not value or any(name in (each.settings or {}) for each in later):
            continue
        if name == settings.HELPER:
            effect = "has claude send another key beside the router's"
            yield Conflict(f"{name} in {layer.place}", effect, layer.remedy, () if layer.managed else ("code",))
        elif not _is_known(value, config):
            yield _unknown_model(f"{name} in {layer.place}", value)


def _said(layer: settings.Layer, said: Mapping[str, str], ours: Environment, config: Config) -> Iterator[Conflict]:
    for name in settings.overlay(said, ours):
        if name not in HIDDEN or _counts(name, said[name]):
            effect = EFFECTS.get(name, ELSEWHERE)
            yield Conflict(f"env.{name} in {layer.place}", effect, layer.remedy, ("code",))
    yield from _models({name: said[name] for name in MODELS if name in said}, layer.place, config, "env.")


def _text(layer: settings.Layer, name: str) -> str:
    value = (layer.settings or {}).get(name)
    return value if isinstance(value, str) else ""
