from collections import Counter

import pytest

from ccr.config.schema import Balance, Group
from ccr.ids import Target
from ccr.policy.balance import Figures, spread
from tests.support.plans import target

A, B, C = map(target, "abc")


def order(
    balance: Balance,
    figures: dict[Target, Figures] | None = None,
    session: str | None = "s",
    chance: float = 0.5,
    weights: dict[Target, float] | None = None,
) -> list[Target]:
    weights = weights or {A: 1.0, B: 1.0, C: 1.0}
    known = figures or {}
    group = Group(weights, balance)
    return spread(group, list(weights), lambda each: known.get(each, Figures()), session, lambda: chance)


def test_sessions_are_spread_by_weight_and_always_alike() -> None:
    weights = {A: 3.0, B: 1.0}
    first = Counter(order("weighted", session=str(n), weights=weights)[0] for n in range(2000))
    assert first[A] == pytest.approx(1500, abs=100)
    assert order("weighted") == order("weighted")


def test_who_has_the_fewest_under_way_is_first() -> None:
    assert order("least_busy", {A: Figures(2), B: Figures(0), C: Figures(1)}) == [B, C, A]


def test_who_weighs_more_may_have_more_under_way() -> None:
    figures = {A: Figures(3), B: Figures(2), C: Figures(1)}
    assert order("least_busy", figures, weights={A: 4.0, B: 1.0, C: 0.0}) == [A, B, C]


def test_who_is_idle_alike_is_drawn() -> None:
    assert {order("least_busy", session=str(n))[0] for n in range(50)} == {A, B, C}


def test_who_begins_soonest_is_first_after_whom_nobody_knows() -> None:
    figures = {A: Figures(0, 2.0), B: Figures(0, 1.0)}
    assert order("fastest", figures) == [C, B, A]


def test_now_and_then_others_than_the_fastest_are_tried() -> None:
    figures = {A: Figures(0, 3.0), B: Figures(0, 2.0), C: Figures(0, 1.0)}
    assert order("fastest", figures, session=None, chance=0.5) == [C, B, A]
    assert order("fastest", figures, session=None, chance=0.05) == [A, B, C], "as they are drawn"
    assert order("fastest", figures, session="s", chance=0.05) == [C, B, A]
