import asyncio
import socket
import zlib
from collections.abc import AsyncIterator

import pytest

from ccr.config.schema import Timeouts
from ccr.errors import UpstreamCut, UpstreamGarbled, UpstreamUnreachable
from ccr.upstream.http import Http
from ccr.wire.dialect import UpstreamRequest
from tests.support import upstream as scripting
from tests.support.running import free_port
from tests.support.upstream import FIN, HANG, RST, Wait
from tests.support.wiring import upstream_at

PATIENT = Timeouts(connect=2)


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    transport = Http(lambda url, own: None, tick=0.05)
    yield transport
    await transport.close()


async def exchange(http: Http, url: str, timeouts: Timeouts = PATIENT) -> tuple[int, bytes]:
    response = await http.send(upstream_at(url, timeouts=timeouts), UpstreamRequest(url, {"x-mine": "1"}, b"{}"))
    try:
        return response.status, b"".join([chunk async for chunk in response.chunks()])
    finally:
        await response.close()


async def test_status_headers_and_body_arrive(http: Http, scripted: scripting.Upstream) -> None:
    scripted.play([scripting.reply(418, b"short and stout", {"X-Kind": "Teapot"})])
    response = await http.send(upstream_at(scripted.url), UpstreamRequest(scripted.url + "/v1?beta=true", {}, b"{}"))
    assert (response.status, response.headers["x-kind"]) == (418, "Teapot")
    assert [chunk async for chunk in response.chunks()] == [b"short and stout"]
    await response.close()
    assert scripted.only.path == "/v1"
    assert scripted.only.query == "beta=true"


@pytest.mark.trap(14)
async def test_our_headers_go_out_and_no_compression_is_asked_for(http: Http, scripted: scripting.Upstream) -> None:
    scripted.play([scripting.reply(200, b"ok")])
    await exchange(http, scripted.url)
    assert scripted.only.headers["x-mine"] == "1"
    assert scripted.only.headers["accept-encoding"] == "identity"
    assert "user-agent" not in scripted.only.headers


async def test_a_connection_outlives_minutes_of_silence(http: Http, scripted: scripting.Upstream) -> None:
    scripted.play([scripting.stream(b"x", HANG)])
    response = await http.send(upstream_at(scripted.url), UpstreamRequest(scripted.url, {}, b"{}"))
    connection = response._response.connection
    assert connection
    assert connection.transport
    made = connection.transport.get_extra_info("socket")
    assert made.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    await response.close()


async def test_a_connection_is_used_again(http: Http, scripted: scripting.Upstream) -> None:
    scripted.play([scripting.reply(200, b"one"), scripting.reply(200, b"two")])
    await exchange(http, scripted.url)
    await exchange(http, scripted.url)
    assert scripted.connections == 1


async def test_an_idle_connection_that_the_provider_closed_is_replaced_without_noise(
    http: Http, scripted: scripting.Upstream
) -> None:
    scripted.play([scripting.reply(200, b"one"), scripting.raw(FIN), scripting.reply(200, b"three")])
    await exchange(http, scripted.url)
    assert await exchange(http, scripted.url) == (200, b"three")


async def test_a_fresh_connection_that_closes_is_a_failure(http: Http, scripted: scripting.Upstream) -> None:
    scripted.play([scripting.raw(FIN)])
    with pytest.raises(UpstreamCut, match="before it answered"):
        await exchange(http, scripted.url)


@pytest.mark.parametrize("how", [FIN, RST])
@pytest.mark.trap(112)
async def test_a_body_that_breaks_off_is_cut(http: Http, scripted: scripting.Upstream, how: scripting.Break) -> None:
    scripted.play([scripting.stream(b"data: 1\n\n", how)])
    with pytest.raises(UpstreamCut):
        await exchange(http, scripted.url)


@pytest.mark.trap(14)
async def test_a_gzipped_body_is_unpacked(http: Http, scripted: scripting.Upstream) -> None:
    scripted.play([scripting.gzipped(b"data: hello\n\n" * 100)])
    assert await exchange(http, scripted.url) == (200, b"data: hello\n\n" * 100)


async def test_an_encoding_we_cannot_read_is_said(http: Http, scripted: scripting.Upstream) -> None:
    scripted.play([scripting.reply(200, zlib.compress(b"x")[:-3], {"content-encoding": "gzip"})])
    with pytest.raises((UpstreamGarbled, UpstreamCut), match="provider acme"):
        await exchange(http, scripted.url)


async def test_silence_is_told_by_empty_chunks(http: Http, scripted: scripting.Upstream) -> None:
    scripted.play([scripting.stream(b"a", Wait(0.12), b"b")])
    response = await http.send(upstream_at(scripted.url), UpstreamRequest(scripted.url, {}, b"{}"))
    seen = [chunk async for chunk in response.chunks()]
    await response.close()
    assert b"".join(seen) == b"ab"
    assert seen.count(b"") >= 2


async def test_closing_an_unread_answer_lets_the_provider_know(http: Http, scripted: scripting.Upstream) -> None:
    scripted.play([scripting.stream(b"data: 1\n\n", HANG)])
    response = await http.send(upstream_at(scripted.url), UpstreamRequest(scripted.url, {}, b"{}"))
    await response.close()
    async with asyncio.timeout(2):
        while not scripted.only.gone.is_set():
            await asyncio.sleep(0.01)
    assert scripted.only.gone.is_set()


async def test_nobody_at_the_port_is_said_plainly(http: Http) -> None:
    with pytest.raises(UpstreamUnreachable, match="refuses the connection .*; start it") as raised:
        await exchange(http, f"http://127.0.0.1:{free_port()}/v1")
    assert raised.value.retry is None


async def test_a_host_that_does_not_exist_is_said_plainly(http: Http) -> None:
    with pytest.raises(UpstreamUnreachable, match="host name is not known"):
        await exchange(http, "http://nowhere.invalid/v1")


async def test_plain_http_at_a_tls_url_is_said_plainly(http: Http) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(UpstreamUnreachable, match="TLS fails"):
            await exchange(http, f"https://127.0.0.1:{port}")


async def test_garbage_instead_of_http_is_said_plainly(http: Http, scripted: scripting.Upstream) -> None:
    scripted.play([scripting.raw(b"SSH-2.0-OpenSSH_9.6\r\n", FIN)])
    with pytest.raises(UpstreamGarbled, match="not HTTP"):
        await exchange(http, scripted.url)


async def test_a_message_shows_no_secret_of_the_url(http: Http) -> None:
    with pytest.raises(UpstreamUnreachable) as raised:
        await exchange(http, f"http://user:hunter2@127.0.0.1:{free_port()}/v1?key=hunter3")
    assert "hunter" not in raised.value.message


async def test_closing_an_unused_transport_is_fine() -> None:
    transport = Http(lambda url, own: None)
    assert await transport.close() is None  # type: ignore[func-returns-value]


async def test_a_large_body_goes_out_whole(http: Http, scripted: scripting.Upstream) -> None:
    scripted.play([scripting.reply(200, b"ok")])
    body = b"x" * 3_000_000
    response = await http.send(upstream_at(scripted.url), UpstreamRequest(scripted.url, {}, body))
    await response.close()
    assert scripted.only.body == body
