"""How an answer reaches the client once its first content is here: copied, or translated."""

import contextlib
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Protocol

from ccr.errors import ContextOverflow, RequestProblem, UpstreamGarbled, UpstreamProblem, UpstreamSaid
from ccr.gateway import login
from ccr.gateway.call import Call
from ccr.gateway.incoming import Naming, Piece
from ccr.gateway.room import numbered
from ccr.messages.events import Finish, Start
from ccr.messages.fold import Fold
from ccr.messages.request import Request
from ccr.policy.attempt import Attempt
from ccr.policy.failures import classify
from ccr.policy.remedies import remedy_of
from ccr.wire.sse import FRAME_ENDS, MAX_FRAME

# Without content for so long, a client is given a sign of life.
SILENCE = 15.0

# A shorter one is nobody's secret, but part of many words.
SHORTEST_KEY = 8

ERROR = b'"error"'

STREAM = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache", "x-accel-buffering": "no"}
WHOLE = {"content-type": "application/json"}

# Stands in the event that says why an answer ends.
REASON = re.compile(rb'"(?:stop|finish)_reason"\s*:\s*"')

# The last frame of an answer, from a line that no text of a model can hold: JSON has no ends of lines.
LAST = re.compile(
    rb"^(?:event: ?(?:message_stop|response\.(?:completed|incomplete|failed))\b"
    rb'|data: ?(?:\[DONE\]|\{"type": ?"message_stop")).*?(?:\r\n|\r(?!\n)|\n){2}',
    re.MULTILINE | re.DOTALL,
)


class Source(Protocol):
    """What an answer comes from: Incoming, or several of them in turn."""

    @property
    def naming(self) -> Naming: ...

    @property
    def whole(self) -> bool: ...

    def pieces(self) -> AsyncIterator[Piece]: ...


@dataclass(frozen=True, slots=True)
class Opened:
    """An answer whose first content is here, or all of it where it is not streamed. Whoever has it closes it."""

    attempt: Attempt
    request: Request  # as it was sent
    incoming: Source
    copy: bool  # its bytes pass through
    told: Mapping[str, str]  # the upstream's headers that are for the client
    body: bytes | None
    held: AsyncExitStack  # what is open for it

    async def close(self) -> None:
        await self.held.aclose()


def problem_of(failure: RequestProblem, call: Call) -> RequestProblem:
    """The failure as the client may see it: classified, with the target it came from, without the key."""
    assert call.target is not None
    upstream = call.runtime.upstreams[call.target.provider]
    failure.message = _shown(failure.message, call)  # before it is cut: no half of a key stays
    if isinstance(failure, UpstreamSaid):
        said, failure = failure, classify(failure, call.target, call.key_words)
        if upstream.auth == "client":
            failure = login.explained(said, failure, call.target)
        if isinstance(failure, ContextOverflow) and call.meter:
            numbered(failure, call.meter.prompt, upstream.model_for(call.target.model))
    elif isinstance(failure, UpstreamProblem) and failure.target in (None, call.target):
        failure.target = call.target
        if not any(name in failure.message for name in (f"provider {call.target.provider}", str(call.target))):
            failure.message = f"{failure.message} [{call.target}]"
    if call.key_name and remedy_of(failure).spent in ("key", "limit"):
        failure.message = failure.message.replace(f"[{call.target}]", f"[{call.target} key {call.key_name}]", 1)
    return failure


def _shown(message: str, call: Call) -> str:
    """Without what a terminal would obey, and without keys: some providers quote the one that they refuse; one in front
    of others, somebody else's; a proxy, its login."""
    for secret in _secrets(call):
        message = message.replace(secret, "***")
    return "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in message)


def _secrets(call: Call) -> Iterator[str]:
    keys = [secret for each in call.runtime.upstreams.values() for secret in each.secrets]
    told = [value for each in call.runtime.upstreams.values() for value in _private(each.headers)]
    every = (*keys, *told, *call.runtime.hidden, *login.tokens(call.inbound))
    return (secret for secret in every if len(secret) >= SHORTEST_KEY)


def _private(headers: Mapping[str, str]) -> Iterator[str]:
    """What a configured header says, but for those of which errors speak."""
    return (value for name, value in headers.items() if not name.lower().startswith(("anthropic-", "openai-")))


async def whole(incoming: Source, request: Request, call: Call, *, copy: bool) -> bytes:
    """The answer as one JSON text."""
    copy = copy and incoming.whole
    raw: list[bytes] = []
    gathered = Fold()
    size = 0
    async for piece in incoming.pieces():
        size += len(piece.raw)
        if size > MAX_FRAME:
            raise UpstreamGarbled(f"an answer of more than {MAX_FRAME} bytes")
        if copy:
            raw.append(piece.raw)
        for event in piece.events:
            gathered.add(event)
    return incoming.naming.renamed(b"".join(raw)) if copy else call.inbound.client.reply(gathered.reply(), request)


class Stream:
    """A streamed answer. Closing it ends the request, whether it was read to its end or dropped."""

    def __init__(self, opened: Opened, call: Call) -> None:
        assert call.writer is not None
        self._opened = opened
        self._incoming = opened.incoming
        self._call = call
        self._writer = call.writer
        self._heard = call.runtime.clock.now()  # when the client was last sent more than a ping
        self._copies = opened.copy and not opened.incoming.whole
        self._bytes = self._guarded(self._copied() if self._copies else self._translated())
        self._complete = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._bytes

    async def aclose(self) -> None:
        await self._bytes.aclose()
        await self._opened.close()
        # 499 is what proxies write down for a client that went away.
        self._call.end(status=None if self._complete else 499)

    def cut(self, problem: RequestProblem) -> bytes:
        """What tells the client that no more comes; the stream is closed after it."""
        self._call.end(problem)
        return self._writer.fail(problem, self._call.inbound.request_id)

    async def _translated(self) -> AsyncGenerator[bytes]:
        async for piece in self._incoming.pieces():
            yield b"".join(map(self._writer.write, piece.events)) + self._sign_of_life(piece)
            self._complete = self._complete or piece.final
        self._complete = True

    async def _copied(self) -> AsyncGenerator[bytes]:
        """The upstream's own bytes, by whole frames: between two there is room for a sign of life or an error of ours."""
        rest, reasoned, seen = bytearray(), False, 0  # up to where there is no frame's end
        async for piece in self._incoming.pieces():
            # Not sent: it shows the writer in which block a ping would come, and us whether the client has had a Start.
            written = {type(event): self._writer.write(event) for event in piece.events}
            yield self._sign_of_life(piece)
            rest += piece.raw
            if piece.final and not piece.raw:  # the upstream left out its last words: half a frame, or no end mark
                last = (words for kind, words in written.items() if not (reasoned and kind is Finish))
                rest, seen = bytearray().join(last), 0
            if piece.opening:
                opening = self._incoming.naming.renamed(piece.opening) if written[Start] else b""
                rest, seen = rest.replace(piece.opening, opening, 1), 0
            if piece.final:
                _drop_behind_the_end(rest)
            border = _border(rest, seen)
            frames = bytes(rest[:border])
            del rest[:border]
            reasoned = reasoned or REASON.search(frames) is not None
            yield self._masked(frames)
            if (seen := len(rest)) > MAX_FRAME:
                raise UpstreamGarbled(f"an event of more than {MAX_FRAME} bytes")
            self._complete = self._complete or piece.final
        yield bytes(rest)
        self._complete = True

    def _masked(self, frames: bytes) -> bytes:
        """A provider's own error may quote the key that it refuses."""
        if ERROR in frames:
            for secret in _secrets(self._call):
                frames = frames.replace(secret.encode("utf-8", "surrogatepass"), b"***")
        return frames

    def _sign_of_life(self, piece: Piece) -> bytes:
        """For a client that waits: pings and comments of the upstream's are not enough for it."""
        now = self._call.runtime.clock.now()
        if piece.silent or (not piece.speaks and now - self._heard >= SILENCE):
            self._heard = now
            return self._writer.ping()
        if piece.speaks:
            self._heard = now
        return b""

    async def _guarded(self, answer: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
        """The answer; what breaks it is told in the client's dialect, a fault of ours too."""
        try:
            async with contextlib.aclosing(answer):
                async for data in answer:
                    yield data
        except RequestProblem as failure:
            problem = problem_of(failure, self._call)
            self._call.answer_broke(problem)
            if self._copies and isinstance(failure, UpstreamSaid):  # what was copied has the provider's own error in it
                self._call.end(problem)
            else:
                yield self.cut(problem)
        except Exception:
            yield self.cut(self._call.inbound.fault)
            raise


def _drop_behind_the_end(data: bytearray) -> None:
    """What comes behind the answer's last frame belongs to nobody."""
    if last := LAST.search(data):
        del data[last.end() :]


def _border(data: bytearray, seen: int) -> int:
    """Behind the last blank line, of which nothing but its first bytes was seen before; 0: there is none."""
    start = max(0, seen - 2)
    return max((place + len(end) for end in FRAME_ENDS if (place := data.rfind(end, start)) >= 0), default=0)
