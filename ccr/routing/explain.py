"""Why a request goes where it goes: every rule's verdict, in order."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

from ccr.errors import UnknownTarget
from ccr.ids import Target
from ccr.routing.decision import Choice, Decision, Facts, Passed, Table
from ccr.routing.rules import RULES, decide, first, search

Outcome = Literal["answers", "passes", "fails"]


@dataclass(frozen=True, slots=True)
class Step:
    """One rule's verdict. It is given also where an earlier rule has answered: what this one would have said."""

    rule: str
    about: str
    outcome: Outcome
    reached: bool
    reason: str
    target: Target | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """One of those who are asked, and what it stands for."""

    target: Target
    stands: str


@dataclass(frozen=True, slots=True)
class Explanation:
    facts: Facts
    threshold: int
    steps: tuple[Step, ...]
    decision: Decision | None
    error: str | None = None  # why there is no decision
    chain: tuple[Link, ...] = ()  # of the decision


def explain(facts: Facts, table: Table) -> Explanation:
    steps: list[Step] = []
    for name, rule in RULES:
        reached = all(step.outcome == "passes" for step in steps)
        steps.append(_step(name, about(rule), partial(rule, facts, table), reached=reached))
    if facts.only_searches:
        steps += _last(facts, table)
    decision, error = None, None
    try:
        decision = decide(facts, table)
    except UnknownTarget as problem:
        error = problem.message
    return Explanation(
        facts, table.routes.long_context_threshold, tuple(steps), decision, error, tuple(_chain(decision))
    )


def _chain(decision: Decision | None) -> Iterator[Link]:
    if decision is None:
        return
    equal = decision.group.weights if decision.group else {}
    for target in decision.chain:
        if decision.group and target in equal:
            share = f", {equal[target] / sum(equal.values()):.0%}" if decision.group.balance == "weighted" else ""
            yield Link(target, f"one of {len(equal)} equals ({decision.group.balance.replace('_', ' ')}{share})")
        elif target == decision.target:
            yield Link(target, "asked first")
        else:
            yield Link(target, "when those before it fail")
    for target in decision.larger:
        yield Link(target, "when the prompt is too long, if its window is known to be larger")


def about(rule: Callable[..., object]) -> str:
    """A rule's line in the documentation."""
    return (rule.__doc__ or "").partition("\n")[0]


def _last(facts: Facts, table: Table) -> Iterator[Step]:
    """What becomes of a web search that the chosen target cannot run."""
    try:
        _, choice = first(facts, table)
    except UnknownTarget:
        return
    yield _step("search", about(search), partial(search, choice, facts, table), reached=True)


def _step(name: str, about: str, verdict: Callable[[], Choice | Passed], *, reached: bool) -> Step:
    try:
        found = verdict()
    except UnknownTarget as problem:
        return Step(name, about, "fails", reached, problem.message)
    if isinstance(found, Choice):
        return Step(name, about, "answers", reached, found.reason, found.target)
    return Step(name, about, "passes", reached, found.why)
