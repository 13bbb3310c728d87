"""Plans over providers that are made of a few words, driven by hand."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ccr.config.schema import Group, Key, Secret
from ccr.errors import RequestProblem
from ccr.ids import ModelName, ProviderName, Target
from ccr.policy.attempt import Attempt
from ccr.policy.plan import Plan
from ccr.policy.standing import Standing
from ccr.providers.resolve import Upstream
from ccr.routing.decision import Decision
from tests.support.wiring import upstream_at


def target(text: str) -> Target:
    provider, _, model = text.partition(",")
    return Target(ProviderName(provider), ModelName(model or "m"))


def key(name: str, **limits: Any) -> Key:
    return Key(Secret(f"secret-{name}"), name, **limits)


def named(attempt: Attempt | None) -> str:
    """ "a" is the model m of provider a, "a/1" the same with key 1, "a,x/1" another model."""
    if not attempt:
        return "-"
    found = str(attempt.target).removesuffix(",m")
    return f"{found}/{attempt.key.name}" if attempt.key else found


@dataclass
class World:
    """Providers by name, with their keys, and how they have been doing."""

    keys: dict[str, Sequence[Key]] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)  # of all upstreams
    standing: Standing = field(default_factory=Standing)
    chance: Callable[[], float] = lambda: 0.5
    now: float = 1000.0

    def upstream(self, name: str) -> Upstream:
        changes: dict[str, Any] = {"keys": tuple(self.keys.get(name, ())), "retries": 1} | self.changes
        return upstream_at(f"http://{name}.test", name=name, **changes)

    def plan(
        self,
        *chain: str,
        session: str | None = "s",
        group: Group | None = None,
        larger: Iterable[str] = (),
    ) -> Plan:
        first, *others = map(target, chain)
        beyond = tuple(map(target, larger))
        decision = Decision(first, "default", "", tuple(others), group, beyond)
        upstreams = {each.provider: self.upstream(each.provider) for each in (first, *others, *beyond)}
        return Plan(decision, upstreams, self.standing, session, self.now, self.chance)

    def next(self, plan: Plan, failure: RequestProblem | None = None) -> Attempt:
        attempt = plan.next(failure, self.now)
        assert attempt
        self.now += attempt.wait
        self.standing.began(attempt, self.now)
        return attempt

    def fail(self, attempt: Attempt, failure: RequestProblem, after: float = 0.0) -> None:
        self.now += after
        self.standing.failed(attempt, failure, self.now)
        self.standing.ended(attempt, 0, self.now)

    def answer(self, attempt: Attempt, seconds: float = 1.0, tokens: int = 0) -> None:
        self.now += seconds
        self.standing.answered(attempt, seconds, self.now)
        self.standing.ended(attempt, tokens, self.now)

    def ask(self, plan: Plan) -> str:
        """Who is asked first, and answers."""
        attempt = self.next(plan)
        self.answer(attempt)
        return named(attempt)

    def tried(self, plan: Plan, *failures: RequestProblem) -> list[str]:
        """Who is tried while this happens, and where the last answers: "-" where nobody is left."""
        found = [attempt := plan.next(None, self.now)]
        for failure in failures:
            if attempt:
                self.now += attempt.wait
                self.standing.began(attempt, self.now)
                self.fail(attempt, failure)
                found.append(attempt := plan.next(failure, self.now))
        if attempt:
            self.now += attempt.wait
            self.answer(attempt)
        return list(map(named, found))
