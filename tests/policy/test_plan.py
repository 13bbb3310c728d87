from ccr.errors import BadRequest, RequestProblem, UpstreamFailed, UpstreamRefused
from ccr.ids import ModelName, ProviderName, Target
from ccr.policy.plan import Plan
from ccr.policy.standing import Standing
from ccr.routing.decision import Decision

A, B = (Target(ProviderName(name), ModelName("m")) for name in "ab")


def tried(chain: list[Target], failures: list[RequestProblem]) -> list[Target]:
    plan = Plan(Decision(chain[0], "default", "", tuple(chain[1:])), {}, Standing(), None, 0.0, lambda: 0.5)
    found = [plan.next(failure, 0.0) for failure in (None, *failures)]
    return [each.target for each in found if each]


def test_a_failed_target_is_followed_by_the_next() -> None:
    assert tried([A, B], [UpstreamFailed("down"), UpstreamFailed("down too")]) == [A, B]


def test_a_refused_request_is_not_tried_elsewhere() -> None:
    assert tried([A, B], [UpstreamRefused("max_tokens is too large")]) == [A]


def test_our_own_refusal_is_not_tried_elsewhere() -> None:
    assert tried([A, B], [BadRequest("messages: missing")]) == [A]


def test_a_target_named_twice_is_tried_once() -> None:
    assert tried([A, A, B], [UpstreamFailed("down"), UpstreamFailed("down")]) == [A, B]
