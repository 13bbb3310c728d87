"""What the gateway needs from others."""

from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from ccr.messages.json import JsonObject
from ccr.messages.record import Record
from ccr.messages.request import Request
from ccr.providers.resolve import Upstream
from ccr.routing.tokens import TokenCount
from ccr.wire.dialect import UpstreamRequest


class Exchange(Protocol):
    """An upstream's answer that has begun: its head is here, its body comes by chunks, already decompressed.

    Raises UpstreamTimeout, UpstreamCut and UpstreamUnreachable.
    """

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Lower-case names."""
        ...

    def chunks(self) -> AsyncIterator[bytes]: ...

    async def close(self) -> None:
        """Lets go of it; one that is not read to its end is cancelled."""
        ...


class Transport(Protocol):
    async def send(self, upstream: Upstream, request: UpstreamRequest) -> Exchange: ...


class Counter(Protocol):
    async def count(self, request: Request) -> TokenCount:
        """The prompt's tokens; does not block the event loop."""
        ...


class Script(Protocol):
    """The user's own router."""

    async def route(self, question: JsonObject) -> str | None: ...


class Observer(Protocol):
    def __call__(self, record: Record, /) -> None: ...


class Clock(Protocol):
    def now(self) -> float:
        """Seconds that only go forward."""
        ...

    def time(self) -> float:
        """Unix seconds."""
        ...

    async def sleep(self, seconds: float) -> None: ...
