"""The soak: mixed traffic through a router that is started as a user starts it, while nearly everything goes wrong.

The first half is the storm (reloads, broken files, restarts, kill -9), the second the calm of one process, which must
keep its memory and, once nobody asks any more, have no more descriptors than it began with.
"""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.soak.clients import Numbers, asking
from tests.soak.verdict import Tally
from tests.soak.world import World, soon
from tests.support.running import Person

CLIENTS = 12
QUIET = 75.0  # seconds in which idle connections to providers are closed: aiohttp looks every 30 for those of 30
GROWTH = 24 * 1024  # KiB that a process may grow by in the calm
_CCR = (sys.executable, "-m", "ccr")
LATEST = 120.0  # seconds in which the last clients come to their end


@dataclass(slots=True)
class Figures:
    seconds: float = 0.0
    seed: int = 0
    requests: int = 0
    tries: int = 0
    right: int = 0
    left: int = 0  # by clients that went, or asked for something else than an answer
    lost: int = 0
    wrong: int = 0
    reloads: int = 0
    restarts: int = 0
    kills: int = 0
    descriptors_before: int = 0
    descriptors_after: int = 0
    memory_before: int = 0  # KiB, when the calm begins
    memory_after: int = 0
    log_lines: int = 0
    not_logged: int = 0
    logged_twice: int = 0
    tracebacks: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)  # what was told to tries that were repeated

    @property
    def faults(self) -> list[str]:
        """What must not be."""
        grown = self.memory_after - self.memory_before
        checks = {
            f"{self.lost} lost": self.lost,
            f"{self.wrong} garbled, mixed up or truncated": self.wrong,
            f"descriptors: {self.descriptors_before} -> {self.descriptors_after}": self.descriptors_after
            > self.descriptors_before + 1,
            f"memory grew by {grown} KiB": grown > GROWTH,
            f"{self.not_logged} answers are not in the log": self.not_logged,
            f"{self.logged_twice} stand twice in the log": self.logged_twice,
            f"{self.tracebacks} stack traces": self.tracebacks,
            "nothing was asked": not self.right,
        }
        return [words for words, bad in checks.items() if bad]


class Soak:
    def __init__(self, folder: Path, seconds: float, seed: int, *, said: Any = print) -> None:
        self.person = Person(folder).settle()
        self.seconds, self.seed, self.said = seconds, seed, said
        self.random = Random(seed)
        self.tally = Tally()
        self.figures = Figures(seconds, seed)
        self.world = World(seed)
        self.home = self.person.home / ".claude-code-router"
        self.file = asyncio.Lock()
        self.config = self.home / "config.json"
        self.forgiven: set[str] = set()  # ids of answers that a kill -9 kept from the log

    def run(self) -> Figures:
        with self.world:
            self.write(self.world.config(self.person.port))
            self.ccr("start")
            try:
                asyncio.run(self.all())
            finally:
                self.ccr("stop", wrong=False)
        self.sum_up()
        return self.figures

    async def all(self) -> None:
        figures, over = self.figures, asyncio.Event()
        numbers, url = Numbers(), f"http://127.0.0.1:{self.person.port}"
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            clients = [
                group.create_task(asking(url, numbers, Random(f"{self.seed} {each}"), self.tally, over))
                for each in range(CLIENTS)
            ]
            telling = group.create_task(self.telling())
            changing = group.create_task(self.changing(over))
            await self.storm(began + self.seconds / 2)
            figures.descriptors_before = await self.quiet_descriptors()
            await asyncio.sleep(max(self.seconds / 8, 5))  # what is remembered has been seen once
            figures.memory_before = self.memory()
            await asyncio.sleep(max(began + self.seconds - time.monotonic(), 10))
            over.set()
            async with asyncio.timeout(LATEST):
                await asyncio.gather(*clients, changing)
            figures.memory_after = self.memory()
            telling.cancel()
        figures.descriptors_after = await self.settled()

    async def storm(self, until: float) -> None:
        """Restarts and kills, each in its turn."""
        turn = 0
        while (left := until - time.monotonic()) > 5:
            await soon(self.random, min(12.0, left / 2))
            turn += 1
            if turn % 2:
                self.figures.kills += 1
                self.forgiven |= self.tally.ids
                async with self.file:
                    self.write(self.world.config(self.person.port))
                    killed = self.pid()
                    os.kill(killed, signal.SIGKILL)
                    await self.is_up(killed)
            else:
                self.figures.restarts += 1
                async with self.file:  # no router starts with a broken one
                    self.write(self.world.config(self.person.port))
                    await asyncio.to_thread(self.ccr, "restart")

    async def changing(self, over: asyncio.Event) -> None:
        """Files that are read again, every third of them broken; keys that are revoked and come back."""
        while not over.is_set():
            await soon(self.random, 3.0)
            async with self.file:
                self.figures.reloads += 1
                self.world.turn_keys()
                self.world.forget()
                if self.figures.reloads % 3:
                    self.write(self.world.config(self.person.port, self.figures.reloads))
                else:
                    self.config.write_text('{"Providers": [')

    async def telling(self) -> None:
        while True:
            await asyncio.sleep(10)
            tally = self.tally
            self.said(
                f"soak: {tally.requests} requests, {tally.tries} tries, {tally.right} right, {len(tally.lost)} lost, "
                f"{len(tally.wrong)} wrong; {self.figures.kills} kills, {self.figures.restarts} restarts, "
                f"{self.figures.reloads} reloads; {self.memory()} KiB"
            )

    # --- the router's process

    def ccr(self, *arguments: str, wrong: bool = True) -> None:
        ran = self.person.run(*_CCR, *arguments, variables={"CCR_PORT": str(self.person.port)}, seconds=90)
        assert not (wrong and ran.code), f"ccr {' '.join(arguments)}: {ran.code}\n{ran.out}\n{ran.err}"

    def pid(self) -> int:
        return int(json.loads((self.home / "ccr.state.json").read_text())["pid"])

    async def is_up(self, killed: int) -> None:
        """Another process has taken its place."""
        async with asyncio.timeout(30):
            while self.pid() == killed or not self.memory():
                await asyncio.sleep(0.1)

    def memory(self) -> int:
        with suppress(OSError, ValueError, StopIteration):
            lines = Path(f"/proc/{self.pid()}/status").read_text().splitlines()
            return int(next(line.split()[1] for line in lines if line.startswith("VmRSS")))
        return 0

    def descriptors(self) -> list[str]:
        found = []
        for each in Path(f"/proc/{self.pid()}/fd").iterdir():
            with suppress(OSError):
                found.append(os.readlink(each))
        return found

    async def quiet_descriptors(self) -> int:
        """Those that are no connections: what the process has while nobody asks."""
        await asyncio.sleep(2)
        return len([each for each in self.descriptors() if not each.startswith("socket:")]) + self.listening()

    def listening(self) -> int:
        """Sockets that are no connection: of listeners, pairs and the like."""
        connected = {line.split()[9] for line in _tcp() if line.split()[3] != "0A"}
        sockets = [each[8:-1] for each in self.descriptors() if each.startswith("socket:")]
        return len([each for each in sockets if each not in connected])

    async def settled(self) -> int:
        """Once connections that are kept have been closed."""
        until = time.monotonic() + QUIET
        while (now := len(self.descriptors())) > self.figures.descriptors_before and time.monotonic() < until:
            await asyncio.sleep(1)
        return now

    # --- what is left

    def write(self, config: Mapping[str, Any]) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self.config.write_text(json.dumps(config))

    def sum_up(self) -> None:
        figures, tally = self.figures, self.tally
        figures.requests, figures.tries, figures.right = tally.requests, tally.tries, tally.right
        figures.left, figures.lost, figures.wrong = tally.aborted, len(tally.lost), len(tally.wrong)
        figures.failures = dict(tally.failures.most_common())
        logs = (self.home / "logs").glob("ccr.log*")
        told = [json.loads(line) for file in logs for line in _lines(file)]
        lines = [each["id"] for each in told if each["event"] == "request"]
        figures.log_lines = len(lines)
        figures.logged_twice = len(lines) - len(set(lines))
        figures.not_logged = len(tally.ids - {""} - set(lines) - self.forgiven)
        said = [file.read_text(errors="replace") for file in self.home.rglob("*.out*") if file.is_file()]
        figures.tracebacks = sum(text.count("Traceback") for text in said)
        traces = [text[text.index("Traceback") :][:3000] for text in said if "Traceback" in text]
        for each in (*tally.wrong, *tally.lost, *traces):
            self.said(f"soak: {each}")


def _tcp() -> list[str]:
    return [line for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.is_file() and file.suffix != ".gz" else []


def told(figures: Figures) -> str:
    rows = [f"  {name.replace('_', ' '):20} {value}" for name, value in asdict(figures).items() if name != "failures"]
    return "\n".join(
        [*rows, "  told, and asked again:", *(f"    {n:6} {what}" for what, n in figures.failures.items())]
    )
