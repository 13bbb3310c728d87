"""Streams through a running router: not held back, whatever form they come in, and not disturbed by what happens."""

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest

from tests.e2e.conftest import StartRouter
from tests.support import chat
from tests.support.parts import text, tool, usage
from tests.support.running import KEY, Router
from tests.support.sides import Side
from tests.support.sse import heard
from tests.support.upstream import Answer, Gate, Received, Upstream, gzipped, raw, slowly, stream

HI = [{"role": "user", "content": "hi"}]


@contextmanager
def listening(router: Router, model: str) -> Iterator[httpx.Response]:
    body = {"model": model, "max_tokens": 9, "stream": True, "messages": HI}
    with router.client as client, client.stream("POST", "/v1/messages", json=body) as answer:
        yield answer


@pytest.mark.trap(13)
def test_a_piece_reaches_the_client_before_the_next_one_exists(router: Router, side: Side) -> None:
    gate = Gate()
    head, *pieces = side.stream(text("the first and the second part"), usage(5, 5)).steps
    side.upstream.play([raw(*(head, *pieces[:4], gate, *pieces[4:]))])
    with listening(router, side.model) as answer:
        arriving = answer.iter_raw()
        got = b""
        while b"the first an" not in got:
            got += next(arriving)
        gate.open()
        got += b"".join(arriving)
    assert heard(got).text == "the first and the second part"


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_a_compressed_stream_and_any_line_end(router: Router, chat_upstream: Upstream, line_end: bytes) -> None:
    body = b": hello\n\n" + chat.body(text("grüße 🌊"), tool("A", {"x": "ö"}), usage(5, 5))
    chat_upstream.play([gzipped(body.replace(b"\n", line_end))])
    answer = router.hear({"model": "chat,m", "messages": HI})
    assert answer.text == "grüße 🌊"
    assert answer.calls[0]["input"] == {"x": "ö"}


def test_a_stream_that_drips_byte_by_byte(router: Router, chat_upstream: Upstream) -> None:
    body = chat.body(text("grüße 🌊"), tool("A", {"x": "ö"}), usage(5, 5))
    chat_upstream.play([stream(*(body[i : i + 1] for i in range(len(body))))])
    answer = router.hear({"model": "chat,m", "messages": HI})
    assert (answer.text, answer.calls[0]["input"], answer.usage["output_tokens"]) == ("grüße 🌊", {"x": "ö"}, 5)


def test_many_streams_at_once_do_not_mix(router: Router, chat_upstream: Upstream) -> None:
    def echo(request: Received) -> Answer:
        said = request.json["messages"][0]["content"]
        return slowly(chat.stream(text(f"you said {said}"), usage(1, 1)), 0.01)

    chat_upstream.play(echo)

    def ask(number: int) -> str:
        messages = [{"role": "user", "content": f"number {number}"}]
        return router.hear({"model": "chat,m", "messages": messages}).text

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(ask, range(40))) == [f"you said number {number}" for number in range(40)]


def test_a_stop_lets_open_streams_end(start_router: StartRouter, chat_upstream: Upstream) -> None:
    router, gate = start_router(), Gate()
    chat_upstream.play([chat.streamed(chat.delta(role="assistant", content="one "), gate, *chat.chunks(text("two")))])
    with listening(router, "chat,m") as answer:
        arriving = answer.iter_raw()
        got = next(arriving)
        router.process.send_signal(signal.SIGTERM)
        threading.Timer(0.3, gate.open).start()
        got += b"".join(arriving)
    assert heard(got).text == "one two"
    assert router.process.wait(5) == 0


def test_a_changed_config_is_taken_without_a_restart(start_router: StartRouter, chat_upstream: Upstream) -> None:
    router, gate = start_router(), Gate()
    held = chat.streamed(chat.delta(role="assistant", content="one "), gate, *chat.chunks(text("two")))
    chat_upstream.play(lambda request: held if request.json.get("stream") else chat.reply(text("new"), usage(1, 1)))
    with listening(router, "claude-opus-5-5") as answer:
        arriving = answer.iter_raw()
        got = next(arriving)
        config = json.loads(router.config.read_text())
        router.config.write_text(json.dumps({**config, "Router": {"default": "chat,deep"}}))
        assert soon(lambda: explained(router) == "chat,deep")
        gate.open()
        got += b"".join(arriving)
    assert heard(got).text == "one two", "a request under way keeps the configuration it began with"


def test_a_broken_config_changes_nothing(start_router: StartRouter, chat_upstream: Upstream) -> None:
    router = start_router()
    chat_upstream.play(lambda request: chat.reply(text("hi"), usage(1, 1)))
    router.config.write_text('{"Providers": [{"name": "x"')
    assert soon(lambda: "config.json" in httpx.get(f"{router.url}/health", headers={"x-api-key": KEY}).text)
    assert explained(router) == "chat,m"


def explained(router: Router) -> str:
    """Where the default route leads at this moment."""
    return router.messages({"model": "claude-opus-5-5", "max_tokens": 9, "messages": HI}).headers["x-ccr-model"]


def soon(condition: Callable[[], bool], seconds: float = 5) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.1)
    return False
