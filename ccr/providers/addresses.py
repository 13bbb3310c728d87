"""Which dialect a provider is spoken to in, and at which address: what is written counts, then what is known."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from urllib.parse import urlsplit, urlunsplit

from ccr.config.problems import folded
from ccr.config.schema import DialectName, Provider
from ccr.config.vendors import VENDORS, Vendor, vendor_named

# Transformers of CCR that say which dialect a provider speaks.
DIALECTS: Mapping[str, DialectName] = {
    "anthropic": "anthropic",
    "openai": "openai",
    "gemini": "gemini",
    "openairesponses": "responses",
    "vertexgemini": "vertex-gemini",
    "vertexclaude": "vertex-claude",
}

# How the last part of an address shows what is spoken there; the first that fits.
_ENDS: tuple[tuple[tuple[str, ...], DialectName], ...] = (
    (("*/chat/completions", "*/v1beta/openai", "*/endpoints/openapi"), "openai"),
    (("*/responses",), "responses"),
    (("*/publishers/anthropic", "*/publishers/anthropic/*"), "vertex-claude"),
    (("*/publishers/google", "*/publishers/google/*"), "vertex-gemini"),
    (("*/messages", "*/anthropic", "*/anthropic/*"), "anthropic"),
    (("*/v1beta/models", "*/v1beta/models/*"), "gemini"),
)


def dialect(provider: Provider, vendor: Vendor | None) -> DialectName:
    """What the file says, what the address shows, what the transformers say, what the vendor is known for."""
    if provider.dialect:
        return provider.dialect
    # Where Anthropic is named beside another, as older files do, it is the client's end of a translation.
    named = [DIALECTS[folded(use.name)] for use in provider.quirks if folded(use.name) in DIALECTS]
    others = [name for name in named if name != "anthropic"]
    said = next(iter(others or named), None)
    return shown(provider.url) or said or (_usual(provider, vendor) if vendor else "openai")


def shown(url: str) -> DialectName | None:
    path = _path(url)
    return next((name for ends, name in _ENDS if any(fnmatchcase(path, end) for end in ends)), None)


def _usual(provider: Provider, vendor: Vendor) -> DialectName:
    """By the path where the host is the vendor's. What stands in for a vendor is mostly spoken to in Chat, and so is what
    a vendor has at a path that is not in the table, as for its coding plan."""
    own = not provider.url or vendor_at(provider.url) == vendor
    path = _path(provider.url)
    fitting = [name for name, url in vendor.urls.items() if own and path in ("", _path(url))]
    if fitting:
        return fitting[0]
    return vendor.dialect if "openai" not in vendor.urls or (own and vendor.dialect == "gemini") else "openai"


def base(provider: Provider, vendor: Vendor | None, speaks: DialectName) -> str:
    """The address as it is written; the vendor's own for the dialect where none is, or only a host, or one where another
    dialect is spoken."""
    known = vendor.urls.get(speaks, "") if vendor else ""
    if not provider.url:
        return known or (vendor.url if vendor else "")
    there = urlsplit(provider.url)
    elsewhere = not _path(provider.url) or shown(provider.url) not in (None, speaks)
    if known and elsewhere and vendor_at(provider.url) == vendor:
        return urlunsplit(there._replace(path=_path(known)))
    return provider.url


def _path(url: str) -> str:
    return urlsplit(url).path.rstrip("/")


def vendor_of(provider: Provider) -> Vendor | None:
    """By the address first: a provider may be called after the models it serves."""
    return (vendor_at(provider.url) if provider.url else None) or vendor_named(provider.name)


def vendor_at(url: str) -> Vendor | None:
    netloc = urlsplit(url).netloc.lower().rpartition("@")[2]
    return next((vendor for vendor in VENDORS if any(_under(netloc, host) for host in hosts(vendor))), None)


def hosts(vendor: Vendor) -> tuple[str, ...]:
    """A local server is known by host and port; the usual ports of some say too little (8000, 8080)."""
    own = urlsplit(vendor.url).netloc
    if own.startswith("localhost:") and not vendor.hosts:
        return ()
    return tuple(host for host in (own, *vendor.hosts) if host)


def _under(netloc: str, host: str) -> bool:
    return fnmatchcase(netloc, host) or netloc.endswith(f".{host}")
