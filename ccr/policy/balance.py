"""How requests are spread over equals: by weight and session, to who has the fewest under way, to who begins soonest."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeVar

from ccr.config.schema import Group
from ccr.ids import Target

EXPLORED = 0.1  # of the requests without a session: who was slow once may not be so any more
STEP = 2.0**-64

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Figures:
    in_flight: int = 0
    first_content: float | None = None  # seconds, on average; None: not known


def drawn(weights: Mapping[T, float], session: str | None, chance: Callable[[], float]) -> list[T]:
    """In an order that is the same for a session each time, whoever else comes or goes; without one, by chance. First is
    whom the draw gives most (weighted rendezvous hashing)."""

    def lot(item: T) -> float:
        share = chance() if session is None else _share(f"{session}\n{item}")
        weight = weights[item]
        return -math.log(max(share, STEP)) / weight if weight > 0 else math.inf

    lots = {item: lot(item) for item in weights}
    return sorted(lots, key=lots.__getitem__)


def spread(
    group: Group,
    targets: Sequence[Target],
    figures: Callable[[Target], Figures],
    session: str | None,
    chance: Callable[[], float],
) -> list[Target]:
    """Those of the group in the order in which they are asked."""
    order = drawn({target: group.weights[target] for target in targets}, session, chance)
    match group.balance:
        case "weighted":
            return order
        case "least_busy":
            return sorted(order, key=lambda target: figures(target).in_flight / max(group.weights[target], STEP))
        case "fastest":
            if session is None and chance() < EXPLORED:
                return order
            return sorted(order, key=lambda target: figures(target).first_content or 0.0)


def _share(text: str) -> float:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()) / 2**64
