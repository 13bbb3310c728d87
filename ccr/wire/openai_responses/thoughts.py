"""What the client keeps of a thought in `encrypted_content`: who had it, and what that provider wants back.

Our own signatures stand there as they are. Others are Anthropic's (in the hub that is what no tag means); here they get
a tag, since what has none is OpenAI's and goes back to nobody else.
"""

from collections.abc import Iterator

from ccr.messages.blocks import RedactedThinking, Thinking
from ccr.messages.json import JsonObject
from ccr.wire.fields import Fields
from ccr.wire.origin import PREFIX, is_ours

_SIGNED = f"{PREFIX}signed."
_REDACTED = f"{PREFIX}redacted."


def sealed(thought: Thinking | RedactedThinking) -> str | None:
    match thought:
        case RedactedThinking(data):
            return _REDACTED + data
        case Thinking(_, signature) if not signature or is_ours(signature):
            return signature or None
        case Thinking(_, signature):
            return _SIGNED + signature


def thought(item: Fields) -> Thinking | RedactedThinking:
    text = "\n\n".join(filter(None, _texts(item)))
    seal = item.maybe_string("encrypted_content") or ""
    if seal.startswith(_REDACTED):
        return RedactedThinking(seal.removeprefix(_REDACTED))
    if seal.startswith(_SIGNED):
        return Thinking(text, seal.removeprefix(_SIGNED))
    if is_ours(seal):
        return Thinking(text, seal)
    return Thinking(text, extra=_theirs(item) if seal else {})


def _theirs(item: Fields) -> JsonObject:
    """OpenAI seals an item with its id: "Encrypted content item_id did not match the target item id"."""
    return {name: item.raw[name] for name in ("id", "encrypted_content") if item.has(name)}


def _texts(item: Fields) -> Iterator[str]:
    for name in ("summary", "content"):
        found = [part.string("text") for part in item.objects(name) if part.has("text")]
        if found:  # the summary, else what it is a summary of
            yield from found
            return
