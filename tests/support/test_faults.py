import socket
import ssl
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.faults import FAULTS, SPEECHES, TRUSTED, WORDS, Fault, Speech, faulty
from tests.support.upstream import Upstream

speeches = pytest.mark.parametrize("speech", SPEECHES, ids=lambda speech: speech.name)


MOST = 1 << 20  # some faults have no end


def fault(name: str) -> Fault:
    return next(each for each in FAULTS if each.name == name)


def asked(url: str) -> socket.socket:
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname, parts.port), timeout=0.1)
    connection.sendall(b"POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}")
    return connection


def got(url: str) -> bytes:
    """All that comes within a moment."""
    found = b""
    with asked(url) as connection:
        try:
            while len(found) < MOST and (data := connection.recv(65536)):
                found += data
        except OSError:
            pass
    return found


def test_no_two_faults_have_one_name() -> None:
    assert len({each.name for each in FAULTS}) == len(FAULTS)


@speeches
def test_the_reference_says_its_words_between_its_places(speech: Speech) -> None:
    assert 1 <= speech.begins < speech.ends
    assert WORDS[:5].encode() in speech.events
    assert fault("closed").places(speech)[-1] == fault("closed in an event").places(speech)[-1] + 1 == speech.ends
    assert speech.events.endswith((b"\n\n", b"\r\n\r\n"))


@speeches
def test_a_cut_at_a_border_leaves_what_is_before_it(speech: Speech, tmp_path: Path) -> None:
    before = b"".join(step for step in speech.stream.steps[: speech.begins] if isinstance(step, bytes))
    with faulty(fault("closed"), speech, tmp_path, speech.begins) as url:
        assert got(url) == before
    with faulty(fault("closed in an event"), speech, tmp_path, speech.begins) as url:
        assert len(got(url)) > len(before)


@pytest.mark.parametrize(
    "each", [each for each in FAULTS if each.where in ("head", "status")], ids=lambda each: each.name
)
def test_after_the_fault_it_answers_well(each: Fault, tmp_path: Path) -> None:
    speech = SPEECHES[0]
    script = iter(each.script(speech))
    with Upstream(lambda request: next(script, speech.stream)) as upstream:
        with asked(upstream.url):
            upstream.wait_for(1)
        assert WORDS[:5] in httpx.post(upstream.url, verify=False).text  # or it reads all authorities


def test_what_nobody_answers_is_not_refused(tmp_path: Path) -> None:
    with faulty(fault("connection not answered"), SPEECHES[0], tmp_path) as url, pytest.raises(TimeoutError):
        got(url)


@pytest.mark.parametrize("name", ["certificate expired", "certificate of another name", "certificate signed by itself"])
def test_a_bad_certificate_is_refused_by_who_trusts_its_issuer(name: str, tmp_path: Path) -> None:
    with (
        faulty(fault(name), SPEECHES[0], tmp_path) as url,
        pytest.raises(httpx.ConnectError, match="certificate"),
    ):
        httpx.post(url, verify=ssl.create_default_context(cafile=tmp_path / "issuer.pem"))


def test_a_slow_handshake_succeeds_in_the_end(tmp_path: Path) -> None:
    with faulty(fault("TLS handshake is slow, within `connect`"), SPEECHES[0], tmp_path) as url:
        began = time.monotonic()
        answer = httpx.post(url, verify=ssl.create_default_context(cafile=tmp_path / TRUSTED))
        assert WORDS[:5] in answer.text
        assert time.monotonic() - began >= 0.15
