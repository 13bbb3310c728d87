"""Where a thoughtSignature stood, so that it goes back there and nowhere else: not merged, not moved, not twice.

It rides in the signature of a thinking block (wire.origin), tied to what follows or to the block itself. Claude Code
moves text that came after a call before it and leaves thoughts where they are, so the tie names a kind, not a place.
https://ai.google.dev/gemini-api/docs/thought-signatures
"""

from typing import Literal

from ccr.ids import Target
from ccr.messages.blocks import Thinking
from ccr.wire.origin import Origin, origin

Tie = Literal["thoughtSignature", "thoughtSignature:text", "thoughtSignature:end", "thoughtSignature:thought"]

CALL: Tie = "thoughtSignature"  # of the call that follows
TEXT: Tie = "thoughtSignature:text"  # of the text that follows
END: Tie = "thoughtSignature:end"  # of an empty text, as streams end with
THOUGHT: Tie = "thoughtSignature:thought"  # of the thought that the block holds
UNSIGNED = "thought"  # a thought that nothing came with

# Google's own stand-in for histories of other models, on Google AI and on Vertex (the page above, FAQ). Without one:
# "Function call is missing a thought_signature in functionCall parts."
SKIP = "skip_thought_signature_validator"


def signed(target: Target, tie: str, signature: str = "") -> str:
    return Origin(target, tie, signature).sign()


def known(thought: Thinking, target: Target) -> Origin | None:
    """What this model signed. Any other's is refused: "Corrupted thought signature." """
    found = origin(thought.signature)
    return found if found and found.target == target and found.state else None
