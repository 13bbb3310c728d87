"""A request as a host that only resembles Anthropic's API takes it: less, and in plainer forms.

What is left out is what hosts refuse or what only Anthropic has a use for: the fields of betas, marks beyond a plain
cache_control, server tools, the attribution line.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from ccr.ids import Target
from ccr.messages.blocks import Block, Text, ToolUse
from ccr.messages.events import BlockStart, Event
from ccr.messages.json import NOTHING
from ccr.messages.request import AnyTool, BuiltinTool, Effort, Reasoning, Request, Tool, ToolChoice, Turn
from ccr.wire.anthropic.differences import Differences
from ccr.wire.anthropic.foreign import BUDGETS, CONTINUE
from ccr.wire.anthropic.plain import Plain
from ccr.wire.anthropic.thoughts import remembered, seen, supplied
from ccr.wire.efforts import fitting
from ccr.wire.names import originals, shortened
from ccr.wire.taught import parameters, taught
from ccr.wire.wording import compact

FORMATTED = "Answer with JSON alone, without a code fence around it. It has to fit this JSON schema:\n"


def reduced(request: Request, target: Target, host: Differences) -> Request:
    if target.model.startswith(host.blind):
        host = replace(host, images=False)
    plain = Plain(host)
    tools = tuple(_tools(request.tools, plain))
    choice = _choice(request.tool_choice, tools, host)
    reasoning = _reasoning(request, choice, host)
    thinks = reasoning is None or reasoning.mode != "disabled"
    turns = tuple(_merged(plain.turns(seen(request.turns, remembered(target)))))
    if turns and turns[-1].role == "assistant" and thinks:
        turns = (*turns, CONTINUE)  # "Assistant response prefill is incompatible with enable_thinking."
    return replace(
        request,
        turns=supplied(turns) if host.thoughts_required else turns,
        system=(*plain.system(request.system), *_format(request, host)),
        tools=tools,
        tool_choice=choice,
        reasoning=reasoning,
        effort=_effort(request.effort, host) if thinks else None,
        format=request.format if host.format else None,
        stop=tuple(stop for stop in request.stop if stop.strip()),
        top_k=request.top_k if host.top_k else None,
        user=request.user if host.user else None,
        extra=NOTHING,
    )


def _merged(turns: Iterable[Turn]) -> Iterator[Turn]:
    """Turns of one role in a row are one: the templates of local models refuse two."""
    for role, run in groupby(turns, key=lambda turn: turn.role):
        yield Turn(role, tuple([block for turn in run for block in turn.content]))


def _tools(tools: Iterable[AnyTool], plain: Plain) -> Iterator[AnyTool]:
    """Without `type` "custom", which DeepSeek refuses, and with a schema for those that only Anthropic's models know."""
    for tool in tools:
        match tool:
            case Tool(name, description, schema, _, extra):
                yield Tool(shortened(name), description, parameters(schema), extra=plain.extra(extra))
            case BuiltinTool(type) if type.startswith("web_search"):
                if plain.host.web_search:
                    yield replace(
                        tool, raw={name: value for name, value in tool.raw.items() if name != "cache_control"}
                    )
            case BuiltinTool():
                if known := taught(tool):
                    yield known


def _choice(choice: ToolChoice | None, tools: tuple[AnyTool, ...], host: Differences) -> ToolChoice | None:
    """None of it where there are no tools: that is refused."""
    if choice is None or not tools or not host.tool_choice:
        return None
    if choice.name is not None:
        choice = replace(choice, name=shortened(choice.name))
    match choice.mode:
        case "tool" if choice.name not in {tool.name for tool in tools}:
            return None
        case "any" | "tool" if not host.forced_tools:
            return None
        case _:
            return choice


def _reasoning(request: Request, choice: ToolChoice | None, host: Differences) -> Reasoning | None:
    """In the nearest form that the host knows."""
    wish, effort = request.reasoning, request.effort
    forced = choice is not None and choice.mode in ("any", "tool")
    # DeepSeek thinks unless told otherwise: "Thinking mode does not support this tool_choice"
    if forced or effort == "none" or (wish and wish.mode == "disabled"):
        return Reasoning("disabled") if host.says_off and host.thinking != "none" else None
    if wish is None and effort is None:
        return None
    match host.thinking:
        case "none":
            return None
        case "adaptive":
            return Reasoning(wish.mode, wish.budget) if wish else Reasoning("adaptive")
        case "switch":
            return Reasoning("enabled")
        case "budget":
            return Reasoning("enabled", (wish.budget if wish else None) or BUDGETS[effort or "medium"])


def _effort(effort: Effort | None, host: Differences) -> Effort | None:
    """The highest that the host knows and that is not above the wish."""
    if effort is None or effort == "none" or not host.efforts:
        return None
    return fitting(effort, host.efforts)


def _format(request: Request, host: Differences) -> tuple[Block, ...]:
    """The wish for a form, in words where the host has no field for it."""
    if request.format is None or request.format.schema is None or host.format:
        return ()
    return (Text(FORMATTED + compact(request.format.schema)),)


class Renaming:
    """A stage that gives tools back the names that the client knows."""

    def __init__(self, request: Request) -> None:
        self._names = originals(request)

    def take(self, event: Event) -> Iterator[Event]:
        match event:
            case BlockStart(ToolUse(_, name) as call) if name in self._names:
                yield BlockStart(replace(call, name=self._names[name]))
            case _:
                yield event
