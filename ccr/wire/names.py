"""Tool names as hosts take them: at most 64 of a-z A-Z 0-9 _ -. Others are shortened, the same way each time."""

import re
from collections.abc import Mapping
from hashlib import sha256

from ccr.messages.blocks import ToolUse
from ccr.messages.request import Request

_LEGAL = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_ILLEGAL = re.compile(r"[^a-zA-Z0-9_-]")


def shortened(name: str) -> str:
    if _LEGAL.fullmatch(name):
        return name
    return f"{_ILLEGAL.sub('_', name)[:55]}_{sha256(name.encode()).hexdigest()[:8]}"


def originals(request: Request) -> Mapping[str, str]:
    """Shortened name -> name, for all that a model may call: what is offered, and what it has seen in the history."""
    offered = {tool.name for tool in request.tools}
    seen = {block.name for turn in request.turns for block in turn.content if isinstance(block, ToolUse)}
    return {shortened(name): name for name in offered | seen if shortened(name) != name}
