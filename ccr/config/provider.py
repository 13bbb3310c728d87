"""One entry of Providers -> Provider."""

import re
from collections.abc import Iterator, Mapping
from typing import cast
from urllib.parse import urlsplit

from ccr.config import clouds, endurance, keys
from ccr.config.exposure import is_loopback
from ccr.config.limits import limits
from ccr.config.pool import VISIBLE, pool
from ccr.config.problems import Fields, Place, folded
from ccr.config.schema import AuthStyle, DialectName, Provider, QuirkUse, Timeouts
from ccr.config.vendors import vendor_named
from ccr.ids import ProviderName

HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def providers(
    place: Place, sources: Mapping[str, str], base: Timeouts, port: int, env: Mapping[str, str]
) -> tuple[Provider, ...]:
    seen: dict[str, str] = {}
    found = []
    for entry in place.items():
        provider = _provider(entry, sources, base, port, env)
        if provider is None:
            continue
        if first := seen.get(provider.name.lower()):
            entry.fault(f'"{provider.name}" is the name of {first} already; give each provider its own')
        seen.setdefault(provider.name.lower(), entry.path)
        found.append(provider)
    return tuple(found)


def _provider(
    entry: Place, sources: Mapping[str, str], base: Timeouts, port: int, env: Mapping[str, str]
) -> Provider | None:
    if not isinstance(entry.value, Mapping):
        entry.wrong("an object with name, api_base_url, api_key and models")
        return None
    fields = entry.fields(keys.PROVIDER, keys.OF_A_KEY)
    name = _name(fields)
    url = address(fields["api_base_url"], port)
    vendor = vendor_named(name or "")
    uses, model_uses = _transformer(fields["transformer"])
    more, more_by_model = _transformer(fields["transformers"])
    dialect = fields["dialect"].choice(keys.DIALECTS)
    cloud = clouds.cloud(dialect, uses + more)
    if vendor and not cloud and not dialect and fields["api_base_url"].empty:
        cloud = clouds.cloud(vendor.dialect, ())
    if fields["api_base_url"].empty and not (vendor and vendor.url) and not cloud:
        fields["api_base_url"].wrong("the provider's address, such as https://host/v1")
    if not fields["tokenizer"].empty:
        fields["tokenizer"].notice("is ignored: tokens are counted in one way for all models")
    auth = fields["auth"].choice(keys.AUTHS)
    if auth == "client":
        dialect = _login(fields, dialect)
    written = () if auth == "client" else pool(fields["api_key"], sources, name or "it")
    times, model_times = endurance.provider_timeouts(fields["timeouts"], base)
    provider = Provider(
        name=ProviderName(name or ""),
        url=url or "",
        keys=tuple(key for key in written if key.secret),
        unset=tuple(key for key in written if not key.secret),
        models=tuple(_models(fields["models"])),
        dialect=cast(DialectName, dialect) if dialect else None,
        auth=cast(AuthStyle, auth) if auth else None,
        quirks=uses + more,
        model_quirks={
            model: model_uses.get(model, ()) + more_by_model.get(model, ()) for model in {**model_uses, **more_by_model}
        },
        headers=dict(_headers(fields["headers"])),
        proxy=address(fields["proxy"], port, credentials=True),
        timeouts=times,
        model_timeouts=model_times,
        retries=endurance.retries(fields["retries"]),
        concurrency=endurance.concurrency(fields["concurrency"]),
        limits=limits(fields["limits"]),
    )
    if cloud:
        provider = clouds.completed(provider, cloud, env, fields["api_base_url"])
    return provider if name else None


def _name(fields: Fields) -> str | None:
    place = fields["name"]
    name = place.text()
    if place.empty:
        place.wrong("a name for the provider")
    elif name and "," in name:
        place.fault(f'"{name}" has a comma, which parts provider and model; choose a name without')
    return name


def address(place: Place, port: int, *, credentials: bool = False) -> str | None:
    """A URL; one that leads back to the router itself is a fault."""
    text = place.text()
    if text is None:
        return None
    try:
        parts = urlsplit(text)
        own = parts.port == port and is_loopback(parts.hostname or "")
    except ValueError as broken:
        place.fault(f'not a URL: "{_unnamed(text)}": {broken}')
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or not VISIBLE.fullmatch(text):
        unset = place.report.unset.get(place.path)
        example = "http://host:3128" if credentials else "https://host/v1"
        lack = "SOCKS is not spoken" if parts.scheme.startswith("socks") else "not a URL"
        remedy = f"{unset} is not set" if unset else f"expected such as {example}"
        place.fault(f'{lack}: "{_unnamed(text)}"; {remedy}')
    elif parts.username is not None and not credentials:
        place.fault("a URL must not hold a user and password; put the key into api_key, others into headers")
    elif own:
        place.fault(f'"{_unnamed(text)}" is the router itself, so requests would go round in circles')
    else:
        return text
    return None


def _unnamed(url: str) -> str:
    """Without user and password, so that it can be printed."""
    return re.sub(r"//[^/]*@", "//***@", url)


def _login(fields: Fields, dialect: str | None) -> str:
    """A Claude login is for who speaks as Anthropic does."""
    if dialect not in (None, "anthropic"):
        fields["auth"].fault(f'"client" sends a Claude login, which no provider of dialect {dialect} takes')
    if not fields["api_key"].empty:
        fields["api_key"].notice('is not sent: with "auth": "client" each caller sends their own login')
    return "anthropic"


def _models(place: Place) -> Iterator[str]:
    for item in place.items():
        model = item.text()
        if model:
            yield model
        elif item.empty:
            item.wrong("the name of a model")


Uses = tuple[QuirkUse, ...]


def _transformer(place: Place) -> tuple[Uses, Mapping[str, Uses]]:
    """For all models, and by model. A list is what `use` says; beside that stand the options of older templates, and
    every other key is a model with its own."""
    if isinstance(place.value, list):
        return _uses(place), {}
    block: dict[str, Place] = {}
    models: dict[str, Uses] = {}
    for key, entry in place.entries():
        if name := keys.TRANSFORMER.get(folded(key)):
            block[name] = entry
        elif isinstance(entry.value, list | Mapping):
            models[key] = _uses(entry) if isinstance(entry.value, list) else _block(entry.fields(keys.TRANSFORMER))
        else:
            entry.notice('is not a setting and is ignored; a model has {"use": […]}')
    return _block(Fields(block, place)), models


def _block(fields: Fields) -> Uses:
    """`use`, and the options of older templates as the transformers that do the same."""
    uses = _uses(fields["use"])
    if fields["enableToolForcing"].boolean():
        uses += (QuirkUse("tooluse", {"first": True}),)  # each step forced, a model would not come to an end
    if most := fields["maxTokens"].integer(1, 2**31):
        uses += (QuirkUse("maxtoken", {"max_tokens": most}),)
    if (temperature := fields["temperature"].number()) is not None:
        uses += (QuirkUse("sampling", {"temperature": temperature}),)
    return uses


def _uses(place: Place) -> Uses:
    found = []
    for item in place.items():
        match item.value:
            case str(name) | [str(name)] if name.strip():
                found.append(QuirkUse(name.strip()))
            case [str(name), Mapping() as options] if name.strip():
                found.append(QuirkUse(name.strip(), options))
            case _:
                item.fault('expected a transformer\'s name, or ["name", {options}]')
    return tuple(found)


def _headers(place: Place) -> Iterator[tuple[str, str]]:
    for name, entry in place.entries():
        value = entry.text()
        if value is None:
            continue
        if not HEADER_NAME.fullmatch(name):
            entry.fault("is not the name of a header")
        elif not value.isascii() or not value.isprintable():
            entry.fault("has characters that a header cannot hold")
        else:
            yield name, value
