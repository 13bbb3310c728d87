import asyncio
import time

from ccr.server.watchdog import watched


async def test_a_loop_that_stands_still_is_told_once_with_its_place() -> None:
    told: list[str] = []
    async with watched(told.append, tick=0.002):
        await asyncio.sleep(0.02)
        until = time.monotonic() + 5
        while not told and time.monotonic() < until:
            pass
        time.sleep(0.05)  # noqa: ASYNC251 - standing still is what is tested
    (said,) = told
    assert said.startswith("nothing has moved for 0.02 s; the router stands at test_a_loop_that_stands_still")
    assert "test_watchdog.py:" in said


async def test_a_loop_that_moves_is_left_alone() -> None:
    told: list[str] = []
    async with watched(told.append, tick=0.02):
        for _ in range(60):
            await asyncio.sleep(0.01)
    assert told == []
