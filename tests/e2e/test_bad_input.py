"""Whatever comes in, each caller gets a clear error in its own format within a second, and the others go on."""

import contextlib
import json
import socket
import time
from typing import Any

import httpx
import pytest

from tests.support import chat
from tests.support.parts import text, usage
from tests.support.running import KEY, Router
from tests.support.upstream import Gate, Upstream, stream

HI = [{"role": "user", "content": "hi"}]
GOOD = {"model": "chat,m", "max_tokens": 9, "messages": HI}
MEGABYTE = 1024 * 1024

DOORS = pytest.mark.parametrize("path", ["/v1/messages", "/v1/chat/completions"])


def assert_error(answer: httpx.Response, path: str, status: int, *words: str) -> None:
    """The caller's envelope, a message with these words, no trace of our insides, and in time."""
    assert answer.status_code == status, answer.text
    assert answer.elapsed.total_seconds() < 5
    body = answer.json()
    assert ("type" in body) == (path != "/v1/chat/completions"), body
    message = body["error"]["message"]
    assert isinstance(body["error"]["type"], str)
    for word in words:
        assert word in message, message
    for inside in ("Traceback", "msgspec", "starlette", ".py"):
        assert inside not in answer.text


@DOORS
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"model":"a",}', b"[" * 100_000])
def test_what_is_no_json_object(router: Router, path: str, body: bytes) -> None:
    assert_error(router.post(path, body), path, 400)


@DOORS
@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"model": None}, "model"),
        ({"model": 7}, "model"),
        ({"messages": None}, "messages"),
        ({"messages": "hi"}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": ["hi"]}, "messages[0]"),
        ({"messages": [{"content": "hi"}]}, "messages[0].role"),
        ({"messages": [{"role": "wizard", "content": "hi"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": 7}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0].text"),
        ({"tools": "many"}, "tools"),
        ({"max_tokens": "many"}, "max_tokens"),
        ({"stream": "yes"}, "stream"),
        ({"temperature": "hot"}, "temperature"),
    ],
)
def test_a_fault_is_named_by_its_place(router: Router, path: str, change: dict[str, Any], place: str) -> None:
    body = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
    assert_error(router.post(path, body), path, 400, place)


@DOORS
def test_an_unknown_provider(router: Router, path: str) -> None:
    assert_error(router.post(path, {**GOOD, "model": "nobody,m"}), path, 400, "nobody", "chat", "claude")


@DOORS
@pytest.mark.parametrize("streaming", [True, False])
def test_a_dead_upstream(router: Router, path: str, streaming: bool) -> None:
    assert_error(router.post(path, {**GOOD, "model": "dead,m", "stream": streaming}), path, 502, "dead")


@DOORS
@pytest.mark.parametrize("headers", [{"x-api-key": "sesame"}, {"authorization": "Bearer sesame"}, {"x-api-key": ""}])
def test_a_wrong_key(router: Router, path: str, headers: dict[str, str]) -> None:
    answer = httpx.post(f"{router.url}{path}", json=GOOD, headers=headers)
    assert_error(answer, path, 401)
    assert "sesame" not in answer.text


@DOORS
def test_no_key(router: Router, path: str) -> None:
    assert_error(httpx.post(f"{router.url}{path}", json=GOOD), path, 401)


@DOORS
def test_a_large_body_that_is_allowed(router: Router, chat_upstream: Upstream, path: str) -> None:
    chat_upstream.play([chat.reply(text("long"), usage(1, 1))])
    picture = {"type": "text", "text": "x" * (50 * MEGABYTE)}
    answer = router.post(path, {**GOOD, "messages": [{"role": "user", "content": [picture]}]})
    assert answer.status_code == 200, answer.text[:300]
    assert len(chat_upstream.only.body) > 50 * MEGABYTE


@DOORS
def test_a_body_over_the_limit(router: Router, path: str) -> None:
    assert_error(router.post(path, b'{"x":"' + b"x" * (70 * MEGABYTE) + b'"}'), path, 413)


@DOORS
def test_a_body_over_the_limit_that_does_not_say_its_length(router: Router, path: str) -> None:
    pieces = (b"x" * MEGABYTE for _ in range(80))
    with router.client as client:
        try:
            answer = client.post(path, content=pieces)
        except httpx.TransportError:
            return  # the router need not listen to the end
    assert answer.status_code == 413


@DOORS
def test_a_body_that_is_announced_and_never_sent_holds_nobody_up(
    router: Router, chat_upstream: Upstream, path: str
) -> None:
    with socket.create_connection(("127.0.0.1", router.port)) as silent:
        silent.sendall(
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nx-api-key: {KEY}\r\nContent-Length: 9\r\n\r\n".encode()
        )
        chat_upstream.play([chat.reply(text("hi"))])
        assert router.post(path, GOOD).status_code == 200


@pytest.mark.parametrize("path", ["/v1/messages/count_tokens"])
def test_counting_tokens_of_nonsense(router: Router, path: str) -> None:
    assert_error(router.post(path, b"{"), path, 400)
    assert_error(router.post(path, {"model": "chat,m"}), path, 400, "messages")


def test_a_path_that_is_none(router: Router) -> None:
    assert_error(router.post("/v1/nothing", GOOD), "/v1/nothing", 404, "/v1/nothing")


@DOORS
def test_a_method_that_is_not_allowed(router: Router, path: str) -> None:
    with router.client as client:
        answer = client.get(path)
    assert answer.status_code in {404, 405}
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example:3456"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
def test_a_web_page_cannot_use_the_router(router: Router, headers: dict[str, str]) -> None:
    answer = httpx.post(f"{router.url}/v1/messages", json=GOOD, headers={"x-api-key": KEY, **headers})
    assert_error(answer, "/v1/messages", 403)


def test_garbage_instead_of_http(router: Router) -> None:
    with socket.create_connection(("127.0.0.1", router.port)) as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")
        connection.settimeout(2)
        with contextlib.suppress(OSError):
            connection.recv(100)
    assert router.is_up()


def test_another_stream_goes_on_while_all_that_happens(router: Router, chat_upstream: Upstream) -> None:
    gate = Gate()
    chat_upstream.play([chat.streamed(chat.delta(role="assistant", content="one "), gate, *chat.chunks(text("two")))])
    body = {**GOOD, "stream": True}
    with router.client as client, client.stream("POST", "/v1/messages", json=body) as answer:
        pieces = answer.iter_raw()
        first = next(pieces)
        for bad in (b"", b"{", b"[" * 100_000, json.dumps({**GOOD, "model": "dead,m"}).encode()):
            assert router.messages(bad).status_code >= 400
        assert router.messages(b"x" * (70 * MEGABYTE)).status_code == 413
        gate.open()
        start = time.monotonic()
        rest = b"".join(pieces)
        assert time.monotonic() - start < 1
    assert b"one " in first + rest
    assert b"message_stop" in rest


@pytest.mark.parametrize(
    "garbage",
    [
        b"<html>502 Bad Gateway</html>",
        b"",
        b"null",
        b'{"choices": "none"}',
        b"data: {not json}\n\n",
        b'data: {"choices":[{"delta":7}]}\n\n',
    ],
)
@DOORS
@pytest.mark.parametrize("streaming", [True, False])
def test_an_upstream_that_talks_nonsense(
    router: Router, chat_upstream: Upstream, path: str, garbage: bytes, streaming: bool
) -> None:
    chat_upstream.play(lambda request: stream(garbage or b" "))
    answer = router.post(path, {**GOOD, "stream": streaming})
    assert_error(answer, path, 502, "chat")
