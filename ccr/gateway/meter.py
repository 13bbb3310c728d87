"""Reads the figures off an answer that passes: usage, and estimates where the provider reports none."""

from collections.abc import Callable
from dataclasses import replace

from ccr.messages.events import Event, Finish, JsonDelta, Start, TextDelta, ThinkingDelta
from ccr.messages.reply import Usage

# What our tokenizer finds in mixed English, code and JSON. Only for providers that report nothing.
CHARACTERS_PER_TOKEN = 4


class Meter:
    def __init__(self, prompt: int, listener: Callable[[Event], None] = lambda event: None) -> None:
        self.prompt = prompt
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
        """What was reported so far; what was not, as an estimate."""
        return self._completed(-(-self._characters // CHARACTERS_PER_TOKEN))

    @property
    def used(self) -> int:
        """Tokens of the prompt and the answer so far."""
        return (self.usage.prompt or 0) + (self.usage.output or 0)

    def _completed(self, output: int) -> Usage:
        guess = Usage(output=output).updated(self._reported)
        return guess if self._reported.prompt else replace(guess, input=self.prompt)
