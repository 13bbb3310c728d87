"""A history as APIs accept it. One that is right already comes out as it went in, so that prompt caches hold.

Each rule heals a 400, here in Anthropic's words:
- "text content blocks must be non-empty", "cache_control cannot be set for empty text blocks"
- "Invalid `signature` in `thinking` block": thoughts that the target did not have; who writes to it says which to keep
- "`tool_use` ids must be unique", "tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"
- "unexpected `tool_use_id` found in `tool_result` blocks": a result whose call is gone (compaction, a resumed session)
- "`tool_use` ids were found without `tool_result` blocks immediately after": results missing, late or behind text
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import groupby

import msgspec

from ccr.messages.blocks import Block, Document, Image, Opaque, Text, Thinking, ToolResult, ToolUse
from ccr.messages.json import Json
from ccr.messages.request import Turn
from ccr.wire.toolids import ToolIds

NO_RESULT = "[no result]"
ORPHAN = "[The result of a tool call that is no longer part of this conversation:]"

Keeps = Callable[[Thinking], bool]
Waiting = dict[str, deque[str]]  # a call's id -> the ids that it goes by from now on, oldest first


def mended(turns: Iterable[Turn], keeps: Keeps, unsaid: str = "") -> tuple[Turn, ...]:
    """Ids are legal and unique, and each call has one result, at the beginning of what follows the model's turns.

    `unsaid` stands for the model's turns that come to nothing: where roles must take turns, the user's around them
    would become one, and the earlier of them another than it was.
    """
    ids = ToolIds()
    found: list[Turn] = []
    waiting: Waiting = {}
    for by_model, run in groupby(_solid_turns(turns, keeps, unsaid), lambda turn: turn.role == "assistant"):
        if by_model:
            said, waiting = _named(run, ids)
            found += said
        else:
            found += _answered(list(run), waiting)
            waiting = {}
    return (*found, *_answered([], waiting))


def solid(content: Iterable[Block], keeps: Keeps) -> tuple[Block, ...]:
    """Without blank text and thoughts that are not to be kept. A cache mark moves to the block before."""
    found: list[Block] = []
    for block in content:
        match block:
            case Text(text, extra) if not text.strip():
                if found and "cache_control" in extra:
                    found[-1] = _marked(found[-1], extra["cache_control"])
            case Thinking() if not keeps(block):
                pass
            case ToolResult(_, inner):
                kept = solid(inner, keeps)
                found.append(block if kept == inner else replace(block, content=kept))
            case _:
                found.append(block)
    return tuple(found)


def _marked(block: Block, mark: Json) -> Block:
    if isinstance(block, Opaque):
        return Opaque({**block.raw, "cache_control": mark})
    return replace(block, extra={**block.extra, "cache_control": mark})


def _solid_turns(turns: Iterable[Turn], keeps: Keeps, unsaid: str) -> Iterator[Turn]:
    heard = silent = False  # whether the last turn is not the model's, and whether the model's after it are empty
    for turn in turns:
        content, by_model = solid(turn.content, keeps), turn.role == "assistant"
        if not content:
            silent = silent or (by_model and heard)
            continue
        if unsaid and silent and not by_model:
            yield Turn("assistant", (Text(unsaid),))
        heard, silent = not by_model, False
        yield turn if content == turn.content else replace(turn, content=content)


def _named(run: Iterable[Turn], ids: ToolIds) -> tuple[list[Turn], Waiting]:
    """The model's turns with ids that fit, and what their calls are called now. The same call twice is one call."""
    turns: list[Turn] = []
    calls: set[bytes] = set()
    waiting: Waiting = {}
    for turn in run:
        content: list[Block] = []
        for block in turn.content:
            if isinstance(block, ToolUse):
                call = msgspec.json.encode((block.id, block.name, block.input, block.extra))
                if call in calls:
                    continue
                calls.add(call)
                name = ids.fit(block.id)
                waiting.setdefault(block.id, deque()).append(name)
                block = block if name == block.id else replace(block, id=name)
            content.append(block)
        turns.append(replace(turn, content=tuple(content)))
    return turns, waiting


def _answered(run: Iterable[Turn], waiting: Waiting) -> list[Turn]:
    """The turns after the model's: first the results of its calls, one for each, then all else."""
    results: list[Block] = []
    turns: list[tuple[Turn, list[Block]]] = []
    for turn in run:
        others: list[Block] = []
        for block in turn.content:
            if not isinstance(block, ToolResult):
                others.append(block)
            elif block.tool_use_id not in waiting:
                others += _orphan(block)
            elif names := waiting[block.tool_use_id]:  # otherwise it is the second result of one call
                results.append(replace(block, tool_use_id=names.popleft()))
        turns.append((turn, others))
    results += [ToolResult(name, (Text(NO_RESULT),), is_error=True) for names in waiting.values() for name in names]
    if results and not (turns and turns[0][0].role == "user"):
        turns.insert(0, (Turn("user", ()), []))
    if results:
        turns[0][1][:0] = results
    return [replace(turn, content=tuple(content)) for turn, content in turns if content]


def _orphan(result: ToolResult) -> list[Block]:
    """What the result says, as the user's words."""
    return [Text(ORPHAN), *(block for block in result.content if isinstance(block, Text | Image | Document))]
