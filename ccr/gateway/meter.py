"""Reads the figures off an answer that passes: usage, and estimates where the provider reports none."""

from collections.abc import Callable
from dataclasses import replace

from ccr.messages.events import Event, Finish, JsonDelta, Start, TextDelta, ThinkingDelta
from ccr.messages.reply import Usage

# What our tokenizer finds in mixed English, code and JSON. Only for providers that report nothing.
CHARACTERS_PER_TOKEN = 4


class Meter:
    def __init__(
        self, prompt: int, listener: Callable[[Event], None] = lambda event: None, given: Usage | None = None
    ) -> None:
        self.prompt = prompt
        self._given = given  # by others, whose answer this one goes on with
        self._listener = listener
        self._characters = 0
        self._reported = Usage()
        self.stop_reason: str | None = None

    def read(self, event: Event) -> Event:
        """The event as the client shall see it: its usage completed."""
        self._listener(event)
        match event:
            case Start():
                self._reported = event.usage
                return replace(event, usage=self._completed(0))
            case TextDelta(piece) | ThinkingDelta(piece) | JsonDelta(piece):
                self._characters += len(piece)
            case Finish():
                self._reported = self._reported.updated(event.usage)
                self.stop_reason = event.reason
                return replace(event, usage=self.usage)
            case _:
                pass
        return event

    @property
    def estimated(self) -> bool:
        # No prompt has zero tokens: a provider that says so reports nothing.
        return not self._reported.prompt or self._reported.output is None

    @property
    def usage(self) -> Usage:
        """What was reported so far; what was not, as an estimate. The answer's, whoever else gave a part of it."""
        return _more(self._given, self._own) if self._given else self._own

    @property
    def reported_prompt(self) -> Usage:
        """What the provider has said of the prompt."""
        return replace(self._reported, output=None, reasoning=None)

    @property
    def used(self) -> int:
        """Tokens of the prompt and the answer so far."""
        return (self._own.prompt or 0) + (self._own.output or 0)

    @property
    def _own(self) -> Usage:
        return self._completed(-(-self._characters // CHARACTERS_PER_TOKEN))

    def _completed(self, output: int) -> Usage:
        guess = Usage(output=output).updated(self._reported)
        return guess if self._reported.prompt else replace(guess, input=self.prompt)


def _more(given: Usage, used: Usage) -> Usage:
    """One answer of two: the prompt as the client was told of it, and what it has of both."""
    told = given if given.prompt else used
    return replace(
        used,
        input=told.input,
        cache_read=told.cache_read,
        cache_write=told.cache_write,
        output=(given.output or 0) + (used.output or 0),
    )
