"""claude in scripts: exit codes, output as JSON, keys and settings of its own."""

import json

import pytest

from tests.support import chat
from tests.support.clients import Client
from tests.support.parts import text, tool, usage
from tests.support.running import KEY, Router
from tests.support.upstream import Upstream

HELLO = chat.stream(text("hello"), usage(1000, 20, cached=900))


@pytest.mark.contract("8", "output as JSON")
def test_the_client_reports_the_tokens_that_the_provider_counted(
    client: Client, router: Router, chat_upstream: Upstream
) -> None:
    chat_upstream.play([HELLO])
    ran = client.claude("-p", "hi", "--output-format", "json", url=router.url)
    assert ran.code == 0
    assert (ran.result["subtype"], ran.result["is_error"], ran.result["result"]) == ("success", False, "hello")
    used = ran.result["usage"]
    assert (used["input_tokens"], used["cache_read_input_tokens"], used["output_tokens"]) == (100, 900, 20)


@pytest.mark.contract("8", "output as a stream of events")
def test_the_client_passes_the_answer_on_piece_by_piece(
    client: Client, router: Router, chat_upstream: Upstream
) -> None:
    chat_upstream.play([chat.stream(text("a rather long answer, in pieces"), usage(9, 9))])
    options = ("--output-format", "stream-json", "--verbose", "--include-partial-messages")
    ran = client.claude("-p", "hi", *options, url=router.url)
    events = [json.loads(line) for line in ran.out.splitlines()]
    kinds = [event["event"]["type"] for event in events if event["type"] == "stream_event"]
    assert ran.code == 0
    assert kinds.count("content_block_delta") > 1
    assert (kinds[0], kinds[-1]) == ("message_start", "message_stop")


@pytest.mark.contract("8", "a schema for the answer")
def test_the_client_gets_its_answer_as_that_object(client: Client, router: Router, chat_upstream: Upstream) -> None:
    answer = tool("StructuredOutput", {"colour": "red"})
    chat_upstream.play([chat.stream(answer, usage(9, 9)), chat.stream(text("done"), usage(9, 9))])
    schema = {"type": "object", "properties": {"colour": {"type": "string"}}, "required": ["colour"]}
    ran = client.claude("-p", "which?", "--json-schema", json.dumps(schema), "--output-format", "json", url=router.url)
    assert ran.code == 0
    assert ran.result["structured_output"] == {"colour": "red"}


@pytest.mark.contract("8", "a key that comes from a program (apiKeyHelper)")
def test_the_client_sends_it_and_is_let_in(client: Client, router: Router, chat_upstream: Upstream) -> None:
    chat_upstream.play([HELLO])
    settings = json.dumps({"apiKeyHelper": f"echo {KEY}"})
    ran = client.claude("-p", "hi", "--settings", settings, url=router.url, ANTHROPIC_AUTH_TOKEN="")
    assert (ran.code, ran.out) == (0, "hello\n")


@pytest.mark.contract("8", "no key at all")
def test_the_client_asks_for_a_login_and_sends_nothing(client: Client, router: Router, chat_upstream: Upstream) -> None:
    ran = client.claude("-p", "hi", url=router.url, ANTHROPIC_AUTH_TOKEN="")
    assert ran.code == 1
    assert "Not logged in" in ran.out + ran.err
    assert chat_upstream.requests == []


@pytest.mark.contract("8", "a wrong key")
def test_the_client_fails_at_once(client: Client, router: Router, chat_upstream: Upstream) -> None:
    ran = client.claude("-p", "hi", url=router.url, ANTHROPIC_AUTH_TOKEN="wrong", CLAUDE_CODE_MAX_RETRIES="10")
    assert ran.code == 1
    assert ran.seconds < 10, "it would wait three minutes"
    assert chat_upstream.requests == []


@pytest.mark.contract("8", "a bound on the turns (--max-turns)")
def test_the_client_stops_there(client: Client, router: Router, chat_upstream: Upstream) -> None:
    look = [chat.stream(tool("Bash", {"command": f"echo {n}", "description": "Say"}), usage(9, 9)) for n in range(3)]
    chat_upstream.play(look)
    ran = client.claude("-p", "look", "--max-turns", "2", url=router.url)
    assert ran.code == 1
    assert len(chat_upstream.requests) == 2
