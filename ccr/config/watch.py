"""Says when files have changed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path

Mark = tuple[int, int, int] | None
Paths = Callable[[], Iterable[Path]]

# A file that is being written is read when it has been left alone for this share of the interval; one that never is, after
# so many looks.
REST = 0.2
MOST_LOOKS = 25


def mark(path: Path) -> Mark:
    """What differs after every change, a replacement by rename included; None while there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


async def watch(paths: Paths, changed: Callable[[], Awaitable[None]], interval: float = 1.0) -> None:
    """Calls back after each change, until it is cancelled. A file that is gone for a moment has not changed yet.

    Polling needs no system's help and works on every mount, containers' included.
    """
    before = _marks(paths)
    while True:
        await asyncio.sleep(interval)
        if _news(_marks(paths), before) and (news := _news(await _settled(paths, interval * REST), before)):
            await changed()
            before = {**_marks(paths), **before, **news}  # what is watched from now on has not changed yet


def _marks(paths: Paths) -> Mapping[Path, Mark]:
    return {path: mark(path) for path in paths()}


def _news(now: Mapping[Path, Mark], before: Mapping[Path, Mark]) -> Mapping[Path, Mark]:
    return {path: found for path, found in now.items() if found is not None and found != before.get(path)}


async def _settled(paths: Paths, rest: float) -> Mapping[Path, Mark]:
    """As they are when nobody writes any more."""
    found = _marks(paths)
    for _ in range(MOST_LOOKS):
        await asyncio.sleep(rest)
        before, found = found, _marks(paths)
        if found == before:
            break
    return found
