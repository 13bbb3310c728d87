"""A thousand streams on one router, open at the same time; and clients that read nothing of theirs."""

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from ccr.server.protocol import lift_limit
from tests.support import chat, messages, upstream
from tests.support.parts import text, usage
from tests.support.running import KEY, Router
from tests.support.sse import heard

MANY = 1_000
MEGABYTE = 1024 * 1024


def asking(content: str, **more: str) -> bytes:
    body = json.dumps(
        {"model": "many,m", "max_tokens": 9, "stream": True, "messages": [{"role": "user", "content": content}], **more}
    ).encode()
    head = f"POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\nx-api-key: {KEY}\r\ncontent-length: {len(body)}\r\n"
    return f"{head}connection: close\r\n\r\n".encode() + body


def descriptors(router: Router) -> int:
    return len(list(Path(f"/proc/{router.process.pid}/fd").iterdir()))


def resident(router: Router) -> int:
    """Bytes of memory."""
    status = Path(f"/proc/{router.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.05)


class Echo:
    """An upstream without threads: repeats what it was told, the second half once all have come."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.waiting = 0

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0, backlog=MANY)
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await upstream.receive(reader, writer)
        assert request
        said = request.json["messages"][-1]["content"]
        fields = {"content-type": "text/event-stream", "connection": "close"}
        begun = chat.frame(chat.delta(role="assistant", content=f"first {said}, "))
        writer.write(upstream.head(200, fields) + begun)
        self.waiting += 1
        await self.open.wait()
        writer.write(chat.body(text(f"then {said}"), usage(1, 1)))
        await writer.drain()
        writer.close()


async def test_a_thousand_streams_at_once(start_router: Callable[..., Router]) -> None:
    lift_limit()
    echo = Echo()
    async with echo.running() as url:
        provider = {"name": "many", "api_base_url": url, "api_key": "k", "models": ["m"]}
        router = await asyncio.to_thread(start_router, {"Providers": [provider], "Router": {"default": "many,m"}})
        await standstill(lambda: descriptors(router))  # whoever looked whether it is up has gone
        before, memory, began = descriptors(router), resident(router), time.monotonic()

        async def one(number: int) -> str:
            reader, writer = await asyncio.open_connection("127.0.0.1", router.port)
            writer.write(asking(f"number {number}"))
            answer = await reader.read()
            writer.close()
            return heard(unchunked(answer)).text

        asked = [asyncio.create_task(one(number)) for number in range(MANY)]
        async with asyncio.timeout(60):
            while echo.waiting < MANY:
                await asyncio.sleep(0.05)
        opened, used, at_once = time.monotonic() - began, resident(router) - memory, descriptors(router) - before
        assert at_once >= 2 * MANY
        echo.open.set()
        async with asyncio.timeout(60):
            answers = await asyncio.gather(*asked)
        print(  # noqa: T201 - figures, for who runs it with -s
            f"{MANY} streams: open after {opened:.1f} s, ended after {time.monotonic() - began:.1f} s, "
            f"{used / MANY / 1024:.0f} KB each, {at_once} descriptors"
        )
    assert answers == [f"first number {number}, then number {number}" for number in range(MANY)]
    await asyncio.to_thread(until, lambda: descriptors(router) == before)
    assert used < MANY * 200 * 1024
    assert "Traceback" not in router.said


LONG = 50 * MEGABYTE
PIECE = "x" * 65_536


@pytest.mark.parametrize("dialect", ["chat", "anthropic"])
async def test_a_client_that_reads_nothing_is_not_read_ahead_for(
    start_router: Callable[..., Router], dialect: str
) -> None:
    """Translated and copied: neither the router nor the provider goes on until the client does."""
    sent = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        assert await upstream.receive(reader, writer)
        (first, last), more = ends(dialect), piece(dialect)
        writer.write(upstream.head(200, {"content-type": "text/event-stream", "connection": "close"}) + first)
        while sent < LONG:
            writer.write(more)
            await writer.drain()
            sent += len(PIECE)
        writer.write(last)
        writer.close()

    async with await asyncio.start_server(flood, "127.0.0.1", 0) as server:
        path = "/v1/messages" if dialect == "anthropic" else "/v1"
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{path}"
        provider = {"name": "many", "api_base_url": url, "api_key": "k", "models": ["m"]}
        router = await asyncio.to_thread(start_router, {"Providers": [provider], "Router": {"default": "many,m"}})
        await standstill(lambda: descriptors(router))
        before, memory = descriptors(router), resident(router)
        with socket.socket() as deaf:
            deaf.setblocking(False)
            await asyncio.get_running_loop().sock_connect(deaf, ("127.0.0.1", router.port))
            deaf.sendall(asking("all of it"))
            await standstill(lambda: sent)
            assert 0 < sent < LONG / 2, "what the system's own buffers hold"
            assert resident(router) - memory < 20 * MEGABYTE
            answer = await asyncio.to_thread(everything, deaf)
        body = unchunked(answer)
        assert body.count(b"x" * 64) == LONG // 64
        assert b'"type":"message_stop"' in body[-100:].replace(b" ", b"")
        await asyncio.to_thread(until, lambda: descriptors(router) == before)


async def standstill(figure: Callable[[], int]) -> None:
    last = -1
    while figure() != last or not last:
        last = figure()
        await asyncio.sleep(0.5)


def everything(deaf: socket.socket) -> bytes:
    deaf.settimeout(60)
    return b"".join(iter(lambda: deaf.recv(1 << 20), b""))


def ends(dialect: str) -> tuple[bytes, bytes]:
    if dialect == "chat":
        return chat.frame(chat.delta(role="assistant", content="first ")), chat.body()
    whole = messages.body(text("first "), usage(1, 1))
    border = whole.index(b"event: content_block_stop")
    return whole[:border], whole[border:]


def piece(dialect: str) -> bytes:
    if dialect == "chat":
        return chat.frame(chat.delta(content=PIECE))
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": PIECE}}
    return f"event: content_block_delta\ndata: {json.dumps(delta)}\n\n".encode()


def unchunked(answer: bytes) -> bytes:
    whole, place = bytearray(), answer.index(b"\r\n\r\n") + 4
    while size := int(answer[place : (begin := answer.index(b"\r\n", place) + 2)], 16):
        whole += answer[begin : begin + size]
        place = begin + size + 2
    return bytes(whole)


async def test_more_than_the_user_allows_wait_their_turn_or_are_told_to_come_back(
    start_router: Callable[..., Router],
) -> None:
    echo = Echo()
    async with echo.running() as url:
        provider = {"name": "many", "api_base_url": url, "api_key": "k", "models": ["m"]}
        limits = {"Providers": [provider], "Router": {"default": "many,m"}, "concurrency": 2, "queue": 3}
        router = await asyncio.to_thread(start_router, limits)

        async def one(number: int) -> bytes:
            reader, writer = await asyncio.open_connection("127.0.0.1", router.port)
            writer.write(asking(f"number {number}"))
            answer = await reader.read()
            writer.close()
            return answer

        held = [asyncio.create_task(one(number)) for number in range(2)]
        while echo.waiting < 2:
            await asyncio.sleep(0.01)
        refused = await one(2)
        assert refused.startswith(b"HTTP/1.1 529 ")
        assert b"\r\nretry-after: 5\r\n" in refused
        patient = asyncio.create_task(one(3))
        await asyncio.sleep(0.3)
        assert echo.waiting == 2
        echo.open.set()
        answers = [heard(unchunked(await each)).text for each in (*held, patient)]
    assert answers == [f"first number {number}, then number {number}" for number in (0, 1, 3)]
