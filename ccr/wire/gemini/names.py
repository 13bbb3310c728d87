"""Names of functions as Gemini takes them: wire.names', and a letter or _ at the beginning.

400: "Invalid function name. Must start with a letter or an underscore."
"""

from collections.abc import Mapping

from ccr.messages.blocks import ToolUse
from ccr.messages.request import Request
from ccr.wire.callids import digest
from ccr.wire.names import shortened


def called(name: str) -> str:
    short = shortened(name)
    if short[0].isalpha() or short[0] == "_":
        return short
    return f"_{short[:54]}_{digest(name)[:8]}"


def originals(request: Request) -> Mapping[str, str]:
    """Changed name -> name, for all that a model may call: what is offered, and what it has seen in the history."""
    offered = {tool.name for tool in request.tools}
    seen = {block.name for turn in request.turns for block in turn.content if isinstance(block, ToolUse)}
    return {called(name): name for name in offered | seen if called(name) != name}
