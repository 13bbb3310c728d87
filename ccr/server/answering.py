"""How a request's body comes in and its answer leaves, as ASGI."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Mapping
from typing import TypeVar

from starlette.types import Receive, Scope, Send

from ccr.errors import Draining, TooLarge, TooSlow
from ccr.gateway.inbound import Answer, Body

Result = TypeVar("Result")
Stop = tuple[Awaitable[object], Exception]  # what ends the work before its time, and as which failure

# Seconds for the next bytes of a body, and for all of it: in these, 64 MB come at 1 Mbit/s.
PATIENCE = 30.0
LONGEST = 600.0
# What is longer than so many times the limit is not read to its end.
DROPPED = 4


class ClientGone(Exception):
    """The client closed its connection."""


def headers_of(scope: Scope) -> dict[str, str]:
    """Lower-case names; of a repeated one the values are joined, as HTTP has it."""
    headers: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in scope["headers"]:
        headers[name.decode("latin-1")].append(value.decode("latin-1"))
    return {name: ", ".join(values) for name, values in headers.items()}


async def whole_body(receive: Receive, most: int) -> bytes:
    """Past the limit what still comes is read and dropped, so that the client gets to read our answer."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in _arriving(receive):
        size += len(chunk)
        if size <= most:
            chunks.append(chunk)
        else:
            chunks.clear()
        if size > most * DROPPED:
            break
    if size > most:
        raise TooLarge(f"the request has {size} bytes, and the limit is {most} (MAX_BODY_BYTES)")
    return b"".join(chunks)


async def _arriving(receive: Receive) -> AsyncIterator[bytes]:
    until = asyncio.get_running_loop().time() + LONGEST
    more = True
    while more:
        try:
            async with asyncio.timeout_at(min(until, asyncio.get_running_loop().time() + PATIENCE)):
                message = await receive()
        except TimeoutError:
            raise TooSlow(
                f"the request's body did not come: nothing of it in {PATIENCE:g} s, or no end in {LONGEST:g} s"
            ) from None
        if message["type"] == "http.disconnect":
            raise ClientGone
        yield message.get("body", b"")
        more = message.get("more_body", False)


def gone(receive: Receive) -> Stop:
    return _disconnected(receive), ClientGone()


def time_over(over: asyncio.Event) -> Stop:
    return over.wait(), stopping()


def stopping() -> Draining:
    return Draining("the router is stopping; ask again in a moment", retry_after=2)


async def unless(work: Awaitable[Result], *stops: Stop) -> Result:
    """The work's result; where it is stopped first, it is cancelled, and that is the failure, which the work is told as
    its cancellation's argument."""
    task = asyncio.ensure_future(work)
    watches = {asyncio.ensure_future(stop): failure for stop, failure in stops}
    told: object = None
    try:
        await asyncio.wait({task, *watches}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        told = failure = next(failure for watch, failure in watches.items() if watch.done())
        raise failure
    except asyncio.CancelledError as ours:
        told = ours.args[0] if ours.args else None
        raise
    finally:
        for each in (task, *watches):
            each.cancel(told)
        await asyncio.gather(task, *watches, return_exceptions=True)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def send_answer(answer: Answer, receive: Receive, send: Send, over: asyncio.Event) -> None:
    """Sends it, until the client goes away or the router's time is `over`."""
    if isinstance(answer.body, bytes):
        await _send_head(answer, send, {"content-length": str(len(answer.body))})
        await send({"type": "http.response.body", "body": answer.body})
        return
    try:
        await unless(_until(over, answer.body, _send_stream(answer, send), send), gone(receive))
    finally:
        await answer.body.aclose()


async def _until(over: asyncio.Event, body: Body, sending: Awaitable[None], send: Send) -> None:
    try:
        await unless(sending, time_over(over))
    except Draining as problem:
        await send({"type": "http.response.body", "body": body.cut(problem)})


async def _send_stream(answer: Answer, send: Send) -> None:
    assert not isinstance(answer.body, bytes)
    await _send_head(answer, send, {})
    async for chunk in answer.body:
        if chunk:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _send_head(answer: Answer, send: Send, more: Mapping[str, str]) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in {**answer.headers, **more}.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
