"""The real claude in a tool loop: straight to a scripted upstream, and the same through the router."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.support import chat, messages
from tests.support.parts import Part, text, thinking, tool, usage
from tests.support.running import Person, Router
from tests.support.upstream import Received, Upstream

PROMPT = "make the file and check it"
ANSWER = "The file says forty-two."


def turns(person: Person) -> list[Sequence[Part]]:
    """Bash, Write, Read, two tools at once, and an answer."""
    note, list_file = str(person.work / "note.txt"), str(person.work / "list.txt")
    return [
        [text("First a look."), tool("Bash", {"command": "echo sea-$((6*7))", "description": "Add"}), usage(100, 10)],
        [tool("Write", {"file_path": note, "content": "forty-two\n"}), usage(200, 20)],
        [text("Now I read it."), tool("Read", {"file_path": note}), usage(300, 30)],
        [
            tool("Bash", {"command": f"ls {person.work} > {list_file}; echo one-done", "description": "List"}),
            tool("Bash", {"command": "echo two-done", "description": "Say"}),
            usage(400, 40, cached=300),
        ],
        [text(ANSWER), usage(500, 50)],
    ]


def assert_done(person: Person, out: str) -> None:
    assert out.strip() == ANSWER
    assert (person.work / "note.txt").read_text() == "forty-two\n"
    assert "note.txt" in (person.work / "list.txt").read_text()


def anthropic_results(request: Received) -> dict[str, str]:
    """Tool results of the whole conversation, as an Anthropic upstream sees them."""
    blocks = [
        block
        for message in request.json["messages"]
        if isinstance(message["content"], list)
        for block in message["content"]
    ]
    return {b["tool_use_id"]: flat(b["content"]) for b in blocks if b["type"] == "tool_result"}


def chat_results(request: Received) -> dict[str, str]:
    """The same, as an OpenAI upstream sees them."""
    return {m["tool_call_id"]: flat(m["content"]) for m in request.json["messages"] if m["role"] == "tool"}


def flat(content: Any) -> str:
    return content if isinstance(content, str) else "".join(block.get("text", "") for block in content)


def assert_results(found: dict[str, str]) -> None:
    assert len(found) == 5
    for needle in ("sea-42", "forty-two", "one-done", "two-done"):
        assert any(needle in result for result in found.values()), needle


def test_the_scripts_are_right_the_real_client_understands_them_without_a_router(
    person: Person, messages_upstream: Upstream
) -> None:
    messages_upstream.play([messages.stream(*turn) for turn in turns(person)])
    ran = person.claude("-p", PROMPT, "--dangerously-skip-permissions", url=messages_upstream.url)
    assert (ran.code, ran.err) == (0, "")
    assert_done(person, ran.out)
    assert len(messages_upstream.requests) == 5
    assert_results(anthropic_results(messages_upstream.requests[-1]))
