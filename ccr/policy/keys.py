"""The keys of a provider: which comes first, how long one rests, and what one has used. Time is an argument."""

import math
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import NamedTuple

from ccr.config.schema import Key
from ccr.ids import ProviderName
from ccr.policy.balance import drawn
from ccr.policy.remedies import Cooling

HOUR = 3600.0
GONE = 61  # seconds after which all of a second is a minute old
A_TURN = 2.0  # seconds after which one who found all taken comes again


class KeyId(NamedTuple):
    """By which a key is known, also after it has got another place in the file; another secret is another key."""

    provider: ProviderName
    digest: str

    @classmethod
    def of(cls, provider: ProviderName, key: Key | None) -> "KeyId":
        secret = key.secret.reveal().encode("utf-8", "surrogatepass") if key else b""
        return cls(provider, blake2b(secret, digest_size=8).hexdigest() if key else "")


def ranked(
    provider: ProviderName, keys: Sequence[Key], last: KeyId | None, session: str | None, chance: Callable[[], float]
) -> list[Key]:
    """In the order in which they are asked: by priority, then who answered the session last, then as they are drawn."""
    if len(keys) < 2:
        return list(keys)
    named = {KeyId.of(provider, key): key for key in keys}
    order = drawn({name: key.weight for name, key in named.items()}, session, chance)
    return [named[name] for name in sorted(order, key=lambda name: (named[name].priority, name != last))]


class Rest:
    """A key, or a key and model, is left alone: as long as the provider asks for, else longer each time in a row."""

    def __init__(self) -> None:
        self.kind = ""
        self.why = ""
        self.since = -math.inf
        self.until = -math.inf
        self._row = 0

    def refused(self, kind: str, why: str, cooling: Cooling, told: float | None, began: float, now: float) -> None:
        """`began` is when it was asked. Whoever was sent before the rest began says nothing new; nor does one that was
        asked within it, because nobody else was left, unless the provider says until when."""
        over = now >= self.until
        if began < self.since or not (over or told):
            return
        seconds = min(cooling.least * 2.0 ** min(self._row, 16), cooling.most)
        self.kind, self.why, self.since, self.until = kind, why, now, now + (min(told, HOUR) if told else seconds)
        self._row += over

    def answered(self, began: float) -> None:
        if began >= self.since:
            self.until, self._row = -math.inf, 0


class Minute:
    """What was used within a minute, by seconds. The next seconds may be spoken for already."""

    def __init__(self) -> None:
        self._requests: dict[int, int] = {}
        self._tokens: dict[int, int] = {}

    def add(self, now: float, *, requests: int = 0, tokens: int = 0, ahead: float = 0.0) -> None:
        """What is used in so many seconds counts already."""
        at = int(now + ahead)
        for used, amount in ((self._requests, requests), (self._tokens, tokens)):
            if amount:
                used[at] = used.get(at, 0) + amount
            for second in [second for second in used if second + GONE <= now]:
                del used[second]

    def requests(self, now: float) -> int:
        return _lately(self._requests, now)

    def tokens(self, now: float) -> int:
        return _lately(self._tokens, now)

    def full_until(self, key: Key, now: float) -> float:
        """When there is room for one more; `now` where there is."""
        return max(_room(self._requests, key.rpm, now), _room(self._tokens, key.tpm, now))


def _lately(used: dict[int, int], now: float) -> int:
    return sum(amount for second, amount in used.items() if second + GONE > now)


def _room(used: dict[int, int], limit: int | None, now: float) -> float:
    if limit is None:
        return now
    left, free = _lately(used, now), now
    for second in sorted(second for second in used if second + GONE > now):
        if left < limit:
            break
        left, free = left - used[second], float(second + GONE)
    return free
