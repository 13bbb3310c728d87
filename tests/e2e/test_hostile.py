"""Whatever a stranger sends, he gets a 4xx or a closed connection, soon; nobody else notices, and nothing is left open."""

import json
import random
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import chat, messages
from tests.support.parts import text, usage
from tests.support.running import KEY, Router
from tests.support.upstream import Upstream, reply

SOON = 5.0
GOOD = {"model": "chat,m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
BODY = json.dumps(GOOD).encode()
CLOSE = b"connection: close"


@pytest.fixture
def unshaken(router: Router, chat_upstream: Upstream) -> Iterator[Router]:
    """The shared router, which afterwards answers as before and has as much open as before."""
    chat_upstream.play(lambda request: chat.reply(text("hi"), usage(1, 1)))
    assert router.messages(BODY).status_code == 200
    before = descriptors(router)
    yield router
    assert router.messages(BODY).status_code == 200
    end = time.monotonic() + SOON
    while descriptors(router) > before:
        assert time.monotonic() < end, f"{descriptors(router)} descriptors are open, and were {before}"
        time.sleep(0.05)
    assert "Exception" not in router.said


def descriptors(router: Router) -> int:
    return len(list(Path(f"/proc/{router.process.pid}/fd").iterdir()))


@dataclass(frozen=True, slots=True)
class Said:
    """What came back: one answer or several, or nothing."""

    raw: bytes
    closed: bool

    @property
    def statuses(self) -> list[int]:
        return [int(each) for each in re.findall(rb"(?:^|(?<=[}\n]))HTTP/1\.1 (\d{3})", self.raw)]

    @property
    def status(self) -> int:
        return self.statuses[0] if self.statuses else 0

    @property
    def message(self) -> str:
        body = self.raw.partition(b"\r\n\r\n")[2]
        return str(json.loads(body)["error"]["message"])


def sent(router: Router, data: bytes, wait: float = 0.3) -> Said:
    """Reads until the router closes, or has been silent for a moment after its answer."""
    came = b""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", router.port)) as line:
        try:
            line.sendall(data)
            while True:
                line.settimeout(wait if came else SOON)
                piece = line.recv(65536)
                if not piece:
                    return Said(came, closed=True)
                came += piece
        except TimeoutError:
            assert came, f"silent for {time.monotonic() - began:.1f} s"
            return Said(came, closed=False)
        except OSError:  # it closed while we were still sending
            return Said(came, closed=True)


def post(body: bytes = BODY, *fields: bytes, path: bytes = b"/v1/messages", length: bool = True) -> bytes:
    """A request with these header fields too."""
    own = [b"content-length: %d" % len(body)] if length else []
    lines = [b"POST %s HTTP/1.1" % path, b"host: 127.0.0.1", b"x-api-key: " + KEY.encode(), *fields, *own]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def chunked(body: bytes, *fields: bytes) -> bytes:
    return post(body, b"transfer-encoding: chunked", *fields, length=False)


CHUNK = b"%x\r\n%s\r\n" % (len(BODY), BODY)

SMUGGLED = {
    "a length and chunks": post(BODY, b"transfer-encoding: chunked"),
    "chunks and a length": chunked(CHUNK + b"0\r\n\r\n", b"content-length: 4"),
    "two lengths": post(BODY, b"content-length: 5"),
    "the same length twice": post(BODY, b"content-length: %d" % len(BODY)),
    "a list of lengths": post(BODY, b"content-length: 5, 5", length=False),
    "a negative length": post(BODY, b"content-length: -1", length=False),
    "a signed length": post(BODY, b"content-length: +5", length=False),
    "a length beyond all numbers": post(BODY, b"content-length: " + b"9" * 40, length=False),
    "a length in hexadecimal": post(BODY, b"content-length: 0x10", length=False),
    "an encoding that is none": post(BODY, b"transfer-encoding: xchunked", length=False),
    "chunks that are not last": post(BODY, b"transfer-encoding: chunked, identity", length=False),
    "an encoding without chunks": post(BODY, b"transfer-encoding: gzip", length=False),
    "a space before the colon": post(BODY, b"transfer-encoding : chunked"),
    "a name with a space": post(BODY, b"content length: 4"),
    "a field without a name": post(BODY, b": 4"),
    "a folded field": post(BODY, b"x-a: b\r\n c"),
    "a folded encoding": post(BODY, b"transfer-encoding:\r\n chunked"),
    "bare line feeds": post().replace(b"\r\n", b"\n"),
    "bare carriage returns": b"GET /health HTTP/1.1\rhost: x\r\r",
    "a carriage return in a field": post(BODY, b"x-a: b\rx-b: c"),
    "a NUL in a field": post(BODY, b"x-a: a\0b"),
    "a negative chunk": chunked(b"-1\r\nabc\r\n0\r\n\r\n"),
    "a chunk beyond all numbers": chunked(b"f" * 17 + b"\r\nabc"),
    "a chunk's length with a prefix": chunked(b"0x5\r\nabcde\r\n0\r\n\r\n"),
    "a chunk's length that is none": chunked(b"zz\r\nabcde\r\n0\r\n\r\n"),
    "a chunk longer than it says": chunked(b"2\r\nabcde\r\n0\r\n\r\n"),
    "chunks that end in line feeds": chunked(b"%x\n%s\n0\n\n" % (len(BODY), BODY)),
    "a tunnel": b"CONNECT example.com:443 HTTP/1.1\r\nhost: example.com:443\r\n\r\n",
    "a target without a path": b"GET http://127.0.0.1 HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n",
    "another protocol": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "another version": b"GET /health HTTP/9.9\r\nhost: 127.0.0.1\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
    "a path that is no ASCII": post(path=b"/v1/\xff\xfe"),
    "a query without end": post(path=b"/v1/messages?" + b"a=b&" * 50_000),
    "a path without end": post(path=b"/" + b"a" * 200_000),
    "a head without end": post(BODY, *[b"x-a: " + b"y" * 4_000] * 100),
    "a body behind an upgrade": post(BODY, b"connection: upgrade", b"upgrade: h2c"),
    "a method that is none": b"BREW / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n",
}


@pytest.mark.parametrize("data", SMUGGLED.values(), ids=SMUGGLED)
def test_what_two_readers_may_read_differently_is_not_read_at_all(
    unshaken: Router, chat_upstream: Upstream, data: bytes
) -> None:
    asked = len(chat_upstream.requests)
    said = sent(unshaken, data)
    assert said.closed
    assert said.statuses in ([], [400])
    assert len(chat_upstream.requests) == asked


def test_garbage_behind_a_body_is_no_second_question(unshaken: Router, chat_upstream: Upstream) -> None:
    said = sent(unshaken, post() + b"GARBAGE GARBAGE\r\n\r\n")
    assert said.closed
    assert said.statuses in ([], [400], [200], [200, 400])


def test_questions_in_a_row_are_answered_in_a_row(unshaken: Router) -> None:
    said = sent(unshaken, post() + b"GET /nowhere HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n" + post(), wait=1.0)
    assert said.statuses == [200, 404, 200]


def test_a_client_that_waits_for_a_go_ahead_gets_it(unshaken: Router) -> None:
    assert sent(unshaken, post(BODY, b"expect: 100-continue")).raw.startswith(b"HTTP/1.1 100 ")


def test_chunks_with_extensions_are_a_body(unshaken: Router) -> None:
    assert sent(unshaken, chunked(b"%x;a=b\r\n%s\r\n0\r\nx-trailer: y\r\n\r\n" % (len(BODY), BODY))).status == 200


ELSEWHERE = [
    b"//v1/messages",
    b"//evil.example/v1/messages",
    b"/v1/../v1/messages",
    b"/v1/%2e%2e/v1/messages",
    b"/v1/messages%00",
    b"/v1/messages%2f",
    b"/v1/messages;x",
    b"/V1/messages",
    b"/v1/%ff%fe",
    b"/v1/%0d%0aset-cookie:%20x",
    b"/v1/\x7f",
    b"*",
    b"http://127.0.0.1/../../etc/passwd",
]


@pytest.mark.parametrize("path", ELSEWHERE)
def test_only_the_paths_that_are_served_are_served(unshaken: Router, chat_upstream: Upstream, path: bytes) -> None:
    asked = len(chat_upstream.requests)
    said = sent(unshaken, post(BODY, CLOSE, path=path))
    assert said.status in (400, 404)
    assert b"set-cookie" not in said.raw.partition(b"\r\n\r\n")[0].lower()
    assert len(chat_upstream.requests) == asked


@pytest.mark.parametrize("method", [b"OPTIONS", b"TRACE", b"DELETE", b"PUT", b"PATCH", b"HEAD", b"PROPFIND"])
def test_only_the_methods_that_are_served_are_served(unshaken: Router, method: bytes) -> None:
    assert sent(unshaken, post(BODY, CLOSE).replace(b"POST", method, 1)).status == 405


FOREIGN = {
    "a rebound name": [b"host: evil.example"],
    "a name that only begins well": [b"host: 127.0.0.1.evil.example"],
    "a user in front": [b"host: 127.0.0.1@evil.example"],
    "two hosts": [b"host: 127.0.0.1", b"host: evil.example"],
    "half an address": [b"host: [::1"],
    "a page from elsewhere": [b"host: 127.0.0.1", b"origin: https://evil.example"],
    "a page without an origin": [b"host: 127.0.0.1", b"origin: null"],
    "a page on another port": [b"host: 127.0.0.1", b"origin: http://127.0.0.1:1"],
}


@pytest.mark.parametrize("fields", FOREIGN.values(), ids=FOREIGN)
def test_pages_and_names_from_elsewhere_are_refused(unshaken: Router, fields: list[bytes]) -> None:
    assert sent(unshaken, post(BODY, CLOSE, *fields).replace(b"host: 127.0.0.1\r\n", b"", 1)).status == 403


def test_a_great_many_fields_are_read_in_no_time(unshaken: Router) -> None:
    began = time.monotonic()
    assert sent(unshaken, post(BODY, CLOSE, *[b"x: y"] * 30_000)).status == 200
    assert time.monotonic() - began < 2


def with_content(content: bytes) -> bytes:
    return b'{"model":"chat,m","max_tokens":9,"messages":[{"role":"user","content":%s}]}' % content


def with_field(field: bytes) -> bytes:
    return b"{" + field + b"," + BODY[1:]


STRANGE = {
    "a hundred thousand deep": b"[" * 100_000 + b"]" * 100_000,
    "deep in a message": with_content(b"[" * 100_000 + b"]" * 100_000),
    "deep in what is passed on": with_field(b'"x":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
    "deep in a tool": with_field(
        b'"tools":[{"name":"t","input_schema":%s}]' % (b'{"a":' * 5_000 + b"1" + b"}" * 5_000)
    ),
    "infinity": with_field(b'"temperature":1e999'),
    "a number of many digits": with_field(b'"x":' + b"9" * 100_000),
    "a limit of many digits": with_field(b'"max_tokens":' + b"9" * 5_000),
    "not a number": with_field(b'"temperature":NaN'),
    "a negative limit": with_field(b'"max_tokens":-1'),
    "no UTF-8": with_content(b'"\xff\xfe\xc0\x80"'),
    "UTF-16": json.dumps(GOOD).encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + BODY,
    "NUL": with_content(b'"a\0b"'),
    "half a pair": with_content(b'"\\ud83d"'),
    "NUL, escaped": with_content(b'"a\\u0000b"'),
    "the same name twice": with_field(b'"model":"nobody,x"'),
    "no object": b"[]",
    "nothing": b"",
    "two objects": BODY + BODY,
    "a million messages": b'{"model":"chat,m","messages":[' + b"1," * 1_000_000 + b"1]}",
    "a model over two lines": with_field(b'"model":"chat,m\\r\\nset-cookie: a=b"').replace(b'"model": "chat,m", ', b""),
    "a model without end": BODY.replace(b"chat,m", b"chat," + b"m" * 1_000_000),
    "a route over two lines": BODY.replace(b"chat,m", b"\\r\\nx-evil: y"),
    "a stranger's prototype": with_field(b'"__proto__":{"a":1},"constructor":1'),
    "a tool's name that orders the terminal": with_field(b'"tools":[{"name":"\\u001b[2J","input_schema":{}}]'),
}


@pytest.mark.parametrize(
    "path", [b"/v1/messages", b"/v1/chat/completions", b"/v1/responses", b"/v1/messages/count_tokens"]
)
@pytest.mark.parametrize("body", STRANGE.values(), ids=STRANGE)
def test_strange_json_is_answered_or_refused(unshaken: Router, body: bytes, path: bytes) -> None:
    said = sent(unshaken, post(body, CLOSE, path=path))
    assert 200 <= said.status < 500, said.raw[:500]
    head = said.raw.partition(b"\r\n\r\n")[0].lower()
    assert b"\r\nset-cookie" not in head
    assert b"\r\nx-evil" not in head
    assert len(head) < 8_000
    for inside in (b"Traceback", b'File "', b"msgspec"):
        assert inside not in said.raw


@pytest.mark.parametrize("streamed", [False, True])
def test_what_a_provider_says_in_its_head_forges_none_of_ours(
    router: Router, messages_upstream: Upstream, streamed: bool
) -> None:
    evil = {
        "x-request-id": "a\x0bb",
        "anthropic-evil": "caf\xc3\xa9",
        "set-cookie": "a=b",
        "x-ccr-model": "mine",
        "request-id": "r" * 9_000,
    }
    answer = messages.stream(text("hi"), usage(1, 1)) if streamed else messages.reply(text("hi"), usage(1, 1))
    first = answer.steps[0]
    assert isinstance(first, bytes)
    lines = "".join(f"{name}: {value}\r\n" for name, value in evil.items()).encode("latin-1")
    messages_upstream.play(
        lambda request: type(answer)((first.replace(b"\r\n", b"\r\n" + lines, 1), *answer.steps[1:]))
    )
    got = router.messages({**GOOD, "model": "claude,opus", "stream": streamed})
    assert got.status_code in (200, 502)
    assert got.headers.get("x-ccr-model") == "claude,opus"
    assert "set-cookie" not in got.headers
    assert "anthropic-evil" not in got.headers


def test_an_error_of_many_lines_stays_in_its_body(unshaken: Router, chat_upstream: Upstream) -> None:
    chat_upstream.play(lambda request: reply(400, {"error": {"message": "a\r\nset-cookie: b\x1b[2J\0"}}))
    answer = unshaken.messages(BODY)
    assert answer.status_code == 400
    assert "set-cookie" not in answer.headers
    assert "\x1b" not in answer.json()["error"]["message"]
    chat_upstream.play(lambda request: chat.reply(text("hi"), usage(1, 1)))


def test_heads_that_never_end_hold_nobody_up(unshaken: Router) -> None:
    lines = [socket.create_connection(("127.0.0.1", unshaken.port)) for _ in range(200)]
    try:
        for line in lines:
            line.sendall(b"POST /v1/messages HTTP/1.1\r\nx-slow: ")
        began = time.monotonic()
        assert unshaken.messages(BODY).status_code == 200
        assert time.monotonic() - began < 2
    finally:
        for line in lines:
            line.close()


def test_requests_with_random_faults(unshaken: Router) -> None:
    """A fixed seed: what fails once fails again."""
    chance = random.Random(20)
    good = post(BODY, b"anthropic-beta: a,b", b"user-agent: x")
    for _ in range(300):
        data = bytearray(good)
        for _ in range(chance.randrange(1, 6)):
            place = chance.randrange(len(data))
            match chance.randrange(4):
                case 0:
                    data[place] = chance.randrange(256)
                case 1:
                    del data[place : place + chance.randrange(1, 9)]
                case 2:
                    data[place:place] = chance.choice([b"\r\n", b"\0", b"\n", b":", b" ", b"\xff", b"{" * 9, b"-1"])
                case _:
                    data[place:place] = data[place : place + 40]
        with socket.create_connection(("127.0.0.1", unshaken.port)) as line:
            line.sendall(data)
            line.shutdown(socket.SHUT_WR)
            line.settimeout(SOON)
            came = b""
            try:
                while piece := line.recv(65536):
                    came += piece
            except ConnectionResetError:
                pass
        assert not came or 200 <= Said(came, closed=True).status < 500, (bytes(data), came)
