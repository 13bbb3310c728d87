"""How large a prompt is, in tokens of cl100k_base: near enough to every vendor's to choose a route by."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import msgspec

from ccr.messages.blocks import (
    Base64,
    Block,
    Blocks,
    Document,
    Image,
    PlainText,
    RedactedThinking,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
)
from ccr.messages.request import AnyTool, Request, Tool

# What is not text is taken at a flat rate. A full-size image costs Anthropic's models about 1,600 tokens
# (https://docs.claude.com/en/docs/build-with-claude/vision); a PDF page 1,500 to 3,000, and has some 50 KB.
IMAGE = 1_600
DOCUMENT = 2_000
BYTES_PER_DOCUMENT_TOKEN = 25

PER_TURN = 4  # a turn's role and delimiters

Piece = str | int
"""A text to be counted, or tokens already known."""


@dataclass(frozen=True, slots=True)
class TokenCount:
    tokens: int
    exact: bool  # False: an estimate


class Encoder(Protocol):
    @property
    def exact(self) -> bool: ...

    def count(self, text: str) -> int: ...


class Estimate:
    """Counts without the BPE data, by length: within some 10 % for prose, code and Chinese; dense data has more."""

    exact = False

    # Measured with cl100k_base: prose and code have 3.6 characters per token once indentation, which costs next to
    # nothing, is left out; a Chinese character, three bytes in UTF-8, has 0.8 tokens.
    PER_CHARACTER = 0.28
    PER_FURTHER_BYTE = 0.3

    def count(self, text: str) -> int:
        characters = len(text) - 4 * text.count("    ")
        return round(characters * self.PER_CHARACTER + (utf8(text) - len(text)) * self.PER_FURTHER_BYTE)


class Counter:
    """Counts texts with an encoder and remembers what it counted, so that a turn costs what is new.

    Its memory has two generations: when the young one is full it becomes the old one, and what was not asked for since
    is gone. Every step on it is a single one, so that threads may share it.
    """

    def __init__(self, encoder: Encoder, remember: int = 20_000) -> None:
        self.encoder = encoder
        self._remember = remember
        self._young: dict[tuple[int, int], int] = {}
        self._old: dict[tuple[int, int], int] = {}

    def count(self, parts: Iterable[Piece]) -> TokenCount:
        tokens = sum(part if isinstance(part, int) else self._tokens(part) for part in parts)
        return TokenCount(tokens, self.encoder.exact)

    def new(self, parts: Iterable[Piece]) -> int:
        """How many characters have to be encoded to count this."""
        return sum(len(part) for part in parts if isinstance(part, str) and self._known(part) is None)

    def _known(self, text: str) -> int | None:
        key = (hash(text), len(text))
        known = self._young.get(key)
        return self._old.get(key) if known is None else known

    def _tokens(self, text: str) -> int:
        tokens = self._known(text)
        if tokens is None:
            tokens = self.encoder.count(text)
        if len(self._young) >= self._remember:
            self._old, self._young = self._young, {}
        self._young[hash(text), len(text)] = tokens
        return tokens


def pieces(request: Request) -> Iterator[Piece]:
    """All that counts: system, tools, turns. The same conversation gives the same pieces again, and new ones after."""
    yield from _blocks(request.system)
    for tool in request.tools:
        yield _tool(tool)
    for turn in request.turns:
        yield PER_TURN
        yield from _blocks(turn.content)


def bound(parts: Iterable[Piece]) -> int:
    """An upper bound: a token has at least one byte."""
    return sum(part if isinstance(part, int) else utf8(part) for part in parts)


def small(request: Request, threshold: int) -> TokenCount | None:
    """An estimate for a prompt that cannot exceed the threshold; None: it must be counted."""
    parts = tuple(pieces(request))
    return Counter(Estimate()).count(parts) if bound(parts) <= threshold else None


def utf8(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _blocks(blocks: Iterable[Block]) -> Iterator[Piece]:
    for block in blocks:
        match block:
            case Text(text) | Thinking(text):
                yield text
            case Image():
                yield IMAGE
            case Document():
                yield from _document(block)
            case ToolUse(name=name, input=arguments):
                yield name
                yield _json(arguments)
            case ToolResult(content=content):
                yield from _blocks(content)
            case RedactedThinking():
                pass  # what it holds is not known, and no other provider gets it
            case _:
                yield _json(block.raw)


def _document(document: Document) -> Iterator[Piece]:
    match document.source:
        case PlainText(text):
            yield text
        case Blocks(content):
            yield from _blocks(content)
        case Base64(data=data):
            yield max(DOCUMENT, len(data) * 3 // 4 // BYTES_PER_DOCUMENT_TOKEN)
        case _:
            yield DOCUMENT


def _tool(tool: AnyTool) -> str:
    match tool:
        case Tool(name, description, schema):
            return f"{name}\n{description}\n{_json(schema)}"
        case _:
            return _json(tool.raw)


def _json(value: object) -> str:
    try:
        return msgspec.json.encode(value, enc_hook=dict).decode()
    except (UnicodeEncodeError, RecursionError):  # half of a surrogate pair, or too deep to be written
        return " ".join(map(str, _leaves(value)))


def _leaves(value: object) -> Iterator[object]:
    """What stands in JSON of any depth, names included."""
    left = [value]
    while left:
        match left.pop():
            case Mapping() as fields:
                left += (part for field in fields.items() for part in field)
            case list() | tuple() as items:
                left += items
            case leaf:
                yield leaf
