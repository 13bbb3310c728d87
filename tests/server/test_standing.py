import asyncio
from dataclasses import replace

import pytest

from ccr.config.schema import Breaker, Key, Secret
from ccr.errors import RequestProblem, UpstreamFailed, UpstreamKeyRefused, UpstreamLimited, UpstreamUnpaid
from ccr.gateway.runtime import Runtime
from ccr.messages.json import JsonObject
from ccr.policy.attempt import Attempt
from ccr.server.standing import standing
from tests.support.wiring import Wired, target, upstream_at

SECOND = Key(Secret("sk-secret"), "2")


def after(failure: RequestProblem, key: Key | None = SECOND, provider: str = "acme") -> tuple[Wired, JsonObject]:
    wired = Wired()
    known = wired.runtime.standing
    known.configure(Breaker(failures=1))
    attempt = Attempt(target(f"{provider},m"), key)
    known.take(attempt, 1000.0)
    known.began(attempt, 1000.0)
    known.failed(attempt, failure, 1000.0)
    known.ended(attempt, 0, 1000.0)
    return wired, standing(wired.runtime)


def test_where_all_is_well_nothing_is_said() -> None:
    said = standing(Wired().runtime)
    assert (said["passed_over"], said["waiting"]) == ([], [])


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (UpstreamLimited("slow down", retry_after=40), "acme,m key 2: limited for 40 s"),
        (UpstreamKeyRefused("no"), "acme key 2: denied; asked again in 60 s"),
        (UpstreamUnpaid("no funds"), "acme key 2: unpaid; asked again in 60 s"),
        (UpstreamFailed("down"), "acme,m key 2: failing; asked again in 30 s, or where nobody else can be (down)"),
    ],
)
def test_who_is_passed_over_is_told_until_when_and_why(failure: RequestProblem, words: str) -> None:
    assert after(failure)[1]["passed_over"] == [words]


def test_a_provider_without_several_keys_is_named_alone() -> None:
    assert after(UpstreamKeyRefused("no"), None)[1]["passed_over"] == ["acme: denied; asked again in 60 s"]


def test_one_that_may_be_asked_again_says_so_until_it_has_answered() -> None:
    wired, _ = after(UpstreamFailed("down"))
    wired.clock.advance(31)
    assert standing(wired.runtime)["passed_over"] == ["acme,m key 2: failing; the next request tries it (down)"]
    wired.runtime.standing.take(Attempt(target("acme,m"), SECOND), wired.clock.now())
    assert standing(wired.runtime)["passed_over"] == ["acme,m key 2: failing; one request tries it (down)"]


def test_what_callers_made_up_hides_nothing_that_is_configured() -> None:
    acme = upstream_at("http://acme.test", keys=(SECOND,))
    wired = Wired(upstreams=[acme])
    known = wired.runtime.standing
    known.configure(Breaker(), [acme])
    for attempt in (*(Attempt(target("acme,m"), caller=str(n)) for n in range(60)), Attempt(target("acme,m"), SECOND)):
        known.take(attempt, 1000.0)
        known.failed(attempt, UpstreamKeyRefused("no"), 1000.0)
        known.ended(attempt, 0, 1000.0)
    said = standing(wired.runtime)["passed_over"]
    assert isinstance(said, list)
    assert (len(said), said[0]) == (50, "acme key 2: denied; asked again in 60 s")


def test_a_provider_that_is_gone_is_not_shown() -> None:
    said = after(UpstreamFailed("down"), provider="former")[1]
    assert said["passed_over"] == []


def test_the_only_way_is_asked_and_not_passed_over() -> None:
    wired = Wired()
    for _ in range(5):
        attempt = Attempt(target("acme,m"))
        wired.runtime.standing.take(attempt, wired.clock.now(), unbroken=True)
        wired.runtime.standing.failed(attempt, UpstreamFailed("down"), wired.clock.now())
        wired.runtime.standing.ended(attempt, 0, wired.clock.now())
    assert standing(wired.runtime)["passed_over"] == []


def test_programs_get_figures_and_no_secret() -> None:
    said = after(UpstreamFailed("down"))[1]["standing"]
    assert isinstance(said, dict)
    assert "sk-secret" not in str(said)
    assert [model["failures"] for model in said["models"]] == [1]
    assert [key["requests"] for key in said["keys"]] == [1]


@pytest.mark.parametrize(
    ("limits", "words"), [({"rpm": 2}, "rpm of 2"), ({"concurrency": 2}, "concurrency of 2"), ({"rpm": 3}, "")]
)
def test_a_key_that_has_reached_what_is_given_it_says_so(limits: dict[str, int], words: str) -> None:
    key = replace(SECOND, name="team", **limits)  # type: ignore[arg-type]
    wired = Wired(upstreams=[upstream_at("http://acme.test", keys=(key, SECOND))])
    for _ in range(2):
        wired.runtime.standing.take(Attempt(target("acme,m"), key), wired.clock.now())
    expected = [f"acme key team: its {words} is reached"] if words else []
    assert standing(wired.runtime)["passed_over"] == expected


async def waiting(runtime: Runtime) -> "list[asyncio.Task[object]]":
    runtime.seats.configure(1, {}, 30)
    await runtime.seats.in_all(None, runtime.clock.now())
    tasks: list[asyncio.Task[object]] = [
        asyncio.create_task(runtime.seats.in_all(None, runtime.clock.now())) for _ in range(2)
    ]
    await asyncio.sleep(0)
    return tasks


async def test_who_waits_is_told() -> None:
    runtime = Wired().runtime
    tasks = await waiting(runtime)
    assert standing(runtime)["waiting"] == ["the router: 2 for their turn, 1 of 1 under way"]
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
