"""Token counts that do not block the event loop."""

import asyncio
from collections.abc import Callable, Iterable

from ccr.messages.request import Request
from ccr.routing.tokens import Counter, Encoder, Piece, TokenCount, pieces

# Encoding this many characters takes under half a millisecond: less than it takes to hand them to a thread is not worth
# the way, much more would be felt by the other streams.
AT_ONCE = 4_000


class Counting:
    """Counts what is new in a worker thread, unless it is little. The encoder is loaded at the first count."""

    def __init__(self, load: Callable[[], Encoder]) -> None:
        self._load = load
        self._counter: Counter | None = None
        self._loading = asyncio.Lock()

    async def count(self, request: Request) -> TokenCount:
        counter = self._counter or await self.warm()
        parts = tuple(pieces(request))
        if counter.new(parts) <= AT_ONCE:
            return counter.count(parts)
        return await asyncio.to_thread(_counted, counter, parts)

    async def warm(self) -> Counter:
        """Loads the encoder ahead of the first count."""
        async with self._loading:
            self._counter = self._counter or Counter(await asyncio.to_thread(self._load))
            return self._counter


def _counted(counter: Counter, parts: Iterable[Piece]) -> TokenCount:
    return counter.count(parts)
