"""A proxy that lets through by CONNECT, with a login or without."""

import asyncio
import contextlib
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator


@contextlib.asynccontextmanager
async def tunnel(login: str = "", tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Its URL, without the login."""
    wanted = b"basic " + b64encode(login.encode()).lower()
    tasks = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        with contextlib.closing(writer), contextlib.suppress(OSError, asyncio.IncompleteReadError):
            asked = await reader.readuntil(b"\r\n\r\n")
            if login and wanted not in asked.lower():
                writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
                return
            host, _, port = asked.split(b" ")[1].decode().rpartition(":")
            there, back = await asyncio.open_connection(host, int(port))
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with contextlib.closing(back):
                await asyncio.wait(
                    [asyncio.ensure_future(pump(reader, back)), asyncio.ensure_future(pump(there, writer))],
                    return_when=asyncio.FIRST_COMPLETED,
                )

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls) as server:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for task in tasks:
            if task:
                task.cancel()
        await asyncio.gather(*filter(None, tasks), return_exceptions=True)


async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()
