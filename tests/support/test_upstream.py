import asyncio
import gzip
import http.client
import json

import httpx
import pytest

from tests.support import chat, messages
from tests.support.parts import Part, text, thinking, tool, usage
from tests.support.sse import heard
from tests.support.upstream import FIN, HANG, RST, Answer, Gate, Upstream, gzipped, raw, reply, stream


def test_answers_come_in_the_order_of_the_script(scripted: Upstream) -> None:
    scripted.play([reply(200, {"n": 1}), reply(503, {"n": 2}, {"retry-after": "3"})])
    with httpx.Client(base_url=scripted.url) as client:
        assert client.post("/a?b=c", json={"x": "y"}).json() == {"n": 1}
        second = client.post("/a")
    assert (second.status_code, second.headers["retry-after"]) == (503, "3")
    first = scripted.requests[0]
    assert (first.method, first.path, first.query, first.json) == ("POST", "/a", "b=c", {"x": "y"})
    assert scripted.connections == 1


def test_a_script_may_look_at_the_request(scripted: Upstream) -> None:
    scripted.play(lambda request: reply(200, request.body))
    assert httpx.post(scripted.url, content=b"hello").content == b"hello"


def test_after_the_script_s_end_a_request_is_refused_without_a_retry(scripted: Upstream) -> None:
    answer = httpx.post(f"{scripted.url}/v1/messages")
    assert (answer.status_code, answer.headers["x-should-retry"]) == (400, "false")
    assert "was not expected" in answer.text


def test_a_chunked_request_is_read(scripted: Upstream) -> None:
    scripted.play([reply(200, {})])
    httpx.post(scripted.url, content=iter([b"ab", b"cd"]))
    assert scripted.only.body == b"abcd"


def test_head_is_answered_and_not_counted(scripted: Upstream) -> None:
    assert httpx.head(scripted.url).status_code == 200
    assert scripted.requests == []


def test_gzip_is_real(scripted: Upstream) -> None:
    scripted.play([gzipped(b"data: x\n\n")])
    connection = http.client.HTTPConnection("127.0.0.1", scripted.port)
    connection.request("POST", "/")
    assert gzip.decompress(connection.getresponse().read()) == b"data: x\n\n"
    connection.close()


@pytest.mark.parametrize("broken", [stream(b"data: x\n\n", FIN), stream(b"data: x\n\n", RST), raw(FIN), raw(RST)])
def test_a_break_reaches_the_client(scripted: Upstream, broken: Answer) -> None:
    scripted.play([broken])
    with pytest.raises(httpx.TransportError):
        httpx.post(scripted.url)


def test_a_client_that_goes_is_noticed(scripted: Upstream) -> None:
    scripted.play([stream(b"data: x\n\n", HANG)])
    with httpx.stream("POST", scripted.url) as answer:
        assert next(answer.iter_raw()) == b"data: x\n\n"
        assert not scripted.only.gone.is_set()
    assert scripted.only.gone.wait(1)


def test_a_gate_holds_the_answer_until_it_is_opened(scripted: Upstream) -> None:
    gate = Gate()
    scripted.play([stream(b"one", gate, b"two")])
    with httpx.stream("POST", scripted.url) as answer:
        body = answer.iter_raw()
        assert next(body) == b"one"
        gate.open()
        assert next(body) == b"two"


async def test_it_serves_a_test_s_own_event_loop(scripted: Upstream) -> None:
    scripted.play([reply(200, {"n": 1})] * 3)
    async with httpx.AsyncClient() as client:
        answers = await asyncio.gather(*(client.post(scripted.url) for _ in range(3)))
    assert [answer.json() for answer in answers] == [{"n": 1}] * 3
    assert scripted.wait_for(3)


def test_a_chat_stream_is_what_openai_sends() -> None:
    lines = chat.body(text("hi"), tool("Bash", {"command": "ls"}, id="c1"), usage(10, 3)).decode().split("\n\n")
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines[:-2]]
    assert lines[-2:] == ["data: [DONE]", ""]
    assert chunks[-1]["usage"]["prompt_tokens"] == 10
    assert chunks[-1]["choices"] == []
    assert chunks[-2]["choices"][0]["finish_reason"] == "tool_calls"
    pieces = [c["choices"][0]["delta"].get("tool_calls") for c in chunks[:-1]]
    calls = [piece[0] for piece in pieces if piece]
    assert calls[0]["id"] == "c1"
    assert "".join(call["function"]["arguments"] for call in calls) == '{"command": "ls"}'


def test_a_messages_stream_passes_the_strict_reader() -> None:
    parts: list[Part] = [
        thinking("hm", "sig"),
        text("hello, my friend"),
        tool("A", {"x": 1}),
        tool("B", {}),
        usage(10, 3, cached=4),
    ]
    answer = heard(messages.body(*parts))
    assert (answer.thoughts, answer.text) == ("hm", "hello, my friend")
    assert [(call["name"], call["input"]) for call in answer.calls] == [("A", {"x": 1}), ("B", {})]
    assert (answer.usage["input_tokens"], answer.usage["cache_read_input_tokens"]) == (6, 4)
    assert answer.stop_reason == "tool_use"
