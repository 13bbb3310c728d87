"""Whose turn it is: how many requests are under way, in all and by provider, and who waits. Outlives a reload."""

import asyncio
from bisect import insort
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from ccr.errors import Overloaded, UpstreamFull
from ccr.ids import ProviderName
from ccr.messages.json import JsonObject

# For their answers nobody waits at the keyboard: titles, summaries of pages.
BACKGROUND = frozenset({"auxiliary"})
# By how much of the longest wait they let others go before them: no more, so that they too get their turn.
COURTESY = 1 / 3
# As many may wait as are under way at the most, so many times; and at least so many.
QUEUES, SHORTEST = 4, 16
# Seconds that a provider's seat is waited for where another provider could answer: caches are warm here.
BRIEFLY = 1.0
LATER = 5  # seconds after which somebody who found no seat may ask again


class Seat:
    """A place among the requests under way. Whoever has it leaves it, once or more often."""

    def __init__(self, room: "Room | None" = None) -> None:
        self._room = room

    def leave(self) -> None:
        if room := self._room:
            self._room = None
            room.left()


@dataclass(order=True, slots=True)
class Waiter:
    place: float  # when it came, and later for who is in no hurry
    number: int
    turn: "asyncio.Future[None]" = field(compare=False)


class NoSeat(Exception):
    """Too many are before it, or have been for too long."""


class Room:
    """What may be under way at the same time. Without a limit everybody has a seat at once."""

    def __init__(self) -> None:
        self.limit: int | None = None
        self.taken = 0
        self._came = 0
        self._waiting: list[Waiter] = []  # in the order of their turns

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    async def enter(self, patience: float, place: float) -> Seat:
        """Raises NoSeat."""
        if self._is_free():
            self.taken += 1
            return Seat(self)
        self._came += 1
        waiter = Waiter(place, self._came, asyncio.get_running_loop().create_future())
        insort(self._waiting, waiter)
        if len(self._waiting) > max(SHORTEST, QUEUES * (self.limit or 0)):
            self._turned_away(self._waiting.pop())
        try:
            async with asyncio.timeout(patience):
                await waiter.turn
        except TimeoutError:
            self._gone(waiter)
            raise NoSeat(f"none of them ended within {patience:g} s") from None
        except asyncio.CancelledError:
            self._gone(waiter)
            raise
        return Seat(self)

    def left(self) -> None:
        self.taken -= 1
        self.call()

    def call(self) -> None:
        """Whoever is next takes a seat that is free."""
        while self._waiting and self._is_free():
            waiter = self._waiting.pop(0)
            if not waiter.turn.done():  # else it is just going
                self.taken += 1
                waiter.turn.set_result(None)

    def _turned_away(self, waiter: Waiter) -> None:
        if not waiter.turn.done():
            waiter.turn.set_exception(NoSeat(f"{self.waiting} more wait"))

    def _gone(self, waiter: Waiter) -> None:
        if waiter in self._waiting:
            self._waiting.remove(waiter)
        elif not waiter.turn.cancelled() and not waiter.turn.exception():
            self.left()  # it was called just when it went

    def _is_free(self) -> bool:
        return self.limit is None or self.taken < self.limit


class Seats:
    """All rooms: the router's own, and one for each provider."""

    def __init__(self) -> None:
        self._patience = 0.0
        self._all = Room()
        self._providers: defaultdict[ProviderName, Room] = defaultdict(Room)

    def configure(self, limit: int | None, providers: Mapping[ProviderName, int | None], patience: float) -> None:
        """In force at once, for those who wait too; who is under way stays so."""
        self._patience = patience
        self._all.limit = limit
        for name in {*self._providers, *providers}:
            self._providers[name].limit = providers.get(name)
        for room in (self._all, *self._providers.values()):
            room.call()

    async def in_all(self, request_class: str | None, arrived: float) -> Seat:
        """A seat for a request; raises Overloaded."""
        try:
            return await self._all.enter(self._patience, self._place(request_class, arrived))
        except NoSeat as why:
            under_way = f"as many requests are under way as `concurrency` allows ({self._all.taken})"
            raise Overloaded(f"the router is busy: {under_way}, and {why}", retry_after=LATER) from None

    async def at(
        self, provider: ProviderName, request_class: str | None, arrived: float, *, others: bool = False
    ) -> Seat:
        """A seat for an attempt; raises UpstreamFull, which goes to the next target: soon, where there are others."""
        room = self._providers[provider]
        patience = min(self._patience, BRIEFLY) if others else self._patience
        try:
            return await room.enter(patience, self._place(request_class, arrived))
        except NoSeat as why:
            under_way = f"as many requests to it are under way as its `concurrency` allows ({room.taken})"
            raise UpstreamFull(f"provider {provider} is busy: {under_way}, and {why}", retry_after=LATER) from None

    def _place(self, request_class: str | None, arrived: float) -> float:
        return arrived + (self._patience * COURTESY if request_class in BACKGROUND else 0)

    def shown(self) -> JsonObject:
        return {
            **_shown(self._all),
            "providers": {name: _shown(room) for name, room in self._providers.items() if room.taken or room.limit},
        }


def _shown(room: Room) -> JsonObject:
    return {"under_way": room.taken, "waiting": room.waiting, "most": room.limit}
