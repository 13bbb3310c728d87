"""How an answer reaches the client once its first content is here: copied, or translated."""

from collections.abc import AsyncGenerator, AsyncIterator

from ccr.errors import RequestProblem, UpstreamProblem, UpstreamSaid
from ccr.gateway.call import Call
from ccr.gateway.incoming import Incoming
from ccr.messages.fold import Fold
from ccr.messages.request import Request
from ccr.policy.failures import classify

STREAM = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache", "x-accel-buffering": "no"}
WHOLE = {"content-type": "application/json"}


def problem_of(failure: RequestProblem, call: Call) -> RequestProblem:
    """The failure as the client may see it: classified, with the target it came from, without the key."""
    assert call.target is not None
    upstream = call.runtime.upstreams[call.target.provider]
    if isinstance(failure, UpstreamSaid):
        failure = classify(failure, call.target, upstream.key_source)
    elif isinstance(failure, UpstreamProblem) and str(call.target.provider) not in failure.message:
        failure.message = f"{failure.message} [{call.target}]"
    if upstream.key:
        # Some providers quote the key that they refuse.
        failure.message = failure.message.replace(upstream.key.reveal(), "***")
    return failure


async def whole(incoming: Incoming, request: Request, call: Call, *, copy: bool) -> bytes:
    """The answer as one JSON text."""
    raw, gathered = [], Fold()
    async for piece in incoming.pieces():
        raw.append(piece.raw)
        for event in piece.events:
            gathered.add(event)
    if copy and incoming.whole:
        return b"".join(raw)
    return call.inbound.client.reply(gathered.reply())


class Stream:
    """A streamed answer. Closing it ends the request, whether it was read to its end or dropped."""

    def __init__(self, incoming: Incoming, request: Request, call: Call, *, copy: bool) -> None:
        self._incoming = incoming
        self._call = call
        self._writer = call.inbound.client.writer(request)
        self._bytes = self._copied() if copy and not incoming.whole else self._translated()
        self._complete = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._bytes

    async def aclose(self) -> None:
        await self._bytes.aclose()
        await self._incoming.close()
        # 499 is what proxies write down for a client that went away.
        self._call.end(status=None if self._complete else 499)

    async def _translated(self) -> AsyncGenerator[bytes]:
        try:
            async for piece in self._incoming.pieces():
                yield self._writer.ping() if piece.silent else b"".join(map(self._writer.write, piece.events))
                self._complete = self._complete or piece.final
        except RequestProblem as failure:
            yield self._failed(failure)

    async def _copied(self) -> AsyncGenerator[bytes]:
        """The upstream's own bytes; between two of its frames there is room for a sign of life or an error of ours."""
        between = True
        try:
            async for piece in self._incoming.pieces():
                for event in piece.events:
                    self._writer.write(event)  # not sent: it shows the writer in which block a ping would come
                if piece.raw:
                    between = piece.raw.endswith((b"\n\n", b"\r\n\r\n"))
                    yield piece.raw
                elif piece.silent and between:
                    yield self._writer.ping()
                self._complete = self._complete or piece.final
        except UpstreamSaid as reported:
            self._call.end(problem_of(reported, self._call))
        except RequestProblem as failure:
            yield (b"" if between else b"\n\n") + self._failed(failure)

    def _failed(self, failure: RequestProblem) -> bytes:
        problem = problem_of(failure, self._call)
        self._call.end(problem)
        return self._writer.fail(problem, self._call.inbound.request_id)
