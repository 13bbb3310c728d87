"""A whole answer, and what it used."""

from dataclasses import dataclass

from ccr.messages.blocks import Block
from ccr.messages.json import NOTHING, JsonObject

StopReason = str
"""end_turn, max_tokens, stop_sequence, tool_use, pause_turn, refusal, … An open set: the API may add members."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens. The three input figures exclude each other, as in Anthropic's API; None means: not reported."""

    input: int | None = None
    output: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None
    extra: JsonObject = NOTHING

    def updated(self, later: "Usage") -> "Usage":
        """What a later report leaves standing. Figures are cumulative: one that is missing or zero overwrites none."""

        def newer(new: int | None, old: int | None) -> int | None:
            return old if new is None or (new == 0 and old is not None) else new

        return Usage(
            newer(later.input, self.input),
            newer(later.output, self.output),
            newer(later.cache_read, self.cache_read),
            newer(later.cache_write, self.cache_write),
            newer(later.reasoning, self.reasoning),
            {**self.extra, **later.extra},
        )

    @property
    def prompt(self) -> int | None:
        """All input tokens, cached or not."""
        if self.input is None:
            return None
        return self.input + (self.cache_read or 0) + (self.cache_write or 0)


@dataclass(frozen=True, slots=True)
class Reply:
    id: str
    model: str
    content: tuple[Block, ...]
    stop_reason: StopReason
    stop_sequence: str | None = None
    usage: Usage = Usage()
    extra: JsonObject = NOTHING
