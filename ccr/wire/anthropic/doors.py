"""What of Anthropic's API stands open at a cloud's door, and what is left out of a request that goes through it.

A beta's field without its name is refused ("Extra inputs are not permitted"), and so is a name that the cloud does not
know ("Unexpected value(s) for the `anthropic-beta` header", "invalid beta flag"): they are let through in pairs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ccr.messages.blocks import Opaque
from ccr.messages.json import NOTHING, Json, JsonObject
from ccr.messages.request import AnyTool, BuiltinTool, Reasoning, Request, Tool, Turn

SEARCHES_TOOLS = "tool-search-tool-2025-10-19"
EDITS_CONTEXT = "context-management-2025-06-27"
BINDS_THINKING = "thinking-binding-controls-2026-08-01"
TURNS_EFFORT = "mid-conversation-output-config-2026-07-01"
TURNS_CONTROL = "per-turn-control-2026-07-01"
CHANGES_TOOLS = "mid-conversation-tool-changes-2026-07-01"
COMMON = (
    "context-1m-2025-08-07",
    EDITS_CONTEXT,
    "compact-2026-01-12",
    "computer-use-2025-01-24",
    "computer-use-2025-11-24",
    SEARCHES_TOOLS,
    BINDS_THINKING,
    "thinking-display-updates-2026-08-18",
)
RENAMED = {"advanced-tool-use-2025-11-20": SEARCHES_TOOLS}  # the first party's name for more than the clouds have

# What a system turn may hold, and the betas that open it.
TURNS: Mapping[str, tuple[str, ...]] = {
    "output_config": (TURNS_CONTROL, TURNS_EFFORT),
    "clear_at": (TURNS_CONTROL,),
    "tool_addition": (CHANGES_TOOLS,),
    "tool_removal": (CHANGES_TOOLS,),
}
RUN_BY_CLIENTS = ("bash_", "text_editor_", "memory_", "computer_")
MARK = ("type", "ttl")  # of a cache_control; `scope` is the first party's alone
OWN = frozenset({"input", "input_schema"})  # the caller's objects


@dataclass(frozen=True, slots=True)
class Door:
    betas: tuple[str, ...]
    web_search: bool = False
    format: bool = False  # "output_config: Extra inputs are not permitted"

    def opened(self, asked: tuple[str, ...]) -> tuple[str, ...]:
        """Of the betas that a client asks for, those that the cloud knows, by the names that it knows."""
        names = [RENAMED.get(name, name) for name in asked]
        return tuple(dict.fromkeys(name for name in names if name in self.betas))


def admitted(request: Request, door: Door) -> Request:
    betas = door.opened(request.betas)
    return replace(
        request,
        betas=betas,
        turns=tuple([_turn(turn, betas) for turn in request.turns]),
        tools=tuple(_tools(request.tools, door, betas)),
        reasoning=_reasoning(request.reasoning, betas),
        format=request.format if door.format else None,
        extra=_kept(request.extra, "context_management") if EDITS_CONTEXT in betas else NOTHING,
    )


def marked(value: Json) -> Json:
    """JSON whose cache marks say what every cloud knows."""
    match value:
        case Mapping():
            return {name: item if name in OWN else _mark(name, item) for name, item in value.items()}
        case list() | tuple():
            return [marked(item) for item in value]
        case _:
            return value


def _mark(name: str, value: Json) -> Json:
    if name == "cache_control" and isinstance(value, Mapping):
        return _kept(value, *MARK)
    return marked(value)


def _turn(turn: Turn, betas: tuple[str, ...]) -> Turn:
    if turn.role != "system":
        return turn
    shut = {name for name, names in TURNS.items() if not any(beta in betas for beta in names)}
    content = tuple([block for block in turn.content if not (isinstance(block, Opaque) and block.type in shut)])
    return replace(turn, content=content, extra={name: turn.extra[name] for name in turn.extra if name not in shut})


def _tools(tools: tuple[AnyTool, ...], door: Door, betas: tuple[str, ...]) -> Iterator[AnyTool]:
    extra = ("cache_control", "defer_loading", "input_examples") if SEARCHES_TOOLS in betas else ("cache_control",)
    for tool in tools:
        match tool:
            case Tool():
                yield replace(tool, extra=_kept(tool.extra, *extra))
            case BuiltinTool(type) if type.startswith(RUN_BY_CLIENTS):
                yield tool
            case BuiltinTool(type) if type.startswith("web_search_") and door.web_search:
                yield tool
            case BuiltinTool(type) if type.startswith("tool_search_tool_") and SEARCHES_TOOLS in betas:
                yield tool
            case BuiltinTool():
                pass  # run by the first party's own servers


def _reasoning(reasoning: Reasoning | None, betas: tuple[str, ...]) -> Reasoning | None:
    if reasoning is None or BINDS_THINKING in betas:
        return reasoning
    return replace(
        reasoning, extra={name: reasoning.extra[name] for name in reasoning.extra if name != "block_binding"}
    )


def _kept(fields: JsonObject, *names: str) -> JsonObject:
    return {name: fields[name] for name in fields if name in names}
