"""An answer that breaks off goes on elsewhere, where the user wants that (`recovery: "continue"`). The client sees one.

The next attempt has the text so far as its own words, and is asked by the user to repeat the last of them and to go on.
Words put into its mouth would need no asking, but most refuse that ("This model does not support assistant message
prefill"), and a model leaves out the space that its first word would begin with: what is repeated makes the joint exact.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import replace

from ccr.config.schema import Model
from ccr.errors import RequestProblem, UpstreamEmpty
from ccr.gateway.call import Call
from ccr.gateway.incoming import ORDINARY, Piece
from ccr.gateway.relay import SILENCE, Opened, problem_of
from ccr.gateway.room import fitted
from ccr.gateway.told import Told, last_words
from ccr.messages.blocks import Text
from ccr.messages.events import End, Event, Finish, is_useful
from ccr.messages.reply import Usage
from ccr.messages.request import Request, Turn
from ccr.routing.facts import Look

MOST = 2  # continuations of one answer
LEAST = 2_048  # tokens that a continuation may have, however much was said before

Again = Callable[[Look, RequestProblem], Awaitable[Opened]]  # who is next, asked this, after such a failure

# Of what the hub cannot carry an answer of the same dialect is copied, and a break told.
UNCARRIED = frozenset({"logprobs", "top_logprobs", "audio", "modalities", "web_search_options"})

ASK = (
    "Your answer broke off. Go on with it, as if it never had: first repeat its last words, exactly those between the tags, "
    "without the tags, and then write what follows them, or call the tools that you were about to call. If it was complete, "
    "repeat these words alone. No greeting, no comment, no other repetition.\n<last_words>{}</last_words>"
)


def continued(request: Request, said: str, given: int) -> Request:
    """What the next one is asked after so many tokens. Where nothing was said, as if nobody had been asked before."""
    left = max(LEAST, (request.max_tokens or 0) - given)
    if not said.strip():
        return request
    turns = (Turn("assistant", (Text(said),)), Turn("user", (Text(ASK.format(last_words(said))),)))
    # A host that keeps to a form begins it anew; the form so far is in the text.
    request = replace(request, turns=(*request.turns, *turns), format=None)
    return fitted(request, Model(output=left), None)


def recoverable(call: Call, request: Request) -> bool:
    """Whether an answer that could be copied goes through the hub for this. What would be lost there is copied: an answer
    that its provider keeps, and calls by ids of its own, and what only OpenAI has."""
    wanted = request.stream and call.runtime.config.recovery == "continue"
    return wanted and request.dialect != "responses" and not UNCARRIED & request.extra.keys()


def recovering(opened: Opened, call: Call, seen: Look, again: Again) -> Opened:
    """The answer as one that may go on elsewhere."""
    if opened.copy or opened.body is not None or call.runtime.config.recovery != "continue":
        return opened
    recovery = Recovery(opened, call, seen, again)
    held = AsyncExitStack()
    held.push_async_callback(recovery.close)
    return replace(opened, incoming=recovery, held=held)


class Recovery:
    """The pieces of one answer, whoever gives them."""

    whole = False  # what it came as does not matter: it is not copied

    def __init__(self, opened: Opened, call: Call, seen: Look, again: Again) -> None:
        self.naming = opened.incoming.naming
        self._opened = opened
        self._call = call
        self._seen = seen
        self._again = again
        self._told = Told()
        self._asking: asyncio.Task[Opened] | None = None

    async def pieces(self) -> AsyncIterator[Piece]:
        left = MOST
        while True:
            try:
                useful = not self._call.continues
                async for piece in self._opened.incoming.pieces():
                    useful = useful or any(map(is_useful, piece.events))
                    if not useful and any(
                        isinstance(each, Finish) and each.reason in ORDINARY for each in piece.events
                    ):
                        raise UpstreamEmpty("it goes on with nothing")
                    yield piece._replace(events=self._taken(piece.events))
                return
            except RequestProblem as failure:
                problem = problem_of(failure, self._call)
            if self._told.beyond or not (left or self._told.called):
                raise problem
            self._call.answer_broke(problem)
            yield Piece(b"", tuple(self._told.cut()))
            if self._told.called:
                yield Piece(b"", self._ended())
                return
            self._asking = asyncio.create_task(self._another(problem))
            while not (await asyncio.wait({self._asking}, timeout=SILENCE))[0]:
                yield Piece(b"", ())
            try:
                self._opened = self._asking.result()
            except RequestProblem:
                raise problem from None
            left -= 1

    async def close(self) -> None:
        if self._asking:
            self._asking.cancel()
            await asyncio.wait({self._asking})
            if not self._asking.cancelled() and not self._asking.exception():
                self._opened = self._asking.result()
        await self._opened.close()

    def _taken(self, events: Iterable[Event]) -> tuple[Event, ...]:
        return tuple(told for event in events for told in self._told.take(event))

    def _ended(self) -> tuple[Event, ...]:
        """With the calls that are whole: the client runs them, and the model asks for others in its next turn."""
        meter = self._call.meter
        assert meter
        before = self._call.given
        own = self._told.tokens - ((before and before.output) or 0)
        return self._taken((meter.read(Finish("tool_use", usage=Usage(output=own))), End()))

    async def _another(self, problem: RequestProblem) -> Opened:
        call, seen, given = self._call, self._seen, self._told.tokens
        assert call.meter
        await self._opened.close()
        # The client was told of the prompt when the answer began, if anything was known by then.
        told = call.given if call.given and call.given.prompt else call.meter.reported_prompt
        call.given = replace(told, output=given)
        request = continued(seen.request, self._told.said, given)
        call.continues = request is not seen.request
        facts = replace(seen.facts, tokens=seen.facts.tokens + given, exact=False)
        return await self._again(replace(seen, request=request, facts=facts) if call.continues else seen, problem)
