"""Who thought a thought. Providers other than Anthropic sign nothing, so their thinking blocks carry a signature of ours.

It names the target and the field the thought came in, so that a later turn can send it back to the same provider in
the same field, and strip it for any other: no server memory, any replica can serve the next turn.
"""

import base64
import binascii
from dataclasses import dataclass

import msgspec

from ccr.ids import ModelName, ProviderName, Target

PREFIX = "ccr1."


@dataclass(frozen=True, slots=True)
class Origin:
    target: Target
    field: str  # the wire field that carried the thought: reasoning_content, reasoning, …
    state: str = ""  # what the provider wants back verbatim, if anything

    def sign(self) -> str:
        raw = msgspec.json.encode([self.target.provider, self.target.model, self.field, self.state])
        return PREFIX + base64.urlsafe_b64encode(raw).decode().rstrip("=")


def is_ours(signature: str) -> bool:
    return signature.startswith(PREFIX)


def origin(signature: str) -> Origin | None:
    """None for a signature that is not ours."""
    if not is_ours(signature):
        return None
    text = signature.removeprefix(PREFIX)
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        provider, model, field, state = msgspec.json.decode(raw, type=tuple[str, str, str, str])
    except (binascii.Error, ValueError):  # a msgspec fault is a ValueError
        return None
    return Origin(Target(ProviderName(provider), ModelName(model)), field, state)
