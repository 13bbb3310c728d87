"""What each failure calls for: the table by which a plan goes on, and what the standing of who failed suffers."""

from dataclasses import dataclass
from typing import Literal

from ccr.errors import (
    ContextOverflow,
    Overloaded,
    RequestProblem,
    UpstreamBeyondLimit,
    UpstreamBusy,
    UpstreamCut,
    UpstreamEmpty,
    UpstreamFailed,
    UpstreamFull,
    UpstreamGarbled,
    UpstreamHurried,
    UpstreamKeyRefused,
    UpstreamLimited,
    UpstreamModelUnknown,
    UpstreamPlaceRefused,
    UpstreamProblem,
    UpstreamRefused,
    UpstreamTimeout,
    UpstreamTooLarge,
    UpstreamToolless,
    UpstreamUnaffordable,
    UpstreamUnconnected,
    UpstreamUnpaid,
    UpstreamUnreachable,
)

# Who is not asked any more for this request. limit: nobody; who is limited is passed over as long as that lasts.
# turn: its target, but for one other key, which is asked when nobody else is left. smaller: whose window is not known to
# be larger. all: the failure is the client's to see.
Spent = Literal["limit", "key", "turn", "target", "provider", "smaller", "all"]
# Whether the same key and target is asked again: before others are, if no other can be, or not at all.
Again = Literal["first", "last", "never"]


@dataclass(frozen=True, slots=True)
class Cooling:
    """How long who failed so is left alone where the provider does not say: twice as long each time, within bounds."""

    whole_key: bool  # for all models, or for the one that was asked
    least: float  # seconds
    most: float


@dataclass(frozen=True, slots=True)
class Remedy:
    kind: str  # the failure in a word, for logs, headers and counters
    spent: Spent
    again: Again = "never"
    counts: bool = False  # against the breaker
    longest: float = 300.0  # seconds that an open one keeps others away, however often it has been tried in vain
    cooling: Cooling | None = None


REMEDIES: dict[type[RequestProblem], Remedy] = {
    # The key is of no use, the provider may be.
    # Nobody tells when an account has been topped up: that is found out soon, and asking costs little.
    UpstreamKeyRefused: Remedy("denied", "key", cooling=Cooling(True, 60, 600)),
    UpstreamUnpaid: Remedy("unpaid", "key", cooling=Cooling(True, 60, 600)),
    # Others' requests pass: what is wrong with one of them keeps nobody from the key.
    UpstreamUnaffordable: Remedy("unpaid", "key"),
    UpstreamBeyondLimit: Remedy("limited", "turn"),
    # Providers limit by key and model.
    UpstreamLimited: Remedy("limited", "limit", "last", cooling=Cooling(False, 5, 300)),
    # It may have been bad luck. If not, another key of the same provider hardly has more.
    UpstreamBusy: Remedy("busy", "turn", "first", counts=True),
    # It was not asked.
    UpstreamFull: Remedy("full", "provider"),
    UpstreamFailed: Remedy("failed", "turn", "first", counts=True),
    UpstreamCut: Remedy("cut", "turn", "first", counts=True),
    UpstreamGarbled: Remedy("garbled", "turn", "first", counts=True),
    UpstreamEmpty: Remedy("empty", "turn", "first", counts=True),
    # Time is gone already.
    UpstreamTimeout: Remedy("timeout", "turn", counts=True),
    # It had less than its settings give, for the client or others had used that up: that says nothing of it.
    UpstreamHurried: Remedy("timeout", "target"),
    # Another key goes the same way.
    UpstreamUnconnected: Remedy("timeout", "provider", counts=True, longest=60),
    # No key and no model changes the way there; a network comes back, and a server that restarts.
    UpstreamUnreachable: Remedy("unreachable", "provider", "last", counts=True, longest=60),
    UpstreamPlaceRefused: Remedy("place", "provider"),
    # Another model may take it as it is.
    UpstreamModelUnknown: Remedy("unknown", "target"),
    UpstreamTooLarge: Remedy("large", "target"),
    UpstreamToolless: Remedy("toolless", "target"),
    ContextOverflow: Remedy("overflow", "smaller"),
    # The client heals it, or is at fault.
    UpstreamRefused: Remedy("refused", "all"),
    UpstreamProblem: Remedy("failed", "target"),
    Overloaded: Remedy("full", "all"),
    RequestProblem: Remedy("rejected", "all"),
}
# A model that sees, before a client that takes the picture out.
UNSEEN = Remedy("refused", "target")


def remedy_of(failure: RequestProblem) -> Remedy:
    if isinstance(failure, UpstreamRefused) and failure.lack and failure.lack.kind in ("image", "document"):
        return UNSEEN
    return next(REMEDIES[cls] for cls in type(failure).__mro__ if cls in REMEDIES)
