"""Attempts until the first content."""

from ccr.errors import UpstreamUnreachable
from tests.support.asking import ASKED, HI
from tests.support.canned import CannedExchange, canned
from tests.support.wiring import Wired, upstream_at


async def test_what_is_open_for_an_attempt_that_fails_is_closed_before_the_next_begins() -> None:
    first = CannedExchange([b'{"error":{"message":"down"}}'], 500)
    wired = Wired(
        first,
        UpstreamUnreachable("refused"),
        canned(HI),
        upstreams=[upstream_at(f"http://{name}.test", name=name) for name in "abc"],
        routes={"default": "a,m"},
        fallback={"default": ("b,m", "c,m")},
    )
    answer = await wired.ask(ASKED)
    assert answer.status == 200
    assert first.closed
