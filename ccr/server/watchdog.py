"""Says where the event loop stands when it stands still: a transformer of the user's own may have no end."""

import asyncio
import contextlib
import sys
import threading
import traceback
from collections.abc import AsyncIterator, Callable

SECONDS = 10
FRAMES = 4  # the innermost, by which the place is known


@contextlib.asynccontextmanager
async def watched(tell: Callable[[str], None], tick: float = 1.0) -> AsyncIterator[None]:
    """For the length of the block. Ticks are counted, not seconds: a machine that slept has not stood still."""
    ended, beaten = threading.Event(), threading.Event()
    loop_thread = threading.get_ident()

    def watch() -> None:
        silent = 0
        while not ended.wait(tick):
            silent = 0 if beaten.is_set() else silent + 1
            beaten.clear()
            if silent == SECONDS:
                tell(f"nothing has moved for {SECONDS * tick:g} s; the router stands at {_place(loop_thread)}")

    async def beat() -> None:
        while True:
            beaten.set()
            await asyncio.sleep(tick / 2)

    threading.Thread(target=watch, name="watchdog", daemon=True).start()
    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        ended.set()
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)


def _place(thread: int) -> str:
    frames = traceback.extract_stack(sys._current_frames()[thread])[-FRAMES:]
    return " < ".join(f"{each.name} ({each.filename}:{each.lineno})" for each in reversed(frames))
