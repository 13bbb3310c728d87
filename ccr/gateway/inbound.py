"""What comes in and what goes out, as the doors see it."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ccr.config.schema import Secret
from ccr.errors import RequestProblem
from ccr.wire.dialect import ClientDialect


@dataclass(frozen=True, slots=True)
class Inbound:
    client: ClientDialect
    body: bytes
    headers: Mapping[str, str]  # lower-case names
    query: str
    request_id: str
    login: Mapping[str, Secret] = field(default_factory=dict)  # headers that are the caller's own proof
    named: str = ""  # what the path names

    @property
    def fault(self) -> RequestProblem:
        """What is told when the router itself fails on it."""
        return RequestProblem(f"the router failed on this request ({self.request_id}); see `ccr logs --process`")


class Body(Protocol):
    """A streamed answer. Whoever takes it closes it, read to its end or not."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    def cut(self, problem: RequestProblem) -> bytes:
        """What tells the client that no more comes."""
        ...

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes | Body
