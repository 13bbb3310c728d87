"""Which proxy a URL is reached by: the provider's, the configuration's, or the environment's. Loopback never has one."""

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment


def proxies(configured: Callable[[], str | None], env: Mapping[str, str]) -> Callable[[str, str | None], str | None]:
    """`configured` is asked at every request: the configuration may have been reloaded."""
    lower = {name.lower(): value for name, value in env.items() if value}
    bypass = {"no": lower.get("no_proxy", "")}

    def proxy_for(url: str, own: str | None) -> str | None:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if _is_loopback(host) or proxy_bypass_environment(host, bypass):
            return None
        return own or configured() or lower.get(f"{parts.scheme}_proxy") or lower.get("all_proxy")

    return proxy_for


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
