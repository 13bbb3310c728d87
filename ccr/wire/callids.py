"""Ids of tool calls: legal on both sides, and each unlike any other in its conversation."""

import re
from hashlib import sha256

from ccr.messages.blocks import ToolResult, ToolUse
from ccr.messages.request import Request

_ILLEGAL = re.compile(r"[^a-zA-Z0-9_-]")
_NINE = re.compile(r"[a-zA-Z0-9]{9}")
# OpenAI says of a longer tool_calls[0].id: "string too long. Expected a string with maximum length 40"
_LONGEST = 40


def legal(id: str) -> str:
    """As Anthropic's API wants it (^[a-zA-Z0-9_-]+$); an id that had to be changed stays unlike its neighbours."""
    clean = _ILLEGAL.sub("_", id)
    return id if clean == id else f"{clean}_{digest(id)[:8]}"


def outgoing(id: str, nine: bool) -> str:
    """As an upstream takes it."""
    if nine:
        return id if _NINE.fullmatch(id) else digest(id)[:9]
    clean = legal(id)
    if clean and len(clean) <= _LONGEST:
        return clean
    return f"{clean[: _LONGEST - 9]}_{digest(id)[:8]}"


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


class Ids:
    """Gives the calls of one answer ids that the conversation does not hold yet."""

    def __init__(self, request: Request) -> None:
        self._taken: set[str] = set()
        for turn in request.turns:
            for block in turn.content:
                match block:
                    case ToolUse(id) | ToolResult(id):
                        self._taken.add(id)
                    case _:
                        pass

    def fresh(self, id: str, answer: str) -> str:
        """The provider's id if it is legal and new, else one that is made from the answer's id."""
        found, tries = legal(id), 0
        while not found or found in self._taken:
            found = "call_" + digest(f"{answer} {len(self._taken)} {id} {tries}")[:24]
            tries += 1
        self._taken.add(found)
        return found
