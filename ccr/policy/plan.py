"""What is tried, in which order. Decides only; somebody else sends and waits. What a failure calls for is in remedies.py."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import takewhile
from math import inf

from ccr.errors import ContextOverflow, RequestProblem, UpstreamBusy, UpstreamLimited
from ccr.ids import ProviderName, Target
from ccr.policy.attempt import Attempt
from ccr.policy.patience import LONGEST_WAIT, PATIENCE
from ccr.policy.remedies import remedy_of
from ccr.policy.standing import Bar, Standing
from ccr.providers.resolve import Upstream
from ccr.routing.decision import Decision

MOST = 8  # attempts for a request, whatever is configured: failures must not multiply
# Seconds that one is waited for who asks for them, where somebody else is ready, and where nobody is.
PATIENT, ALONE = 5.0, 10.0
FIRST_WAIT = 0.5  # doubled with each, and spread by chance: who failed together shall not come back together
SOON = PATIENCE[UpstreamBusy]  # who is back by then is worth another try of the client's
A_MOMENT = 2.0  # after which those come again for whom somebody else is asking
# Seconds that one is waited for who is passed over for this; the others do not say when that ends.
WAITED = {"limited": ALONE, "spent": PATIENT}
KEPT = 4  # of the attempts, for targets that have not been asked yet: many keys of one do not hide the others
WHY = {"open": "failing", "spent": "its rpm or tpm is reached", "full": "its concurrency is reached"}
TOLD = 3  # of those that are passed over, in a message


@dataclass(frozen=True, slots=True)
class _Left:
    """What a failure leaves."""

    ways: tuple[Attempt, ...]  # in their order
    again: float | None = None  # seconds after which the same is asked once more
    first: bool = False  # that is, before any other
    of_a_key: bool = False  # nothing else has failed: other keys that are known to be of no use are worth a try


class Plan:
    """What one request tries. Is asked for the first attempt, and after each failure for the next; the standing has
    been told of that failure before, and is told when each attempt has ended."""

    def __init__(
        self,
        decision: Decision,
        upstreams: Mapping[ProviderName, Upstream],
        standing: Standing,
        session: str | None,
        now: float,
        chance: Callable[[], float],
        caller: str = "",
    ) -> None:
        self._upstreams, self._standing = upstreams, standing
        self._session, self._chance, self._caller = session, chance, caller
        self._larger = decision.larger
        self._ways = self._to(self._ordered(decision, now))
        self._all = self._ways
        self._alone = len(self._ways) == 1  # a breaker chooses between ways: one that has no other is asked
        self._last: Attempt | None = None  # of the ways
        self._tried: list[Attempt] = []  # of the ways, in their order; some twice
        self._of_keys = True  # all failures so far
        self._disturbed = False  # somebody who asks to be left alone has been asked all the same
        self._passed: dict[Target, None] = {}
        self.elsewhere = False  # whether a target that has not been asked yet could be asked now
        self.beside = False  # whether another provider could

    def next(self, failure: RequestProblem | None, now: float) -> Attempt | None:
        """None: another attempt would not help, or there is none."""
        if isinstance(failure, UpstreamLimited):
            self._say_until(failure, now)
        left = self._after(failure)
        self._of_keys = left.of_a_key
        found = self._pick(left, now)
        if not found and (forced := self._forcible(left, now)):
            way, bar = forced
            found, self._disturbed = (way, 0.0), self._disturbed or bar.kind == "limited"
        if not found:
            if failure is None or self._soonest(left, now) < SOON:
                raise self._nobody(left, now)
            return None
        way, wait = found
        if way is not self._last:
            before = takewhile(lambda each: each is not way, left.ways)
            self._passed.update({each.target: None for each in before if self._standing.bar(each, now)})
            self._ways = left.ways
        self._last = way
        self._tried.append(way)
        attempt = replace(way, wait=wait) if wait else way
        self._standing.take(attempt, now, unbroken=self._alone)
        asked = {each.target for each in self._tried}
        self.elsewhere = self._any_ready((each for each in self._ways if each.target not in asked), now)
        others = (each for each in self._ways if each.target.provider != way.target.provider)
        self.beside = self._any_ready(others, now)
        return attempt

    def _any_ready(self, ways: Iterable[Attempt], now: float) -> bool:
        return any(not self._standing.bar(each, now) for each in ways)

    @property
    def passed_over(self) -> tuple[Target, ...]:
        """Targets that stood before one that was asked, and were not, by how they did lately."""
        asked = {way.target for way in self._tried}
        return tuple(target for target in self._passed if target not in asked)

    def unasked(self, now: float) -> tuple[str, ...]:
        """Who has not been asked, by how they did lately, and why: `openrouter,x key 2: refused`."""
        bars = [(way, bar) for way in self._all if way not in self._tried and (bar := self._standing.bar(way, now))]
        return tuple(f"{self._who(way)}: {WHY.get(bar.kind, bar.kind)}" for way, bar in bars)

    def _who(self, way: Attempt) -> str:
        several = way.key and len(self._upstreams[way.target.provider].keys) > 1
        return f"{way.target} key {way.key.name}" if way.key and several else str(way.target)

    def goes_on(self, failure: RequestProblem, now: float) -> bool:
        """Whether something else would be tried after such a failure."""
        left = self._after(failure)
        return bool(self._pick(left, now) or self._forcible(left, now))

    def _ordered(self, decision: Decision, now: float) -> list[Target]:
        chain = list(dict.fromkeys(decision.chain))
        group = decision.group
        if not group:
            return chain
        equal = [target for target in chain if target in group.weights]
        equal = self._standing.spread(group, equal, self._session, self._chance, now)
        return list(dict.fromkeys((*equal, *chain)))

    def _to(self, targets: Iterable[Target]) -> tuple[Attempt, ...]:
        return tuple(
            Attempt(target, key, session=self._session, caller=self._caller if upstream.auth == "client" else "")
            for target in targets
            for upstream in [self._upstreams[target.provider]]
            for key in self._standing.keys(upstream, self._session, self._chance)
        )

    def _after(self, failure: RequestProblem | None) -> _Left:
        """What remains of the ways when this has failed so."""
        last = self._last
        if failure is None or last is None:
            return _Left(self._ways, of_a_key=True)
        remedy, ways = remedy_of(failure), self._ways
        match remedy.spent:
            case "all":
                ways = ()
            case "key":
                ways = tuple(way for way in ways if (way.target.provider, way.key) != (last.target.provider, last.key))
            case "turn":
                keys = [way for way in ways if way.target == last.target and way not in self._tried]
                ways = (*(way for way in ways if way.target != last.target), *keys[:1])
            case "target":
                ways = tuple(way for way in ways if way.target != last.target)
            case "provider":
                ways = tuple(way for way in ways if way.target.provider != last.target.provider)
            case "smaller":
                ways = self._wider(last.target, failure)
            case "limit":
                # It comes back where nobody else is left.
                ways = tuple(way for way in ways if way is not last or self._may_repeat(way))
        of_a_key = remedy.spent == "key" and self._of_keys
        if remedy.again == "never" or failure.retry is False or not self._may_repeat(last):
            return _Left(ways, of_a_key=of_a_key)
        wait = FIRST_WAIT * 2 ** self._repeats(last.target) * (0.5 + self._chance())
        return _Left(ways, failure.retry_after or wait, remedy.again == "first", of_a_key)

    def _wider(self, target: Target, failure: RequestProblem) -> tuple[Attempt, ...]:
        """Whose window is known to be larger than what has overflowed. Not known is not larger."""
        numbers = (failure.limit, failure.had) if isinstance(failure, ContextOverflow) else ()
        size = max((each for each in (*numbers, self._room(target)) if each is not None), default=None)
        known = {way.target for way in (*self._ways, *self._tried)}
        ways = (*self._ways, *self._to(each for each in self._larger if each not in known))
        return tuple(way for way in ways if size is not None and (self._room(way.target) or 0) > size)

    def _room(self, target: Target) -> int | None:
        return self._upstreams[target.provider].model_for(target.model).room

    def _repeats(self, target: Target) -> int:
        tried = [way for way in self._tried if way.target == target]
        return len(tried) - len(set(tried))

    def _may_repeat(self, way: Attempt) -> bool:
        return self._repeats(way.target) < self._upstreams[way.target.provider].retries

    def _pick(self, left: _Left, now: float) -> tuple[Attempt, float] | None:
        """Who is asked next, and after how many seconds."""
        if len(self._tried) >= MOST:
            return None
        if not self._tried and left.ways and not self._standing.bar(left.ways[0], now, unbroken=self._alone):
            return left.ways[0], 0.0  # as nearly always: no other need be looked at
        others = (
            way for way in left.ways if way is not self._last and (way not in self._tried or self._may_repeat(way))
        )
        waits = [(way, wait) for way in others if (wait := self._wait(way, now)) is not None]
        again = left.again
        if kept := self._kept(waits):
            waits, again = kept, None
        ready = next(((way, wait) for way, wait in waits if not wait), None)
        if self._last and again is not None and (wait := self._wait(self._last, now)) is not None:
            wait = max(wait, again)
            if left.first and wait <= (PATIENT if ready else ALONE):
                return self._last, wait
            waits += [(self._last, wait)] if wait <= ALONE else []
        return ready or min(waits, key=lambda found: found[1], default=None)

    def _kept(self, waits: list[tuple[Attempt, float]]) -> list[tuple[Attempt, float]]:
        """For whom the last attempts are; none: they are for anybody."""
        asked = {way.target for way in self._tried}
        fresh = [(way, wait) for way, wait in waits if way.target not in asked]
        return fresh if MOST - len(self._tried) <= min(len({way.target for way, _ in fresh}), KEPT) else []

    def _wait(self, way: Attempt, now: float) -> float | None:
        """Seconds until it can be asked; None: too many."""
        bar = self._standing.bar(way, now, unbroken=self._alone)
        if not bar:
            return 0.0
        wait = bar.until - now
        return wait + FIRST_WAIT * self._chance() if wait <= WAITED.get(bar.kind, 0.0) else None

    def _barred(self, left: _Left, now: float) -> list[tuple[Attempt, Bar]]:
        """Those that have been passed over so far."""
        return [(way, bar) for way in left.ways if way not in self._tried and (bar := self._standing.bar(way, now))]

    def _forcible(self, left: _Left, now: float) -> tuple[Attempt, Bar] | None:
        """Of those that are passed over, who is due soonest. They are asked, each once, where nobody else is left."""
        if len(self._tried) >= MOST:
            return None
        free = [found for found in self._barred(left, now) if self._standing.may_be_forced(found[0], now)]
        if self._disturbed:  # of those whose provider asks to be left alone, one is enough
            free = [found for found in free if found[1].kind != "limited"]
        # A wrong key comes last, and not after a failure that may pass.
        hopeful = [found for found in free if not found[1].hopeless]
        return min(hopeful or (free if left.of_a_key else []), key=lambda found: found[1].until, default=None)

    def _soonest(self, left: _Left, now: float) -> float:
        """Seconds until somebody who has not been asked may be back."""
        return min((self._back(way, bar, now) for way, bar in self._barred(left, now)), default=inf)

    def _back(self, way: Attempt, bar: Bar, now: float) -> float:
        if self._standing.is_probed(way, now):  # another request is asking for all
            return A_MOMENT
        return inf if bar.hopeless else bar.until - now

    def _say_until(self, failure: UpstreamLimited, now: float) -> None:
        """Who does not say how long it is limited is left alone for as long as we think right."""
        bar = self._standing.bar(self._last, now) if self._last else None
        if bar and bar.kind == "limited" and not failure.retry_after:
            failure.retry_after = min(bar.until - now, LONGEST_WAIT)

    def _nobody(self, left: _Left, now: float) -> RequestProblem:
        bars, soonest = self._barred(left, now), self._soonest(left, now)
        told = "; ".join(_told(way, bar, now) for way, bar in bars[:TOLD])
        more = f"; and {len(bars) - TOLD} more" if len(bars) > TOLD else ""
        message = f"nobody can be asked for the moment: {told}{more}"
        problem = UpstreamLimited if all(bar.ours for _, bar in bars) else UpstreamBusy
        if soonest == inf:  # wrong keys, at their own limits: to come again heals neither
            return problem(message, target=bars[0][0].target, retry=False)
        return problem(message, target=bars[0][0].target, retry_after=soonest)


def _told(way: Attempt, bar: Bar, now: float) -> str:
    who = f"{way.target} with key {way.key.name}" if way.key else str(way.target)
    return f"{who}: {bar.why}" if bar.ours else f"{who} is left alone for {now - bar.since:.0f} s now: {bar.why}"
