"""Thoughts, ids and names, as the client carries them from turn to turn."""

import json
from typing import Any

import pytest

from tests.support import chat, messages
from tests.support.clients import Client
from tests.support.parts import text, thinking, tool, usage
from tests.support.running import Router
from tests.support.upstream import Received, Upstream

LOOK = tool("Bash", {"command": "echo sea-$((6*7))", "description": "Add"})


def blocks(request: Received, kind: str) -> list[dict[str, Any]]:
    contents = [message["content"] for message in request.json["messages"]]
    return [block for content in contents if isinstance(content, list) for block in content if block["type"] == kind]


@pytest.mark.contract("7", "thoughts without a signature, from a provider that has none")
def test_the_client_sends_them_back_and_the_provider_has_its_own_thoughts_again(
    client: Client, router: Router, chat_upstream: Upstream
) -> None:
    chat_upstream.play(
        [chat.stream(thinking("I add them up."), LOOK, usage(9, 9)), chat.stream(text("42"), usage(9, 9))]
    )
    ran = client.claude("-p", "add", "--model", "reasoning,m", url=router.url)
    assert (ran.code, ran.out) == (0, "42\n")
    said = [message for message in chat_upstream.requests[1].json["messages"] if message["role"] == "assistant"]
    assert "I add them up." in json.dumps(said)


@pytest.mark.contract("7", "a signature from Anthropic")
def test_the_client_sends_it_back_byte_for_byte(client: Client, router: Router, messages_upstream: Upstream) -> None:
    signature = "c2lnbmVk" * 400
    messages_upstream.play(
        [
            messages.stream(thinking("hm", signature), LOOK, usage(9, 9)),
            messages.stream(text("42"), usage(9, 9)),
        ]
    )
    ran = client.claude("-p", "add", "--model", "claude,opus", url=router.url)
    assert (ran.code, ran.out) == (0, "42\n")
    assert [block["signature"] for block in blocks(messages_upstream.requests[1], "thinking")] == [signature]


@pytest.mark.contract("7", "calls without ids, or with the same id twice")
def test_the_client_runs_each_call_and_answers_each(client: Client, router: Router, chat_upstream: Upstream) -> None:
    calls = [tool("Bash", {"command": f"echo {word}", "description": "Say"}, id="call_1") for word in ("one", "two")]
    chat_upstream.play([chat.stream(*calls, usage(9, 9)), chat.stream(text("both"), usage(9, 9))])
    ran = client.claude("-p", "say", url=router.url)
    assert (ran.code, ran.out) == (0, "both\n")
    results = [message for message in chat_upstream.requests[1].json["messages"] if message["role"] == "tool"]
    assert [result["content"] for result in results] == ["one", "two"]
    assert len({result["tool_call_id"] for result in results}) == 2


@pytest.mark.contract("7", "the answer comes from another model than was asked for")
def test_the_client_sees_the_name_that_it_asked_for(client: Client, router: Router, chat_upstream: Upstream) -> None:
    chat_upstream.play([chat.stream(text("hello"), usage(10, 2), model="quite-another")])
    ran = client.claude("-p", "hi", "--model", "chat,m", "--output-format", "json", url=router.url)
    assert ran.code == 0
    assert "chat,m" in ran.result["modelUsage"]
    assert "quite-another" not in ran.out


@pytest.mark.contract("7", "an answer that thinks again after its text")
def test_the_client_prints_the_text(client: Client, router: Router, chat_upstream: Upstream) -> None:
    chat_upstream.play([chat.stream(text("42"), thinking("that was it"), usage(9, 9))])
    ran = client.claude("-p", "add", "--model", "reasoning,m", url=router.url)
    assert (ran.code, ran.out) == (0, "42\n")
    assert len(chat_upstream.requests) == 1
