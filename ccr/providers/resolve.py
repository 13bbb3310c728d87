"""A configured provider, resolved to something that can be asked."""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import unquote, urlsplit, urlunsplit

from ccr.config.exposure import is_loopback, is_near
from ccr.config.problems import folded
from ccr.config.schema import AuthStyle, Config, DialectName, Key, Model, Notice, Provider, Secret, Timeouts
from ccr.config.vendors import Vendor
from ccr.config.zero import GUIDE
from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.request import Request
from ccr.providers import addresses, models
from ccr.providers.addresses import vendor_of
from ccr.providers.dialects import spoken
from ccr.providers.transformers import makers, quirks
from ccr.wire.dialect import UpstreamDialect
from ccr.wire.quirks import Makes, Quirk
from ccr.wire.quirks.mending import Mending
from ccr.wire.stages import Stage

# Where there is no key, who can ask is known to the machine.
CLOUDS: Mapping[DialectName, AuthStyle] = {
    "vertex-gemini": "google",
    "vertex-claude": "google",
    "bedrock-claude": "aws",
}


@dataclass(frozen=True, slots=True)
class Upstream:
    name: ProviderName
    dialect: UpstreamDialect
    url: str  # the full endpoint for messages
    auth: AuthStyle
    key: Secret | None  # of the `keys`, the one that a request is sent with
    key_source: str | None
    models: tuple[ModelName, ...]
    quirks: tuple[Quirk, ...]
    model_quirks: Mapping[ModelName, tuple[Quirk, ...]]
    headers: Mapping[str, str]
    proxy: str | None
    timeouts: Timeouts
    key_missing: bool = False  # key_source is not set: it cannot be asked
    limits: Mapping[str, Model] = field(default_factory=dict)  # what the user says of models; "*" is any other
    offers: str | None = (
        None  # the vendor whose models these are, "" where it is not known; None: as the user says alone
    )
    keys: tuple[Key, ...] = ()
    unset: tuple[Key, ...] = ()  # those whose variables are not set
    model_timeouts: Mapping[ModelName, Timeouts] = field(default_factory=dict)
    concurrency: int | None = None  # requests under way; more wait
    retries: int = 1  # how often the same key and model is asked again before another is
    local: bool = False  # on this machine or in its network: may have to load a model first

    def timeouts_for(self, model: ModelName) -> Timeouts:
        return self.model_timeouts.get(model, self.timeouts)

    def timed_for(self, model: ModelName) -> "Upstream":
        """The same, asked with this model's timeouts."""
        timeouts = self.timeouts_for(model)
        return self if timeouts is self.timeouts else replace(self, timeouts=timeouts)

    def with_key(self, key: Key | None) -> "Upstream":
        """The same, asked with this key."""
        if key is None or (self.key, self.key_source) == (key.secret, key.source):
            return self
        return replace(self, key=key.secret, key_source=key.source)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What is not to be shown."""
        keys = (secret.reveal() for secret in (self.key, *(each.secret for each in self.keys)) if secret)
        return (*keys, *logins(self.proxy or ""))

    @property
    def key_state(self) -> str:
        """In words: which are set, which variables are missing."""
        lacks = ", ".join(str(key.source) for key in self.unset)
        if self.key_missing:
            return f"missing: {lacks or self.key_source}"
        if lacks or len(self.keys) > 1:
            return f"{len(self.keys)} set" + (f", missing: {lacks}" if lacks else "")
        return "set" if self.key else "none"

    def model_for(self, name: ModelName) -> Model:
        """What is known of it: as the user says, then as its vendor does."""
        return models.known(name, self.limits, self.offers)

    def stated(self, name: ModelName) -> Model:
        """What the user says of it."""
        return models.stated(name, self.limits)

    def quirks_for(self, model: ModelName) -> tuple[Quirk, ...]:
        return (*self.quirks, *self.model_quirks.get(model, ()))

    def stages_for(self, request: Request, target: Target) -> tuple[Stage, ...]:
        """What an answer passes through, made anew for each: calls are mended, then who changed the request last sees
        the answer first. Each knows the request as it found it."""
        stages: list[Stage] = []
        found = request
        for quirk in self.quirks_for(target.model):
            if quirk.stage:
                stages.append(quirk.stage(found, target))
            found = quirk.request(found, target)
        return (Mending(request, target), *reversed(stages))


def logins(proxy: str) -> Iterator[str]:
    """What stands in a proxy's address, in each form in which an error may quote it."""
    login, at, _ = proxy.partition("://")[2].rpartition("@") if "://" in proxy else proxy.rpartition("@")
    if at:
        plain = unquote(login)
        for each in dict.fromkeys((login, plain)):
            yield each
            yield b64encode(each.encode("utf-8", "surrogatepass")).decode()
            yield from each.split(":", 1)[::-1]


def resolve(config: Config) -> tuple[tuple[Upstream, ...], tuple[Notice, ...]]:
    """All providers, and what in them is understood otherwise than it is written."""
    notices: list[Notice] = []
    makes = makers(config, notices)
    upstreams = tuple(
        _upstream(provider, f"Providers[{index}]", config, makes, notices)
        for index, provider in enumerate(config.providers)
    )
    notices += _unsearched(config, upstreams)
    return upstreams, tuple(dict.fromkeys(notices))


def _unsearched(config: Config, upstreams: tuple[Upstream, ...]) -> Iterator[Notice]:
    target = config.routes.get("webSearch")
    if target and any(each.name == target.provider and not each.dialect.searches for each in upstreams):
        yield Notice("Router.webSearch", f"{target} is not known to search the web; it is asked all the same")


def _upstream(
    provider: Provider, path: str, config: Config, makes: Mapping[str, Makes], notices: list[Notice]
) -> Upstream:
    vendor = vendor_of(provider)
    speaks = addresses.dialect(provider, vendor)
    url = addresses.base(provider, vendor, speaks)
    dialect = spoken(speaks, vendor, url)
    if vendor and not provider.url and speaks not in vendor.urls:
        notices.append(Notice(f"{path}.dialect", f"the usual address of {vendor.title} speaks {vendor.dialect}"))
    if provider.url and addresses.shown(provider.url) and urlsplit(url).path != urlsplit(provider.url).path:
        notices.append(Notice(f"{path}.api_base_url", f"{speaks} is spoken at {url}, which is asked instead"))
    if config.localhost and is_loopback(urlsplit(url).hostname or ""):
        url = _at(config.localhost, url)
        notices.append(Notice(f"{path}.api_base_url", f"localhost is the container here: {config.localhost} is asked"))
    place = f"{path}.transformer"
    return Upstream(
        name=provider.name,
        dialect=dialect,
        url=url if url == GUIDE.url else dialect.endpoint(url),
        auth=_auth(provider, vendor, speaks),
        key=provider.key,
        key_source=provider.key_source,
        models=() if speaks == "search" else tuple(ModelName(model) for model in provider.models),
        quirks=tuple(quirks(provider.quirks, f"{place}.use", makes, notices)),
        model_quirks={
            ModelName(model): tuple(quirks(uses, f'{place}["{model}"].use', makes, notices))
            for model, uses in provider.model_quirks.items()
        },
        headers=provider.headers,
        proxy=provider.proxy or config.proxy,
        timeouts=provider.timeouts or config.timeouts,
        key_missing=provider.key_missing,
        unset=provider.unset,
        limits=provider.limits,
        offers=models.offers(provider),
        keys=provider.keys,
        model_timeouts={ModelName(model): each for model, each in provider.model_timeouts.items()},
        concurrency=provider.concurrency,
        retries=config.retries if provider.retries is None else provider.retries,
        local=is_near(urlsplit(url).hostname or ""),
    )


def _at(host: str, url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{host}:{parts.port}" if parts.port else host))


def _auth(provider: Provider, vendor: Vendor | None, speaks: DialectName) -> AuthStyle:
    if provider.auth:
        return provider.auth
    if provider.key is None:
        return CLOUDS.get(speaks) or (vendor.auth if vendor and not vendor.keys and vendor.auth else "none")
    if any(folded(use.name) == "anthropic" and use.options.get("UseBearer") for use in provider.quirks):
        return "bearer"
    if vendor and vendor.auth and vendor.keys:
        return vendor.auth
    usual = vendor.anthropic_auth if vendor else "x-api-key"
    return {"anthropic": usual, "gemini": "x-goog-api-key"}.get(speaks, "bearer")
