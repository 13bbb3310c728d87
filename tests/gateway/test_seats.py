import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import pytest

from ccr.errors import Overloaded, UpstreamFull
from ccr.gateway import seats as module
from ccr.gateway.seats import SHORTEST, Seat, Seats
from ccr.ids import ProviderName
from ccr.providers.resolve import Upstream
from tests.support.asking import ASKED, HI, STREAMED, error_of
from tests.support.canned import CannedExchange, FakeClock, canned
from tests.support.wiring import Wired, read, upstream_at

ACME, OTHER = ProviderName("acme"), ProviderName("other")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def seats_for(limit: int | None, patience: float = 9.0, **providers: int) -> Seats:
    seats = Seats()
    seats.configure(limit, {ProviderName(name): most for name, most in providers.items()}, patience)
    return seats


class Crowd:
    """Requests that ask for seats, and the order in which they got them."""

    def __init__(self, seats: Seats, clock: FakeClock) -> None:
        self.seats, self.clock = seats, clock
        self.served: list[str] = []
        self.tasks: dict[str, asyncio.Task[Seat]] = {}

    async def comes(self, name: str, request_class: str | None = "main") -> None:
        async def asked() -> Seat:
            seat = await self.seats.in_all(request_class, self.clock.now())
            self.served.append(name)
            return seat

        self.tasks[name] = asyncio.create_task(asked())
        await settled()

    async def leaves(self, name: str) -> None:
        (await self.tasks[name]).leave()
        await settled()

    async def gives_up(self, name: str) -> None:
        self.tasks[name].cancel()
        await settled()


@pytest.fixture
async def crowd(clock: FakeClock) -> AsyncIterator[Callable[[Seats], Crowd]]:
    made: list[Crowd] = []

    def crowd_of(seats: Seats) -> Crowd:
        made.append(Crowd(seats, clock))
        return made[-1]

    yield crowd_of
    for task in (task for each in made for task in each.tasks.values()):
        task.cancel()
        await asyncio.wait({task})


Crowds = Callable[[Seats], Crowd]


async def settled() -> None:
    for _ in range(4):
        await asyncio.sleep(0)


async def at_once(seat: Awaitable[Seat]) -> Seat:
    async with asyncio.timeout(1):
        return await seat


async def test_without_a_limit_nobody_waits(clock: FakeClock) -> None:
    seats = Seats()
    for _ in range(100):
        await at_once(seats.in_all("main", clock.now()))
        await at_once(seats.at(ACME, "main", clock.now()))
    assert seats.shown() == {
        "under_way": 100,
        "waiting": 0,
        "most": None,
        "providers": {"acme": {"under_way": 100, "waiting": 0, "most": None}},
    }


async def test_one_after_the_other(crowd: Crowds) -> None:
    people = crowd(seats_for(1))
    for name in "abc":
        await people.comes(name)
    assert people.served == ["a"]
    assert people.seats.shown() == {"under_way": 1, "waiting": 2, "most": 1, "providers": {}}
    await people.leaves("a")
    assert people.served == ["a", "b"]
    await people.leaves("b")
    assert people.served == ["a", "b", "c"]


async def test_a_person_goes_before_what_nobody_waits_for(crowd: Crowds) -> None:
    people = crowd(seats_for(1))
    await people.comes("first")
    await people.comes("title", "auxiliary")
    for kind in ("main", "subagent", "safety", "compaction", None):
        await people.comes(str(kind), kind)
    for name in ("first", "main", "subagent", "safety", "compaction", "None"):
        await people.leaves(name)
    assert people.served[-2:] == ["None", "title"]


async def test_what_nobody_waits_for_gets_its_turn_too(crowd: Crowds, clock: FakeClock) -> None:
    people = crowd(seats_for(1, patience=9.0))
    await people.comes("first")
    await people.comes("title", "auxiliary")
    clock.advance(2)
    await people.comes("soon")
    clock.advance(2)
    await people.comes("later")
    for name in ("first", "soon", "title"):
        await people.leaves(name)
    assert people.served == ["first", "soon", "title", "later"]


async def test_who_comes_back_from_elsewhere_waits_no_longer_than_who_came_later(clock: FakeClock) -> None:
    seats = Seats()
    seats.configure(1, {}, 5)
    first = await seats.in_all("main", clock.now())
    later = asyncio.create_task(seats.in_all("main", clock.now()))
    await asyncio.sleep(0)
    back = asyncio.create_task(seats.in_all("main", clock.now() - 1))
    await asyncio.sleep(0)
    first.leave()
    await asyncio.sleep(0)
    assert (back.done(), later.done()) == (True, False)
    (await back).leave()
    (await later).leave()


async def test_who_waits_too_long_is_told_to_come_back(clock: FakeClock) -> None:
    seats = seats_for(1, patience=0.01)
    await seats.in_all("main", clock.now())
    with pytest.raises(Overloaded, match=r"as `concurrency` allows \(1\), .*none of them ended within 0.01 s") as busy:
        await seats.in_all("main", clock.now())
    assert busy.value.retry_after
    assert seats.shown()["waiting"] == 0


async def test_a_provider_that_is_full_is_named_and_others_are_not_waited_for(clock: FakeClock) -> None:
    seats = seats_for(None, patience=0.01, acme=1)
    await at_once(seats.at(ACME, "main", clock.now()))
    await at_once(seats.at(OTHER, "main", clock.now()))
    with pytest.raises(UpstreamFull, match="provider acme is busy: as many requests to it are under way") as full:
        await seats.at(ACME, "main", clock.now())
    assert full.value.retry_after


async def test_a_queue_that_is_full_turns_away_who_would_be_last(crowd: Crowds) -> None:
    people = crowd(seats_for(1))
    await people.comes("first")
    await people.comes("title", "auxiliary")
    for number in range(SHORTEST):
        await people.comes(str(number))
    with pytest.raises(Overloaded, match=f"and {SHORTEST} more wait"):
        await people.tasks["title"]
    await people.comes("one too many")
    with pytest.raises(Overloaded):
        await people.tasks["one too many"]
    assert people.seats.shown()["waiting"] == SHORTEST


async def test_who_gives_up_is_not_waited_for(crowd: Crowds) -> None:
    people = crowd(seats_for(1))
    for name in "abc":
        await people.comes(name)
    await people.gives_up("b")
    await people.leaves("a")
    assert people.served == ["a", "c"]
    await people.leaves("c")
    assert people.seats.shown()["under_way"] == 0


async def test_who_gives_up_just_when_it_is_called_leaves_its_seat_to_the_next(crowd: Crowds) -> None:
    people = crowd(seats_for(1))
    for name in "abc":
        await people.comes(name)
    (await people.tasks["a"]).leave()
    people.tasks["b"].cancel()
    await settled()
    assert people.served == ["a", "c"]


async def test_who_is_just_giving_up_is_not_called(crowd: Crowds) -> None:
    people = crowd(seats_for(1))
    for name in "abc":
        await people.comes(name)
    seat = await people.tasks["a"]
    people.tasks["b"].cancel()
    seat.leave()
    await settled()
    assert people.served == ["a", "c"]


async def test_who_is_just_giving_up_needs_not_be_turned_away(crowd: Crowds) -> None:
    people = crowd(seats_for(1))
    await people.comes("first")
    for number in range(SHORTEST - 1):
        await people.comes(str(number))
    await people.comes("last", "auxiliary")
    people.tasks["newcomer"] = asyncio.create_task(people.seats.in_all("main", people.clock.now()))
    people.tasks["last"].cancel()
    await settled()
    assert people.tasks["last"].cancelled()
    assert people.seats.shown()["waiting"] == SHORTEST


async def test_a_seat_is_left_once(clock: FakeClock) -> None:
    seats = seats_for(2)
    first = await seats.in_all("main", clock.now())
    await seats.in_all("main", clock.now())
    first.leave()
    first.leave()
    assert seats.shown()["under_way"] == 1
    Seat().leave()


async def test_a_reload_counts_for_those_who_wait(crowd: Crowds) -> None:
    people = crowd(seats_for(1))
    for name in "abcd":
        await people.comes(name)
    people.seats.configure(3, {}, 9.0)
    await settled()
    assert people.served == ["a", "b", "c"]
    people.seats.configure(None, {}, 9.0)
    await settled()
    assert people.served == ["a", "b", "c", "d"]


async def test_a_smaller_limit_lets_those_under_way_finish(crowd: Crowds) -> None:
    people = crowd(seats_for(2))
    for name in "abc":
        await people.comes(name)
    people.seats.configure(1, {}, 9.0)
    await people.leaves("a")
    assert people.served == ["a", "b"]
    await people.leaves("b")
    assert people.served == ["a", "b", "c"]


async def test_a_limit_that_is_taken_out_of_the_file_is_gone(clock: FakeClock) -> None:
    seats = seats_for(None, patience=0.01, acme=1)
    await seats.at(ACME, "main", clock.now())
    seats.configure(None, {}, 0.01)
    await at_once(seats.at(ACME, "main", clock.now()))


def limited(*answers: CannedExchange, upstreams: Sequence[Upstream] = (), **limits: int) -> Wired:
    wired = Wired(*answers, upstreams=upstreams, fallback={"default": ("other,m",)} if upstreams else {})
    everywhere = limits.pop("all", None)
    wired.runtime.seats.configure(everywhere, {ProviderName(name): most for name, most in limits.items()}, 0.01)
    return wired


async def test_a_stream_has_its_seats_until_it_is_closed() -> None:
    wired = limited(canned(HI), all=1, acme=1)
    stream = await wired.ask(STREAMED)
    assert error_of(await wired.ask(ASKED))[:2] == (529, "overloaded_error")
    await read(stream)
    assert wired.runtime.seats.shown() == {
        "under_way": 0,
        "waiting": 0,
        "most": 1,
        "providers": {"acme": {"under_way": 0, "waiting": 0, "most": 1}},
    }
    assert len(wired.sent) == 1


@pytest.mark.parametrize("answer", [canned(HI), canned(b"no", 400), canned(b"")], ids=["whole", "refused", "empty"])
async def test_whatever_comes_of_a_request_its_seats_are_free_again(answer: CannedExchange) -> None:
    wired = limited(answer, *[canned(b"")] * 9, all=1, acme=1)
    await wired.ask(ASKED)
    shown = wired.runtime.seats.shown()
    assert shown["under_way"] == 0
    assert shown["providers"] == {"acme": {"under_way": 0, "waiting": 0, "most": 1}}


async def test_the_next_target_answers_where_a_provider_is_full() -> None:
    upstreams = [upstream_at(f"http://{name}.test/v1/messages", name=name) for name in ("acme", "other")]
    wired = limited(canned(HI), canned(HI), upstreams=upstreams, acme=1)
    stream = await wired.ask(STREAMED)
    answer = await wired.ask(ASKED)
    assert (answer.status, answer.headers["x-ccr-model"]) == (200, "other,m")
    assert [upstream.name for upstream, _ in wired.transport.sent] == ["acme", "other"]
    await read(stream)


async def test_a_full_provider_is_waited_for_but_briefly_where_another_could_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "BRIEFLY", 0.01)
    upstreams = [upstream_at(f"http://{name}.test/v1/messages", name=name) for name in ("acme", "other")]
    wired = limited(canned(HI), canned(HI), canned(HI), upstreams=upstreams, acme=1, other=1)
    wired.runtime.seats.configure(None, {ACME: 1, OTHER: 1}, 9.0)
    streams = [await asyncio.wait_for(wired.ask(STREAMED), 2) for _ in range(2)]
    third = asyncio.create_task(wired.ask(ASKED))
    await asyncio.sleep(0.05)
    assert not third.done(), "where all are full, it waits for its turn"
    for stream in reversed(streams):
        await read(stream)
    assert (await asyncio.wait_for(third, 2)).headers["x-ccr-model"] == "other,m"


async def test_who_waits_for_a_full_provider_keeps_nobody_from_another() -> None:
    upstreams = [upstream_at(f"http://{name}.test/v1/messages", name=name) for name in ("acme", "other")]
    wired = Wired(canned(HI), canned(HI), canned(HI), upstreams=upstreams)
    wired.runtime.seats.configure(2, {ACME: 1}, 9.0)
    stream = await wired.ask(STREAMED)
    waiting = [asyncio.create_task(wired.ask(ASKED)) for _ in range(3)]
    await settled()
    answer = await asyncio.wait_for(wired.ask({**ASKED, "model": "other,m"}), 2)
    assert answer.headers["x-ccr-model"] == "other,m"
    for each in waiting:
        each.cancel()
    await asyncio.wait(waiting)
    await read(stream)
    assert wired.runtime.seats.shown()["under_way"] == 0
