"""A reference answer, cut behind every byte, towards every kind of client, with and without somebody else to ask.

In process: what the connection's end looks like is told by two fakes, one that ends and one that breaks.
"""

import asyncio
import re

import pytest

from ccr.errors import RequestProblem, UpstreamCut
from ccr.gateway.ports import Exchange
from ccr.providers.resolve import Upstream
from ccr.wire.dialect import UpstreamRequest
from tests.e2e.faults.references import CLIENTS, CONTENT, OTHER, OTHERS, UPSTREAMS, Reference, asked, body_of
from tests.support import messages
from tests.support.canned import Canned, CannedExchange
from tests.support.outcomes import Kind, Told, outcome
from tests.support.wiring import Wired, read, upstream_at

upstreams = pytest.mark.parametrize("upstream", UPSTREAMS)
clients = pytest.mark.parametrize("kind", CLIENTS)
endings = pytest.mark.parametrize("breaks", [False, True], ids=["ends", "breaks"])
helped = pytest.mark.parametrize("fallback", [False, True], ids=["alone", "with a fallback"])

OTHER_STREAM, OTHER_WHOLE = messages.body(*OTHER), body_of(messages.reply(*OTHER))
JSON = {"content-type": "application/json"}


class TwoSides(Canned):
    """`acme` answers with these bytes however often it is asked, anybody else with an answer that is whole."""

    def __init__(self, cut: bytes, *, breaks: bool, stream: bool) -> None:
        super().__init__()
        self.cut: list[bytes | RequestProblem | None] = [cut, UpstreamCut("the connection broke")] if breaks else [cut]
        self.other = OTHER_STREAM if stream else OTHER_WHOLE
        self.stream = stream
        self.made: list[CannedExchange] = []

    async def send(self, upstream: Upstream, request: UpstreamRequest) -> Exchange:
        exchange = CannedExchange(self.cut if upstream.name == "acme" else [self.other])
        if not self.stream:
            exchange.headers = JSON
        self.made.append(exchange)
        return exchange


async def told(reference: Reference, kind: Kind, cut: bytes, *, stream: bool, breaks: bool, fallback: bool) -> Told:
    """And nothing is left of it."""
    transport = TwoSides(cut, breaks=breaks, stream=stream)
    wired = Wired(
        transport=transport,
        upstreams=[
            upstream_at(reference.dialect.endpoint("http://acme.test"), reference.dialect),
            upstream_at("http://other.test/v1/messages", name="other"),
        ],
        fallback={"acme,m": ("other,m",)} if fallback else {},
    )
    async with asyncio.timeout(10):
        answer = await wired.ask(asked(kind, "acme,m", stream=stream), CLIENTS[kind])
        said = outcome(kind, answer.status, await read(answer))
    assert all(exchange.closed for exchange in transport.made)
    assert len(asyncio.all_tasks()) == 1, "a task is left"
    assert bool(wired.seen.only.error) == bool(said.error), "the log says something else than the client was told"
    return said


def cuts(data: bytes, setting: tuple[bool, bool]) -> list[int]:
    """The four settings share the bytes among them: each is cut in one; around the end of an event in all of them."""
    mine = (False, True).index(setting[0]) * 2 + (False, True).index(setting[1])
    near = {at for end in re.finditer(rb"\n\r?\n", data) for at in range(end.start() - 2, end.end() + 2)}
    return sorted(
        at for at in range(len(data) + 1) if at % 4 == mine or at in near or at == len(data) or len(data) - at < 80
    )


@upstreams
@clients
@endings
@helped
async def test_a_stream_that_is_cut_is_whole_another_or_an_error(
    upstream: str, kind: Kind, breaks: bool, fallback: bool
) -> None:
    reference = UPSTREAMS[upstream]
    for cut in cuts(reference.stream, (breaks, fallback)):
        said = await told(reference, kind, reference.stream[:cut], stream=True, breaks=breaks, fallback=fallback)
        where = f"behind {cut} bytes of {len(reference.stream)}: …{reference.stream[max(cut - 40, 0) : cut]!r}: {said}"
        if cut >= reference.whole_from:
            assert (said.content, said.error) == (CONTENT, ""), where
        elif said.error:
            assert said.content != CONTENT or not fallback or said.status == 200, where
        else:
            assert fallback, f"a silent truncation {where}"
            assert said.content == OTHERS, where
        if cut < reference.begins:
            assert (said.content == OTHERS) if fallback else said.status >= 500, where


@upstreams
@clients
@endings
@helped
async def test_a_whole_answer_that_is_cut_is_another_or_an_error(
    upstream: str, kind: Kind, breaks: bool, fallback: bool
) -> None:
    reference = UPSTREAMS[upstream]
    for cut in cuts(reference.whole, (breaks, fallback)):
        said = await told(reference, kind, reference.whole[:cut], stream=False, breaks=breaks, fallback=fallback)
        where = f"behind {cut} bytes of {len(reference.whole)}: …{reference.whole[max(cut - 40, 0) : cut]!r}: {said}"
        if cut == len(reference.whole):
            assert (said.content, said.error) == (CONTENT, ""), where
        elif fallback:
            assert (said.content, said.error) == (OTHERS, ""), where
        else:
            assert said.status >= 500, where
            assert said.error, where
