import asyncio
import socket

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from ccr.server.protocol import MOST_OF_A_HEAD, BoundedHttp


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"hi"})


async def asked(*parts: bytes) -> bytes:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(hello, http=BoundedHttp, lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        for part in parts:
            writer.write(part)
        answer = await reader.read(12)
        writer.close()
        server.should_exit = True
        await serving
        return answer


LARGE = b"x" * (MOST_OF_A_HEAD * 2)


@pytest.mark.parametrize("head", [b"GET / HTTP/1.1\r\nx: " + LARGE, b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 100_000])
async def test_a_head_without_end_is_refused(head: bytes) -> None:
    assert await asked(head) == b"HTTP/1.1 400"


async def test_a_large_body_is_no_large_head() -> None:
    head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(LARGE)
    assert await asked(head, LARGE) == b"HTTP/1.1 200"
