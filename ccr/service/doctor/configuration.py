"""The configuration: its faults, what is understood otherwise than written, and the keys."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from ccr.config.exposure import PUBLISHED, is_loopback
from ccr.config.pool import PLACEHOLDER
from ccr.config.schema import Key, Notice, Provider
from ccr.config.vendors import VENDORS
from ccr.errors import ConfigInvalid
from ccr.providers.addresses import vendor_of
from ccr.providers.resolve import Upstream, resolve
from ccr.service.doctor.finding import SHORTEST_KEY, Finding, Surroundings, ok, problem, skipped, warning

# How vendors' keys begin, the longer one first: https://docs.litellm.ai/docs/set_keys and the vendors' own pages.
BEGINNINGS: Mapping[str, str] = {
    "sk-ant-": "anthropic",
    "sk-or-": "openrouter",
    "gsk_": "groq",
    "xai-": "xai",
    "AIza": "gemini",
    "nvapi-": "nvidia",
    "csk-": "cerebras",
}
QUOTES = "\"'`“”‘’"
ON_KEYS = re.compile(r"\.(api_?)?keys?(\[\d+\](\.(api_?)?key)?)?$", re.IGNORECASE)
AGAIN = "`ccr restart`"


def configuration(here: Surroundings) -> Iterator[Finding]:
    if here.router is None:
        yield problem("environment", here.fault, "correct it, or unset it")
        return
    if here.configured is None and here.elsewhere:
        yield problem("configuration", here.fault)
        return
    if here.configured and here.configured.models:
        yield ok("configuration", f"LiteLLM offers {len(here.configured.models)} models and tells nothing more")
        return
    try:
        config = here.router.config()
    except ConfigInvalid as broken:
        for line in broken.message.splitlines():
            yield problem("configuration", line, "correct it; `ccr config validate` checks it")
        if here.configured and here.configured.router:
            yield problem("configuration", "the router goes on with what it had", "mend the file: it is taken up then")
        return
    if here.configured is None:
        yield problem("configuration", here.fault)
        return
    if here.guided:
        yield warning("configuration", "there is no provider yet", _first_step(here))
        return
    yield ok("configuration", f"{config.source} is valid")
    for notice in _notices((*config.notices, *resolve(config)[1])):
        yield warning("configuration", str(notice))


def _first_step(here: Surroundings) -> str:
    if here.elsewhere:
        return "set a provider's key on the host, and run `make shell-router` there"
    known = [vendor.keys[0] for vendor in VENDORS if vendor.keys][:3]
    return f"`ccr config init` asks for one; or set a key ({', '.join(known)}, …) and {AGAIN}"


def _notices(notices: tuple[Notice, ...]) -> list[Notice]:
    """But those on keys, which are looked at beside."""
    return [notice for notice in dict.fromkeys(notices) if not ON_KEYS.search(notice.path) or "same key" in notice.text]


def keys(here: Surroundings) -> Iterator[Finding]:
    if here.guided:
        yield skipped("keys", "there is no provider yet")
    elif here.elsewhere:
        yield from _keys_elsewhere(here)
    else:
        upstreams = resolve(here.config)[0]
        for provider, upstream in zip(here.config.providers, upstreams, strict=True):
            yield from _keys(provider, upstream)
        yield from _twice(upstreams)
        yield from _routers(here, upstreams)


def _keys_elsewhere(here: Surroundings) -> Iterator[Finding]:
    assert here.router is not None
    for told in here.router.status(here.now).details.providers:
        if told.key.startswith("missing"):
            lacks = told.key.partition(": ")[2]
            yield problem(
                f"key of {told.name}", f"{lacks} is not set", f"set {lacks} where the router runs, restart it"
            )
        else:
            yield ok(f"key of {told.name}", told.key)


def _keys(provider: Provider, upstream: Upstream) -> Iterator[Finding]:
    """A variable that is not set is a problem where there is no other key."""
    several = len(provider.keys) + len(provider.unset) > 1
    for key in provider.keys:
        title = f"key {key.name} of {provider.name}" if several else f"key of {provider.name}"
        yield _key(title, key, provider, upstream)
    for key in provider.unset:
        title = f"key {key.name} of {provider.name}" if several else f"key of {provider.name}"
        told = problem if provider.key_missing else warning
        yield told(title, f"{key.source} is not set", f"export {key.source}=… and {AGAIN}")
    if not provider.keys and not provider.unset:
        yield _keyless(f"key of {provider.name}", provider, upstream)


def _keyless(title: str, provider: Provider, upstream: Upstream) -> Finding:
    vendor = vendor_of(provider)
    if upstream.auth == "client":
        return ok(title, "each caller's own login; `claude /login`")
    if upstream.auth in ("google", "aws"):
        return ok(title, f"credentials of this machine ({upstream.auth}); --live tries them")
    if vendor and vendor.keys and not provider.headers:
        usual = vendor.keys[0]
        return warning(title, f"none, and {vendor.title} wants one", f'set "api_key": "${usual}" and export {usual}=…')
    return ok(title, "none")


def _key(title: str, key: Key, provider: Provider, upstream: Upstream) -> Finding:
    vendor = vendor_of(provider)
    where = f"in {key.source}" if key.source else "in api_key"
    if (lack := _lack(key.secret.reveal(), upstream, vendor.name if vendor else "")) is not None:
        return problem(title, f"the key {where} {lack}", f"copy it again from the provider's page, then {AGAIN}")
    return ok(title, f"set, from {key.source}" if key.source else "set")


def _lack(key: str, upstream: Upstream, vendor: str) -> str | None:
    """What is wrong with it; a server on this machine takes any."""
    if is_loopback(urlsplit(upstream.url).hostname or ""):
        return None
    if key[0] in QUOTES or key[-1] in QUOTES:
        return "has quotes around it"
    if PLACEHOLDER.fullmatch(key) or key.lower() in PUBLISHED:
        return "is the placeholder of an example"
    if key[0] in "${":
        return "is the name of a variable that was not filled in"
    if len(key) < SHORTEST_KEY:
        return f"has {len(key)} character{'' if len(key) == 1 else 's'}: that is no key"
    maker = next((name for beginning, name in BEGINNINGS.items() if key.startswith(beginning)), None)
    if maker and vendor in BEGINNINGS.values() and maker != vendor:
        return f"begins as those of {maker} do"
    return None


def _twice(upstreams: tuple[Upstream, ...]) -> Iterator[Finding]:
    first: dict[str, Upstream] = {}
    every = [(upstream, secret) for upstream in upstreams for secret in dict.fromkeys(upstream.secrets)]
    for each, secret in every:
        if len(secret) < SHORTEST_KEY:
            continue
        other = first.setdefault(secret, each)
        if urlsplit(other.url).hostname != urlsplit(each.url).hostname:
            seen = f"the same as that of {other.name}, which is somebody else"
            yield warning(f"key of {each.name}", seen, "one of the two is probably wrong")


def _routers(here: Surroundings, upstreams: tuple[Upstream, ...]) -> Iterator[Finding]:
    own = here.config.server.key
    for each in upstreams:
        if own and own.reveal() in each.secrets:
            seen = f"is also that of provider {each.name}, so every client of the router learns it"
            yield warning("the router's key", seen, "give the router one of its own: APIKEY, or none")
