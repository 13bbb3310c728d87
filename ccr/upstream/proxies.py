"""Which proxy a URL is reached by: the provider's, the configuration's, or the environment's. Loopback never has one."""

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from ccr.config.exposure import is_loopback


def proxies(configured: Callable[[], str | None], env: Mapping[str, str]) -> Callable[[str, str | None], str | None]:
    """`configured` is asked at every request: the configuration may have been reloaded."""
    lower = {name.lower(): value for name, value in env.items() if value}
    spared = tuple(
        name.strip().lstrip("*").lstrip(".") for name in lower.get("no_proxy", "").split(",") if name.strip()
    )

    def proxy_for(url: str, own: str | None) -> str | None:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if is_loopback(host) or any(_within(host, parts.port, name) for name in spared):
            return None
        return own or configured() or lower.get(f"{parts.scheme}_proxy") or lower.get("all_proxy")

    return proxy_for


def _within(host: str, port: int | None, name: str) -> bool:
    """NO_PROXY names a host, a domain with all below it, either with a port, or by `*` everything."""
    name, _, only = name.partition(":")
    return (not only or only == str(port)) and (not name or host == name or host.endswith(f".{name}"))
