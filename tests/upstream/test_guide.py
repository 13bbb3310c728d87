import json

from ccr.providers.resolve import Upstream
from ccr.upstream.guide import Guided
from ccr.wire.dialect import UpstreamRequest
from tests.support.canned import CannedExchange
from tests.support.wiring import upstream_at

REQUEST = UpstreamRequest("guide:", {}, b"{}")


async def elsewhere(upstream: Upstream, request: UpstreamRequest) -> CannedExchange:
    return CannedExchange([b"from outside"])


async def test_the_guide_answers_by_itself() -> None:
    exchange = await Guided(elsewhere, "set a key").send(upstream_at("guide:"), REQUEST)
    said = json.loads(b"".join([chunk async for chunk in exchange.chunks()]))
    await exchange.close()
    assert exchange.status == 200
    assert said["content"] == [{"type": "text", "text": "set a key"}]


async def test_all_others_are_sent_on() -> None:
    exchange = await Guided(elsewhere, "set a key").send(upstream_at("http://acme.test"), REQUEST)
    assert [chunk async for chunk in exchange.chunks()] == [b"from outside"]
