"""A request as it goes out to one target. Made afresh for every attempt."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode, urlsplit

import msgspec

from ccr.config.exposure import is_near
from ccr.config.schema import Secret
from ccr.gateway import login
from ccr.gateway.inbound import Inbound
from ccr.ids import Target
from ccr.messages.json import JsonObject
from ccr.messages.request import Request
from ccr.providers.resolve import Upstream
from ccr.wire.dialect import UpstreamRequest
from ccr.wire.passthrough import forwarded, rewrite, strip_foreign_thoughts

AUTH = {
    "bearer": "authorization",
    "x-api-key": "x-api-key",
    "api-key": "api-key",
    "x-goog-api-key": "x-goog-api-key",
}

FORM = "application/x-www-form-urlencoded"

# Says to a router on this machine or beside it from which one a request comes: a provider's URL may lead back to us, by
# another of this machine's names too, or by a tunnel, with our own key. To the Internet nobody says what is asked through a router.
VIA = "x-ccr-via"

# Fields that a client may send to the router; what has become of them, routing.facts says.
MEANT_FOR_US = ("context",)


def passes_through(inbound: Inbound, upstream: Upstream, target: Target) -> bool:
    """Same dialect on both sides and nothing to adjust: the bytes go through as they are."""
    return is_same(inbound, upstream) and not upstream.quirks_for(target.model)


def outgoing(
    inbound: Inbound,
    request: Request,
    removed: tuple[str, ...],
    upstream: Upstream,
    target: Target,
    instance: str,
    own: Secret | None = None,
    *,
    verbatim: bool,
) -> UpstreamRequest:
    """`own` is the router's key: whoever is asked with it is a router."""
    same = is_same(inbound, upstream)
    headers = forwarded(inbound.headers) if same else {}
    if upstream.auth != "client":
        headers = login.without_beta(headers)
    url = upstream.dialect.address(upstream.url, target, stream=request.stream)
    url = _with_query(url, inbound.query) if same else url
    if verbatim:
        ours = tuple(name for name in MEANT_FOR_US if name not in request.extra)
        body = strip_foreign_thoughts(rewrite(inbound.body, target.model, removed, ours, request.max_tokens))
    else:
        quirks = upstream.quirks_for(target.model)
        for quirk in quirks:
            request = quirk.request(request, target)
        payload = upstream.dialect.encode(replace(request, model=target.model), target)
        payload = replace(payload, headers={**payload.headers, **headers})
        for quirk in quirks:
            payload = quirk.finished(payload, request, target, upstream.dialect.name)
        body = _form(payload.body) if payload.form else msgspec.json.encode(payload.body)
        headers = {**payload.headers, "content-type": FORM if payload.form else "application/json"}
    if is_near(urlsplit(url).hostname or "") or (own and own.reveal() in upstream.secrets):
        headers[VIA] = ", ".join(filter(None, (inbound.headers.get(VIA), instance)))
    return UpstreamRequest(url, {**headers, **_auth(inbound, upstream, target), **upstream.headers}, body)


def is_same(inbound: Inbound, upstream: Upstream) -> bool:
    return upstream.dialect.verbatim and inbound.client.name == upstream.dialect.name


def _form(fields: JsonObject) -> bytes:
    return urlencode({name: str(value) for name, value in fields.items()}).encode()


def _auth(inbound: Inbound, upstream: Upstream, target: Target) -> Mapping[str, str]:
    if upstream.auth == "client":
        return login.proof(inbound, target)
    if upstream.key is None or upstream.auth not in AUTH:  # others are signed once they are whole: upstream.signing
        return {}
    key = upstream.key.reveal()
    return {AUTH[upstream.auth]: f"Bearer {key}" if upstream.auth == "bearer" else key}


def _with_query(url: str, query: str) -> str:
    if not query:
        return url
    return f"{url}{'&' if urlsplit(url).query else '?'}{query}"
