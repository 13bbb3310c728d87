"""Who asks in the soak: clients of three dialects, as patient as Claude Code, some slow, some gone before the end."""

import asyncio
import json
from random import Random
from typing import get_args

import aiohttp

from tests.e2e.faults.references import asked
from tests.soak.verdict import Tally, judge, question
from tests.support.outcomes import Kind, Told, Unfinished, outcome
from tests.support.running import KEY

PATHS: dict[Kind, str] = {"messages": "/v1/messages", "chat": "/v1/chat/completions", "responses": "/v1/responses"}
TRIES = 10
PAUSE = 0.3  # seconds at most that a client reads before it asks for more
LONGEST = 60.0  # seconds for one try
BROKEN = (aiohttp.ClientError, TimeoutError, ConnectionError, Unfinished)


async def asking(url: str, numbers: "Numbers", random: Random, tally: Tally, over: asyncio.Event) -> None:
    """One client after the other, until it is over."""
    limits = aiohttp.ClientTimeout(total=LONGEST)
    async with aiohttp.ClientSession(url, headers={"x-api-key": KEY}, timeout=limits) as session:
        while not over.is_set():
            await one(session, numbers.next(), random, tally)
            await asyncio.sleep(random.random() * PAUSE)


class Numbers:
    def __init__(self) -> None:
        self.last = 0

    def next(self) -> int:
        self.last += 1
        return self.last


async def one(session: aiohttp.ClientSession, number: int, random: Random, tally: Tally) -> None:
    kind: Kind = random.choice(get_args(Kind))
    model = f"{random.choice('abcd')},m"
    body = asked(kind, model, stream=random.random() < 0.7, say=question(number))
    body |= {"metadata": {"user_id": f"session_{random.randrange(20):032x}"}} if kind == "messages" else {}
    tally.requests += 1
    match random.random():
        case chance if chance < 0.05:
            await aside(session, body, random, tally)
        case chance if chance < 0.12:
            await aborted(session, PATHS[kind], body, random, tally)
        case chance:
            await answered(session, kind, body, number, tally, random, slow=chance < 0.2)


async def answered(
    session: aiohttp.ClientSession,
    kind: Kind,
    body: dict[str, object],
    number: int,
    tally: Tally,
    random: Random,
    *,
    slow: bool,
) -> None:
    """Until the right answer is here: the client asks again as Claude Code does, which waits longer each time."""
    for attempt in range(TRIES):
        tally.tries += 1
        try:
            told = await tried(session, kind, body, tally, slow=slow)
        except BROKEN as broken:
            tally.failures[type(broken).__name__] += 1
        except (AssertionError, ValueError, KeyError) as strange:
            tally.wrong.append(f"{number} {kind} {body['model']}: {type(strange).__name__} {strange}"[:400])
            return
        else:
            verdict = judge(number, told)
            if verdict == "right":
                tally.right += 1
                return
            if verdict != "refused":
                tally.wrong.append(f"{number} {kind} {body['model']}: {verdict}: {told}"[:400])
                return
            tally.failures[f"{told.status} {told.error}"] += 1
        await asyncio.sleep(min(0.25 * 2**attempt, 4) * (0.75 + random.random() / 2))
    tally.lost.append(f"{number} {kind} {body['model']}")


async def tried(
    session: aiohttp.ClientSession, kind: Kind, body: dict[str, object], tally: Tally, *, slow: bool
) -> Told:
    async with session.post(PATHS[kind], json=body) as response:
        pieces = []
        async for piece in response.content.iter_any():
            pieces.append(piece)
            if slow:
                await asyncio.sleep(0.05)
    told = outcome(kind, response.status, b"".join(pieces))
    tally.ids.add(response.headers.get("x-ccr-request-id", ""))
    return told


async def aborted(
    session: aiohttp.ClientSession, path: str, body: dict[str, object], random: Random, tally: Tally
) -> None:
    """Somebody who presses Escape."""
    tally.aborted += 1
    try:
        async with asyncio.timeout(random.random()), session.post(path, json=body) as response:
            await response.content.read(random.randrange(1, 400))
            response.close()
    except BROKEN:
        pass


async def aside(session: aiohttp.ClientSession, body: dict[str, object], random: Random, tally: Tally) -> None:
    """What is asked beside answers: counts and lists."""
    tally.aborted += 1
    try:
        if random.random() < 0.5 and "max_tokens" in body:
            async with session.post("/v1/messages/count_tokens", json=body) as counted:
                text = await counted.text()
        else:
            async with session.get("/v1/models") as listed:
                text = await listed.text()
        json.loads(text)
    except BROKEN:
        pass
    except ValueError as strange:
        tally.wrong.append(f"beside: {strange}"[:400])
