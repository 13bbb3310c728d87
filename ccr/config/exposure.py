"""Who can reach the router, and whether its key keeps them out."""

from ipaddress import ip_address

from ccr.config.schema import Server

# Keys that stand in examples and tutorials: everybody knows them.
PUBLISHED = frozenset({
    "test", "sk-1234", "changeme", "change-me", "secret", "password", "admin", "dummy", "key", "apikey", "api-key",
    "token", "none", "1234", "12345", "123456", "12345678", "devpassword", "ccr", "sk-ccr", "litellm", "sk-test",
    "your-secret-key", "your_secret_key", "your-api-key", "your_api_key", "your-key", "sk-your-key", "string",
})  # fmt: skip


# Names below these are given out by a household, a company or a container engine, not by the Internet.
NEAR = (".localhost", ".local", ".lan", ".internal", ".home.arpa")


def is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_near(host: str) -> bool:
    """On this machine, or in its own network."""
    try:
        return ip_address(host).is_private
    except ValueError:
        return bool(host) and ("." not in host or host.endswith(NEAR))


def exposed(server: Server) -> str | None:
    """Why this server must not listen, or None."""
    if server.allow_insecure or is_loopback(server.host):
        return None
    if server.key is None:
        lack = "needs a key"
    elif server.key.reveal().lower() in PUBLISHED:
        lack = "needs a key that is not a published default"
    else:
        return None
    return f"{server.host} is reachable by others and {lack}: set APIKEY, or HOST to 127.0.0.1, or ALLOW_INSECURE: true"
