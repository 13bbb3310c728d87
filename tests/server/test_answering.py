import asyncio
from collections.abc import Awaitable, Callable, Mapping

import pytest

from ccr.errors import Draining, TooLarge, TooSlow
from ccr.server import answering
from ccr.server.answering import ClientGone, gone, headers_of, time_over, unless, whole_body

Receive = Callable[[], Awaitable[dict[str, object]]]


def arriving(*messages: Mapping[str, object]) -> Receive:
    left = [dict(message) for message in messages]

    async def receive() -> dict[str, object]:
        if not left:
            await asyncio.Event().wait()
        return left.pop(0)

    return receive


def part(body: bytes, more: bool = True) -> dict[str, object]:
    return {"type": "http.request", "body": body, "more_body": more}


GONE = {"type": "http.disconnect"}


async def test_a_body_is_put_together() -> None:
    assert await whole_body(arriving(part(b"ab"), part(b"c", more=False)), 10) == b"abc"


async def test_a_client_that_leaves_while_it_sends_is_gone() -> None:
    with pytest.raises(ClientGone):
        await whole_body(arriving(part(b"ab"), GONE), 10)


async def test_what_is_over_the_limit_is_read_to_its_end_and_refused() -> None:
    receive = arriving(part(b"x" * 8), part(b"x" * 8), part(b"x" * 8, more=False), GONE)
    with pytest.raises(TooLarge, match="24 bytes, and the limit is 10"):
        await whole_body(receive, 10)
    assert await receive() == GONE


async def test_what_is_far_over_the_limit_is_not_read_to_its_end() -> None:
    with pytest.raises(TooLarge):
        await whole_body(arriving(*[part(b"x" * 8)] * 6), 10)


async def test_a_body_of_which_nothing_comes_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "PATIENCE", 0.01)
    with pytest.raises(TooSlow, match="nothing of it in 0.01 s"):
        await whole_body(arriving(part(b"ab")), 10)


async def test_a_body_that_drips_without_end_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "LONGEST", 0.05)

    async def dripping() -> dict[str, object]:
        await asyncio.sleep(0.01)
        return part(b"")

    with pytest.raises(TooSlow, match=r"or no end in 0\.05 s"):
        await whole_body(dripping, 10)


async def test_repeated_headers_are_joined() -> None:
    scope = {"headers": [(b"anthropic-beta", b"a"), (b"anthropic-beta", b"b"), (b"host", b"h")]}
    assert headers_of(scope) == {"anthropic-beta": "a, b", "host": "h"}


async def test_work_that_ends_first_gives_its_result() -> None:
    assert await unless(asyncio.sleep(0, "done"), gone(arriving())) == "done"


async def test_work_for_a_client_that_left_is_cancelled() -> None:
    cancelled = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    with pytest.raises(ClientGone):
        await unless(work(), gone(arriving(part(b""), GONE)))
    assert cancelled.is_set()


async def test_work_whose_time_is_over_is_cancelled() -> None:
    over = asyncio.Event()
    assert await unless(asyncio.sleep(0, "done"), time_over(over)) == "done"
    over.set()
    with pytest.raises(Draining):
        await unless(asyncio.Event().wait(), time_over(over))


async def test_work_that_ends_as_its_time_is_over_gives_its_result() -> None:
    over = asyncio.Event()

    async def work() -> str:
        over.set()
        return "done"

    assert await unless(work(), gone(arriving()), time_over(over)) == "done"


async def test_a_failure_of_the_work_is_passed_on() -> None:
    async def work() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await unless(work(), gone(arriving()))
