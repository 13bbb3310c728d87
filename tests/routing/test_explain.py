from dataclasses import replace

from ccr.config.schema import Routes
from ccr.ids import ModelName, ProviderName, Target
from ccr.routing.decision import Facts, Table
from ccr.routing.explain import about, explain
from ccr.routing.rules import RULES
from tests.routing.test_rules import EQUAL, many

LOCAL = Target(ProviderName("local"), ModelName("m"))
BIG = Target(ProviderName("local"), ModelName("big"))
GONE = Target(ProviderName("gone"), ModelName("m"))


def table(**routes: Target) -> Table:
    return Table(Routes(routes), {ProviderName("local"): ()})


def test_every_rule_gives_its_verdict_in_order() -> None:
    explanation = explain(Facts("claude-opus-4-8", thinks=True), table(default=LOCAL, think=BIG))
    assert [step.rule for step in explanation.steps] == [name for name, _ in RULES]
    assert [step.rule for step in explanation.steps if step.outcome == "answers"] == ["think", "default"]
    assert all(step.about and step.reason for step in explanation.steps)


def test_rules_after_the_answer_say_what_they_would_have_said() -> None:
    explanation = explain(Facts("x", thinks=True), table(default=LOCAL, think=BIG))
    steps = {step.rule: step for step in explanation.steps}
    assert (steps["think"].reached, steps["think"].target) == (True, BIG)
    assert (steps["default"].reached, steps["default"].target) == (False, LOCAL)


def test_the_decision_is_the_real_one() -> None:
    explanation = explain(Facts("x", tokens=5), table(default=LOCAL))
    assert explanation.decision
    assert (explanation.decision.rule, explanation.decision.target, explanation.error) == ("default", LOCAL, None)
    assert (explanation.facts.tokens, explanation.threshold) == (5, 60_000)


def test_a_rule_that_is_not_configured_says_so() -> None:
    steps = {step.rule: step for step in explain(Facts("x", has_image=True), table(default=LOCAL)).steps}
    assert steps["image"].outcome == "passes"
    assert steps["image"].reason == "an image in the last user turn, but Router.image is not set"


def test_a_rule_that_fails_ends_the_search() -> None:
    explanation = explain(Facts("x", thinks=True), table(default=LOCAL, think=GONE))
    steps = {step.rule: step for step in explanation.steps}
    assert (steps["think"].outcome, steps["default"].reached) == ("fails", False)
    assert explanation.decision is None
    assert explanation.error == steps["think"].reason


def test_a_rules_line_is_the_first_of_its_docstring() -> None:
    assert about(RULES[-1][1]) == "Everything else."


def test_a_web_search_ends_with_what_becomes_of_it() -> None:
    searches = Facts("x", has_web_search=True, only_searches=True)
    with_engine = replace(table(default=LOCAL), engines=(ProviderName("searx"),))
    explanation = explain(searches, with_engine)
    last = explanation.steps[-1]
    assert (last.rule, last.outcome, str(last.target)) == ("search", "answers", "searx,search")
    assert explanation.decision
    assert str(explanation.decision.target) == "searx,search"
    able = explain(searches, replace(with_engine, searching=frozenset({LOCAL.provider}))).steps[-1]
    assert (able.outcome, able.reason) == ("passes", "local,m searches")


def test_a_web_search_that_nothing_can_run_says_why() -> None:
    explanation = explain(Facts("x", only_searches=True), table(default=LOCAL))
    assert (explanation.steps[-1].rule, explanation.steps[-1].outcome) == ("search", "fails")
    assert explanation.error == explanation.steps[-1].reason


def test_a_web_search_without_a_route_ends_with_the_rules() -> None:
    assert [step.rule for step in explain(Facts("x", only_searches=True), table()).steps] == [name for name, _ in RULES]


def test_the_whole_chain_says_what_each_stands_for() -> None:
    routes = many(Router={"default": [EQUAL, "c,1"], "think": "a,1 | b,1", "longContext": "d,1"})
    assert [(str(link.target), link.stands) for link in explain(Facts("m", thinks=True), routes).chain] == [
        ("a,1", "asked first"),
        ("b,1", "when those before it fail"),
        ("d,1", "when the prompt is too long, if its window is known to be larger"),
    ]
    assert [(str(link.target), link.stands) for link in explain(Facts("m"), routes).chain][:3] == [
        ("a,1", "one of 2 equals (fastest)"),
        ("b,1", "one of 2 equals (fastest)"),
        ("c,1", "when those before it fail"),
    ]
    weighted = many(Router={"default": {**EQUAL, "balance": "weighted"}})
    assert explain(Facts("m"), weighted).chain[1].stands == "one of 2 equals (weighted, 67%)"
