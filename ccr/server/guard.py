"""Who may enter: the key, the Host and the Origin."""

import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from ccr.config.exposure import is_loopback
from ccr.errors import Forbidden, Unauthorized, Unread
from ccr.gateway.login import HEADERS, KEY

LOCAL_NAMES = frozenset({"localhost", "host.docker.internal", "host.containers.internal"})


def check_key(headers: Mapping[str, str], key: str) -> None:
    """`Authorization: Bearer`, `x-api-key`, or `x-ccr-key` beside a login of the caller's own; one right one is enough."""
    if not is_known(headers, key):
        given = any(name in headers for name in (*HEADERS, KEY))
        raise Unauthorized(
            f"the router's key is {'not right' if given else 'missing'}; `ccr env` prints what a client needs",
            retry=False,
        )


def is_known(headers: Mapping[str, str], key: str) -> bool:
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    offered = [headers.get("x-api-key", ""), headers.get(KEY, "")]
    if scheme.lower() == "bearer":
        offered.append(bearer.strip())
    return any(hmac.compare_digest(candidate.encode(), key.encode()) for candidate in offered)


def check_origin(headers: Mapping[str, str], listens_on: str) -> None:
    """A web page must not use the router: not across origins, and not by a name that was rebound to this machine."""
    host = _name(headers.get("host", ""))
    if is_loopback(listens_on) and host and not (is_loopback(host) or host in LOCAL_NAMES):
        raise Forbidden(f"the Host header names {host}, and this router serves this machine only")
    origin = headers.get("origin")
    if origin is not None and origin.partition("://")[2] != headers.get("host"):
        raise Forbidden(f"requests from web pages ({origin}) are not served")


def check_encoding(headers: Mapping[str, str]) -> None:
    """No SDK compresses what it asks, left alone; and what is compressed has no bound."""
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise Unread(f"the body has the content-encoding {encoding[:40]}; send it uncompressed", retry=False)


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return host
