"""Twenty turns of one conversation, each answered by a strict host, and the answers sent back as they were read."""

import json

import pytest

from ccr.messages.blocks import Image, Text, Thinking, ToolResult, ToolUse, Url
from ccr.messages.fold import fold
from ccr.messages.request import Reasoning, Request, Tool, Turn
from ccr.wire.openai_responses import ResponsesUpstream
from tests.support import responses
from tests.support.parts import Part, text, thinking, tool
from tests.support.strict.responses import fault
from tests.wire.openai_responses.reading import TARGET, Json, at, events, user

TOOLS = tuple(Tool(name, schema={"type": "object", "properties": {}}) for name in ("Bash", "Read"))


def asked(turns: tuple[Turn, ...], model: str = TARGET.model) -> Json:
    request = Request(
        "m", turns, system=(Text("Be brief."),), tools=TOOLS, reasoning=Reasoning("adaptive"), session="s", user="u"
    )
    body = dict(ResponsesUpstream().encode(request, at(model)).body)
    assert fault("/v1/responses", body) is None
    return body


def answered(turns: tuple[Turn, ...], *parts: Part, model: str = TARGET.model) -> Turn:
    asked(turns, model)
    found = fold(events([responses.body(*parts, model=model)], Request("m", turns), at(model)))
    return Turn("assistant", found.content)


def told(turn: Turn) -> Turn:
    """The results of its calls, the second with a picture, and a word of the user."""
    calls = [block.id for block in turn.content if isinstance(block, ToolUse)]
    shown = [ToolResult(id, (Text(f"out {id}"), *([Image(Url("u"))] if n else []))) for n, id in enumerate(calls)]
    return user(*shown, *([] if shown else [Text("go on")]))


def conversation(model: str = TARGET.model) -> list[tuple[Turn, ...]]:
    """What is sent at each turn."""
    found: list[tuple[Turn, ...]] = [(user(Text("go")),)]
    for n in range(20):
        calls = [tool("Bash", {"n": n}), tool("Read", {"n": n})] if n % 2 == 0 else []
        parts: list[Part] = [thinking(f"thought {n}"), *([text(f"step {n}")] if n % 3 else []), *calls]
        parts += [] if calls or n % 3 else [text("well")]
        turn = answered(found[-1], *parts, model=model)
        found.append((*found[-1], turn, told(turn)))
    return found


CONVERSATION = conversation()


@pytest.mark.trap(50, 72, 73)
def test_an_earlier_turn_is_sent_to_the_byte_as_before() -> None:
    sent = [json.dumps(asked(turns)["input"]).removesuffix("]") for turns in CONVERSATION]
    assert all(later.startswith(earlier) for earlier, later in zip(sent, sent[1:], strict=False))
    assert sent[-1].count('"encrypted_content"') == 20


def test_what_stands_beside_the_input_does_not_change() -> None:
    sent = [{**asked(turns), "input": None} for turns in CONVERSATION]
    assert all(each == sent[0] for each in sent)


@pytest.mark.trap(62)
def test_another_model_gets_the_conversation_without_the_thoughts_and_the_first_one_has_them_again() -> None:
    turns = CONVERSATION[-1]
    assert "encrypted_content" not in json.dumps(asked(turns, "gpt-5.4")["input"])
    turn = answered(turns, thinking("mine"), text("hi"), model="gpt-5.4")
    both = (*turns, turn, user(Text("back")))
    assert json.dumps(asked(both)["input"]).count('"encrypted_content"') == 20
    assert json.dumps(asked(both, "gpt-5.4")["input"]).count('"encrypted_content"') == 1


def test_the_thoughts_are_there_to_be_read() -> None:
    thoughts = [block.text for turn in CONVERSATION[-1] for block in turn.content if isinstance(block, Thinking)]
    assert thoughts == [f"thought {n}" for n in range(20)]
