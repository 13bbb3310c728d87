"""Which proxy a URL is reached by: the provider's, the configuration's, or the environment's. Loopback never has one."""

from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_address, ip_network
from typing import TypeVar
from urllib.parse import urlsplit

from ccr.config.exposure import is_loopback
from ccr.upstream.failures import ProxyUnusable

Parsed = TypeVar("Parsed")

SCHEMES = ("http", "https")


def proxies(configured: Callable[[], str | None], env: Mapping[str, str]) -> Callable[[str, str | None], str | None]:
    """`configured` is asked at every request: the configuration may have been reloaded."""
    lower = {name.lower(): value for name, value in env.items() if value}
    spared = tuple(
        name.strip().lstrip("*").lstrip(".") for name in lower.get("no_proxy", "").split(",") if name.strip()
    )

    def proxy_for(url: str, own: str | None) -> str | None:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if is_loopback(host):
            return None
        if own:
            return usable(own)
        if any(_within(host, parts.port, name) for name in spared):
            return None
        named = configured() or lower.get(f"{parts.scheme}_proxy") or lower.get("all_proxy")
        return usable(named) if named else None

    return proxy_for


def named(env: Mapping[str, str]) -> Iterator[str]:
    """All that the environment names."""
    return (value.strip() for name, value in env.items() if name.lower().endswith("_proxy"))


def usable(proxy: str) -> str:
    """As curl takes it, also without a scheme. Raises ProxyUnusable."""
    proxy = proxy.strip()
    url = proxy if "://" in proxy else f"http://{proxy}"
    try:
        parts = urlsplit(url)
        if parts.scheme.lower() in SCHEMES and parts.hostname and parts.port != 0:
            return url
    except ValueError:
        parts = urlsplit("")
    kind = f"{parts.scheme}://" if parts.scheme else "what PROXY_URL or HTTPS_PROXY says"
    raise ProxyUnusable(
        f"{kind} is no proxy that is understood; give PROXY_URL an http:// or https:// one, such as privoxy in front of SOCKS"
    )


def _as(kind: Callable[[str], Parsed], text: str) -> Parsed | None:
    try:
        return kind(text)
    except ValueError:
        return None


def _within(host: str, port: int | None, name: str) -> bool:
    """NO_PROXY names a host, a domain with all below it, either with a port, a network, or by `*` everything."""
    if (address := _as(ip_address, host)) and (network := _as(ip_network, name)):
        return address in network
    name, _, only = name.partition(":")
    return (not only or only == str(port)) and (not name or host == name or host.endswith(f".{name}"))
