import asyncio
import contextlib
import socket
import zlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import uvloop

from ccr.config.schema import Timeouts
from ccr.errors import (
    UpstreamCut,
    UpstreamGarbled,
    UpstreamProblem,
    UpstreamTimeout,
    UpstreamUnconnected,
    UpstreamUnreachable,
)
from ccr.upstream import http as transport
from ccr.upstream.http import Http
from ccr.upstream.proxies import proxies
from ccr.upstream.trust import trusted
from ccr.wire.dialect import UpstreamRequest
from tests.support import upstream as scripting
from tests.support.certificates import certificate
from tests.support.faults import FAULTS, SPEECHES, faulty
from tests.support.running import free_port
from tests.support.secure import serving
from tests.support.tunnel import tunnel
from tests.support.upstream import FIN, HANG, RST, Step, Wait
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


@pytest.mark.parametrize("how", [FIN, RST])
async def test_what_has_arrived_before_a_break_is_not_lost(
    http: Http, scripted: scripting.Upstream, how: scripting.Break
) -> None:
    gate = scripting.Gate()
    scripted.play([scripting.stream(b"one", b"two", gate, how)])
    response = await http.send(upstream_at(scripted.url), UpstreamRequest(scripted.url, {}, b"{}"))
    while response._response.content.total_bytes < 6:
        await asyncio.sleep(0.005)
    gate.open()
    while not response._response.content.exception():
        await asyncio.sleep(0.005)
    arrived = b""
    with pytest.raises(UpstreamCut):
        async for chunk in response.chunks():
            arrived += chunk
    await response.close()
    assert arrived == b"onetwo"


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


@pytest.mark.parametrize("size", [2, 3_000_000])
async def test_of_several_idle_connections_that_have_been_closed_one_is_found_out(
    http: Http, scripted: scripting.Upstream, size: int
) -> None:
    gate = scripting.Gate()
    scripted.play([scripting.raw(gate, *scripting.reply(200, b"ok").steps)] * 2)
    two = asyncio.gather(exchange(http, scripted.url), exchange(http, scripted.url))
    await asyncio.to_thread(scripted.wait_for, 2)
    gate.open()
    await two
    scripted.play([scripting.raw(FIN), scripting.reply(200, b"here")])
    body = b"x" * size
    response = await http.send(upstream_at(scripted.url), UpstreamRequest(scripted.url, {}, body))
    assert [chunk async for chunk in response.chunks()] == [b"here"]
    await response.close()
    assert scripted.connections == 3
    assert [each.body for each in scripted.requests] == [body] * 2


async def test_a_request_that_was_worked_on_is_not_sent_again(
    http: Http, scripted: scripting.Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "RACE", 0.05)
    scripted.play([scripting.reply(200, b"one"), scripting.raw(Wait(0.1), FIN), scripting.reply(200, b"never")])
    await exchange(http, scripted.url)
    with pytest.raises(UpstreamCut, match="before it answered"):
        await exchange(http, scripted.url)
    assert len(scripted.requests) == 2


async def test_a_request_that_kills_who_reads_it_is_sent_twice_at_the_most(
    http: Http, scripted: scripting.Upstream
) -> None:
    scripted.play([scripting.reply(200, b"one")] * 3)
    await asyncio.gather(*(exchange(http, scripted.url) for _ in range(3)))
    scripted.play([scripting.raw(FIN)] * 3)
    with pytest.raises(UpstreamCut, match="before it answered"):
        await exchange(http, scripted.url)
    assert len(scripted.requests) == 2


BEHIND = scripting.reply(200, b"somebody else's").steps


@pytest.mark.parametrize("behind", [BEHIND, (Wait(0.05), *BEHIND), (Wait(0.05), b"the rest of it")])
async def test_what_came_behind_an_answer_is_not_in_the_next_one(
    http: Http, scripted: scripting.Upstream, behind: tuple[Step, ...]
) -> None:
    one, two = scripting.reply(200, b"one"), scripting.reply(200, b"two")
    scripted.play([scripting.raw(*one.steps, *behind, HANG), two])
    assert await exchange(http, scripted.url) == (200, b"one")
    await asyncio.sleep(0.1)
    assert await exchange(http, scripted.url) == (200, b"two")


async def test_what_comes_behind_an_answer_just_when_the_next_is_asked_for_is_not_in_that(http: Http) -> None:
    answers = iter([b"one", b"", b"two"])

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            for body in answers:
                await reader.readuntil(b"{}")
                head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body)
                writer.write(head + body if body else b"the rest of one")
                if not body:
                    break
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        assert await exchange(http, url) == (200, b"one")
        assert await exchange(http, url) == (200, b"two")


async def test_an_answer_that_had_begun_is_not_asked_for_again(http: Http, scripted: scripting.Upstream) -> None:
    scripted.play([scripting.reply(200, b"one"), scripting.raw(b"HTTP/1.1 200 OK\r\n", FIN), scripting.reply(200, b"")])
    await exchange(http, scripted.url)
    with pytest.raises(UpstreamCut):
        await exchange(http, scripted.url)
    assert len(scripted.requests) == 2


async def test_an_answer_may_come_before_the_body_is_read(http: Http) -> None:
    with scripting.Upstream([scripting.raw(*scripting.reply(413, b"too big").steps)], early=True) as upstream:
        response = await http.send(upstream_at(upstream.url), UpstreamRequest(upstream.url, {}, b"x" * 5_000_000))
        assert response.status == 413
        await response.close()


async def test_who_does_not_read_a_body_is_left_when_time_is_up(http: Http) -> None:
    with scripting.Upstream([scripting.raw(HANG)], early=True) as upstream:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await http.send(upstream_at(upstream.url), UpstreamRequest(upstream.url, {}, b"x" * 20_000_000))
        assert upstream.connections < 2, "one attempt"


async def test_of_several_addresses_one_that_answers_is_enough(http: Http, scripted: scripting.Upstream) -> None:
    """localhost is ::1 first, where nobody is."""
    scripted.play([scripting.reply(200, b"ok")])
    assert await exchange(http, scripted.url.replace("127.0.0.1", "localhost")) == (200, b"ok")


async def test_closing_the_transport_ends_what_is_under_way(http: Http, scripted: scripting.Upstream) -> None:
    scripted.play([scripting.stream(b"a", HANG)])
    response = await http.send(upstream_at(scripted.url), UpstreamRequest(scripted.url, {}, b"{}"))
    await http.close()
    assert await asyncio.to_thread(scripted.only.gone.wait, 2)
    await response.close()


async def test_what_is_not_compressed_as_it_says_is_garbled(http: Http, scripted: scripting.Upstream) -> None:
    scripted.play([scripting.reply(200, b"plain", {"content-encoding": "gzip"})])
    with pytest.raises(UpstreamGarbled, match="not compressed as it says"):
        await exchange(http, scripted.url)


async def test_what_an_answer_holds_is_not_told(http: Http, scripted: scripting.Upstream) -> None:
    scripted.play([scripting.raw(b"HUSH HUSH HUSH\r\n\r\n", FIN)])
    with pytest.raises(UpstreamGarbled) as raised:
        await exchange(http, scripted.url)
    assert "HUSH" not in raised.value.message


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("certificate expired", "has expired, or begins later .*clock right"),
        ("certificate of another name", "is for another name .*check api_base_url"),
        ("certificate signed by itself", "nobody known has signed .*set NODE_EXTRA_CA_CERTS"),
        ("plain HTTP at a TLS port", "TLS fails .*begin with http"),
        ("TLS handshake is closed", "breaks the connection off before TLS"),
        ("TLS handshake is reset", "breaks the connection off before TLS"),
    ],
)
async def test_what_is_wrong_with_tls_is_said_with_a_remedy(fault: str, words: str, tmp_path: Path) -> None:
    (wrong,) = (each for each in FAULTS if each.name == fault)
    with faulty(wrong, SPEECHES[0], tmp_path) as url:
        issuer = tmp_path / "issuer.pem"
        transport = Http(lambda url, own: None, trusted({"SSL_CERT_FILE": str(issuer)} if issuer.exists() else {}))
        with pytest.raises(UpstreamUnreachable, match=words):
            await exchange(transport, url)
        await transport.close()


async def test_a_handshake_that_hangs_is_no_connection() -> None:
    with scripting.Upstream(first=(HANG,)) as upstream:
        transport = Http(lambda url, own: None)
        with pytest.raises(UpstreamUnconnected, match="no connection in time"):
            await exchange(transport, upstream.url.replace("http:", "https:"), Timeouts(connect=0.1))
        await transport.close()


async def patiently_read(http: Http, url: str) -> bytes:
    return (await exchange(http, url))[1]


def test_handshakes_that_hang_break_nobody_elses_stream() -> None:
    drops = [piece for _ in range(40) for piece in (b"drop", Wait(0.01))]

    async def mixed(hanging: str, healthy: str) -> list[bytes]:
        http = Http(lambda url, own: None)

        async def hang(number: int) -> None:
            with pytest.raises(UpstreamUnconnected, match="no connection in time"):
                await exchange(http, hanging, Timeouts(connect=0.02 + number % 10 / 50))

        async def leave(number: int) -> None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(number % 20 / 100):
                    await exchange(http, hanging, Timeouts(connect=5))

        streams = [asyncio.create_task(patiently_read(http, healthy)) for _ in range(20)]
        for _ in range(2):
            await asyncio.gather(*map(hang, range(20)), *map(leave, range(20)))
        try:
            return await asyncio.gather(*streams)
        finally:
            await http.close()

    with (
        scripting.Upstream(first=(HANG,)) as hanging,
        scripting.Upstream(lambda _: scripting.stream(*drops)) as healthy,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        said = runner.run(mixed(hanging.url.replace("http:", "https:"), healthy.url))
    assert said == [b"drop" * 40] * 20


async def test_a_descriptor_that_uvloop_thinks_is_taken_is_a_cut(
    http: Http, scripted: scripting.Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    says = "File descriptor 21 is used by transport <TCPTransport closed=False reading=True 0x1>"

    def fails(address: object) -> socket.socket:
        raise RuntimeError(says)

    monkeypatch.setattr(transport, "_kept_alive", fails)
    with pytest.raises(UpstreamCut, match="File descriptor 21"):
        await exchange(http, scripted.url)
    says = "another fault"
    with pytest.raises(RuntimeError, match=says):
        await exchange(http, scripted.url)


def through(proxy: str, tmp_path: Path) -> Http:
    return Http(lambda url, own: proxy, trusted({"SSL_CERT_FILE": str(tmp_path / "issuer.pem")}))


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[scripting.Upstream]:
    answers = iter([scripting.reply(200, b"one"), scripting.raw(FIN), scripting.reply(200, b"two")])
    with scripting.Upstream(answers, tls=serving(certificate(tmp_path).chain)) as upstream:
        yield upstream


@pytest.mark.parametrize("login", ["", "me:secret"])
@pytest.mark.parametrize("tls", [False, True])
async def test_a_proxy_leads_to_tls_and_its_idle_connections_may_close(
    secure: scripting.Upstream, tmp_path: Path, login: str, tls: bool
) -> None:
    context = serving(tmp_path / "server.pem") if tls else None
    async with tunnel(login, context) as proxy:
        transport = through(proxy.replace("//", f"//{login}@" if login else "//"), tmp_path)
        assert await exchange(transport, secure.url) == (200, b"one")
        assert await exchange(transport, secure.url) == (200, b"two")
        await transport.close()


async def test_a_proxy_that_wants_a_login_is_said(secure: scripting.Upstream, tmp_path: Path) -> None:
    async with tunnel("me:secret") as proxy:
        transport = through(proxy.replace("//", "//me:wrong@"), tmp_path)
        with pytest.raises(
            UpstreamUnreachable, match="wants a login, or another one .407.*write it into the proxy's address"
        ) as no:
            await exchange(transport, secure.url)
        assert "wrong" not in no.value.message
        await transport.close()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (scripting.reply(403, b""), "the proxy refuses the connection .403"),
        (scripting.reply(503, b""), "the proxy cannot get there .503"),
        (scripting.raw(FIN), "closed the connection before it answered"),
        (scripting.raw(RST), "connection broke|breaks the connection off"),
        (scripting.raw(b"hello\r\n\r\n", FIN), "proxy|not HTTP"),
    ],
)
async def test_what_a_proxy_does_wrong_is_said(
    scripted: scripting.Upstream, tmp_path: Path, answer: scripting.Answer, words: str
) -> None:
    certificate(tmp_path)
    scripted.play([answer])
    transport = through(scripted.url, tmp_path)
    with pytest.raises(UpstreamProblem, match=words):
        await exchange(transport, "https://acme.invalid/v1")
    await transport.close()
    assert scripted.only.method == "CONNECT"


async def test_a_proxy_that_is_silent_is_left_when_time_for_a_connection_is_up(
    scripted: scripting.Upstream, tmp_path: Path
) -> None:
    certificate(tmp_path)
    scripted.play([scripting.raw(HANG)])
    transport = through(scripted.url, tmp_path)
    async with asyncio.timeout(2):
        with pytest.raises(UpstreamTimeout):
            await exchange(transport, "https://acme.invalid/v1", Timeouts(connect=0.1))
    await transport.close()


async def test_a_proxy_that_is_not_there_is_said(tmp_path: Path) -> None:
    certificate(tmp_path)
    transport = through(f"http://127.0.0.1:{free_port()}", tmp_path)
    with pytest.raises(
        UpstreamUnreachable, match="the proxy cannot be reached .*check the provider's proxy, or PROXY_URL"
    ):
        await exchange(transport, "https://acme.invalid/v1")
    await transport.close()


async def test_a_proxy_that_is_none_of_ours_is_said() -> None:
    transport = Http(proxies(lambda: None, {"ALL_PROXY": "socks5://me:secret@127.0.0.1:1"}))
    with pytest.raises(UpstreamUnreachable, match="socks5:// is no proxy that is understood") as raised:
        await exchange(transport, "https://acme.invalid/v1")
    assert "secret" not in raised.value.message
    await transport.close()
