import json
from collections.abc import Sequence

import pytest

from ccr.gateway.agents import Agents
from ccr.messages.blocks import Block, Image, Text, ToolUse, Url
from ccr.messages.events import BlockStart, BlockStop, Event, JsonDelta, TextDelta
from ccr.messages.request import Request, Turn

FIRST = {"x-claude-code-agent-id": "a1"}


def asking(*texts: str, session: str | None = "s") -> Request:
    return Request("m", (Turn("user", tuple(map(Text, texts))),), session=session)


def call(name: str = "Agent", /, **arguments: object) -> Sequence[Event]:
    """In two pieces, as models write it."""
    text = json.dumps(arguments)
    return BlockStart(ToolUse("t", name)), JsonDelta(text[:9]), JsonDelta(text[9:]), BlockStop()


def hear(agents: Agents, *events: Event, session: str | None = "s") -> None:
    listener = agents.listener(asking("go", session=session))
    for event in events:
        listener(event)


@pytest.mark.parametrize("tool", ["Agent", "Task"])
def test_a_subagent_is_of_the_type_that_its_parent_named(tool: str) -> None:
    agents = Agents()
    hear(agents, *call(tool, subagent_type="reviewer", prompt="look at it\n"))
    assert agents.type(asking("reminder", "look at it"), FIRST) == "reviewer"


def test_it_stays_so_when_its_conversation_begins_otherwise() -> None:
    agents = Agents()
    hear(agents, *call(subagent_type="reviewer", prompt="look"))
    agents.type(asking("look"), FIRST)
    assert agents.type(asking("a summary of what was said"), FIRST) == "reviewer"
    assert agents.type(asking("a summary of what was said"), {"x-claude-code-agent-id": "a2"}) is None


def test_several_calls_in_one_answer_are_told_apart() -> None:
    agents = Agents()
    hear(
        agents,
        BlockStart(Text("")),
        TextDelta("I ask."),
        BlockStop(),
        *call(subagent_type="Explore", prompt="one"),
        *call("Bash", subagent_type="Plan", prompt="two"),
        *call(prompt="three"),
    )
    found = [agents.type(asking(text), {"x-claude-code-agent-id": text}) for text in ("one", "two", "three")]
    assert found == ["Explore", None, "general-purpose"]


@pytest.mark.parametrize("arguments", [{"prompt": 7}, {"prompt": "look", "subagent_type": []}, {}])
def test_a_call_that_says_nothing_names_nobody(arguments: dict[str, object]) -> None:
    agents = Agents()
    hear(agents, *call(**arguments))
    hear(agents, BlockStart(ToolUse("t", "Agent")), JsonDelta("{"), BlockStop())
    assert agents.type(asking("look"), FIRST) is None


def test_who_is_no_subagent_has_no_type() -> None:
    agents = Agents()
    hear(agents, *call(subagent_type="reviewer", prompt="look"))
    assert agents.type(asking("look"), {}) is None


def test_sessions_are_kept_apart() -> None:
    agents = Agents()
    hear(agents, *call(subagent_type="reviewer", prompt="look"))
    hear(agents, *call(subagent_type="lost", prompt="look"), session=None)
    assert agents.type(asking("look", session="other"), FIRST) is None
    assert agents.type(asking("look", session=None), FIRST) is None


def test_only_the_first_user_turns_texts_are_looked_at() -> None:
    agents = Agents()
    hear(agents, *call(subagent_type="reviewer", prompt="look"))
    picture: Block = Image(Url("http://x/y.png"))
    turns = (Turn("system", (Text("look"),)), Turn("user", (picture,)), Turn("user", (Text("look"),)))
    assert agents.type(Request("m", turns, session="s"), FIRST) is None
    assert agents.type(Request("m", (), session="s"), FIRST) is None


def test_what_was_used_least_is_forgotten() -> None:
    agents = Agents(most=2)
    for prompt in ("one", "two", "three"):
        hear(agents, *call(subagent_type="reviewer", prompt=prompt))
    assert agents.type(asking("one"), FIRST) is None
    assert agents.type(asking("three"), FIRST) == "reviewer"
