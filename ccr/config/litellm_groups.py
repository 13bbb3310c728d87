"""The deployments of one model_name of LiteLLM's -> keys of one provider, equal targets, and what is asked after them."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ccr.config.problems import Fields, Place
from ccr.messages.json import Json, JsonObject

LIMITS: Mapping[str, str] = {"rpm": "rpm", "tpm": "tpm", "max_parallel_requests": "concurrency"}
UNORDERED = 1e9
STRATEGIES: Mapping[str, str] = {
    "simple-shuffle": "weighted",
    "least-busy": "least_busy",
    "latency-based-routing": "fastest",
}


@dataclass(frozen=True, slots=True)
class Deployment:
    place: Place
    name: str
    model: str
    vendor: str
    entry: JsonObject  # its provider, but for the key
    key: Json
    params: Fields

    @property
    def kin(self) -> str:
        """What makes deployments one target with several keys."""
        return repr((self.name, self.vendor, self.entry, self.model, self.key is None))

    @property
    def order(self) -> float:
        """The lower the earlier; then who has none, then whose weight is nothing."""
        if self.params["weight"].number() == 0:
            return math.inf
        order = self.params["order"].number()
        return UNORDERED if order is None else order


@dataclass(frozen=True, slots=True)
class Member:
    """One target of a model_name."""

    target: str
    order: float
    weight: float


def shares(group: Sequence[Deployment]) -> list[float]:
    """As LiteLLM draws: by weight, else by rpm, else by tpm. https://docs.litellm.ai/docs/routing"""
    if any(not each.params["weight"].empty for each in group):
        return [each.params["weight"].number() or 1.0 for each in group]
    for name in ("rpm", "tpm"):
        found = [each.params[name].number() or 0.0 for each in group]
        if all(found):
            return found
    return [1.0] * len(group)


def api_key(kin: Sequence[tuple[Deployment, float]]) -> Json:
    """A text where there is nothing to say of it."""
    orders = sorted({each.order for each, _ in kin})
    least = min(share for _, share in kin)
    found: dict[str, Json] = {}
    for each, share in kin:
        own: dict[str, Json] = {
            ours: limit for theirs, ours in LIMITS.items() if (limit := each.params[theirs].integer(1, 2**31))
        }
        if share != least:
            own["weight"] = round(share / least, 6)
        if priority := orders.index(each.order):
            own["priority"] = priority + 1
        found.setdefault(repr(each.key), {"key": each.key, **own} if own else each.key)
    return next(iter(found.values())) if len(found) == 1 else list(found.values())


def members(targets: Iterable[tuple[str, Sequence[tuple[Deployment, float]]]]) -> list[Member]:
    """Each target once, in the order in which they are asked."""
    found: dict[str, Member] = {}
    for target, kin in targets:
        found.setdefault(target, Member(target, min(each.order for each, _ in kin), sum(share for _, share in kin)))
    return sorted(found.values(), key=lambda each: each.order)


def way(group: Sequence[Member], balance: str) -> Json:
    """As Router and aliases have it: those of the first order are equal, the others are asked after them."""
    equal = [each for each in group if each.order == group[0].order]
    behind = [each.target for each in group[len(equal) :]]
    first: Json = equal[0].target if len(equal) == 1 else {"balance": balance, "targets": list(_weighted(equal))}
    return [first, *behind] if behind else first


def _weighted(equal: Sequence[Member]) -> Iterator[Json]:
    least = min(each.weight for each in equal)
    for each in equal:
        weight = round(each.weight / least, 6)
        yield each.target if weight == 1 else {"target": each.target, "weight": weight}
