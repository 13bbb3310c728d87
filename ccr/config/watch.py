"""Says when a file has changed."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

Mark = tuple[int, int, int] | None


def mark(path: Path) -> Mark:
    """What differs after every change, a replacement by rename included; None while there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


async def watch(path: Path, changed: Callable[[], Awaitable[None]], interval: float = 1.0) -> None:
    """Calls back after each change, until it is cancelled. A file that is gone for a moment has not changed yet.

    Polling needs no system's help and works on every mount, containers' included.
    """
    before = mark(path)
    while True:
        await asyncio.sleep(interval)
        now = mark(path)
        if now is not None and now != before:
            before = now
            await changed()
