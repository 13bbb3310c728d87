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

    task = asyncio.create_task(watch(lambda: [path], changed, interval=0.001))
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


async def test_a_file_that_is_being_written_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("whole")
    seen: asyncio.Queue[str] = asyncio.Queue()

    async def changed() -> None:
        seen.put_nowait(path.read_text())

    task = asyncio.create_task(watch(lambda: [path], changed, interval=0.2))
    await asyncio.sleep(0.1)
    with path.open("w") as file:
        for _ in range(20):
            file.write("part ")
            file.flush()
            await asyncio.sleep(0.015)
    assert await asyncio.wait_for(seen.get(), 5) == "part " * 20
    task.cancel()
    assert seen.empty()


async def test_what_is_watched_may_change_with_what_is_read(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text("one")
    second.write_text("one")
    paths = [first]
    calls: asyncio.Queue[bool] = asyncio.Queue()

    async def changed() -> None:
        paths[:] = [first, second]
        calls.put_nowait(True)

    task = asyncio.create_task(watch(lambda: paths, changed, interval=0.001))
    await asyncio.sleep(0)
    first.write_text("other")
    await asyncio.wait_for(calls.get(), 5)
    await asyncio.sleep(0.02)
    assert calls.empty()
    second.write_text("other")
    await asyncio.wait_for(calls.get(), 5)
    task.cancel()


async def test_a_file_that_never_rests_is_read_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("")
    calls: asyncio.Queue[bool] = asyncio.Queue()

    async def changed() -> None:
        calls.put_nowait(True)

    async def scribble() -> None:
        with path.open("a") as file:
            while True:
                file.write("x")
                file.flush()
                await asyncio.sleep(0)

    tasks = [asyncio.create_task(scribble()), asyncio.create_task(watch(lambda: [path], changed, interval=0.001))]
    assert await asyncio.wait_for(calls.get(), 5)
    for task in tasks:
        task.cancel()
