"""Fakes of the gateway's ports: a transport that answers from bytes, a clock that the test moves, an observer."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ccr.errors import RequestProblem
from ccr.gateway.ports import Clock, Counter, Exchange, Observer, Script, Transport
from ccr.messages.json import NOTHING, JsonObject
from ccr.messages.record import Record
from ccr.messages.request import Request
from ccr.providers.resolve import Upstream
from ccr.routing.tokens import TokenCount
from ccr.wire.dialect import UpstreamRequest


@dataclass(slots=True)
class CannedExchange:
    """An answer from a list of chunks. An exception among them is raised in its place; None waits for ever."""

    pieces: Sequence[bytes | RequestProblem | None] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "text/event-stream"})
    closed: bool = False

    async def chunks(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            match piece:
                case None:
                    await asyncio.Event().wait()
                case RequestProblem():
                    raise piece
                case _:
                    yield piece

    async def close(self) -> None:
        self.closed = True


class Canned:
    """A transport with a list of answers, used up in order. A failure in the list is raised: nobody answered."""

    def __init__(self, *answers: CannedExchange | Exception) -> None:
        self.answers = list(answers)
        self.sent: list[tuple[Upstream, UpstreamRequest]] = []

    async def send(self, upstream: Upstream, request: UpstreamRequest) -> Exchange:
        self.sent.append((upstream, request))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class FakeClock:
    """Stands still until the test moves it."""

    def __init__(self, now: float = 1000.0) -> None:
        self._now = now

    def now(self) -> float:
        return self._now

    def time(self) -> float:
        return 1_700_000_000.0 + self._now

    async def sleep(self, seconds: float) -> None:
        """Passes at once, for others too."""
        self.advance(seconds)
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        self._now += seconds


class Collected:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def __call__(self, record: Record, /) -> None:
        self.records.append(record)

    @property
    def only(self) -> Record:
        (record,) = self.records
        return record


class FixedCounter:
    """Counts every prompt the same."""

    def __init__(self, tokens: int = 100, exact: bool = True) -> None:
        self.answer = TokenCount(tokens, exact)
        self.asked = 0

    async def count(self, request: Request) -> TokenCount:
        self.asked += 1
        return self.answer


class FixedScript:
    """A custom router that always says the same, or fails."""

    def __init__(self, answer: str | None | Exception = None) -> None:
        self.answer = answer
        self.questions: list[JsonObject] = []

    async def route(self, question: JsonObject = NOTHING) -> str | None:
        self.questions.append(question)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def canned(data: bytes | Iterable[bytes], status: int = 200, **headers: str) -> CannedExchange:
    pieces = [data] if isinstance(data, bytes) else list(data)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return CannedExchange(pieces, status, {"content-type": "text/event-stream", **named})


# The fakes fit their ports: mypy reads this.
_transport: type[Transport] = Canned
_exchange: type[Exchange] = CannedExchange
_clock: type[Clock] = FakeClock
_counter: type[Counter] = FixedCounter
_script: type[Script] = FixedScript
_observer: Observer = Collected()
