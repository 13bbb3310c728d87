"""The small answers: health, models, token counts, the greeting."""

import os
from dataclasses import replace

import msgspec

from ccr import __version__
from ccr.config.schema import Provider
from ccr.config.show import settings, ways
from ccr.gateway.inbound import Answer, Inbound
from ccr.gateway.pipeline import counted
from ccr.gateway.runtime import Current, Runtime
from ccr.messages.json import JsonObject
from ccr.providers.resolve import Upstream
from ccr.routing.menu import Entry, entries
from ccr.server.guard import is_known
from ccr.server.standing import standing

JSON = {"content-type": "application/json"}

SERVED = (
    "POST /v1/messages",
    "POST /v1/messages/count_tokens",
    "POST /v1/chat/completions",
    "POST /v1/responses",
    "POST /v1/responses/input_tokens",
    "GET /v1/models",
    "GET /ccr/sessions",
    "GET /ccr/sessions/{id}",
    "GET /health",
)

# The models' dates are not known; both APIs want one.
LONG_AGO = "2025-01-01T00:00:00Z"


def page(value: object, status: int = 200) -> Answer:
    return Answer(status, JSON, msgspec.json.encode(value))


async def root(inbound: Inbound, current: Current) -> Answer:
    return page({"name": "ccr", "version": __version__, "serves": SERVED})


async def tokens(inbound: Inbound, current: Current) -> Answer:
    count = await counted(inbound, current.runtime)
    headers = JSON if count.exact else JSON | {"x-ccr-estimate": "true"}
    kind = {"object": "response.input_tokens"} if inbound.client.name == "responses" else {}
    return Answer(200, headers, msgspec.json.encode({**kind, "input_tokens": count.tokens}))


async def models(inbound: Inbound, current: Current) -> Answer:
    """In the shape that the caller's dialect has for it, on one page. Claude Code makes its /model menu of it."""
    found = list(entries(current.runtime.table))
    if inbound.headers.get("user-agent", "").startswith("claude-code/"):
        return page({"data": [menu_model(entry) for entry in found], "has_more": False})
    if inbound.client.name == "anthropic":
        data = [{"type": "model", "id": e.id, "display_name": e.title, "created_at": LONG_AGO} for e in found]
        ends = {"first_id": found[0].id if found else None, "last_id": found[-1].id if found else None}
        return page({"data": data, "has_more": False, **ends})
    return page({"object": "list", "data": [openai_model(entry.id) for entry in found]})


def menu_model(entry: Entry) -> JsonObject:
    return {"type": "model", "id": entry.marked, "display_name": entry.title, "description": entry.about}


def openai_model(name: str) -> JsonObject:
    return {"id": name, "object": "model", "created": 0, "owned_by": name.partition(",")[0]}


async def health(inbound: Inbound, current: Current, *, started: float) -> Answer:
    """Liveness for anybody; the rest for those who have the key."""
    alive = {"status": "draining" if current.draining else "ok", "version": __version__}
    key = current.runtime.config.server.key
    if key is None or is_known(inbound.headers, key.reveal()):
        return page({**alive, "started": started, **details(current, current.runtime)})
    return page(alive)


def details(current: Current, runtime: Runtime) -> JsonObject:
    return {
        "pid": os.getpid(),
        "config": runtime.config.source,
        "generation": current.generation,
        "rejected": current.rejected.message if current.rejected else None,
        "problems": current.problems(),
        **standing(runtime),
        "routes": ways(runtime.config),
        "providers": [
            {
                "name": upstream.name,
                "url": upstream.url,
                "dialect": upstream.dialect.name,
                "key": key_state(upstream),
                "models": list(upstream.models),
            }
            for upstream in runtime.upstreams.values()
        ],
        "notices": [str(notice) for notice in runtime.notices],
        "settings": settings(replace(runtime.config, providers=tuple(map(without_headers, runtime.config.providers)))),
    }


def without_headers(provider: Provider) -> Provider:
    """They may hold secrets under any name; whoever has the router's key need not have the providers'."""
    return replace(provider, headers={})


def key_state(upstream: Upstream) -> str:
    if upstream.auth == "client":
        return "each caller's own login"
    return upstream.key_state
