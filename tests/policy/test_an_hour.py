"""An hour of many sessions over two providers with three keys each, of which something is broken all the time."""

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from random import Random

import pytest

from ccr.errors import (
    RequestProblem,
    UpstreamBusy,
    UpstreamFailed,
    UpstreamKeyRefused,
    UpstreamLimited,
    UpstreamTimeout,
    UpstreamUnpaid,
    UpstreamUnreachable,
)
from ccr.policy.attempt import Attempt
from ccr.policy.remedies import remedy_of
from tests.support.plans import World, key, named

HOUR = 3600.0
SESSIONS = 60
OF_A_KEY = ("denied", "unpaid", "limited")
LATENCY = 0.2  # seconds until a refusal is here
PROVIDERS = ("a", "b")
KEYS = ("1", "2", "3")


@dataclass(frozen=True)
class Fault:
    """A provider, or one of its keys, fails so for a while."""

    who: str  # "a", "a/1"
    begin: float
    end: float
    kind: str


def faults(chance: Random) -> Iterator[Fault]:
    """Never all at once: the third keys are good, and the providers' outages do not overlap."""
    now, turn = 60.0, 0
    while now < HOUR:
        end = now + chance.choice([5, 30, 120, 300])
        yield Fault(PROVIDERS[turn % 2], now, end, chance.choice(["busy", "down", "silent", "failing"]))
        now, turn = end + chance.uniform(40, 90), turn + 1  # longer than anybody is silent
    for provider in PROVIDERS:
        for name in KEYS[:2]:
            now = 0.0
            while now < HOUR:
                end = now + chance.choice([20, 100, 900])
                yield Fault(f"{provider}/{name}", now, end, chance.choice(["revoked", "unpaid", "limited", "told"]))
                now = end + chance.uniform(30, 300)


def failure_of(fault: Fault, now: float) -> tuple[RequestProblem, float]:
    """And after how many seconds."""
    match fault.kind:
        case "busy":
            return UpstreamBusy("busy"), LATENCY
        case "down":
            return UpstreamUnreachable("down"), 0.01
        case "silent":
            return UpstreamTimeout("silent"), 30.0
        case "failing":
            return UpstreamFailed("failing"), LATENCY
        case "revoked":
            return UpstreamKeyRefused("revoked", retry=False), LATENCY
        case "unpaid":
            return UpstreamUnpaid("unpaid", retry=False), LATENCY
        case "limited":
            return UpstreamLimited("limited"), LATENCY
        case _:
            return UpstreamLimited("limited", retry_after=fault.end - now), LATENCY


@dataclass
class Simulation:
    world: World
    chance: Random
    faults: list[Fault] = field(default_factory=list)
    bad_luck: float = 0.0  # the share of attempts that fail for no reason
    answered: Counter[str] = field(default_factory=Counter)  # by session
    moved: int = 0
    postponed: int = 0
    lost: list[list[str]] = field(default_factory=list)  # what was tried, and what came of it
    refusals: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    last: dict[str, str] = field(default_factory=dict)

    def run(self) -> "Simulation":
        turn = iter(range(10**9))
        agenda = [(self.chance.uniform(0, 240), next(turn), self.session(str(n))) for n in range(SESSIONS)]
        heapq.heapify(agenda)
        while agenda:
            self.world.now, _, course = heapq.heappop(agenda)
            if (seconds := next(course, None)) is not None:
                heapq.heappush(agenda, (self.world.now + seconds, next(turn), course))
        return self

    def session(self, name: str) -> Generator[float]:
        while self.world.now < HOUR:
            for asked in range(4):  # a client asks again where it is told to
                if (yield from self.request(name)):
                    break
                self.postponed += asked == 0
                yield 2.0
            else:
                self.lost.append(["never its turn"])
            yield self.chance.uniform(60, 240)

    def request(self, session: str) -> Generator[float, None, bool]:
        """Whether it was anybody's turn."""
        standing, tried = self.world.standing, list[str]()
        plan = self.world.plan(*PROVIDERS, session=session)
        failure: RequestProblem | None = None
        while True:
            try:
                attempt = plan.next(failure, self.world.now)
            except UpstreamBusy:
                return False
            if not attempt:
                self.lost.append(tried)
                return True
            yield attempt.wait
            began = self.world.now
            standing.began(attempt, began)
            failure, seconds = self.outcome(attempt)
            yield seconds
            if not failure:
                standing.answered(attempt, seconds, self.world.now)
                self.moved += self.last.get(session, named(attempt)) != named(attempt)
                self.last[session] = named(attempt)
                self.answered[session] += 1
                yield self.chance.uniform(1, 10)
                standing.ended(attempt, 1000, self.world.now)
                return True
            tried.append(f"{named(attempt)} {remedy_of(failure).kind}")
            if remedy_of(failure).kind in ("denied", "unpaid"):
                self.refusals[named(attempt)].append((began, self.world.now))
            standing.failed(attempt, failure, self.world.now)
            standing.ended(attempt, 0, self.world.now)

    def outcome(self, attempt: Attempt) -> tuple[RequestProblem | None, float]:
        now, who = self.world.now, named(attempt)
        for fault in self.faults:
            if fault.begin <= now < fault.end and fault.who in (who, who.split("/")[0]):
                return failure_of(fault, now)
        if self.chance.random() < self.bad_luck:
            return UpstreamFailed("bad luck"), LATENCY
        return None, self.chance.uniform(0.5, 3)


def simulated(seed: int, *, broken: bool) -> Simulation:
    chance = Random(seed)
    keys = [key(name) for name in KEYS]
    world = World({"a": keys, "b": keys}, chance=chance.random, now=0.0)
    found = sorted(faults(chance), key=lambda fault: len(fault.who)) if broken else []
    return Simulation(world, chance, found, bad_luck=0.01 if broken else 0.0).run()


@pytest.mark.parametrize("seed", [1, 2])
def test_every_request_that_can_be_answered_is_and_wrong_keys_are_left_alone(seed: int) -> None:
    hour = simulated(seed, broken=True)
    answered = hour.answered.total()
    assert answered > 20 * SESSIONS
    # Lost is only what has had bad luck at one provider while the other was out: no key is to blame for that.
    assert [
        tried for tried in hour.lost if {each[0] for each in tried if not each.endswith(OF_A_KEY)} != {"a", "b"}
    ] == []
    assert len(hour.lost) <= answered / 1000
    assert hour.postponed <= answered / 100
    # Between a refusal and the end of the rest that it calls for, nobody asks; who is on the way already may arrive.
    for refusals in hour.refusals.values():
        since = until = -math.inf
        for began, refused in refusals:
            assert began >= until or began <= since, refusals
            if began >= until:
                since, until = refused, refused + 60
    assert hour.world.standing._courses == {}


def test_sessions_stay_with_their_keys_while_nothing_fails() -> None:
    hour = simulated(1, broken=False)
    assert hour.moved <= hour.answered.total() / 100
    assert hour.lost == []
    spread = Counter(hour.last.values())
    assert set(spread) == {"a/1", "a/2", "a/3"}
    assert min(spread.values()) > SESSIONS / 5
