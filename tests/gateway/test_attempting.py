"""Attempts until the first content."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from ccr.config.schema import Breaker, Config, Key, Model, Routes, Secret, Timeouts
from ccr.errors import Draining, RequestProblem, UpstreamCut, UpstreamFailed, UpstreamUnreachable
from ccr.gateway.ports import Exchange
from ccr.messages.json import JsonObject
from ccr.policy.attempt import Attempt
from ccr.policy.standing import Standing
from ccr.providers.resolve import Upstream
from ccr.wire.dialect import UpstreamRequest
from tests.support import messages
from tests.support.asking import ASKED, HI, STREAMED, error_of
from tests.support.canned import Canned, CannedExchange, FakeClock, canned
from tests.support.parts import usage
from tests.support.wiring import Wired, read, target, upstream_at


async def test_what_is_open_for_an_attempt_that_fails_is_closed_before_the_next_begins() -> None:
    first = CannedExchange([b'{"error":{"message":"down"}}'], 500)
    wired = Wired(
        first,
        UpstreamUnreachable("refused"),
        canned(HI),
        upstreams=[upstream_at(f"http://{name}.test", name=name) for name in "abc"],
        routes={"default": "a,m"},
        fallback={"default": ("b,m", "c,m")},
    )
    answer = await wired.ask(ASKED)
    assert answer.status == 200
    assert first.closed


KEYS = (Key(Secret("sk-first-secret"), "1", "ACME_A"), Key(Secret("sk-other-secret"), "2", "ACME_B"))


def pool(**changes: Any) -> Upstream:
    return upstream_at("http://acme.test", key=KEYS[0].secret, keys=KEYS, retries=0, **changes)


def two(**wiring: Any) -> dict[str, Any]:
    return {
        "upstreams": [upstream_at(f"http://{name}.test", name=name, retries=0) for name in "ab"],
        "routes": {"default": "a,m"},
        "fallback": {"default": ("b,m",)},
    } | wiring


async def test_an_attempt_is_sent_with_its_own_key() -> None:
    wired = Wired(canned(b"{}", 401), canned(HI), upstreams=[pool()])
    await read(await wired.ask(STREAMED))
    assert {sent.headers["authorization"] for sent in wired.sent} == {
        "Bearer sk-first-secret",
        "Bearer sk-other-secret",
    }
    assert {tried.key for tried in wired.seen.only.attempts} == {"1", "2"}


async def test_a_key_that_is_refused_is_named_and_none_is_shown() -> None:
    said = b'{"error":{"message":"not sk-first-secret nor sk-other-secret"}}'
    wired = Wired(canned(said, 401), canned(said, 401), upstreams=[pool()])
    answer = await wired.ask(ASKED)
    _, _, message = error_of(answer)
    first, second = (f"acme,m#{tried.key}=denied" for tried in wired.seen.only.attempts)
    assert answer.headers["x-ccr-attempts"] == f"{first}; {second}"
    name = wired.seen.only.attempts[-1].key
    variable = {"1": "ACME_A", "2": "ACME_B"}[name]
    assert message.startswith(
        f"not *** nor *** [acme,m key {name}]: acme refused the key; check key {name} of acme ({variable})"
    )
    assert "secret" not in message


async def test_the_last_error_says_who_was_passed_over() -> None:
    wired = Wired(canned(b"{}", 401), canned(HI), canned(b"{}", 404), canned(b"{}", 400), **two())
    await wired.ask(ASKED)
    unknown, refused = [error_of(await wired.ask(ASKED))[2] for _ in range(2)]
    assert "[b,m]" in unknown
    assert unknown.endswith("(passed over: a,m: denied)")
    assert "passed over" not in refused, "that is the client's to heal"


async def test_who_is_passed_over_is_written_down() -> None:
    limited = canned(b"{}", 429, retry_after="40")
    wired = Wired(limited, canned(HI), canned(HI), **two())
    for _ in range(2):
        await wired.ask(ASKED)
    first, second = wired.seen.records
    assert ([str(tried.target) for tried in first.attempts], first.passed_over) == (["a,m", "b,m"], ())
    assert ([str(tried.target) for tried in second.attempts], second.passed_over) == (["b,m"], (target("a,m"),))


async def test_a_key_without_a_variable_has_its_place() -> None:
    keys = tuple(Key(key.secret, key.name) for key in KEYS)
    wired = Wired(canned(b"{}", 401), canned(b"{}", 401), upstreams=[upstream_at("http://acme.test", keys=keys)])
    name = (await wired.ask(ASKED), wired.seen.only.attempts[-1].key)[1]
    assert f"check key {name} of acme " in f"{wired.seen.only.error} "


async def test_of_two_failures_that_is_told_which_the_client_can_wait_for() -> None:
    limited = canned(b'{"error":{"message":"slow down"}}', 429, retry_after="40")
    unknown = canned(b'{"error":{"message":"no such model"}}', 404)
    answer = await Wired(limited, unknown, **two()).ask(ASKED)
    status, _, message = error_of(answer)
    assert (status, message) == (429, "slow down [a,m] (also tried: b,m: unknown)")
    assert answer.headers["retry-after"] == "40"


async def test_of_two_windows_that_are_too_small_the_larger_is_told() -> None:
    small, large = ({"*": Model(context=size)} for size in (8_000, 50_000))
    upstreams = [
        upstream_at("http://a.test", name="a", limits=small),
        upstream_at("http://b.test", name="b", limits=large),
    ]
    said = ["prompt is too long", "prompt is too long: 60000 tokens > 50000 maximum"]
    answers = [canned(json.dumps({"error": {"message": each}}).encode(), 400) for each in said]
    wired = Wired(*answers, **two(upstreams=upstreams))
    status, kind, message = error_of(await wired.ask(ASKED))
    assert (status, kind) == (400, "invalid_request_error")
    assert message == f"{said[1]} [b,m] (also tried: a,m: overflow)"


class Slow(Canned):
    """Six seconds pass before each answer."""

    clock: FakeClock

    async def send(self, upstream: Upstream, request: UpstreamRequest) -> Exchange:
        self.clock.advance(6)
        return await super().send(upstream, request)


async def test_no_attempt_begins_when_the_time_for_all_is_over() -> None:
    config = Config(routes=Routes(), timeouts=Timeouts(failover=5))
    transport = Slow(UpstreamFailed("down"), canned(HI))
    wired = Wired(transport=transport, config=config, **two())
    transport.clock = wired.clock
    answer = await wired.ask(ASKED)
    assert error_of(answer)[0] == 502
    assert len(wired.sent) == 1
    assert answer.headers["x-ccr-model"] == "a,m"  # and nobody else has failed
    assert wired.runtime.standing.shown(wired.clock.now()).targets == ()


async def test_who_does_not_stream_leaves_time_for_the_next() -> None:
    wired = Wired(CannedExchange([None]), canned(HI), **two())
    answer = await wired.ask(ASKED, x_stainless_timeout="0.04")
    assert answer.status == 200
    assert wired.seen.only.attempts[0].kind == "timeout"


async def test_a_stream_leaves_time_for_the_next() -> None:
    config = Config(routes=Routes(), timeouts=Timeouts(failover=0.04))
    wired = Wired(CannedExchange([None]), canned(HI), config=config, **two())
    assert (await wired.ask(STREAMED)).status == 200


@pytest.mark.parametrize(("asked", "patient"), [(ASKED, False), (ASKED, True), (STREAMED, True)])
async def test_that_a_client_is_impatient_is_not_held_against_the_provider(asked: JsonObject, patient: bool) -> None:
    timeouts = Timeouts(first_byte=0.02, total=0.02)
    upstreams = [upstream_at(f"http://{name}.test", name=name, retries=0, timeouts=timeouts) for name in "ab"]
    wired = Wired(CannedExchange([None]), canned(HI), **two(upstreams=upstreams))
    await read(await wired.ask(asked, x_stainless_timeout="60" if patient else "0.02"))
    assert wired.seen.only.attempts[0].kind == "timeout"
    doors = wired.runtime.standing.shown(wired.clock.now()).doors
    assert [door.failures for door in doors] == [int(patient), 0]


@pytest.mark.parametrize(("asked", "setting"), [(STREAMED, "first_byte"), (ASKED, "total")])
async def test_an_answer_that_does_not_come_names_the_setting_that_bounds_it(asked: JsonObject, setting: str) -> None:
    hasty = upstream_at("http://acme.test", retries=0, timeouts=Timeouts(first_byte=0.02, total=0.02))
    _, _, message = error_of(await Wired(CannedExchange([None]), upstreams=[hasty]).ask(asked))
    assert message == f"acme,m gave no answer in 0.02 s (timeouts.{setting} sets how long is waited)"


EMPTY = messages.body(usage(10, 3))


@pytest.mark.parametrize("asked", [ASKED, STREAMED])
async def test_an_empty_answer_is_asked_for_elsewhere(asked: JsonObject) -> None:
    wired = Wired(canned(EMPTY), canned(HI), **two())
    assert b"hi there" in await read(await wired.ask(asked))
    assert [tried.kind for tried in wired.seen.only.attempts] == ["empty", ""]


async def test_where_nobody_is_left_an_empty_answer_is_the_answer() -> None:
    wired = Wired(canned(EMPTY), canned(EMPTY), **two())
    written = await read(await wired.ask(STREAMED))
    assert written.endswith(EMPTY[-60:])
    assert b"error" not in written
    assert [tried.kind for tried in wired.seen.only.attempts] == ["empty", ""]


class Heard(Standing):
    """Counts what is under way, and what was told of it."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[Attempt] = []
        self.said: list[str] = []

    def began(self, attempt: Attempt, now: float) -> None:
        super().began(attempt, now)
        self.open.append(attempt)

    def answered(self, attempt: Attempt, seconds: float | None, now: float) -> None:
        super().answered(attempt, seconds, now)
        self.said.append("answered")

    def failed(self, attempt: Attempt, failure: RequestProblem, now: float) -> None:
        super().failed(attempt, failure, now)
        self.said.append("failed")

    def ended(self, attempt: Attempt, tokens: int, now: float) -> None:
        super().ended(attempt, tokens, now)
        self.open = [each for each in self.open if each is not attempt]
        self.said.append("ended")


BEGUN = HI[: HI.index(b"event: content_block_stop")]


def heard(*answers: CannedExchange | RequestProblem, head: float = 30.0, **wiring: Any) -> tuple[Wired, Heard]:
    config = Config(routes=Routes(), timeouts=Timeouts(head=head))
    upstreams = [upstream_at("http://acme.test", retries=0, timeouts=Timeouts(first_byte=0.02, total=0.02))]
    wired, standing = Wired(*answers, config=config, **{"upstreams": upstreams} | wiring), Heard()
    wired.runtime = replace(wired.runtime, standing=standing)
    return wired, standing


@pytest.mark.parametrize(
    ("asked", "exchange", "said"),
    [
        (STREAMED, canned(HI), ["answered", "ended"]),
        (ASKED, canned(HI), ["answered", "ended"]),
        (STREAMED, canned(BEGUN), ["answered", "failed", "ended"]),
        (ASKED, canned(BEGUN), ["failed", "ended"]),
        (STREAMED, CannedExchange([BEGUN, UpstreamCut("reset")]), ["answered", "failed", "ended"]),
        (STREAMED, CannedExchange([None]), ["failed", "ended"]),
        (ASKED, CannedExchange([None]), ["failed", "ended"]),
        (STREAMED, canned(b"{}", 500), ["failed", "ended"]),
        (STREAMED, canned(b"nonsense"), ["failed", "ended"]),
    ],
)
async def test_however_an_attempt_ends_it_is_told_once_and_leaves_nothing(
    asked: JsonObject, exchange: CannedExchange, said: list[str]
) -> None:
    wired, standing = heard(exchange)
    await read(await wired.ask(asked))
    assert (standing.said, standing.open, exchange.closed) == (said, [], True)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_who_could_not_be_reached_has_failed() -> None:
    wired, standing = heard(UpstreamUnreachable("refused"))
    await wired.ask(ASKED)
    assert (standing.said, standing.open) == (["failed", "ended"], [])


async def test_what_was_never_sent_is_no_failure_and_ends() -> None:
    wired, standing = heard(upstreams=[upstream_at("http://acme.test", key_missing=True)])
    await wired.ask(ASKED)
    assert standing.said == ["ended"]


async def test_a_client_that_leaves_in_the_middle_is_no_failure_of_the_providers() -> None:
    exchange = CannedExchange([BEGUN, None])
    wired, standing = heard(exchange)
    answer = await wired.ask(STREAMED)
    assert not isinstance(answer.body, bytes)
    await anext(aiter(answer.body))
    await answer.body.aclose()
    assert (standing.said, standing.open, exchange.closed) == (["answered", "ended"], [], True)


@pytest.mark.parametrize("asked", [ASKED, STREAMED])
async def test_nor_is_one_that_leaves_before_the_first_content(asked: JsonObject) -> None:
    exchange = CannedExchange([None])
    patient = upstream_at("http://acme.test")
    wired, standing = heard(exchange, upstreams=[patient])
    asking = asyncio.create_task(wired.ask(asked))
    while not standing.open:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (standing.said, standing.open, exchange.closed) == (["ended"], [], True)
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize("drained", [True, False])
async def test_nor_after_its_early_head(drained: bool) -> None:
    exchange = CannedExchange([None])
    wired, standing = heard(exchange, head=0.001, upstreams=[upstream_at("http://acme.test")])
    body = (await wired.ask(STREAMED)).body
    assert not isinstance(body, bytes)
    await anext(aiter(body))
    if drained:
        body.cut(Draining("the router is stopping"))
    await body.aclose()
    assert (standing.said, standing.open, exchange.closed) == (["ended"], [], True)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_break_after_the_first_content_is_written_down_with_the_attempt() -> None:
    wired = Wired(canned(BEGUN))
    await read(await wired.ask(STREAMED))
    (tried,) = wired.seen.only.attempts
    assert tried.kind in ("cut", "garbled")
    assert tried.failure == wired.seen.only.error


async def test_who_asks_for_a_longer_wait_than_there_is_time_for_is_not_asked_again() -> None:
    config = Config(routes=Routes(), timeouts=Timeouts(failover=5))
    wired = Wired(canned(b'{"error":{"message":"slow down"}}', 429, retry_after="8"), config=config)
    answer = await wired.ask(ASKED)
    assert (answer.status, answer.headers["retry-after"], len(wired.sent)) == (429, "8", 1)


async def test_who_waits_to_be_asked_again_has_no_seat_meanwhile() -> None:
    taken: list[object] = []

    class Watched(FakeClock):
        async def sleep(self, seconds: float) -> None:
            taken.append(wired.runtime.seats.shown()["under_way"])
            await super().sleep(seconds)

    acme = upstream_at("http://acme.test/v1/messages", retries=1)
    wired = Wired(UpstreamCut("reset"), canned(HI), upstreams=[acme], clock=Watched())
    wired.runtime.seats.configure(1, {}, 9.0)
    await read(await wired.ask(STREAMED))
    assert taken == [0]


async def test_where_all_are_passed_over_that_is_the_answer() -> None:
    wired = Wired(**two())
    standing = wired.runtime.standing
    standing.configure(Breaker(failures=1))
    for attempt in (Attempt(target("a,m")), Attempt(target("b,m"))):
        standing.take(attempt, 1000.0)
        standing.failed(attempt, UpstreamFailed("down"), 1000.0)
        standing.ended(attempt, 0, 1000.0)
        standing.take(Attempt(attempt.target), 1000.0)  # somebody else tries it
    status, kind, message = error_of(await wired.ask(ASKED))
    assert (status, kind, wired.sent) == (529, "overloaded_error", [])
    assert message.startswith("nobody can be asked for the moment: a,m")


async def test_who_is_asked_once_more_is_given_a_moment_first() -> None:
    wired = Wired(UpstreamCut("reset"), canned(HI), upstreams=[upstream_at("http://acme.test/v1/messages", retries=1)])
    before = wired.clock.now()
    await read(await wired.ask(STREAMED))
    assert wired.clock.now() - before == 0.5
