import json
from dataclasses import replace
from typing import Any

import pytest

from ccr.ids import Target
from ccr.messages.blocks import Text, Thinking, ToolResult, ToolUse
from ccr.messages.fold import fold
from ccr.messages.request import Reasoning, Request, Tool, Turn
from ccr.wire.gemini import GeminiUpstream
from ccr.wire.gemini.signatures import SKIP
from tests.support import gemini
from tests.support.parts import text, thinking, tool, usage
from tests.wire.gemini.reading import FLASH, HI, HOST, PRO, body, events, model, user

GREP = Tool("Grep", "Finds.", {"type": "object", "properties": {"pattern": {"type": "string"}}})
TALK = Request(
    "m",
    HI.turns,
    system=(Text("x-anthropic-billing-header: cc_version=2;"), Text("You help.")),
    tools=(GREP,),
    reasoning=Reasoning("adaptive"),
    effort="high",
    max_tokens=32_000,
    stream=True,
)


def test_who_it_is() -> None:
    assert (HOST.name, HOST.verbatim, HOST.searches) == ("gemini", False, True)


def test_where_it_goes() -> None:
    folder = HOST.endpoint("https://generativelanguage.googleapis.com")
    assert HOST.address(folder, PRO, stream=True).endswith(f"/v1beta/models/{PRO.model}:streamGenerateContent?alt=sse")
    assert (
        GeminiUpstream(vertex=True).endpoint("https://proxy.test") == "https://proxy.test/v1/publishers/google/models"
    )


def test_what_stays_the_same_stands_first() -> None:
    assert list(body(TALK)) == ["systemInstruction", "tools", "contents", "generationConfig"]
    assert list(body(HI)) == ["contents"]


def test_what_a_client_of_another_dialect_says_beside_is_not_sent() -> None:
    assert body(replace(TALK, extra={"betas": ["x"], "service_tier": "auto"}, user="u")) == body(TALK)


def test_a_refusal_is_read() -> None:
    assert HOST.refusal(503, b'{"error":{"message":"busy"}}').message == "busy"


def answered(request: Request, target: Target, number: int) -> Request:
    """The next request: the model thought, spoke and called two tools in one step, and then one more."""
    for step in (
        [thinking(f"thought {number}"), text(f"Step {number}."), *grep(number, "ab")],
        grep(number, "c"),
    ):
        data = gemini.body(*step, usage(10, 3), model=target.model)
        reply = fold(events([data], request, target))
        results = [
            ToolResult(use.id, (Text(f"found {use.input}"),)) for use in reply.content if isinstance(use, ToolUse)
        ]
        turns = (Turn("assistant", reply.content), Turn("user", tuple(reversed(results))))
        request = replace(request, turns=(*request.turns, *turns))
        body(request, target)  # which Google takes
    data = gemini.body(text(f"Done {number}."), usage(10, 3), model=target.model)
    reply = fold(events([data], request, target))
    return replace(request, turns=(*request.turns, Turn("assistant", reply.content), user(Text(f"and then {number}?"))))


def grep(number: int, names: str) -> list[Any]:
    return [
        tool("Grep", {"pattern": f"{name}{number}", "deep": {"z": 1, "a": [1, 2]}}, f"{name}{number}") for name in names
    ]


def signatures(contents: Any) -> list[str]:
    return [part["thoughtSignature"] for content in contents for part in content["parts"] if "thoughtSignature" in part]


@pytest.mark.trap(50, 64, 89)
@pytest.mark.parametrize("target", [PRO, FLASH], ids=lambda target: target.model)
def test_twenty_turns_of_parallel_and_sequential_calls(target: Target) -> None:
    request, before = TALK, body(TALK, target)["contents"]
    for number in range(20):
        request = answered(request, target, number)
        after = body(request, target)["contents"]
        assert json.dumps(after[: len(before)]) == json.dumps(before)
        assert len(signatures(after)) == 2 * (number + 1)
        before = after
    assert SKIP not in signatures(before)


@pytest.mark.trap(62, 63, 66)
def test_a_conversation_may_change_its_model_and_come_back() -> None:
    request = TALK
    for number, target in enumerate(
        (PRO, FLASH, model("gemini-3-flash-preview"), PRO, model(PRO.model, "vertex"), PRO)
    ):
        request = answered(request, target, number)
    sent = signatures(body(request, PRO)["contents"])
    assert [signature == SKIP for signature in sent] == [False] * 2 + [True] * 4 + [False] * 2 + [True] * 2 + [
        False
    ] * 2


def test_thoughts_that_a_client_lost_are_replaced() -> None:
    """`claude --continue` forgets them (2.1.329)."""
    request = answered(TALK, PRO, 0)
    bare = [
        replace(turn, content=tuple(block for block in turn.content if not isinstance(block, Thinking)))
        for turn in request.turns
    ]
    assert signatures(body(replace(request, turns=tuple(bare)), PRO)["contents"]) == [SKIP, SKIP]
