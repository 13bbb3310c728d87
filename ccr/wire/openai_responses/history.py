"""Turns -> input items, in the order that the wire demands, and so that a longer conversation repeats the shorter one.

What the model itself said goes back as items without their ids: with `store: false` the host knows none of them. Its
thoughts go back as they came, and right before what they led to: "Item 'rs_1' of type 'reasoning' was provided without
its required following item."
"""

from collections.abc import Iterable, Iterator
from itertools import groupby

from ccr.ids import Target
from ccr.messages.blocks import Block, Opaque, Text, Thinking, ToolResult, ToolUse
from ccr.messages.json import Json, JsonObject
from ccr.messages.request import Request, Turn
from ccr.wire.callids import outgoing
from ccr.wire.conversation import mended
from ccr.wire.names import shortened
from ccr.wire.openai_responses.content import joined, parts_of, said, texts_of
from ccr.wire.openai_responses.state import State, remembered
from ccr.wire.wording import compact

_EMPTY = "(an empty message)"


def items(request: Request, target: Target) -> list[JsonObject]:
    written: list[JsonObject] = []
    turns = mended(request.turns, keeps=lambda thought: True)  # `spoken` knows which ones; here they part texts
    for by_assistant, run in groupby(turns, key=lambda turn: turn.role == "assistant"):
        if by_assistant:
            written += spoken((block for turn in run for block in turn.content), target)
        else:
            written += [item for turn in run for item in heard(turn)]
    return written or [message("user", said(_EMPTY))]


def message(role: str, content: Json) -> JsonObject:
    return {"type": "message", "role": role, "content": content}


def heard(turn: Turn) -> Iterator[JsonObject]:
    """Results, then the user's own words; or a note of the system's, in its place."""
    for block in turn.content:
        if isinstance(block, ToolResult):
            yield {"type": "function_call_output", "call_id": sent(block.tool_use_id), "output": output(block)}
    content = parts_of(block for block in turn.content if not isinstance(block, ToolResult))
    if content:
        yield message("developer" if turn.role == "system" else "user", content)


def output(result: ToolResult) -> Json:
    """There is no field for a failure: it is said."""
    found = parts_of(result.content) or said("(no output)")
    if result.is_error:
        match found[0]:
            case {"type": "input_text", "text": text}:
                found[0] = {"type": "input_text", "text": f"Error: {text}"}
            case _:
                found[:0] = said("Error:")
    return joined(found)


def spoken(blocks: Iterable[Block], target: Target) -> Iterator[JsonObject]:
    """What the model said, piece by piece. Thoughts that lead to nothing are left out."""
    waiting = State()
    for are_texts, group in groupby(blocks, key=lambda block: isinstance(block, Text)):
        if are_texts:  # neighbours are pieces of one text: citations cut sentences apart
            text = "".join(block.text for block in group if isinstance(block, Text))
            yield from waiting.items
            yield {**message("assistant", text), **waiting.label}
            waiting = State()
            continue
        for block in group:
            match block:
                case Thinking():
                    waiting = waiting.followed(remembered(block, target))
                case ToolUse(id, name, input):
                    yield from waiting.items
                    waiting = State()
                    called = {"call_id": sent(id), "name": shortened(name), "arguments": compact(input)}
                    yield {"type": "function_call", **called}
                case Opaque():
                    # The host's own search has no form here, and so neither have the thoughts that led to it.
                    waiting = State()
                    yield from (message("assistant", text) for text in texts_of(block))
                case _:
                    pass


def sent(id: str) -> str:
    return outgoing(id, nine=False)
