"""What a dialect must be able to do, seen from the client's side and from the upstream's. Bytes and values only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from ccr.errors import RequestProblem, UpstreamSaid
from ccr.ids import Target
from ccr.messages.events import Event, Start
from ccr.messages.json import JsonObject
from ccr.messages.reply import Reply
from ccr.messages.request import Request

DialectName = Literal["anthropic", "openai", "responses", "gemini", "search"]


@dataclass(frozen=True, slots=True)
class Payload:
    """A request in an upstream's words: the body, still open for quirks, and headers that go with it."""

    body: JsonObject
    headers: Mapping[str, str] = field(default_factory=dict)
    form: bool = False  # a web form instead of JSON


@dataclass(frozen=True, slots=True)
class UpstreamRequest:
    """What goes out, to the byte."""

    url: str
    headers: Mapping[str, str]
    body: bytes


class Reader(Protocol):
    """Reads one answer; made per response, holds its state. A JSON answer to a stream request reads as well.

    Raises UpstreamSaid for an error that the provider reports inside a 200, UpstreamGarbled and UpstreamCut.
    """

    def feed(self, data: bytes) -> Iterator[Event]: ...

    def close(self) -> Iterator[Event]: ...


class Writer(Protocol):
    """Writes one streamed answer."""

    def open(self, start: Start) -> bytes:
        """How a stream begins whose answer is not here yet. The answer's own Start is written all the same."""
        ...

    def write(self, event: Event) -> bytes: ...

    def fail(self, error: RequestProblem, request_id: str) -> bytes:
        """An error after the head has left. Nothing follows it."""
        ...

    def ping(self) -> bytes:
        """What keeps the client waiting."""
        ...


class UpstreamDialect(Protocol):
    @property
    def name(self) -> DialectName: ...

    @property
    def verbatim(self) -> bool:
        """Whether a client of the same dialect is taken at its word: its headers, its unknown fields and, where no quirk
        is in the way, its very bytes go through."""
        ...

    @property
    def searches(self) -> bool:
        """Whether the host runs web_search itself."""
        ...

    def endpoint(self, url: str) -> str:
        """The full URL for messages, from a configured one: a base, a versioned base or the endpoint itself. Where it
        depends on the model, as far as it does not."""
        ...

    def address(self, endpoint: str, target: Target, *, stream: bool) -> str:
        """Where a request goes, in the end."""
        ...

    def encode(self, request: Request, target: Target) -> Payload: ...

    def reader(self, request: Request, target: Target) -> Reader: ...

    def refusal(self, status: int, body: bytes) -> UpstreamSaid:
        """What an error answer says, in whatever form it comes (JSON, list, text, HTML)."""
        ...


class ClientDialect(Protocol):
    @property
    def name(self) -> DialectName: ...

    def decode(self, body: bytes) -> Request:
        """Raises BadRequest with the place of the fault."""
        ...

    def writer(self, request: Request) -> Writer: ...

    def reply(self, reply: Reply, request: Request) -> bytes: ...

    def error(self, error: RequestProblem, request_id: str) -> bytes: ...
