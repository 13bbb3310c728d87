"""A request from a client of another dialect, put into Anthropic's ways before it is put into its words.

A client that speaks Anthropic knows these ways, and heals itself where a model has others (a system turn, a kind of
thinking): its request goes out as it came. Other clients know nothing of them and show the 400 to the user.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from ccr.messages.blocks import Block, Opaque, Text
from ccr.messages.json import NOTHING, JsonObject
from ccr.messages.request import AnyTool, BuiltinTool, Effort, Reasoning, Request, Turn

CONTINUE = Turn("user", (Text("Continue."),))

# Thinking tokens where a model takes a figure and not an effort.
BUDGETS: dict[Effort, int] = {
    "minimal": 1024,
    "low": 2048,
    "medium": 8192,
    "high": 16_384,
    "xhigh": 24_576,
    "max": 31_999,
}

_CLAUDE = re.compile(r"claude-[a-z]+-(\d)(?:[.-](\d)(?!\d))?")


def adapted(request: Request, model: str) -> Request:
    thinking = _thinking(request, model)
    turns = tuple(_folded(request.turns))
    if not turns or turns[-1].role == "assistant":
        # "This model does not support assistant message prefill. The conversation must end with a user message."
        turns = (*turns, CONTINUE)
    tools = tuple([_tool(tool) for tool in request.tools if _is_known(tool)])
    request = replace(
        request,
        system=_blocks(request.system),
        turns=turns,
        tools=tools,
        tool_choice=request.tool_choice if tools else None,
        stop=tuple(stop for stop in request.stop if stop.strip()),  # "must contain non-whitespace"
        reasoning=thinking,
        effort=_effort(request.effort) if thinking and thinking.mode == "adaptive" else None,
        extra=NOTHING,
    )
    if (thinking and thinking.mode != "disabled") or version(model) >= (4, 7):
        return replace(request, temperature=None, top_p=None, top_k=None)
    if request.temperature is not None:
        return replace(request, temperature=min(request.temperature, 1.0))
    return request


def version(model: str) -> tuple[int, int]:
    """(4, 5) of claude-haiku-4-5-20251001; (0, 0) for a model that is no Claude, or older than this form of name."""
    if found := _CLAUDE.search(model):
        return int(found[1]), int(found[2] or 0)
    return 0, 0


def _thinking(request: Request, model: str) -> Reasoning | None:
    """From Claude 4.6 on a model is told an effort, before that a budget; with a budget no tool can be forced."""
    reasoning = request.reasoning
    effort = request.effort
    if reasoning is None and effort is None:
        return None
    if effort == "none" or (reasoning and reasoning.mode == "disabled"):
        return None if re.search("fable|mythos", model) else Reasoning("disabled")  # those cannot be told not to think
    if version(model) >= (4, 6):
        return Reasoning("adaptive")
    if request.tool_choice and request.tool_choice.mode in ("any", "tool"):
        return None
    budget = reasoning.budget if reasoning else None
    return Reasoning("enabled", budget or BUDGETS[effort or "medium"])


def _effort(effort: Effort | None) -> Effort | None:
    return "low" if effort == "minimal" else effort


def _folded(turns: Iterable[Turn]) -> Iterable[Turn]:
    """System turns become the user's words where they stand: many models take none in the middle of a conversation."""
    for turn in turns:
        content = _blocks(turn.content)
        if turn.role == "system":
            yield Turn("user", (reminder(content),))
        else:
            yield Turn(turn.role, content)


def reminder(content: Iterable[Block]) -> Text:
    """A system turn as words of the user, as Claude Code itself wraps them for models without such turns."""
    words = "\n\n".join(block.text for block in content if isinstance(block, Text))
    return Text(f"<system-reminder>\n{words}\n</system-reminder>")


def _blocks(content: tuple[Block, ...]) -> tuple[Block, ...]:
    return tuple(
        [block if isinstance(block, Opaque) else replace(block, extra=_kept(block.extra)) for block in content]
    )


def _is_known(tool: AnyTool) -> bool:
    """Not what only OpenAI runs (code_interpreter, image_generation, …): Anthropic's own tools have a date."""
    return not isinstance(tool, BuiltinTool) or bool(re.search(r"_20\d{6}$", tool.type))


def _tool(tool: AnyTool) -> AnyTool:
    return tool if isinstance(tool, BuiltinTool) else replace(tool, extra=_kept(tool.extra))


def _kept(extra: JsonObject) -> JsonObject:
    """Of the other dialect's fields only the mark that its users borrow from this one."""
    return {"cache_control": extra["cache_control"]} if "cache_control" in extra else NOTHING
