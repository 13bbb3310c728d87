from dataclasses import replace

import pytest

from ccr.config.schema import Breaker, Key, Secret, Timeouts
from ccr.errors import UpstreamCut, UpstreamFailed, UpstreamFull, UpstreamKeyRefused, UpstreamLimited, UpstreamRefused
from ccr.ids import ModelName
from ccr.policy import standing as room
from ccr.policy.attempt import Attempt
from ccr.policy.standing import Standing
from tests.support.plans import World, key, named, target


def world() -> World:
    return World({"a": [key("1"), key("2", priority=2)]})


def test_whoever_answers_a_session_is_asked_by_it_again() -> None:
    here = World({"a": [key("1"), key("2")]})
    first, second = here.tried(here.plan("a"), UpstreamLimited("no", retry_after=1))
    here.now += 10
    assert here.ask(here.plan("a")) == second != first


def test_a_key_that_is_refused_is_passed_over_for_all_models() -> None:
    here = world()
    here.tried(here.plan("a"), UpstreamKeyRefused("no"))
    assert here.ask(here.plan("a,x")) == "a,x/2"


def test_a_limit_is_of_a_key_and_a_model() -> None:
    here = world()
    here.tried(here.plan("a"), UpstreamLimited("no", retry_after=30))
    assert here.ask(here.plan("a")) == "a/2"
    assert here.ask(here.plan("a,x")) == "a,x/1"
    here.now += 31
    assert here.ask(here.plan("a")) == "a/1"


def test_a_key_that_is_replaced_is_a_new_key() -> None:
    here = world()
    here.tried(here.plan("a"), UpstreamKeyRefused("no"))
    here.keys["a"] = [Key(Secret("new"), "1"), key("2", priority=2)]
    assert here.ask(here.plan("a")) == "a/1"


def test_an_answer_ends_the_rest_of_a_key() -> None:
    here = World({"a": [key("1")]})
    here.tried(here.plan("a"), UpstreamKeyRefused("no"))
    assert here.standing.shown(here.now).keys[0].seconds == 60
    here.ask(here.plan("a"))
    assert here.standing.shown(here.now).keys[0].seconds is None


def test_an_attempt_that_fails_twice_has_failed_once() -> None:
    here = world()
    here.standing.configure(Breaker(failures=2))
    attempt = here.next(here.plan("a"))
    for _ in range(5):
        here.standing.failed(attempt, UpstreamCut("in mid-stream"), here.now)
    assert here.standing.shown(here.now).doors[0].failures == 1


def test_a_failure_in_mid_stream_counts() -> None:
    here = World()
    for _ in range(5):
        attempt = here.next(here.plan("a"))
        here.standing.answered(attempt, 1.0, here.now)
        here.fail(attempt, UpstreamCut("in mid-stream"))
    assert here.standing.shown(here.now).doors[0].state == "open"


@pytest.mark.parametrize("failure", [UpstreamRefused("no"), UpstreamLimited("no"), UpstreamKeyRefused("no")])
def test_what_is_nobodys_fault_opens_no_breaker(failure: UpstreamRefused) -> None:
    here = World(changes={"retries": 0})
    for _ in range(20):
        here.tried(here.plan("a"), failure)
        here.now += 60
    assert here.standing.shown(here.now).doors[0].state == "closed"


def test_one_request_alone_tries_who_has_failed() -> None:
    here = World()
    for _ in range(3):
        here.tried(here.plan("a"), *[UpstreamFailed("no")] * 2)
    here.now += 40
    probe = here.next(here.plan("a", "b"))
    assert named(probe) == "a"
    assert here.standing.shown(here.now).doors[0].state == "probing"
    assert here.ask(here.plan("a", "b", session="another")) == "b"
    here.standing.ended(probe, 0, here.now)
    assert here.ask(here.plan("a", "b", session="another")) == "a"
    assert here.standing.shown(here.now).doors[0].state == "closed"


def test_who_turns_the_breaker_off_has_all_closed() -> None:
    here = World()
    for _ in range(3):
        here.tried(here.plan("a"), *[UpstreamFailed("no")] * 2)
    here.standing.configure(Breaker(failures=1))
    assert here.standing.shown(here.now).doors[0].state == "open"
    here.standing.configure(Breaker(failures=0))
    assert here.ask(here.plan("a", "b")) == "a"


def test_those_under_way_are_counted() -> None:
    here = World()
    attempts = [here.next(here.plan("a")) for _ in range(3)]
    for left, attempt in zip((2, 1, 0), attempts, strict=True):
        here.standing.ended(attempt, 0, here.now)
        here.standing.ended(attempt, 0, here.now)
        assert here.standing.shown(here.now).keys[0].in_flight == left


def test_tokens_count_when_they_are_known() -> None:
    here = World({"a": [key("1", tpm=1000)]})
    here.answer(here.next(here.plan("a")), tokens=1500)
    assert here.ask(here.plan("a", "b")) == "b"
    here.now += 61
    assert here.ask(here.plan("a", "b")) == "a/1"


def test_what_is_not_under_way_says_nothing() -> None:
    standing, stray = Standing(), Attempt(target("a"))
    standing.began(stray, 0.0)
    standing.answered(stray, 1.0, 1.0)
    standing.failed(stray, UpstreamFailed("no"), 1.0)
    standing.ended(stray, 5, 1.0)
    assert standing.shown(1.0) == room.Shown()


def test_it_is_shown_how_all_are_doing() -> None:
    here = world()
    here.tried(here.plan("a"), UpstreamFailed("down\nand more"), UpstreamLimited("slow down", retry_after=20))
    attempt = here.next(here.plan("a,x"))
    shown = here.standing.shown(here.now)
    first = next(door for door in shown.doors if (door.key, door.model) == ("1", "m"))
    assert (first.provider, first.state, first.failures, first.last) == ("a", "closed", 1, "down")
    assert first.seconds == pytest.approx(19.0)
    (one, two) = sorted(shown.keys, key=lambda each: each.key)
    assert (one.in_flight, one.requests, one.tokens, one.seconds, one.why) == (1, 3, 0, None, None)
    assert (two.in_flight, two.requests) == (0, 1)
    assert [(str(each.target), each.in_flight, each.first_content) for each in shown.targets] == [
        ("a,m", 0, 1.0),
        ("a,x", 1, None),
    ]
    here.standing.ended(attempt, 7, here.now)
    assert sum(each.in_flight for each in here.standing.shown(here.now).keys) == 0
    assert "secret" not in repr(here.standing.shown(here.now))


def test_a_breaker_and_a_limit_have_each_their_own_words() -> None:
    here = World()
    attempt = here.next(here.plan("a"))
    here.fail(attempt, UpstreamFailed("down"))
    here.fail(here.next(here.plan("a")), UpstreamLimited("slow down", retry_after=20))
    assert [bar.why for bar in here.standing._bars(attempt, here.now) if bar.kind == "limited"] == ["slow down"]
    assert [door.last for door in here.standing.shown(here.now).doors] == ["down"]


def test_a_key_that_rests_is_shown_with_the_reason() -> None:
    here = world()
    here.tried(here.plan("a"), UpstreamKeyRefused("no"))
    one = next(each for each in here.standing.shown(here.now).keys if each.key == "1")
    assert (one.seconds, one.why) == (59.0, "denied")


def test_the_speed_of_a_target_is_an_average_that_is_forgotten() -> None:
    here = World()
    here.answer(here.next(here.plan("a")), seconds=1.0)
    here.answer(here.next(here.plan("a")), seconds=2.0)
    assert here.standing.shown(here.now).targets[0].first_content == pytest.approx(1.3)
    attempt = here.next(here.plan("a"))
    here.standing.answered(attempt, None, here.now)  # a whole answer
    here.standing.ended(attempt, 0, here.now)
    assert here.standing.shown(here.now).targets[0].first_content == pytest.approx(1.3)
    here.now += room.STALE
    assert here.standing.shown(here.now).targets[0].first_content is None


def test_without_a_session_nobody_stays() -> None:
    draws = iter([0.1, 0.9, 0.9, 0.1])
    here = World({"a": [key("1"), key("2")]}, chance=lambda: next(draws))
    assert [here.ask(here.plan("a", session=None)) for _ in "ab"] == ["a/2", "a/1"]


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST", 10)
    monkeypatch.setattr(room, "SESSIONS", 10)
    here = World()
    for n in range(100):
        here.ask(here.plan(f"a,{n}", session=str(n)))
    shown = here.standing.shown(here.now)
    assert len(shown.doors) == len(shown.targets) == 10
    assert len(here.standing._with) == len(here.standing._at) == 10


def test_who_is_reached_otherwise_is_asked_anew() -> None:
    here = world()
    before = here.upstream("a")
    here.standing.configure(Breaker(failures=1), [before, here.upstream("b")])
    for name in ("a", "b"):
        here.tried(here.plan(name), *[UpstreamFailed("no")] * 2)
    here.tried(here.plan("a"), UpstreamKeyRefused("no"))
    here.standing.configure(Breaker(failures=1), [replace(before, models=()), here.upstream("b")])
    assert len(here.standing.shown(here.now).doors) == 3
    here.standing.configure(Breaker(failures=1), [replace(before, url="http://other.test/v1"), here.upstream("b")])
    (left,) = here.standing.shown(here.now).doors
    assert left.provider == "b"
    assert here.ask(here.plan("a", "c")) == "a/1"


@pytest.mark.parametrize("change", [{"proxy": "http://p.test:1"}, {"timeouts": Timeouts(total=9.0)}])
def test_what_fails_where_it_was_before_says_nothing_of_its_new_place(change: dict[str, object]) -> None:
    here = world()
    before = here.upstream("a")
    here.standing.configure(Breaker(failures=1), [before])
    attempt = here.next(here.plan("a"))
    here.standing.configure(Breaker(failures=1), [replace(before, **change)])  # type: ignore[arg-type]
    here.fail(attempt, UpstreamFailed("no"))
    assert "open" not in {door.state for door in here.standing.shown(here.now).doors}
    assert here.standing.shown(here.now).targets == ()
    assert here.ask(here.plan("a", "b")) == "a/1"


def test_a_key_that_is_gone_is_forgotten() -> None:
    here = world()
    here.standing.configure(Breaker(), [here.upstream("a")])
    here.tried(here.plan("a"), UpstreamLimited("no", retry_after=30))
    here.keys["a"] = [Key(Secret("new"), "1"), key("2", priority=2)]
    here.standing.configure(Breaker(), [here.upstream("a")])
    shown = here.standing.shown(here.now)
    assert ([each.key for each in shown.keys], [each.key for each in shown.doors]) == (["2"], ["2"])


def test_a_provider_that_was_not_asked_as_we_allow_no_more_has_not_failed() -> None:
    here = world()
    here.standing.configure(Breaker(failures=1))
    attempt = here.next(here.plan("a"))
    here.standing.failed(attempt, UpstreamFull("as many requests are under way as its `concurrency` allows"), here.now)
    here.standing.ended(attempt, 0, here.now)
    (door,), (key_shown,) = here.standing.shown(here.now).doors, here.standing.shown(here.now).keys
    assert (door.state, door.failures, door.last, key_shown.seconds) == ("closed", 0, None, None)
    assert here.ask(here.plan("a")) == "a/1"


def test_made_up_logins_and_models_push_out_nothing_that_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST", 3)
    here = world()
    here.standing.configure(Breaker(failures=1), [replace(here.upstream("a"), models=(ModelName("m"),))])
    here.tried(here.plan("a"), UpstreamKeyRefused("no"), UpstreamFailed("no"))
    for number in range(10):
        for made_up in (
            Attempt(target("c,m"), caller=f"login-{number}"),
            Attempt(target(f"a,m{number}"), here.keys["a"][1]),
        ):
            here.standing.take(made_up, here.now)
            here.standing.began(made_up, here.now)
            here.fail(made_up, UpstreamKeyRefused("no") if made_up.caller else UpstreamFailed("no"))
    shown = here.standing.shown(here.now)
    assert len(shown.keys) == len(shown.doors) == 3
    assert [(key.key, key.why) for key in shown.keys if key.configured] == [("1", "denied"), ("2", None)]
    assert [(door.key, door.state) for door in shown.doors if door.configured] == [("1", "closed"), ("2", "open")]
