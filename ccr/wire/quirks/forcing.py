"""Tools that must be used, for models that talk about them instead, and the way out."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ccr.ids import Target
from ccr.messages.blocks import Text, ToolResult, ToolUse
from ccr.messages.events import BlockStart, BlockStop, Event, Finish, JsonDelta, TextDelta, tool_input
from ccr.messages.json import JsonObject, read
from ccr.messages.request import Request, Tool, ToolChoice
from ccr.wire.quirks.options import Options
from ccr.wire.quirks.quirk import Quirk
from ccr.wire.quirks.thinking import thoughtless
from ccr.wire.stages import Stage

EXIT = "ExitTool"
EXIT_TOOL = Tool(
    EXIT,
    "Ends the use of tools and answers the user. Call it when the task is done, when none of the other tools helps, "
    "or when there is something to ask.",
    {
        "type": "object",
        "properties": {"response": {"type": "string", "description": "The whole answer, as the user shall read it."}},
        "required": ["response"],
    },
)
REMINDER = f"""\
<system-reminder>
Tools are there to be used: do with them what the task needs, and do not only describe it. Call a tool only where it \
brings the task forward. Once it is done, or where no tool fits, call {EXIT} with your answer.
</system-reminder>"""


def tooluse(options: JsonObject) -> Quirk:
    """Tools must be used, and `ExitTool` is the way to answer; `{"first": true}`: the first step alone is forced."""
    given = Options(options, "first")
    first = given.flag("first", usual=False)
    return Quirk(
        "tooluse", request=lambda request, target: _forced(request, first=first), stage=_stage, notes=given.notes
    )


def _stage(request: Request, target: Target) -> Stage:
    return Kept() if any(tool.name == EXIT for tool in request.tools) else Exit()


def _forced(request: Request, *, first: bool) -> Request:
    """Tools and prompt are the same in each step, so that prompt caches hold; the choice is not part of the prompt."""
    names = {tool.name for tool in request.tools if isinstance(tool, Tool)}
    if not names or EXIT in names or (request.tool_choice and request.tool_choice.mode != "auto"):
        return request
    request = replace(request, tools=(*request.tools, EXIT_TOOL), system=(*request.system, Text(REMINDER)))
    if first and _working(request):
        return request
    # "Thinking may not be enabled when tool_choice forces tool use": Anthropic, and Kimi and Qwen in other words.
    parallel = request.tool_choice.parallel if request.tool_choice else True
    return replace(thoughtless(request), tool_choice=ToolChoice("any", parallel=parallel))


def _working(request: Request) -> bool:
    """Whether results of tools came since the model's last word."""
    for turn in reversed(request.turns):
        if turn.role == "assistant":
            return False
        if any(isinstance(block, ToolResult) for block in turn.content):
            return True
    return False


class Kept:
    """The client has a tool of this name: what is said of it is meant."""

    def take(self, event: Event) -> Iterable[Event]:
        return (event,)


class Exit:
    """Turns a call of ExitTool into the text that it was to bring."""

    def __init__(self) -> None:
        self._answer: Answer | None = None  # of the call that is open
        self._exited = False
        self._called = False  # another tool

    def take(self, event: Event) -> Iterable[Event]:
        match event:
            case BlockStart(ToolUse(_, name, input)) if name == EXIT:
                self._answer, self._exited = Answer(input), True
                return (BlockStart(Text("")),)
            case BlockStart(ToolUse()):
                self._called = True
            case JsonDelta(piece) if self._answer:
                return self._answer.read(piece)
            case BlockStop() if self._answer:
                rest = self._answer.rest()
                self._answer = None
                return (*rest, BlockStop())  # of a text, which is never broken
            case Finish("tool_use") if self._exited and not self._called:
                return (replace(event, reason="end_turn"),)
            case _:
                pass
        return (event,)


_HEAD = re.compile(r'\s*\{\s*"response"\s*:\s*"')
# Characters and whole escapes. Half a surrogate pair waits for its other half, as long as that may come.
_PIECES = re.compile(
    r"""(?: [^"\\] | \\[^u]
        | \\u(?![dD][89abAB])[0-9a-fA-F]{4}
        | \\u[dD][89abAB][0-9a-fA-F]{2} (?: \\u[0-9a-fA-F]{4} | (?=[^\\]|\\[^u]) )
    )*""",
    re.VERBOSE,
)
_ESCAPES = re.compile(r"(?:\\u[0-9a-fA-F]{4})+|\\[^u]")


class Answer:
    """Reads the one argument of ExitTool while it arrives."""

    def __init__(self, input: JsonObject) -> None:
        self._input = input
        self._begun = False
        self._json = ""  # what is not yet said

    def read(self, piece: str) -> Iterator[Event]:
        self._json += piece
        if not self._begun and (head := _HEAD.match(self._json)):
            self._begun, self._json = True, self._json[head.end() :]
        if self._begun and (found := _PIECES.match(self._json)) and found[0]:
            self._json = self._json[found.end() :]
            yield TextDelta(_ESCAPES.sub(_meant, found[0]))

    def rest(self) -> Iterator[Event]:
        """What was called in another way than asked is said all the same."""
        if self._begun:
            return
        input = tool_input(self._json) if self._json.strip() else self._input
        words = self._json if input is None else "\n\n".join(str(value) for value in input.values())
        if words:
            yield TextDelta(words)


def _meant(escape: re.Match[str]) -> str:
    try:
        return str(read(f'"{escape[0]}"'))
    except ValueError:  # no escape of JSON's
        return escape[0]
