"""Ids and names of calls, through every kind of upstream: unique, legal, and mapped back."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from ccr.messages.blocks import Text, ToolResult, ToolUse
from ccr.messages.events import Grammar
from ccr.messages.fold import fold
from ccr.messages.reply import Reply
from ccr.messages.request import Request, Tool, Turn
from tests.support.parts import Part, tool, usage
from tests.wire.matrix import KINDS, Kind

LONG = "mcp__a_server_with_a_long_name__a_tool_whose_name_is_far_too_long_for_most_of_the_wires"
DOTTED = "git.log"
ASKED = Request("m", (Turn("user", (Text("begin"),)),), tools=(Tool("Grep"),), max_tokens=100, stream=True)


def body(kind: Kind, request: Request) -> Any:
    found = msgspec.json.decode(msgspec.json.encode(kind.upstream.encode(request, kind.target).body))
    assert kind.fault(kind.path, found) is None
    return found


def answer(kind: Kind, request: Request, *parts: Part) -> Reply:
    reader, grammar = kind.upstream.reader(request, kind.target), Grammar()
    data = kind.body(*parts, usage(10, 3))
    return fold([grammar.check(event) for event in [*reader.feed(data), *reader.close()]])


def calls(reply: Reply) -> list[ToolUse]:
    return [block for block in reply.content if isinstance(block, ToolUse)]


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """All objects of a body, the outer before the inner."""
    if isinstance(value, dict):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        yield from objects(item)


def asked(sent: Any) -> list[tuple[str, str]]:
    """The calls in a body: id and name."""
    found = []
    for each in objects(sent):
        match each:
            case {"type": "tool_use", "id": id, "name": name} | {"id": id, "function": {"name": name, "arguments": _}}:
                found.append((id, name))
            case {"type": "function_call", "call_id": id, "name": name}:
                found.append((id, name))
            case {"functionCall": {"name": name} as call}:
                found.append((call.get("id", ""), name))
            case _:
                pass
    return found


def resulted(sent: Any) -> list[str]:
    """The ids of the results in a body."""
    found = []
    for each in objects(sent):
        match each:
            case {"type": "tool_result", "tool_use_id": id} | {"role": "tool", "tool_call_id": id}:
                found.append(id)
            case {"type": "function_call_output", "call_id": id}:
                found.append(id)
            case {"functionResponse": {"name": _} as result}:
                found.append(result.get("id", ""))
            case _:
                pass
    return found


def offered(sent: Any) -> list[str]:
    tools = list(objects(sent["tools"]))
    return [tool["name"] for tool in tools if isinstance(tool.get("name"), str)]


def grown(request: Request, reply: Reply) -> Request:
    results = tuple(ToolResult(call.id, (Text("found"),)) for call in calls(reply))
    return replace(request, turns=(*request.turns, Turn("assistant", reply.content), Turn("user", results)))


@pytest.mark.trap(41, 42)
@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("id", ["call_0", "functions.Grep:0", "a|b", "x" * 80])
def test_ids_that_a_host_repeats_in_every_turn_are_unique_and_legal(name: str, id: str) -> None:
    kind, request = KINDS[name], ASKED
    for number in range(3):
        pair = (tool("Grep", {"n": number}, id), tool("Grep", {"n": -number - 1}, f"{id}1"))
        request = grown(request, answer(kind, request, *pair))
    ids = [block.id for turn in request.turns for block in turn.content if isinstance(block, ToolUse)]
    assert len(set(ids)) == len(ids) == 6
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]+", id) for id in ids)
    sent = body(kind, request)
    there = [id for id, _ in asked(sent)]
    assert len(there) == 6
    assert resulted(sent) == there
    theirs = [id for id in there if id]
    assert len(set(theirs)) == len(theirs)
    assert len(theirs) == 6 or kind.upstream.name == "gemini", "which counts calls and results where they have no id"


@pytest.mark.trap(81)
@pytest.mark.parametrize("original", [LONG, DOTTED])
@pytest.mark.parametrize("name", [name for name in KINDS if KINDS[name].upstream.name != "anthropic"])
def test_names_that_a_host_does_not_take_are_shortened_and_restored(name: str, original: str) -> None:
    kind, request = KINDS[name], replace(ASKED, tools=(Tool("Grep"), Tool(original)))
    first, short = offered(body(kind, request))
    assert first == "Grep"
    assert re.fullmatch(r"[a-zA-Z0-9_.-]{1,64}", short)
    reply = answer(kind, request, tool(short, {}, "call_0"))
    assert [call.name for call in calls(reply)] == [original]
    sent = body(kind, grown(request, reply))
    assert [name for _, name in asked(sent)] == [short]
