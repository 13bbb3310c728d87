import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from ccr.config.files import write
from ccr.config.watch import mark, watch


@asynccontextmanager
async def watched(path: Path) -> AsyncIterator[Callable[[], "asyncio.Future[bool]"]]:
    calls: asyncio.Queue[bool] = asyncio.Queue()

    async def changed() -> None:
        calls.put_nowait(True)

    task = asyncio.create_task(watch(path, changed, interval=0.001))
    await asyncio.sleep(0)
    try:
        yield lambda: asyncio.ensure_future(asyncio.wait_for(calls.get(), 5))
    finally:
        task.cancel()
    assert calls.empty()


async def test_a_change_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("one")
    async with watched(path) as told:
        path.write_text("other")
        assert await told()


async def test_a_replacement_by_rename_is_a_change(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("one")
    async with watched(path) as told:
        write(path, "two")
        assert await told()


async def test_a_file_that_is_gone_has_changed_only_when_it_is_back(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("one")
    before = mark(path)
    async with watched(path) as told:
        path.unlink()
        assert (mark(path), before is None) == (None, False)
        await asyncio.sleep(0.005)
        path.write_text("three")
        assert await told()
