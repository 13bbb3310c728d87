import socket
import threading
import time
from pathlib import Path

import pytest

from ccr.service.doctor import network
from ccr.service.doctor.network import Unreached, Way, walk
from tests.support.certificates import certificate, tls_server
from tests.support.upstream import Upstream, raw, reply

NOW = 1_700_000_000.0


def ends(way: Way) -> Unreached:
    with pytest.raises(Unreached) as caught:
        walk(way, NOW)
    return caught.value


def unused() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taker:
        port: int = taker.getsockname()[1]
    return port


def test_a_name_that_nobody_knows_is_said() -> None:
    ended = ends(Way("https://acme.invalid/v1"))
    assert ended.seen == "the name acme.invalid is not known (Name or service not known)"
    assert "api_base_url" in ended.remedy


def test_a_refused_connection_is_said() -> None:
    port = unused()
    assert ends(Way(f"http://127.0.0.1:{port}/v1")).seen == f"127.0.0.1:{port} refuses the connection"


def test_a_proxy_that_refuses_the_connection_is_blamed_by_name() -> None:
    port = unused()
    ended = ends(Way("https://acme.invalid/v1", f"http://user:secret@127.0.0.1:{port}"))
    assert ended.seen == f"the proxy 127.0.0.1:{port} refuses the connection"
    assert "HTTPS_PROXY" in ended.remedy


def proxied(scripted: Upstream, *, login: str = "") -> Way:
    return Way("https://acme.invalid/v1", f"http://{login}127.0.0.1:{scripted.port}")


def test_a_proxy_that_wants_a_password_is_said(scripted: Upstream) -> None:
    scripted.play([reply(407, b"")])
    assert "wants a user and a password" in ends(proxied(scripted)).seen


def test_a_proxy_that_refuses_the_way_is_said_without_its_password(scripted: Upstream) -> None:
    scripted.play([reply(403, b"")])
    ended = ends(proxied(scripted, login="user:secret@"))
    assert "refuses the way to acme.invalid:443 (HTTP/1.1 403 Status)" in ended.seen
    assert "secret" not in ended.seen + ended.remedy
    assert scripted.only.headers["proxy-authorization"] == "Basic dXNlcjpzZWNyZXQ="


def test_what_is_no_proxy_is_said(scripted: Upstream) -> None:
    scripted.play([raw(b"hello\r\n\r\n")])
    assert "does not answer as a proxy does" in ends(proxied(scripted)).seen


def test_a_proxy_that_says_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "PATIENCE", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert ends(Way("https://acme.invalid", address)).seen == f"the proxy {address} does not answer"


def test_a_way_through_a_proxy_leads_to_the_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(shown.trusted))
    with tls_server(shown) as port, relay(port) as proxy:
        way = Way(f"https://127.0.0.1:{port}/v1", f"http://127.0.0.1:{proxy}")
        walk(way, time.monotonic())
    assert list(way.times) == ["DNS", "TCP", "proxy", "TLS"]
    assert way.told.endswith(f"by proxy http://127.0.0.1:{proxy}")


class relay:
    """A proxy that lets everybody through."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> int:
        threading.Thread(target=self._serve, daemon=True).start()
        port: int = self._listener.getsockname()[1]
        return port

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _serve(self) -> None:
        client, _ = self._listener.accept()
        with client, socket.create_connection(("127.0.0.1", self._target)) as server:
            client.recv(4096)
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=_pump, args=(server, client), daemon=True)
            back.start()
            _pump(client, server)
            back.join(2)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65_536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


def test_a_trusted_way_is_told_with_its_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(shown.trusted))
    with tls_server(shown, "Tue, 14 Nov 2023 22:13:20 GMT") as port:
        way = Way(f"https://127.0.0.1:{port}/v1")
        walk(way, NOW + 600)
    assert list(way.times) == ["DNS", "TCP", "TLS"]
    assert way.issuer == "Test Issuer"
    assert way.until is not None
    assert way.skew == pytest.approx(600, abs=2)


def distrusted(shown: "object", url_host: str = "127.0.0.1") -> Unreached:
    with tls_server(shown) as port:  # type: ignore[arg-type]
        return ends(Way(f"https://{url_host}:{port}/v1"))


def test_a_certificate_signed_by_itself_is_said(tmp_path: Path) -> None:
    ended = distrusted(certificate(tmp_path, by_itself=True))
    assert ended.seen == "the certificate of 127.0.0.1 is signed by itself, issued by Myself"
    assert "SSL_CERT_FILE" in ended.remedy


def test_an_unknown_issuer_is_named(tmp_path: Path) -> None:
    ended = distrusted(certificate(tmp_path))
    assert ended.seen.startswith("nobody known here vouches for the certificate of 127.0.0.1, issued by Test Issuer (")
    assert "a proxy may open the connection" in ended.remedy


@pytest.mark.parametrize(
    ("begins", "ends_at", "what", "remedy"),
    [(-30, -2, "ended on 20", "is this machine's clock right?"), (2, 30, "begins on 20", "set this machine's clock")],
)
def test_a_certificate_of_another_time_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begins: int, ends_at: int, what: str, remedy: str
) -> None:
    shown = certificate(tmp_path, begins=begins, ends=ends_at)
    monkeypatch.setenv("SSL_CERT_FILE", str(shown.trusted))
    ended = distrusted(shown)
    assert f"the certificate of 127.0.0.1 {what}" in ended.seen
    assert ended.remedy.startswith(remedy)


def test_a_certificate_for_somebody_else_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = certificate(tmp_path, host="127.0.0.9")
    monkeypatch.setenv("SSL_CERT_FILE", str(shown.trusted))
    assert distrusted(shown).seen == "the certificate is not for 127.0.0.1, issued by Test Issuer"


def test_http_where_https_is_asked_is_said(scripted: Upstream) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_greets, args=(listener,), daemon=True).start()
        ended = ends(Way(f"https://127.0.0.1:{listener.getsockname()[1]}"))
    assert "TLS with 127.0.0.1 fails" in ended.seen
    assert ended.remedy == "is api_base_url https where it should be http?"


def _greets(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    connection.recv(4096)
    connection.close()


def test_a_server_that_says_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "PATIENCE", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        ended = ends(Way(f"https://127.0.0.1:{silent.getsockname()[1]}"))
    assert ended.seen == "127.0.0.1 takes the connection and says nothing (TLS)"


def test_no_key_is_sent(scripted: Upstream) -> None:
    walk(Way(f"{scripted.url}/v1"), NOW)
    assert scripted.requests == []  # but a HEAD, which is not kept


def test_a_date_beyond_all_dates_tells_no_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(shown.trusted))
    with tls_server(shown, "Thu, 01 Jan 99999999999 00:00:00 GMT") as port:
        way = Way(f"https://127.0.0.1:{port}/v1")
        walk(way, NOW)
    assert way.skew is None


def test_an_answer_without_a_date_tells_no_time(scripted: Upstream) -> None:
    way = Way(f"{scripted.url}/v1")
    walk(way, NOW)
    assert way.skew is None


def test_a_url_is_shown_without_what_may_be_secret() -> None:
    assert network.shown("https://user:secret@acme.example:8443/v1/secret?key=secret") == "https://acme.example:8443"
