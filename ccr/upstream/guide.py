"""The built-in provider that answers when no other is configured. Its answer comes from here, not from a socket."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import ClassVar, Generic, TypeVar

from ccr.messages.blocks import Text
from ccr.messages.reply import Reply, Usage
from ccr.providers.resolve import Upstream
from ccr.wire.anthropic import AnthropicClient
from ccr.wire.dialect import UpstreamRequest

SCHEME = "guide:"

Exchange = TypeVar("Exchange")


class Guided(Generic[Exchange]):
    """A transport in front of another: the guide's requests end here."""

    def __init__(self, send: Callable[[Upstream, UpstreamRequest], Awaitable[Exchange]], text: str) -> None:
        self._send = send
        self._text = text

    async def send(self, upstream: Upstream, request: UpstreamRequest) -> "Exchange | Said":
        if upstream.url.startswith(SCHEME):
            return Said(self._text)
        return await self._send(upstream, request)


class Said:
    """An exchange that is over before it began."""

    status = 200
    headers: ClassVar[Mapping[str, str]] = {"content-type": "application/json"}

    def __init__(self, text: str) -> None:
        usage = Usage(input=1, output=max(1, len(text) // 4))
        reply = Reply("msg_guide", "guide", (Text(text),), "end_turn", usage=usage)
        self._body = AnthropicClient().reply(reply)

    async def chunks(self) -> AsyncIterator[bytes]:
        yield self._body

    async def close(self) -> None:
        pass
