"""Whose thoughts an upstream is told. Each host signs its own, and refuses what another signed.

Anthropic's signatures carry no tag of ours and are good at every door to Anthropic's models. A lookalike's come to the
client inside a tag that names the provider, go back to it as it sent them, and to nobody else.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from ccr.ids import Target
from ccr.messages.blocks import Block, Opaque, RedactedThinking, Text, Thinking
from ccr.messages.events import BlockStart, BlockStop, Event, OpaqueDelta, SignatureDelta
from ccr.messages.json import Json
from ccr.messages.request import Turn
from ccr.wire.origin import Origin, is_ours, origin
from ccr.wire.searching import is_cited_by_us, is_searched_by_us, searched_by_us
from ccr.wire.wording import words

SIGNATURE, REDACTED = "signature", "redacted_thinking"  # the fields that a lookalike's state came in
UNTHOUGHT = Thinking(" ")  # an empty text counts as missing

Sees = Callable[[Block], Block | None]


def seen(turns: Iterable[Turn], sees: Sees) -> tuple[Turn, ...]:
    """The turns as a host may see them. A turn that nothing changes stays the same value."""
    return tuple([_seen(turn, sees) for turn in turns])


def _seen(turn: Turn, sees: Sees) -> Turn:
    content = tuple([block for block in map(sees, turn.content) if block is not None])
    return turn if content == turn.content else replace(turn, content=content)


def genuine(block: Block) -> Block | None:
    """What Anthropic's own models may see: "Invalid `signature` in `thinking` block" is said of all else."""
    match block:
        case Thinking(_, signature):
            return block if signature and not is_ours(signature) else None
        case RedactedThinking(data):
            return None if is_ours(data) else block
        case Opaque(raw) if is_searched_by_us(raw):
            return Text(said) if (said := words(block)) else None
        case Text(_, extra) if any(map(is_cited_by_us, _citations(block))):
            own = [citation for citation in _citations(block) if not is_cited_by_us(citation)]
            others = {name: value for name, value in extra.items() if name != "citations"}
            return replace(block, extra={**others, "citations": own} if own else others)
        case _:
            return block


def _citations(text: Text) -> list[Json]:
    found = text.extra.get("citations")
    return found if isinstance(found, list) else []


def remembered(target: Target) -> Sees:
    """What a lookalike may see: the thoughts that it had itself, as it had them."""

    def sees(block: Block) -> Block | None:
        match block:
            case Thinking(text, signature):
                known = _had(signature, target)
                return Thinking(text, known.state if known.field == SIGNATURE else "") if known else None
            case RedactedThinking(data):
                known = _had(data, target)
                return RedactedThinking(known.state) if known and known.field == REDACTED else None
            case _:
                return block

    return sees


def _had(signature: str, target: Target) -> Origin | None:
    known = origin(signature)
    return known if known and known.target.provider == target.provider else None


def supplied(turns: Iterable[Turn]) -> tuple[Turn, ...]:
    """Each of the model's turns begins with a thought: for hosts that refuse a history without."""
    return tuple([_supplied(turn) for turn in turns])


def _supplied(turn: Turn) -> Turn:
    if turn.role != "assistant" or any(isinstance(block, Thinking | RedactedThinking) for block in turn.content):
        return turn
    return replace(turn, content=(UNTHOUGHT, *turn.content))


class Tagging:
    """A stage that puts a lookalike's signatures into tags; a thought without a signature gets one, too.

    What else Anthropic would have encrypted, a search, is marked as one that it did not run.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._thinks = False
        self._signature = ""

    def take(self, event: Event) -> Iterator[Event]:
        match event:
            case BlockStart(Thinking(text, signature, extra)):
                self._thinks, self._signature = True, signature
                yield BlockStart(Thinking(text, "", extra))
            case BlockStart(RedactedThinking(data)):
                yield BlockStart(RedactedThinking(self._tag(REDACTED, data)))
            case SignatureDelta(piece):
                self._signature += piece
            case BlockStop():
                if self._thinks:
                    yield SignatureDelta(self._tag(SIGNATURE, self._signature))
                self._thinks = False
                yield event
            case BlockStart(Opaque(raw)):
                yield BlockStart(Opaque(searched_by_us(raw)))
            case OpaqueDelta({"citation": Mapping() as citation} as raw) if "encrypted_index" in citation:
                yield OpaqueDelta({**raw, "citation": {**citation, "encrypted_index": ""}})
            case _:
                yield event

    def _tag(self, field: str, state: str) -> str:
        return Origin(self._target, field, state).sign()
