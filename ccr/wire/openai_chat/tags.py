"""Thoughts in the text: `<think>…</think>` at its very beginning, as models' templates write them and servers without a
parser for them send them on (llama.cpp, Ollama, vLLM, MiniMax). Nobody begins an answer so to be read: it is always on.
"""

from collections.abc import Iterator

TAGS = "tags"  # as the field that such a thought came in
OPENS, CLOSES = "<think>", "</think>"

_BLANKS = 64  # white space that may stand before the tag: a model that is stuck writes no end of it

Piece = tuple[bool, str]  # whether it is a thought


class Tags:
    """Cuts the pieces of a text anew. What may be the beginning of a tag waits for the rest."""

    def __init__(self) -> None:
        self._held = ""
        self._state = "before"  # before, within, behind (where white space is no text yet), past

    def cut(self, text: str) -> Iterator[Piece]:
        self._held += text
        match self._state:
            case "before":
                yield from self._before()
            case "within":
                yield from self._within()
            case "behind":
                yield from self._behind()
            case _:
                yield from self._pass()

    def end(self) -> Iterator[Piece]:
        if self._held:
            yield self._state == "within", self._held
        self._held = ""

    def _before(self) -> Iterator[Piece]:
        begun = self._held.lstrip()
        if len(self._held) - len(begun) > _BLANKS:
            yield from self._pass()
        elif begun.startswith(OPENS):
            self._held, self._state = begun.removeprefix(OPENS), "within"
            yield from self._within()
        elif not OPENS.startswith(begun):
            yield from self._pass()

    def _within(self) -> Iterator[Piece]:
        thought, closed, rest = self._held.partition(CLOSES)
        if closed:
            self._held, self._state = rest, "behind"
            yield True, thought
            yield from self._behind()
            return
        kept = next((size for size in range(len(CLOSES) - 1, 0, -1) if self._held.endswith(CLOSES[:size])), 0)
        cut = len(self._held) - kept
        thought, self._held = self._held[:cut], self._held[cut:]
        if thought:
            yield True, thought

    def _behind(self) -> Iterator[Piece]:
        self._held = self._held.lstrip()
        if self._held:
            yield from self._pass()

    def _pass(self) -> Iterator[Piece]:
        text, self._held, self._state = self._held, "", "past"
        yield False, text
