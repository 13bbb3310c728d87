"""What a conversation has sent once it sends again as the same bytes: caches of prompts depend on it, in every dialect."""

import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from ccr.messages.blocks import Text, ToolResult, ToolUse
from ccr.messages.events import Grammar
from ccr.messages.fold import fold
from ccr.messages.request import Reasoning, Request, Tool, Turn
from tests.support.parts import Part, text, thinking, tool, usage
from tests.wire.matrix import KINDS, Kind

TURNS = 20
BILLING = "x-anthropic-billing-header: cc_version=2.1.0.abc; cc_entrypoint=cli;"
GREP = Tool("Grep", "Finds.", {"type": "object", "properties": {"pattern": {"type": "string"}}})
HISTORIES = ("messages", "contents", "input")


def conversation(kind: Kind) -> list[dict[str, Any]]:
    """The bodies of a conversation in which every answer thinks and calls two tools, and notes come in between."""
    request = Request(
        "m",
        (Turn("user", (Text("begin"),)),),
        system=(Text(BILLING), Text("You help with code.")),
        tools=(GREP,),
        reasoning=Reasoning("adaptive"),
        effort="high",
        max_tokens=32_000,
        stream=True,
        session="one",
    )
    bodies = []
    for number in range(TURNS):
        body = msgspec.json.encode(kind.upstream.encode(request, kind.target).body)
        assert kind.fault(kind.path, json.loads(body)) is None
        bodies.append(json.loads(body))
        request = answered(kind, request, number)
    return bodies


def answered(kind: Kind, request: Request, number: int) -> Request:
    parts: tuple[Part, ...] = (
        thinking(f"thought {number}"),
        text(f"Step {number}."),
        tool("Grep", {"pattern": f"a{number}", "deep": {"z": 1, "a": [1, 2]}}),
        tool("Grep", {"pattern": f"b{number}"}),
        usage(10, 3),
    )
    reader, grammar = kind.upstream.reader(request, kind.target), Grammar()
    reply = fold([grammar.check(event) for event in [*reader.feed(kind.body(*parts)), *reader.close()]])
    results = [
        ToolResult(block.id, (Text(f"found {number}"),)) for block in reply.content if isinstance(block, ToolUse)
    ]
    told = [Turn("user", (*reversed(results), Text("go on")))]
    if number % 5 == 4:
        told.append(Turn("system", (Text(f"{number} turns have passed."),)))
    return replace(request, turns=(*request.turns, Turn("assistant", reply.content), *told))


@pytest.mark.trap(46, 48, 50)
@pytest.mark.parametrize("name", KINDS)
def test_earlier_turns_are_the_same_bytes_in_every_turn(name: str) -> None:
    bodies = conversation(KINDS[name])
    (history,) = (key for key in HISTORIES if key in bodies[0])
    for before, after in zip(bodies, bodies[1:], strict=False):
        sent = [msgspec.json.encode(item) for item in before[history]]
        again = [msgspec.json.encode(item) for item in after[history]]
        assert again[: len(sent)] == sent
        assert len(again) > len(sent)


@pytest.mark.parametrize("name", KINDS)
def test_all_else_is_the_same_bytes_in_every_turn(name: str) -> None:
    bodies = conversation(KINDS[name])
    others = {msgspec.json.encode({k: v for k, v in body.items() if k not in HISTORIES}) for body in bodies}
    assert len(others) == 1
