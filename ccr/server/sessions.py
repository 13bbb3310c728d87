"""What the router did for a session: GET /ccr/sessions/{id}, which the status line asks, and the list of them."""

from collections.abc import Mapping
from dataclasses import asdict
from itertools import islice

from ccr.config.schema import Model
from ccr.gateway.inbound import Answer, Inbound
from ccr.gateway.runtime import Current, Runtime
from ccr.gateway.sessions import Session, Used, total
from ccr.ids import Target
from ccr.messages.json import Json, JsonObject
from ccr.messages.record import Record
from ccr.server.pages import page

MOST_LISTED = 50
SHORTEST = 0.05  # seconds of streaming: less says nothing about speed


async def sessions(inbound: Inbound, current: Current) -> Answer:
    """The newest first."""
    runtime = current.runtime
    listed = [listing(name, each, runtime) for name, each in islice(runtime.sessions.newest(), MOST_LISTED)]
    return page({"default": default(runtime), "sessions": listed})


async def session(inbound: Inbound, current: Current) -> Answer:
    """One that is not known has had no answer yet."""
    runtime = current.runtime
    found = runtime.sessions.session(inbound.named)
    return page(
        {
            "session": inbound.named,
            "default": default(runtime),
            "requests": found.requests,
            "failed": found.failed,
            **sums(found.used, runtime),
            "targets": {str(target): sums({target: used}, runtime) for target, used in found.used.items()},
            "last": {name: answered(record, runtime) for name, record in found.last.items()},
            "line": line(runtime),
        }
    )


def default(runtime: Runtime) -> str | None:
    target = runtime.config.routes.get("default")
    return str(target) if target else None


def line(runtime: Runtime) -> JsonObject | None:
    """How the configuration wants it to look."""
    wanted = runtime.config.status_line
    return asdict(wanted) if wanted.enabled else None


def listing(name: str, session: Session, runtime: Runtime) -> JsonObject:
    newest = next(reversed(session.last.values()))
    target = str(newest.target) if newest.target else None
    return {
        "session": name,
        "time": newest.time,
        "target": target,
        "requests": session.requests,
        **sums(session.used, runtime),
    }


def sums(used: Mapping[Target, Used], runtime: Runtime) -> JsonObject:
    """Of what has no known price, the cost is not known either: it is named, and not in the sum."""
    prices = {target: known(target, runtime).price for target in used}
    costs = [each.cost(price) for target, each in used.items() if (price := prices[target])]
    saved = [each.saved(price) for target, each in used.items() if (price := prices[target])]
    whole = total(used)
    unpriced: list[Json] = [str(target) for target, price in prices.items() if price is None]
    return {
        "answers": whole.answers,
        "estimated": whole.estimated,
        "tokens": {
            "input": whole.input,
            "output": whole.output,
            "cache_read": whole.cache_read,
            "cache_write": whole.cache_write,
        },
        "cost": sum(costs) if costs else None,
        "saved": sum(saved) if costs else None,
        "unpriced": unpriced,
    }


def known(target: Target, runtime: Runtime) -> Model:
    upstream = runtime.upstreams.get(target.provider)
    return upstream.model_for(target.model) if upstream else Model()


def answered(record: Record, runtime: Runtime) -> JsonObject:
    usage, target = record.usage, record.target
    streamed = record.seconds - (record.first_token or record.seconds)
    return {
        "time": record.time,
        "request_id": record.request_id,
        "asked_for": record.asked_for,
        "rule": record.rule,
        "target": str(target) if target else None,
        "provider": target.provider if target else None,
        "model": target.model if target else None,
        "attempts": [asdict(tried) | {"target": str(tried.target)} for tried in record.attempts],
        "status": record.status,
        "error": record.error,
        "stop_reason": record.stop_reason,
        "tokens": {
            "input": usage.input,
            "output": usage.output,
            "cache_read": usage.cache_read,
            "cache_write": usage.cache_write,
        },
        "prompt": usage.prompt,
        "estimated": record.estimated,
        "window": known(target, runtime).context if target else None,
        "first_token": record.first_token,
        "seconds": record.seconds,
        "speed": (usage.output or 0) / streamed if streamed > SHORTEST else None,
    }
