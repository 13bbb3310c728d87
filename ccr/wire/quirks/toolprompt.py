"""Tools for models whose servers take none: they are told in words, and answer in words (wire.quirks.textcalls)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ccr.ids import Target
from ccr.messages.blocks import Block, Document, Image, Opaque, Text, ToolResult, ToolUse
from ccr.messages.json import JsonObject
from ccr.messages.request import Request, Tool, ToolChoice, Turn
from ccr.wire.conversation import mended
from ccr.wire.quirks.mending import described
from ccr.wire.quirks.options import Options
from ccr.wire.quirks.quirk import Quirk
from ccr.wire.quirks.textcalls import TextCalls
from ccr.wire.stages import Stage
from ccr.wire.wording import compact, words

INTRODUCTION = """\
# How to call tools

You can call the tools that are listed below, each with its name, what it does and the JSON schema of its arguments. \
To call one, write its name and its arguments as one JSON object between two tags, exactly so:

<tool_call>
{"name": "a tool's name", "arguments": {"an argument's name": "its value"}}
</tool_call>

Write several such blocks, one after the other, to call several tools. After your calls write nothing more and wait: \
what the tools return is given to you between <tool_response> and </tool_response>. Never write a response yourself.

"""


def texttools(options: JsonObject) -> Quirk:
    """Calls that a model writes as text are made calls: `<tool_call>`, `[TOOL_CALLS]`, fenced JSON and the like."""
    return Quirk("texttools", stage=_stage, notes=Options(options).notes)


def toolprompt(options: JsonObject) -> Quirk:
    """For models without tools: the system prompt describes them, and calls are read from the text, as by `texttools`.

    `tools` and `tool_choice` are not sent, and calls and results of the conversation are written as text. No options.
    """
    return Quirk("toolprompt", request=_told, stage=_stage, notes=Options(options).notes)


def enhancetool(options: JsonObject) -> Quirk:
    """Nothing more than what is done for every provider: broken arguments are mended."""
    return Quirk("enhancetool", notes=Options(options).notes)


def _stage(request: Request, target: Target) -> Stage:
    return TextCalls(request, target)


def _told(request: Request, target: Target) -> Request:
    tools = [tool for tool in map(described, request.tools) if tool]
    turns = mended(request.turns, keeps=lambda thought: True)
    names = {block.id: block.name for turn in turns for block in turn.content if isinstance(block, ToolUse)}
    system = request.system
    if tools:
        listed = "\n".join(map(_listed, tools))
        system = (*system, Text(f"{INTRODUCTION}<tools>\n{listed}\n</tools>{_wish(request.tool_choice)}"))
    return replace(
        request, system=system, turns=tuple([_written(turn, names) for turn in turns]), tools=(), tool_choice=None
    )


def _listed(tool: Tool) -> str:
    return compact({"name": tool.name, "description": tool.description, "arguments": tool.schema})


def _wish(choice: ToolChoice | None) -> str:
    if choice is None:
        return ""
    said = {"any": "Call a tool now.", "tool": f"Call {choice.name} now.", "none": "Call no tool now."}
    wishes = [said.get(choice.mode, ""), "" if choice.parallel else "Call one tool at a time."]
    return "".join(f"\n\n{wish}" for wish in wishes if wish)


def _written(turn: Turn, names: Mapping[str, str]) -> Turn:
    return replace(turn, content=tuple(text for block in turn.content for text in _block(block, names)))


def _block(block: Block, names: Mapping[str, str]) -> Iterator[Block]:
    match block:
        case ToolUse(_, name, input, extra):
            call = compact({"name": name, "arguments": input})
            yield Text(f"\n<tool_call>\n{call}\n</tool_call>\n", _mark(extra))
        case ToolResult(id, content, is_error, extra):
            said = "\n".join(filter(None, map(_said, content))) or "(no output)"
            text = f"Error: {said}" if is_error else said
            yield Text(f'<tool_response name="{names.get(id, id)}">\n{text}\n</tool_response>', _mark(extra))
            yield from (inner for inner in content if isinstance(inner, Image | Document))
        case _:
            yield block


def _said(block: Block) -> str:
    match block:
        case Text(text):
            return text
        case Image() | Document():
            return "(It follows.)"
        case Opaque():
            return words(block)
        case _:
            return ""


def _mark(extra: JsonObject) -> JsonObject:
    return {name: value for name, value in extra.items() if name == "cache_control"}
