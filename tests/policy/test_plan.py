import itertools

import pytest

from ccr.config.schema import Breaker, Group, Model
from ccr.errors import (
    BadRequest,
    ContextOverflow,
    Lack,
    RequestProblem,
    UpstreamBusy,
    UpstreamCut,
    UpstreamEmpty,
    UpstreamFailed,
    UpstreamGarbled,
    UpstreamKeyRefused,
    UpstreamLimited,
    UpstreamModelUnknown,
    UpstreamPlaceRefused,
    UpstreamRefused,
    UpstreamTimeout,
    UpstreamTooLarge,
    UpstreamToolless,
    UpstreamUnconnected,
    UpstreamUnpaid,
    UpstreamUnreachable,
)
from ccr.policy.plan import ALONE, MOST
from tests.support.plans import World, key, named, target

KEYS = [key("1"), key("2", priority=2)]


def pools() -> World:
    """Two keys at each, used in this order."""
    return World({"a": KEYS, "b": KEYS})


# --- the table ---


@pytest.mark.parametrize("failure", [UpstreamKeyRefused("no"), UpstreamUnpaid("no"), UpstreamLimited("no")])
def test_a_key_of_no_use_is_followed_by_the_next_key_then_by_the_next_target(failure: RequestProblem) -> None:
    world = pools()
    assert world.tried(world.plan("a", "b"), failure, failure) == ["a/1", "a/2", "b/1"]


@pytest.mark.parametrize("cls", [UpstreamBusy, UpstreamFailed, UpstreamCut, UpstreamGarbled, UpstreamEmpty])
def test_bad_luck_is_tried_again_with_the_same_key_then_at_the_next_target(cls: type[RequestProblem]) -> None:
    world = pools()
    assert world.tried(world.plan("a", "b"), cls("no"), cls("no")) == ["a/1", "a/1", "b/1"]


def test_where_no_other_target_is_left_bad_luck_is_tried_with_one_other_key() -> None:
    world = pools()
    assert world.tried(world.plan("a"), *[UpstreamFailed("no")] * 3) == ["a/1", "a/1", "a/2", "-"]
    world = pools()
    assert world.tried(world.plan("a", "b"), *[UpstreamTimeout("no")] * 4) == ["a/1", "b/1", "a/2", "b/2", "-"]


@pytest.mark.parametrize("cls", [UpstreamTimeout, UpstreamModelUnknown, UpstreamTooLarge, UpstreamToolless])
def test_what_no_key_heals_is_followed_by_the_next_target_at_once(cls: type[RequestProblem]) -> None:
    world = pools()
    plan = world.plan("a", "a,x", "b")
    assert world.tried(plan, cls("no")) == ["a/1", "a,x/1"]


@pytest.mark.parametrize("cls", [UpstreamUnreachable, UpstreamUnconnected, UpstreamPlaceRefused])
def test_a_provider_that_cannot_be_reached_is_followed_by_another(cls: type[RequestProblem]) -> None:
    world = pools()
    assert world.tried(world.plan("a", "a,x", "b"), cls("no")) == ["a/1", "b/1"]


def test_a_provider_without_another_is_reached_for_once_more() -> None:
    world = pools()
    failure = UpstreamUnreachable("refused")
    assert world.tried(world.plan("a", "a,x"), failure, failure) == ["a/1", "a/1", "-"]


def test_what_does_not_pass_is_not_tried_again() -> None:
    world = World()
    assert world.tried(world.plan("a"), UpstreamUnreachable("no such host", retry=False)) == ["a", "-"]
    assert world.tried(world.plan("a"), UpstreamFailed("it redirects", retry=False)) == ["a", "-"]


@pytest.mark.parametrize("failure", [UpstreamRefused("max_tokens is too large"), BadRequest("messages: missing")])
def test_a_refused_request_is_the_clients_to_heal(failure: RequestProblem) -> None:
    world = World()
    assert world.tried(world.plan("a", "b"), failure) == ["a", "-"]


def test_a_model_that_does_not_see_is_followed_by_one_that_may() -> None:
    world = World()
    assert world.tried(world.plan("a", "b"), UpstreamRefused("no images", lack=Lack("image"))) == ["a", "b"]


def test_a_target_named_twice_is_tried_once() -> None:
    world = World(changes={"retries": 0})
    assert world.tried(world.plan("a", "a", "b"), UpstreamFailed("no"), UpstreamFailed("no")) == ["a", "b", "-"]


def test_the_same_is_asked_as_often_as_the_user_says() -> None:
    world = World(changes={"retries": 3})
    assert world.tried(world.plan("a"), *[UpstreamFailed("no")] * 4) == ["a", "a", "a", "a", "-"]


def test_another_key_is_tried_after_bad_luck_with_the_first() -> None:
    world = pools()
    assert world.tried(world.plan("a"), UpstreamBusy("no"), UpstreamKeyRefused("no")) == ["a/1", "a/1", "a/2"]


@pytest.mark.parametrize("keys", [1, 20])
def test_failures_do_not_multiply_without_bound(keys: int) -> None:
    world = World({"a": [key(str(n)) for n in range(keys)]}, {"retries": 100})
    failure = UpstreamKeyRefused("no") if keys > 1 else UpstreamFailed("no", retry_after=1)
    world.standing.configure(Breaker(failures=0))
    found = world.tried(world.plan("a"), *[failure] * 50)
    assert len(found) == MOST + 1
    assert found[-1] == "-"


@pytest.mark.parametrize(
    ("chain", "found"), [("ab", ["a"] * 7 + ["b", "-"]), ("abcdefg", ["a"] * 4 + ["b", "c", "d", "e", "-"])]
)
def test_many_keys_of_one_provider_do_not_hide_the_others(chain: str, found: list[str]) -> None:
    world = World({"a": [key(str(n)) for n in range(20)]})
    tried = world.tried(world.plan(*chain), *[UpstreamKeyRefused("no")] * 8)
    assert [each.split("/")[0] for each in tried] == found


def test_the_last_attempts_are_not_kept_for_those_who_are_passed_over() -> None:
    world = World({"a": [key(str(n)) for n in range(20)]})
    assert world.tried(world.plan("b"), UpstreamKeyRefused("no")) == ["b", "-"]
    tried = world.tried(world.plan("a", "b"), *[UpstreamKeyRefused("no")] * 8)
    assert [each.split("/")[0] for each in tried] == ["a"] * 8 + ["-"]


# --- waiting ---


def test_the_wait_before_another_try_doubles_and_differs_by_chance() -> None:
    for chance, waits in ((0.0, [0.25, 0.5, 1.0]), (1.0, [0.75, 1.5, 3.0])):
        world = World(changes={"retries": 3}, chance=lambda chance=chance: chance)  # type: ignore[misc]
        plan = world.plan("a")
        attempt, found = world.next(plan), []
        for _ in waits:
            world.fail(attempt, UpstreamFailed("no"))
            attempt = world.next(plan, UpstreamFailed("no"))
            found.append(attempt.wait)
        assert found == waits


@pytest.mark.parametrize(
    ("seconds", "chain", "then"), [(4, "ab", "a"), (6, "ab", "b"), (6, "a", "a"), (9, "a", "a"), (11, "a", "-")]
)
def test_who_asks_to_be_left_alone_is_waited_for_a_little(seconds: float, chain: str, then: str) -> None:
    world = World()
    failure = UpstreamBusy("no", retry_after=seconds)
    began = world.now
    assert world.tried(world.plan(*chain), failure) == ["a", then]
    assert (world.now - began >= seconds) == (then == "a")


def test_a_limit_of_a_few_seconds_is_waited_for_where_nobody_else_is_ready() -> None:
    world = World()
    failure = UpstreamLimited("no", retry_after=7)
    began = world.now
    assert world.tried(world.plan("a"), failure, failure) == ["a", "a", "-"]
    assert world.now - began >= 7


def test_a_long_limit_is_told() -> None:
    world = World()
    assert world.tried(world.plan("a"), UpstreamLimited("no", retry_after=ALONE + 1)) == ["a", "-"]


def test_of_limited_keys_the_one_that_is_soonest_free_is_waited_for() -> None:
    world = pools()
    plan = world.plan("a")
    assert world.tried(plan, UpstreamLimited("no", retry_after=3), UpstreamLimited("no", retry_after=8)) == [
        "a/1",
        "a/2",
        "a/1",
    ]


def test_a_request_waits_for_a_limit_that_ends_in_a_moment() -> None:
    world = World()
    world.tried(world.plan("a"), UpstreamLimited("no", retry_after=30))
    world.now += 25
    attempt = world.next(world.plan("a"))
    assert 4 < attempt.wait < 6


# --- a longer window ---


def windows(**rooms: int | None) -> World:
    return World(changes={"limits": {name: Model(context=room) for name, room in rooms.items()}})


def test_what_overflows_goes_to_a_window_known_to_be_larger() -> None:
    world = windows(small=100, equal=100, large=200, unknown=None)
    plan = world.plan("a,small", "a,equal", "a,unknown", "a,large")
    assert world.tried(plan, ContextOverflow("too long")) == ["a,small", "a,large"]


def test_a_larger_window_outside_of_the_chain_is_asked_for_an_overflow_alone() -> None:
    world = windows(small=100, large=200)
    overflow, failure = ContextOverflow("too long"), UpstreamTimeout("no")
    assert world.tried(world.plan("a,small", larger=["a,large"]), overflow) == ["a,small", "a,large"]
    assert world.tried(world.plan("a,small", larger=["a,large"]), failure) == ["a,small", "-"]


def test_the_numbers_of_an_overflow_say_what_is_larger() -> None:
    world = windows(x=None, middle=150, large=200)
    plan = world.plan("a,x", "a,middle", "a,large")
    assert world.tried(plan, ContextOverflow("too long", had=170, limit=100)) == ["a,x", "a,large"]


def test_without_a_number_nothing_is_larger() -> None:
    world = windows(x=None, large=200)
    assert world.tried(world.plan("a,x", "a,large"), ContextOverflow("too long")) == ["a,x", "-"]


def test_a_smaller_window_is_not_asked_any_more_for_this_request() -> None:
    world = windows(small=100, smaller=50, large=200)
    plan = world.plan("a,small", "a,smaller", larger=["a,large"])
    assert world.tried(plan, ContextOverflow("too long"), UpstreamTimeout("no")) == ["a,small", "a,large", "-"]


def test_what_overflows_twice_goes_to_the_largest_once() -> None:
    world = windows(small=100, large=200, huge=300)
    overflow = ContextOverflow("too long")
    plan = world.plan("a,small", larger=["a,large", "a,huge"])
    assert world.tried(plan, overflow, overflow, overflow) == ["a,small", "a,large", "a,huge", "-"]


# --- who is passed over ---


def broken(world: World, *chain: str) -> None:
    """Each of the chain has failed until its breaker opened."""
    for name in chain:
        for _ in range(3):
            world.tried(world.plan(name), *[UpstreamFailed("no")] * 2)


def test_who_fails_again_and_again_is_passed_over_while_there_is_somebody_else() -> None:
    world = World()
    broken(world, "a")
    assert world.ask(world.plan("a", "b")) == "b"


def test_the_only_choice_is_asked_whatever_its_standing() -> None:
    world = World()
    broken(world, "a")
    assert world.ask(world.plan("a")) == "a"


def test_who_is_passed_over_is_asked_after_all_others_have_failed() -> None:
    world = World()
    broken(world, "a")
    assert world.tried(world.plan("a", "b"), UpstreamTimeout("no")) == ["b", "a"]


def test_a_plan_tells_who_is_passed_over_unless_they_are_asked_after_all() -> None:
    world = World({"b": KEYS})
    broken(world, "a")
    plan = world.plan("a", "b", "c")
    assert (world.ask(plan), plan.passed_over) == ("b/1", (target("a"),))
    plan = world.plan("a", "b")
    assert (world.tried(plan, *[UpstreamTimeout("no")] * 2), plan.passed_over) == (["b/1", "b/2", "a"], ())


def test_a_plan_tells_why_nobody_else_was_asked() -> None:
    world = World({"a": KEYS, "b": [key("1")]})
    broken(world, "c")
    world.tried(world.plan("a"), UpstreamKeyRefused("no"), UpstreamUnpaid("no"))
    plan = world.plan("a", "b", "c")
    assert plan.unasked(world.now) == ("a,m key 1: denied", "a,m key 2: unpaid", "c,m: failing")
    world.tried(plan, BadRequest("no"))
    assert plan.unasked(world.now) == ("a,m key 1: denied", "a,m key 2: unpaid", "c,m: failing")


def test_a_key_that_is_passed_over_is_no_target() -> None:
    world = World({"a": KEYS})
    world.tried(world.plan("a"), UpstreamKeyRefused("no"))
    plan = world.plan("a")
    assert (world.ask(plan), plan.passed_over) == ("a/2", ())


def test_who_is_passed_over_is_asked_once() -> None:
    world = World()
    broken(world, "a", "b")
    failure = UpstreamUnreachable("refused")
    assert world.tried(world.plan("a", "b"), failure, failure) == ["a", "b", "-"]
    assert world.tried(world.plan("a", "b"), failure) == ["a", "b"]


def test_of_keys_that_are_of_no_use_all_are_asked_where_nothing_else_has_failed() -> None:
    world = pools()
    refused = UpstreamKeyRefused("no")
    world.tried(world.plan("a"), refused, refused)
    assert world.tried(world.plan("a"), refused) == ["a/1", "a/2"]


def test_who_does_not_say_how_long_it_is_limited_is_asked_when_its_rest_is_over() -> None:
    world = World()
    failures = UpstreamLimited("no"), UpstreamLimited("no")
    assert world.tried(world.plan("a"), *failures) == ["a", "a", "-"]
    assert [each.retry_after for each in failures] == [5, 10]


def test_a_client_does_not_wait_for_an_account_to_be_topped_up() -> None:
    world = World()
    world.tried(world.plan("a"), UpstreamUnpaid("no"))
    limited = UpstreamLimited("no")
    world.tried(world.plan("a"), limited)
    assert limited.retry_after is None


def test_a_wrong_key_is_not_asked_for_a_failure_that_may_pass() -> None:
    world = World()
    world.tried(world.plan("a"), UpstreamKeyRefused("no"))
    assert world.tried(world.plan("a", "b"), UpstreamTimeout("no")) == ["b", "-"]
    assert world.tried(world.plan("a"), UpstreamKeyRefused("no")) == ["a", "-"]


def test_where_all_are_passed_over_one_request_at_a_time_asks() -> None:
    world = World()
    broken(world, "a", "b")
    world.now += 12
    probes = [world.next(world.plan("a", "b")) for _ in "ab"]
    assert [*map(named, probes)] == ["a", "b"]
    with pytest.raises(UpstreamBusy, match=r"a,m is left alone for 1\d s now: no") as told:
        world.plan("a", "b").next(None, world.now)
    assert told.value.retry_after == 2
    assert told.value.target == target("a")
    world.standing.ended(probes[0], 0, world.now)
    assert world.ask(world.plan("a", "b")) == "a"


def test_the_only_choice_is_asked_whatever_its_breaker_says() -> None:
    world = World()
    broken(world, "a")
    assert [named(world.next(world.plan("a"))) for _ in "123"] == ["a", "a", "a"]


def test_while_one_request_asks_for_all_the_others_come_back_in_a_moment() -> None:
    world = World()
    broken(world, "a")
    world.now += 40  # its pause is over
    probe = world.next(world.plan("a", "b"))
    plan = world.plan("a", "b")
    assert (named(probe), named(attempt := world.next(plan))) == ("a", "b")
    world.fail(attempt, UpstreamTimeout("no"))
    with pytest.raises(UpstreamBusy, match="nobody can be asked for the moment: a,m"):
        plan.next(UpstreamTimeout("no"), world.now)
    world.answer(probe)
    assert named(world.next(plan, UpstreamTimeout("no"))) == "a"


def test_a_wrong_key_is_asked_only_after_all_that_may_pass() -> None:
    world = World()
    world.tried(world.plan("a"), UpstreamKeyRefused("no"))
    broken(world, "b")
    assert world.ask(world.plan("a", "b")) == "b"


def test_a_wrong_key_is_one_also_where_something_else_lasts_longer() -> None:
    world = World()
    broken(world, "a", "b")
    world.tried(world.plan("a"), UpstreamKeyRefused("no"))
    world.now += 50  # the pause is over in moments, and that of `a` has begun anew
    for name in "ab":
        attempt = world.next(world.plan(name))
        world.fail(attempt, UpstreamFailed("no"))
    assert world.ask(world.plan("a", "b")) == "b"


def test_a_key_of_no_use_is_not_the_last_that_is_asked() -> None:
    world = World()
    broken(world, "a", "b")
    assert world.tried(world.plan("a", "b"), UpstreamKeyRefused("no"), UpstreamKeyRefused("no")) == ["a", "b", "-"]


def test_of_those_who_ask_to_be_left_alone_one_is_asked() -> None:
    world = pools()
    limited = UpstreamLimited("no", retry_after=99)
    world.tried(world.plan("a"), limited, limited)
    plan = world.plan("a")
    world.fail(world.next(plan), limited)
    with pytest.raises(UpstreamBusy, match="nobody can be asked for the moment: a,m with key 2") as told:
        plan.next(limited, world.now)
    assert told.value.retry_after == 99


def test_the_client_is_not_kept_waiting_for_who_rests_for_long() -> None:
    world = pools()
    limited = UpstreamLimited("no", retry_after=2000)
    world.tried(world.plan("a"), limited, limited)
    assert world.tried(world.plan("a"), limited) == ["a/1", "-"]


def test_a_long_list_of_those_who_are_passed_over_is_cut() -> None:
    world = World({"a": [key(str(n)) for n in range(5)]})
    world.tried(world.plan("a"), *[UpstreamKeyRefused("no")] * 5)
    plans = [world.plan("a") for _ in range(6)]
    for plan in plans[:5]:
        world.next(plan)
    with pytest.raises(UpstreamBusy, match=r"a,m with key \d.*; and 2 more$"):
        plans[5].next(None, world.now)


def test_a_key_at_its_own_limit_is_passed_over_then_waited_for_then_told() -> None:
    world = World({"a": [key("1", rpm=1), key("2", rpm=1)]})
    assert {world.ask(world.plan("a")), world.ask(world.plan("a"))} == {"a/1", "a/2"}
    with pytest.raises(UpstreamLimited, match="its rpm or tpm is reached") as told:
        world.plan("a").next(None, world.now)
    assert told.value.retry_after is not None
    assert 55 < told.value.retry_after < 62
    world.now += 56
    assert 0 < world.next(world.plan("a")).wait < 6


def test_who_has_enough_under_way_is_not_waited_for() -> None:
    world = World({"a": [key("1", concurrency=1)]})
    world.next(world.plan("a"))
    with pytest.raises(UpstreamLimited, match="with key 1: its concurrency of 1 is reached") as told:
        world.plan("a").next(None, world.now)
    assert told.value.retry_after == 2
    assert world.next(world.plan("a", "b")).target == target("b")


def test_a_limit_of_ours_is_kept_also_where_nobody_else_is_left() -> None:
    world = World({"a": [key("1", concurrency=1)]})
    world.next(world.plan("a"))
    plan = world.plan("b", "a")
    assert named(world.next(plan)) == "b"
    with pytest.raises(UpstreamLimited, match="its concurrency of 1 is reached"):
        plan.next(UpstreamTimeout("no"), world.now)


def test_a_wrong_key_at_its_own_limit_is_nothing_to_wait_for() -> None:
    world = World({"a": [key("1", rpm=1)]})
    assert world.tried(world.plan("a"), UpstreamKeyRefused("no")) == ["a/1", "-"]
    with pytest.raises(UpstreamBusy, match="left alone for 0 s now: no") as told:
        world.plan("a").next(None, world.now)
    assert (told.value.retry_after, told.value.retry) == (None, False)


# --- what is left ---


def test_it_goes_on_where_something_else_would_be_tried() -> None:
    world = World()
    plan = world.plan("a", "b")
    assert named(world.next(plan)) == "a"
    assert plan.goes_on(UpstreamEmpty("empty"), world.now)
    assert not plan.goes_on(UpstreamRefused("no"), world.now)
    assert named(world.next(plan, UpstreamTimeout("no"))) == "b"
    assert plan.goes_on(UpstreamEmpty("empty"), world.now), "the same once more"
    assert not plan.goes_on(UpstreamTimeout("no"), world.now)


def test_whether_it_goes_on_is_no_promise_to_anybody() -> None:
    world = World()
    broken(world, "b")
    plan = world.plan("a", "b")
    attempt = world.next(plan)
    assert plan.goes_on(UpstreamTimeout("no"), world.now)
    assert plan.goes_on(UpstreamTimeout("no"), world.now)
    world.fail(attempt, UpstreamTimeout("no"))
    assert named(world.next(plan, UpstreamTimeout("no"))) == "b"


def test_it_is_known_whether_another_target_could_answer() -> None:
    world = pools()
    plan = world.plan("a", "b")
    world.next(plan)
    assert plan.elsewhere
    world.next(plan, UpstreamTimeout("no"))
    assert not plan.elsewhere, "another key is no other target"


def test_who_is_passed_over_could_not_answer() -> None:
    world = World()
    broken(world, "b")
    plan = world.plan("a", "b")
    world.next(plan)
    assert not plan.elsewhere


# --- equals ---


def test_equal_targets_share_the_sessions_and_each_keeps_its_own() -> None:
    world = World()
    group = Group({target("a"): 1.0, target("b"): 1.0})
    first = {session: world.ask(world.plan("a", "b", session=session, group=group)) for session in "abcdefgh"}
    assert set(first.values()) == {"a", "b"}
    for session, found in first.items():
        assert world.ask(world.plan("a", "b", session=session, group=group)) == found


def test_a_session_stays_where_it_has_gone_to() -> None:
    world = World()
    group = Group({target("a"): 1.0, target("b"): 1.0})
    first, second = world.tried(world.plan("a", "b", group=group), UpstreamTimeout("no"))
    assert first != second
    assert world.ask(world.plan("a", "b", group=group)) == second


def test_equals_come_before_what_is_for_need() -> None:
    world = World()
    group = Group({target("a"): 0.0, target("b"): 1.0})
    failures = [UpstreamTimeout("no")] * 2
    assert world.tried(world.plan("a", "b", "c", group=group), *failures) == ["b", "a", "c"]


# --- all of it ---

FAILURES: list[RequestProblem] = [
    UpstreamKeyRefused("no"),
    UpstreamLimited("no", retry_after=1),
    UpstreamLimited("no", retry_after=99),
    UpstreamBusy("no"),
    UpstreamTimeout("no"),
    UpstreamUnreachable("no"),
    UpstreamEmpty("no"),
]


@pytest.mark.parametrize("first", FAILURES, ids=lambda failure: f"{type(failure).__name__}-{failure.retry_after}")
def test_whatever_fails_in_a_row_it_ends_and_nobody_is_asked_more_often_than_said(first: RequestProblem) -> None:
    for failures in itertools.product(FAILURES, repeat=3):
        world = pools()
        found = world.tried(world.plan("a", "b"), first, *failures, *[UpstreamBusy("no")] * MOST)
        assert found[-1] == "-"
        asked = found[:-1]
        assert len(asked) <= MOST
        for name in ("a", "b"):
            at = [each for each in asked if each.startswith(name)]
            assert len(at) - len(set(at)) <= 1, found
