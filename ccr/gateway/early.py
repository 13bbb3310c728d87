"""An answer that its client hears of in time: a stream begins before its content is here."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from typing import Any

from ccr.errors import RequestProblem
from ccr.gateway.call import Call
from ccr.gateway.inbound import Answer
from ccr.gateway.relay import SILENCE, STREAM
from ccr.messages.events import Start
from ccr.wire.dialect import Writer

# Codex waits for a head without end, but after that for an event no longer than 300 s, and takes no comment for one. No
# event can stand before the answer's own first.
CODEX = "codex_"


async def in_time(call: Call, answering: Coroutine[Any, Any, Answer]) -> Answer:
    """The answer, or in its place what its client must have by now."""
    if not call.writer:
        return await answering
    task = asyncio.create_task(answering)
    try:
        await asyncio.wait({task}, timeout=longest_silence(call))
        if task.done():
            return task.result()
        return Answer(200, call.early_headers() | STREAM, Early(call, call.writer, task))
    except BaseException:
        await _end(task)
        raise


def longest_silence(call: Call) -> float | None:
    """Seconds after which a stream must have begun."""
    codex = CODEX in call.inbound.headers.get("user-agent", "")
    return None if codex else call.runtime.config.timeouts.head


class Early:
    """A stream whose head leaves at once. It waits for the answer, alive to the client, and then goes on with it."""

    def __init__(self, call: Call, writer: Writer, answer: asyncio.Task[Answer]) -> None:
        self._call = call
        self._writer = writer
        self._answer = answer
        self._bytes = self._all()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._bytes

    async def aclose(self) -> None:
        await self._bytes.aclose()
        await _end(self._answer)
        self._call.end(status=499)

    def cut(self, problem: RequestProblem) -> bytes:
        self._call.end(problem)
        return self._writer.fail(problem, self._call.inbound.request_id)

    async def _all(self) -> AsyncGenerator[bytes]:
        call = self._call
        # Without an estimate: Claude Code 2.1.197 adds it to its sums again for each sign of life.
        yield self._writer.open(Start(call.inbound.request_id.removeprefix("req_"), call.asked_for))
        while not self._answer.done():
            yield self._writer.ping()
            await asyncio.wait({self._answer}, timeout=SILENCE)
        try:
            body = self._answer.result().body
        except RequestProblem as problem:
            call.failed(problem)
            yield self.cut(problem)
            return
        except Exception:
            yield self.cut(call.inbound.fault)
            raise
        assert not isinstance(body, bytes)
        async for data in body:
            yield data


async def _end(task: asyncio.Task[Answer]) -> None:
    """Stops it, and waits until nothing of it is left, nor of an answer that it has come to."""
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled() and not task.exception() and not isinstance(body := task.result().body, bytes):
        await body.aclose()
