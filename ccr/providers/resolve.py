"""A configured provider, resolved to something that can be asked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from ccr.config.exposure import is_loopback
from ccr.config.problems import folded
from ccr.config.schema import AuthStyle, Config, DialectName, Notice, Provider, Secret, Timeouts
from ccr.config.vendors import Vendor
from ccr.config.zero import GUIDE
from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.request import Request
from ccr.providers.catalogue import vendor_at, vendor_of
from ccr.providers.dialects import spoken
from ccr.providers.transformers import makers, quirks
from ccr.wire.dialect import UpstreamDialect
from ccr.wire.quirks import Makes, Quirk
from ccr.wire.quirks.mending import Mending
from ccr.wire.stages import Stage

# Transformers of CCR that say which dialect a provider speaks, and no more.
DIALECTS: Mapping[str, DialectName] = {"anthropic": "anthropic", "openai": "openai"}
GEMINI_NATIVE = "its native API is not spoken yet; the OpenAI-compatible one of the same account is used"
RESPONSES = "the Responses API is not spoken yet; /chat/completions of the same host is used"


@dataclass(frozen=True, slots=True)
class Upstream:
    name: ProviderName
    dialect: UpstreamDialect
    url: str  # the full endpoint for messages
    auth: AuthStyle
    key: Secret | None
    key_source: str | None
    models: tuple[ModelName, ...]
    quirks: tuple[Quirk, ...]
    model_quirks: Mapping[ModelName, tuple[Quirk, ...]]
    headers: Mapping[str, str]
    proxy: str | None
    timeouts: Timeouts
    key_missing: bool = False  # key_source is not set: it cannot be asked

    def quirks_for(self, model: ModelName) -> tuple[Quirk, ...]:
        return (*self.quirks, *self.model_quirks.get(model, ()))

    def stages_for(self, request: Request, target: Target) -> tuple[Stage, ...]:
        """What an answer passes through, made anew for each: calls are mended, then who changed the request last sees
        the answer first."""
        mirrored = reversed(self.quirks_for(target.model))
        return (Mending(request, target), *(quirk.stage(request, target) for quirk in mirrored if quirk.stage))


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
    url = provider.url or (vendor.url if vendor else "")
    speaks = _dialect(provider, vendor, url)
    dialect = spoken(speaks, vendor)
    if not provider.url and vendor and speaks != vendor.dialect:
        notices.append(Notice(f"{path}.dialect", f"the usual address of {vendor.title} speaks {vendor.dialect}"))
    url, note = _reachable(url, speaks)
    if note:
        notices.append(Notice(f"{path}.api_base_url", note))
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
    )


def _dialect(provider: Provider, vendor: Vendor | None, url: str) -> DialectName:
    """What the file says, what the address shows, what the transformers say, what the vendor is known for."""
    if provider.dialect:
        return provider.dialect
    path = urlsplit(url).path.rstrip("/")
    if path.endswith("/messages") or "/anthropic" in path:
        return "anthropic"
    if path.endswith(("/chat/completions", "/responses")):
        return "openai"
    # Where both are named, as older files do, they are the two ends of a translation to OpenAI.
    named = {DIALECTS[folded(use.name)] for use in provider.quirks if folded(use.name) in DIALECTS}
    if named == {"anthropic"}:
        return "anthropic"
    return vendor.dialect if vendor and not named else "openai"


def _reachable(url: str, speaks: DialectName) -> tuple[str, str | None]:
    """The address for a dialect that we speak, where the configured one is for another; and the words for it."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    if speaks == "anthropic":
        return url, None
    if (there := vendor_at(url)) and there.name == "gemini" and "/openai" not in path:
        return there.url, GEMINI_NATIVE
    if path.endswith("/responses"):
        return urlunsplit(parts._replace(path=path.removesuffix("/responses") + "/chat/completions")), RESPONSES
    return url, None


def _at(host: str, url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{host}:{parts.port}" if parts.port else host))


def _auth(provider: Provider, vendor: Vendor | None, speaks: DialectName) -> AuthStyle:
    if provider.auth:
        return provider.auth
    if provider.key is None:
        return "none"
    if any(folded(use.name) == "anthropic" and use.options.get("UseBearer") for use in provider.quirks):
        return "bearer"
    if vendor and vendor.auth:
        return vendor.auth
    if speaks in ("openai", "search"):
        return "bearer"
    return vendor.anthropic_auth if vendor else "x-api-key"
