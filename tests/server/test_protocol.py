import asyncio
import contextlib
import json
import resource
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from ccr.server import protocol
from ccr.server.protocol import MOST_OF_A_HEAD, BoundedHttp, lift_limit, most_connections

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Server:
    """Answers `hi`; on /endless with a stream that ends when its client goes; on /rude before it has read the body."""

    def __init__(self) -> None:
        self.left = asyncio.Event()
        self.written = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["path"]:
            case "/endless":
                await self._endless(receive, send)
            case "/rude":
                await hi(send)
            case _:
                while (await receive()).get("more_body"):
                    pass
                await hi(send)

    async def _endless(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        gone = asyncio.ensure_future(receive())
        while not gone.done():
            await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
            self.written += 65536
            await asyncio.sleep(0)
        self.left.set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[tuple[str, int]]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            server = uvicorn.Server(uvicorn.Config(self, http=BoundedHttp, lifespan="off", log_config=None))
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            while not server.started:
                await asyncio.sleep(0.01)
            yield listener.getsockname()
            server.should_exit = True
            await serving


async def hi(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"hi"})


async def asked(*parts: bytes) -> bytes:
    """All that comes back, until the connection is closed."""
    async with Server().running() as address:
        reader, writer = await asyncio.open_connection(*address)
        for part in parts:
            writer.write(part)
        answer = b""
        with contextlib.suppress(ConnectionResetError):  # what is closed before all was read of it is reset
            async with asyncio.timeout(5):
                while piece := await reader.read(65536):
                    answer += piece
        writer.close()
        return answer


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "OWED", 0.05)
    monkeypatch.setattr(protocol, "UNREAD", 0.05)


LARGE = b"x" * (MOST_OF_A_HEAD * 2)
CLOSE = b"connection: close\r\n"


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nx: " + LARGE,
        b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 100_000,
        b"GET / HTTP/1.1\r\nhost: x\r\n" + CLOSE + b"x: " + LARGE + b"\r\n\r\n",
    ],
)
async def test_a_head_without_end_is_refused(head: bytes) -> None:
    assert (await asked(head)).startswith(b"HTTP/1.1 400")


async def test_a_large_body_is_no_large_head() -> None:
    head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n%s\r\n" % (len(LARGE), CLOSE)
    assert (await asked(head, LARGE)).startswith(b"HTTP/1.1 200")


async def test_what_is_no_http_is_told_so_in_json() -> None:
    head, _, body = (await asked(b"HELO there\r\n\r\n")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400")
    assert json.loads(body)["error"]["type"] == "invalid_request_error"


@pytest.mark.usefixtures("hurried")
async def test_a_head_that_does_not_end_is_waited_for_no_longer() -> None:
    assert (await asked(b"GET / HTTP/1.1\r\nhost: x\r\n")).startswith(b"HTTP/1.1 408")


@pytest.mark.usefixtures("hurried")
async def test_who_says_nothing_is_left() -> None:
    assert await asked() == b""


@pytest.mark.usefixtures("hurried")
async def test_a_body_that_nobody_waits_for_does_not_keep_the_connection() -> None:
    answer = await asked(b"POST /rude HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n", b"x")
    assert answer.endswith(b"\r\n\r\nhi")


@pytest.mark.usefixtures("hurried")
async def test_a_next_head_that_does_not_end_does_not_end_the_answer_before_it() -> None:
    server = Server()
    async with server.running() as address:
        reader, writer = await asyncio.open_connection(*address)
        writer.write(b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"GET / HT")
        until = asyncio.get_running_loop().time() + 0.2
        while asyncio.get_running_loop().time() < until:
            assert await reader.read(65536)
        writer.close()
        await server.left.wait()


async def test_a_client_that_reads_nothing_is_not_written_to_and_then_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "UNREAD", 0.3)
    server = Server()
    async with server.running() as address:
        with socket.create_connection(address) as deaf:
            deaf.sendall(b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n")
            await asyncio.sleep(0.2)
            written = server.written
            await asyncio.sleep(0.05)
            assert server.written == written
            async with asyncio.timeout(5):
                await server.left.wait()


async def test_who_leaves_while_his_next_question_waits_has_left(hurried: None) -> None:
    server = Server()
    async with server.running() as address:
        reader, writer = await asyncio.open_connection(*address)
        writer.write(b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()
        async with asyncio.timeout(5):
            await server.left.wait()


async def test_garbage_behind_a_question_is_not_answered_within_its_answer() -> None:
    server = Server()
    async with server.running() as address:
        reader, writer = await asyncio.open_connection(*address)
        writer.write(b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HELO there\r\n\r\n")
        async with asyncio.timeout(5):
            rest = await reader.read()
        assert b"HTTP/1.1" not in rest
        writer.close()
        await server.left.wait()


async def test_a_body_behind_an_upgrade_is_refused_since_it_would_be_lost() -> None:
    upgrade = b"connection: upgrade\r\nupgrade: h2c\r\nhost: x\r\n"
    assert b"ask it without `Upgrade`" in await asked(b"POST / HTTP/1.1\r\ncontent-length: 2\r\n%s\r\nhi" % upgrade)
    assert (await asked(b"GET / HTTP/1.0\r\n%s\r\n" % upgrade)).startswith(b"HTTP/1.1 200")


async def test_more_connections_than_there_are_files_for_are_told_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(protocol, "most_connections", lambda: 1)
    monkeypatch.setattr(BoundedHttp, "told", float("-inf"))
    async with Server().running() as address:
        with socket.create_connection(address):
            await asyncio.sleep(0.05)
            for _ in range(2):
                reader, writer = await asyncio.open_connection(*address)
                answer = await reader.read()
                writer.close()
                assert answer.startswith(b"HTTP/1.1 503")
                assert b"ulimit -n" in answer
    assert len([each for each in caplog.records if "ulimit -n" in each.message]) == 1


def test_as_many_files_may_be_open_as_the_system_allows() -> None:
    before = soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 256), hard))
    try:
        assert most_connections() == 96
        lift_limit()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
        assert most_connections() > 96
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
