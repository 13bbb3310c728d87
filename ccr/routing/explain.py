"""Why a request goes where it goes: every rule's verdict, in order."""

from dataclasses import dataclass
from typing import Literal

from ccr.errors import UnknownTarget
from ccr.ids import Target
from ccr.routing.decision import Choice, Decision, Facts, Rule, Table
from ccr.routing.rules import RULES, decide

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
class Explanation:
    facts: Facts
    threshold: int
    steps: tuple[Step, ...]
    decision: Decision | None
    error: str | None = None  # why there is no decision


def explain(facts: Facts, table: Table) -> Explanation:
    steps: list[Step] = []
    for name, rule in RULES:
        reached = all(step.outcome == "passes" for step in steps)
        steps.append(_step(name, rule, facts, table, reached=reached))
    decision, error = None, None
    try:
        decision = decide(facts, table)
    except UnknownTarget as problem:
        error = problem.message
    return Explanation(facts, table.routes.long_context_threshold, tuple(steps), decision, error)


def about(rule: Rule) -> str:
    """A rule's line in the documentation."""
    return (rule.__doc__ or "").partition("\n")[0]


def _step(name: str, rule: Rule, facts: Facts, table: Table, *, reached: bool) -> Step:
    try:
        verdict = rule(facts, table)
    except UnknownTarget as problem:
        return Step(name, about(rule), "fails", reached, problem.message)
    if isinstance(verdict, Choice):
        return Step(name, about(rule), "answers", reached, verdict.reason, verdict.target)
    return Step(name, about(rule), "passes", reached, verdict.why)
