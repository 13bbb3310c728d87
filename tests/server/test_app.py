import asyncio
import json
from collections.abc import AsyncIterator, Callable, MutableMapping
from dataclasses import replace
from typing import Any

import httpx
import pytest

from ccr.config.schema import Config, Secret, Server
from ccr.gateway.runtime import Current
from ccr.routing.tokens import TokenCount
from ccr.server import answering
from ccr.server.app import app
from tests.support.asking import ASKED, HI, STREAMED
from tests.support.canned import CannedExchange, canned
from tests.support.wiring import Wired, target

CONFIG = Config(server=Server(key=Secret("k"), max_body=10_000), source="a test")
KEY = {"authorization": "Bearer k"}
BEGUN = HI[: HI.index(b"event: content_block_stop")]

Dial = Callable[[Wired], httpx.AsyncClient]


@pytest.fixture
async def dial() -> AsyncIterator[Dial]:
    clients: list[httpx.AsyncClient] = []

    def make(wired: Wired) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app(Current(wired.runtime)))
        clients.append(httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:3456", headers=KEY))
        return clients[-1]

    yield make
    for client in clients:
        await client.aclose()


def wired(*answers: CannedExchange) -> Wired:
    return Wired(*answers, config=CONFIG)


async def test_messages_are_answered(dial: Dial) -> None:
    response = await dial(wired(canned(HI))).post("/v1/messages?beta=true", json=STREAMED)
    assert (response.status_code, response.content) == (200, HI)
    assert response.headers["content-type"].startswith("text/event-stream")


async def test_completions_are_answered(dial: Dial) -> None:
    asked = {"model": "gpt", "messages": [{"role": "user", "content": "hi"}]}
    response = await dial(wired(canned(HI))).post("/v1/chat/completions", json=asked)
    assert response.json()["choices"][0]["message"]["content"] == "hi there"


@pytest.mark.parametrize("path", ["/v1/responses", "/responses"])
async def test_responses_are_answered(dial: Dial, path: str) -> None:
    response = await dial(wired(canned(HI))).post(path, json={"model": "gpt", "input": "hi"})
    assert response.json()["output"][0]["content"][0]["text"] == "hi there"


async def test_tokens_of_a_responses_request_are_counted(dial: Dial) -> None:
    response = await dial(wired()).post("/v1/responses/input_tokens", json={"model": "gpt", "input": "hi"})
    assert response.json()["object"] == "response.input_tokens"
    assert response.json()["input_tokens"] > 0


async def test_tokens_are_counted(dial: Dial) -> None:
    body = {name: value for name, value in ASKED.items() if name != "max_tokens"}
    response = await dial(wired()).post("/v1/messages/count_tokens", json=body)
    assert response.json() == {"input_tokens": 115}, "rather more than less"


async def test_tokens_are_counted_as_the_target_counts_that_would_be_chosen(dial: Dial) -> None:
    known = wired()
    known.runtime.calibration.learn(target("acme,m"), TokenCount(10_000, exact=True), 20_000)
    response = await dial(known).post("/v1/messages/count_tokens", json=ASKED)
    assert response.json() == {"input_tokens": 200}
    response = await dial(known).post("/v1/messages/count_tokens", json={**ASKED, "model": "nobody,x"})
    assert response.json() == {"input_tokens": 100}, "whose model it is, the request itself will be told"


async def test_an_estimated_count_says_so(dial: Dial) -> None:
    guessing = wired()
    guessing.counter.answer = replace(guessing.counter.answer, exact=False)
    response = await dial(guessing).post("/v1/messages/count_tokens", json=ASKED)
    assert response.headers["x-ccr-estimate"] == "true"


@pytest.mark.parametrize("path", ["/v1/models", "/models"])
async def test_models_are_listed_in_the_callers_shape(dial: Dial, path: str) -> None:
    anthropic = (await dial(wired()).get(path, headers={"anthropic-version": "2023-06-01"})).json()
    assert [model["id"] for model in anthropic["data"]] == ["acme,m"]
    assert (anthropic["data"][0]["type"], anthropic["has_more"]) == ("model", False)
    openai = (await dial(wired()).get(path)).json()
    assert openai["object"] == "list"
    assert openai["data"][0] == {"id": "acme,m", "object": "model", "created": 0, "owned_by": "acme"}


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/chat/completions", "/v1/responses", "/v1/messages/count_tokens"])
async def test_without_the_key_nothing_is_answered(dial: Dial, path: str) -> None:
    response = await dial(wired()).post(path, json=ASKED, headers={"authorization": "Bearer wrong"})
    assert response.status_code == 401
    assert response.headers["x-should-retry"] == "false"
    assert "error" in response.json()


async def test_health_says_little_to_strangers_and_all_to_the_owner(dial: Dial) -> None:
    client = dial(wired())
    stranger = (await client.get("/health", headers={"authorization": ""})).json()
    assert set(stranger) == {"status", "version"}
    owner = (await client.get("/health")).json()
    assert owner["providers"][0] == {
        "name": "acme",
        "url": "http://acme.test/v1/messages",
        "dialect": "anthropic",
        "key": "none",
        "models": ["m"],
    }
    assert owner["config"] == "a test"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_the_root_greets_everybody(dial: Dial, method: str) -> None:
    response = await dial(wired()).request(method, "/", headers={"authorization": ""})
    assert response.status_code == 200


async def test_a_path_that_is_not_there_is_said_in_the_callers_dialect(dial: Dial) -> None:
    client = dial(wired())
    response = await client.post("/v1/nothing", headers={"anthropic-version": "2023-06-01"})
    assert (response.status_code, response.json()["error"]["type"]) == (404, "not_found_error")
    assert "error" in (await client.get("/v1/nothing")).json()


async def test_a_wrong_method_is_said_plainly(dial: Dial) -> None:
    response = await dial(wired()).get("/v1/messages")
    assert response.status_code == 405


async def test_a_body_over_the_limit_is_refused(dial: Dial) -> None:
    response = await dial(wired()).post("/v1/messages", content=b"x" * 20_000)
    assert (response.status_code, response.json()["error"]["type"]) == (413, "request_too_large")


async def test_a_web_page_is_kept_out(dial: Dial) -> None:
    response = await dial(wired()).post("/v1/messages", json=ASKED, headers={"origin": "https://evil.example"})
    assert response.status_code == 403


async def test_a_fault_of_ours_shows_no_stack(dial: Dial, capsys: pytest.CaptureFixture[str]) -> None:
    broken = wired()
    broken.transport.answers = []
    response = await dial(broken).post("/v1/messages", json=ASKED)
    assert response.status_code == 500
    assert "Traceback" not in response.text
    assert "Traceback" in capsys.readouterr().err


async def test_a_refusal_carries_its_id(dial: Dial) -> None:
    response = await dial(wired()).post("/v1/messages", content=b"{")
    assert response.status_code == 400
    assert response.headers["request-id"] == response.json()["request_id"]


async def stream_to(current: Current, *, leaves: bool = False, over: bool = False) -> list[bytes]:
    """What one client is sent, piece by piece; after the first it may leave, or the router's time may be over."""
    sent: list[bytes] = []
    begun = asyncio.Event()
    asked = iter([{"type": "http.request", "body": json.dumps(STREAMED).encode(), "more_body": False}])

    async def receive() -> dict[str, object]:
        if message := next(asked, None):
            return message
        await begun.wait()
        if not leaves:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.body":
            sent.append(message["body"])
            begun.set()
            if over:
                current.over.set()

    headers = [(b"authorization", b"Bearer k"), (b"host", b"127.0.0.1")]
    scope = {"type": "http", "method": "POST", "path": "/v1/messages", "query_string": b"", "headers": headers}
    async with asyncio.timeout(2):
        await app(current)(scope, receive, send)
    return sent


async def test_a_stream_reaches_the_client_chunk_by_chunk() -> None:
    border = HI.index(b"event: message_delta")
    pieces = [HI[:border], HI[border:]]
    assert await stream_to(Current(wired(canned(pieces)).runtime)) == [*pieces, b""]


async def test_a_client_that_leaves_cancels_the_upstream() -> None:
    exchange = CannedExchange([BEGUN, None])
    await stream_to(Current(wired(exchange).runtime), leaves=True)
    assert exchange.closed


async def test_a_stream_whose_time_is_over_is_told_so() -> None:
    exchange = CannedExchange([BEGUN, None])
    sent = await stream_to(Current(wired(exchange).runtime), over=True)
    assert b"event: error" in sent[-1]
    assert b"the router is stopping" in sent[-1]
    assert exchange.closed


@pytest.mark.parametrize("asked", [ASKED, STREAMED])
async def test_who_still_waits_for_an_answer_when_the_time_is_over_is_told_so(asked: dict[str, Any]) -> None:
    exchange = CannedExchange([None])
    whole = wired(exchange)
    current, seen = Current(whole.runtime), whole.seen
    asyncio.get_running_loop().call_later(0.02, current.over.set)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app(current)), base_url="http://localhost") as client:
        response = await client.post("/v1/messages", json=asked, headers=KEY, timeout=2)
    assert (response.status_code, response.headers["retry-after"]) == (503, "2")
    assert response.json()["error"]["message"].startswith("the router is stopping")
    assert exchange.closed
    assert seen.only.status == 503


async def test_a_router_that_stops_takes_no_new_request(dial: Dial) -> None:
    current = Current(wired(canned(HI)).runtime)
    current.draining = current.parting = True
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app(current)), base_url="http://localhost") as client:
        response = await client.post("/v1/messages", json=ASKED, headers=KEY)
        assert (response.status_code, response.headers["retry-after"]) == (503, "2")
        assert response.headers["connection"] == "close"
        assert (await client.get("/health")).status_code == 200


async def test_a_compressed_body_is_not_read(dial: Dial) -> None:
    response = await dial(wired()).post("/v1/messages", json=ASKED, headers={"content-encoding": "gzip"})
    assert response.status_code == 415
    assert "content-encoding gzip; send it uncompressed" in response.json()["error"]["message"]


async def test_a_connection_whose_body_did_not_come_is_closed(dial: Dial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "PATIENCE", 0.01)

    async def stalled() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(0.1)

    response = await dial(wired()).post("/v1/messages", content=stalled())
    assert (response.status_code, response.headers["connection"]) == (408, "close")


@pytest.mark.trap(108)
async def test_a_slash_too_many_is_no_redirect_to_anywhere(dial: Dial) -> None:
    response = await dial(wired()).post("/v1/messages/", json=ASKED, headers={"host": "evil.example"})
    assert response.status_code == 404


async def test_a_session_is_told_to_those_who_have_the_key(dial: Dial) -> None:
    client = dial(wired(canned(HI)))
    await client.post("/v1/messages", json=STREAMED, headers={"x-claude-code-session-id": "s/1"})
    page = (await client.get("/ccr/sessions/s%2F1")).json()
    assert (await client.get("/ccr/sessions")).json()["sessions"][0]["session"] == "s/1"
    assert (await client.get("/ccr/sessions/a", headers={"authorization": "Bearer x"})).status_code == 401
    assert page["requests"] == 1
