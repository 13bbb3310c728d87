"""Which type each subagent is of. Its parent names it, in the call by which it starts it; the subagent's own requests hold
the same prompt, and say "custom" of all types that are not built in, or nothing (before 2.1.3xx). Bounded."""

from collections.abc import Callable, Hashable, Iterator, Mapping

from ccr.messages.blocks import Text, ToolUse
from ccr.messages.events import BlockStart, BlockStop, Event, JsonDelta, tool_input
from ccr.messages.request import Request
from ccr.policy.recent import Recent

STARTS = frozenset({"Agent", "Task"})  # the tool, and what it was called before
LONGEST = 64
UNNAMED = "general-purpose"  # what is started without a type


class Agents:
    def __init__(self, most: int = 4096) -> None:
        self._types: Recent[Hashable, str] = Recent(most)

    def listener(self, request: Request) -> Callable[[Event], None]:
        """Hears an answer of the parent's."""
        named: str | None = None
        pieces: list[str] = []

        def hear(event: Event) -> None:
            nonlocal named
            match event:
                case BlockStart(block):
                    named = block.name if isinstance(block, ToolUse) else None
                    pieces.clear()
                case JsonDelta(piece) if named in STARTS:
                    pieces.append(piece)
                case BlockStop() if named in STARTS:
                    self._started(request.session, tool_input("".join(pieces)) or {})
                case _:
                    pass

        return hear

    def type(self, request: Request, headers: Mapping[str, str]) -> str | None:
        """None: no subagent, or one that was started elsewhere."""
        agent = headers.get("x-claude-code-agent-id")
        if not agent or not request.session:
            return None
        known = self._types.get((request.session, "id", agent))
        found = known or next(filter(None, (self._types.get(key) for key in _prompts(request))), None)
        if found:
            self._types[request.session, "id", agent] = found
        return found

    def _started(self, session: str | None, call: Mapping[str, object]) -> None:
        prompt, kind = call.get("prompt"), call.get("subagent_type", UNNAMED)
        if session and isinstance(prompt, str) and isinstance(kind, str):
            self._types[_key(session, prompt)] = kind[:LONGEST]


def _prompts(request: Request) -> Iterator[Hashable]:
    first = next((turn for turn in request.turns if turn.role == "user"), None)
    for block in first.content if first else ():
        if isinstance(block, Text):
            yield _key(request.session or "", block.text)


def _key(session: str, prompt: str) -> Hashable:
    return (session, "prompt", hash(prompt.strip()))
