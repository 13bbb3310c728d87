"""Streams that break or end oddly at the provider, and what becomes of them at the client."""

import json
from typing import Any

import pytest

from tests.support import chat, messages
from tests.support.clients import Client
from tests.support.parts import text, thinking, tool, usage
from tests.support.running import QUIET, Ran, Router, bare_environment
from tests.support.screen import Screen
from tests.support.upstream import FIN, RST, Answer, Break, Gate, Upstream, reply

USED = usage(9, 9)
WHOLE = chat.reply(text("the whole answer"), USED)
AGAIN = chat.stream(text("the second answer"), USED)
BEGUN, HALF = chat.delta(role="assistant", content=""), chat.delta(content="half of an ans")
BOOM: dict[str, object] = {"error": {"message": "boom", "type": "server_error", "code": 500}}
BUSY: dict[str, object] = {"error": {"message": "busy", "type": "overloaded_error", "code": "overloaded_error"}}
SAID = messages.events(text("half of the answer"), USED)
LOOK = tool("Bash", {"command": "echo sea-$((6*7))", "description": "Add"})
LOOKED = messages.events(LOOK, USED)
GARBLED = chat.called(0, id="call_1", name="Bash", arguments='{"command" "x" "y"}')


def through(events: list[dict[str, object]], kind: str) -> list[dict[str, object]]:
    """What comes up to this event."""
    return events[: [event["type"] for event in events].index(kind) + 1]


def before(events: list[dict[str, object]], kind: str) -> list[dict[str, object]]:
    return through(events, kind)[:-1]


def without(events: list[dict[str, object]], *kinds: str) -> list[dict[str, object]]:
    return [event for event in events if event["type"] not in kinds]


def asks(
    client: Client, router: Router, upstream: Upstream, *answers: Answer, model: str = "chat,m", **variables: str
) -> Ran:
    upstream.play(answers)
    return client.claude("-p", "hi", "--model", model, url=router.url, **variables)


def forms(upstream: Upstream) -> list[str]:
    """How each request wanted its answer."""
    return ["stream" if request.json.get("stream") else "whole" for request in upstream.requests]


@pytest.mark.contract("6", "an error as a stream's first words")
@pytest.mark.parametrize("error", [BOOM, BUSY], ids=["failed", "overloaded"])
def test_the_client_asks_again_after_a_status_and_goes_on(
    client: Client, router: Router, chat_upstream: Upstream, error: dict[str, object]
) -> None:
    ran = asks(client, router, chat_upstream, chat.streamed(BEGUN, error), AGAIN)
    assert (ran.code, ran.out, forms(chat_upstream)) == (0, "the second answer\n", ["stream", "stream"])


@pytest.mark.contract("6", "an error within a text")
@pytest.mark.parametrize("error", [BOOM, BUSY], ids=["failed", "overloaded"])
def test_the_client_asks_for_the_whole_answer_instead(
    client: Client, router: Router, chat_upstream: Upstream, error: dict[str, object]
) -> None:
    ran = asks(client, router, chat_upstream, chat.streamed(BEGUN, HALF, error), WHOLE)
    assert (ran.code, ran.out, forms(chat_upstream)) == (0, "the whole answer\n", ["stream", "whole"])
    first, second = (request.json for request in chat_upstream.requests)
    assert (second["model"], second["messages"]) == (first["model"], first["messages"])


@pytest.mark.contract("6", "an error of Anthropic's within a text")
@pytest.mark.parametrize("kind", ["api_error", "overloaded_error"])
def test_the_client_asks_anthropic_for_the_whole_answer_instead(
    client: Client, router: Router, messages_upstream: Upstream, kind: str
) -> None:
    error: dict[str, object] = {"type": "error", "error": {"type": kind, "message": "boom"}}
    broken = messages.streamed(*before(SAID, "content_block_stop"), error)
    ran = asks(
        client, router, messages_upstream, broken, messages.reply(text("the whole answer"), USED), model="claude,opus"
    )
    assert (ran.code, ran.out, forms(messages_upstream)) == (0, "the whole answer\n", ["stream", "whole"])


@pytest.mark.contract("6", "a connection that closes or breaks within a text")
@pytest.mark.parametrize("end", [FIN, RST])
def test_the_client_asks_for_the_whole_answer_after_a_cut(
    client: Client, router: Router, chat_upstream: Upstream, end: Break
) -> None:
    ran = asks(client, router, chat_upstream, chat.streamed(BEGUN, HALF, end), WHOLE)
    assert (ran.code, ran.out, forms(chat_upstream)) == (0, "the whole answer\n", ["stream", "whole"])


@pytest.mark.contract("6", "a connection that closes within a call's input")
def test_the_client_runs_nothing_and_asks_for_the_whole_answer(
    client: Client, router: Router, chat_upstream: Upstream
) -> None:
    half = chat.called(0, id="call_1", name="Bash", arguments='{"command": "touch ran')
    ran = asks(client, router, chat_upstream, chat.streamed(BEGUN, half, FIN), WHOLE)
    assert (ran.code, ran.out, forms(chat_upstream)) == (0, "the whole answer\n", ["stream", "whole"])
    assert not (client.work / "ran").exists()


@pytest.mark.contract("6", "a connection that closes within a text, with CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK=1")
def test_the_client_fails_at_once_and_shows_which_provider(
    client: Client, router: Router, chat_upstream: Upstream
) -> None:
    broken = chat.streamed(BEGUN, HALF, FIN)
    ran = asks(client, router, chat_upstream, broken, CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK="1")
    assert (ran.code, forms(chat_upstream)) == (1, ["stream"])
    assert "API Error: provider chat at" in ran.out
    assert "closed the connection in the middle of its answer" in ran.out


@pytest.mark.contract("6", "a connection that closes after a whole text, without an end of the answer")
def test_the_client_fails_and_keeps_what_was_said(client: Client, router: Router, messages_upstream: Upstream) -> None:
    broken = messages.streamed(*through(SAID, "content_block_stop"), FIN)
    ran = asks(client, router, messages_upstream, *[broken] * 4, model="claude,opus")
    assert ran.code == 1
    if client.version < (2, 1, 260):
        assert len(messages_upstream.requests) == 1
        assert "API Error: provider claude at" in ran.out
    else:
        # As streams, unless the error comes with the same read as the text's end.
        assert len(messages_upstream.requests) == 4
        assert "API Error" in ran.out


@pytest.mark.contract("6", "an error or a cut after a whole call")
@pytest.mark.parametrize("end", [FIN, {"type": "error", "error": {"type": "api_error", "message": "boom"}}])
def test_the_client_has_run_the_call_and_goes_on_with_its_result(
    client: Client, router: Router, messages_upstream: Upstream, end: Any
) -> None:
    broken = messages.streamed(*through(LOOKED, "content_block_stop"), end)
    ran = asks(client, router, messages_upstream, broken, messages.stream(text("42"), USED), model="claude,opus")
    assert (ran.code, ran.out, forms(messages_upstream)) == (0, "42\n", ["stream", "stream"])
    assert "sea-42" in json.dumps(messages_upstream.requests[1].json["messages"])


@pytest.mark.contract("6", "a stream of Anthropic's without message_stop, or without message_delta")
@pytest.mark.parametrize("missing", ["message_stop", "message_delta"])
def test_the_client_takes_it_for_a_normal_end(
    client: Client, router: Router, messages_upstream: Upstream, missing: str
) -> None:
    ran = asks(client, router, messages_upstream, messages.streamed(*without(SAID, missing)), model="claude,opus")
    assert (ran.code, ran.out, len(messages_upstream.requests)) == (0, "half of the answer\n", 1)


@pytest.mark.contract("6", "a stream of Anthropic's without content_block_stop")
def test_the_client_loses_the_block_and_asks_again(client: Client, router: Router, messages_upstream: Upstream) -> None:
    again = messages.stream(text("the second answer"), USED)
    ran = asks(
        client,
        router,
        messages_upstream,
        messages.streamed(*without(SAID, "content_block_stop")),
        again,
        model="claude,opus",
    )
    assert (ran.code, ran.out, forms(messages_upstream)) == (0, "the second answer\n", ["stream", "stream"])


@pytest.mark.contract("6", "a stream without an end: no finish_reason, no [DONE]")
def test_the_client_asks_for_the_whole_answer_since_half_a_one_is_none(
    client: Client, router: Router, chat_upstream: Upstream
) -> None:
    ran = asks(client, router, chat_upstream, chat.streamed(BEGUN, HALF, done=False), WHOLE)
    assert (ran.code, ran.out, forms(chat_upstream)) == (0, "the whole answer\n", ["stream", "whole"])


@pytest.mark.contract("6", "a stream with a finish_reason and without [DONE]")
def test_the_client_has_a_whole_answer(client: Client, router: Router, chat_upstream: Upstream) -> None:
    ended = chat.streamed(BEGUN, HALF, chat.delta(finish="stop"), done=False)
    ran = asks(client, router, chat_upstream, ended)
    assert (ran.code, ran.out, len(chat_upstream.requests)) == (0, "half of an ans\n", 1)


@pytest.mark.contract("6", "an answer without content, or with thoughts alone")
@pytest.mark.parametrize("part", [text(""), thinking("hm")], ids=["nothing", "thoughts"])
def test_the_client_asks_once_more_and_then_prints_nothing(
    client: Client, router: Router, chat_upstream: Upstream, part: Any
) -> None:
    ran = asks(client, router, chat_upstream, *[chat.stream(part, USED)] * 2)
    assert (ran.code, ran.out.strip(), forms(chat_upstream)) == (0, "", ["stream", "stream"])


@pytest.mark.contract("6", "an answer that is cut off by its token limit")
def test_the_client_lets_the_model_go_on(client: Client, router: Router, chat_upstream: Upstream) -> None:
    ran = asks(client, router, chat_upstream, chat.stream(text("half"), USED, finish="length"), AGAIN)
    assert (ran.code, ran.out, len(chat_upstream.requests)) == (0, "the second answer\n", 2)


@pytest.mark.contract("6", "answers that are cut off by their token limit again and again")
def test_the_client_goes_on_three_times_and_says_why_it_stops(
    client: Client, router: Router, chat_upstream: Upstream
) -> None:
    ran = asks(client, router, chat_upstream, *[chat.stream(text("half"), USED, finish="length")] * 4)
    assert (ran.code, len(chat_upstream.requests)) == (1, 4)
    assert "output token maximum" in ran.out


@pytest.mark.contract("6", "an answer that a provider's content filter ends")
def test_the_client_keeps_the_text_and_shows_the_reason(
    client: Client, router: Router, chat_upstream: Upstream
) -> None:
    ran = asks(client, router, chat_upstream, chat.stream(text("half"), USED, finish="content_filter"))
    assert (ran.code, len(chat_upstream.requests)) == (0, 1)
    assert ran.out == "half\n\n[The provider's content filter ended this answer.]\n"


@pytest.mark.contract("6", "a finish_reason that nobody knows")
def test_the_client_has_a_normal_answer(client: Client, router: Router, chat_upstream: Upstream) -> None:
    ran = asks(client, router, chat_upstream, chat.stream(text("said"), USED, finish="whatever"))
    assert (ran.code, ran.out, len(chat_upstream.requests)) == (0, "said\n", 1)


@pytest.mark.contract("6", "a call in an answer that says stop")
def test_the_client_runs_the_call(client: Client, router: Router, chat_upstream: Upstream) -> None:
    ran = asks(client, router, chat_upstream, chat.stream(LOOK, USED, finish="stop"), AGAIN)
    assert (ran.code, ran.out, len(chat_upstream.requests)) == (0, "the second answer\n", 2)
    assert "sea-42" in json.dumps(chat_upstream.requests[1].json["messages"])


@pytest.mark.contract("6", "tool_calls as the reason of an answer without a call")
def test_the_client_prints_the_text_and_does_not_speak_of_a_malformed_call(
    client: Client, router: Router, chat_upstream: Upstream
) -> None:
    ran = asks(client, router, chat_upstream, chat.stream(text("said"), USED, finish="tool_calls"))
    assert (ran.code, ran.out, len(chat_upstream.requests)) == (0, "said\n", 1)


@pytest.mark.contract("0", "a call with input that is no JSON")
def test_the_client_runs_nothing_and_lets_the_model_try_again(
    client: Client, router: Router, chat_upstream: Upstream
) -> None:
    ran = asks(client, router, chat_upstream, chat.streamed(BEGUN, GARBLED, chat.delta(finish="tool_calls")), AGAIN)
    assert (ran.code, ran.out, len(chat_upstream.requests)) == (0, "the second answer\n", 2)


@pytest.mark.contract("0", "calls with input that is no JSON, again and again")
def test_the_client_gives_up_after_two_or_three(client: Client, router: Router, chat_upstream: Upstream) -> None:
    garbled = chat.streamed(BEGUN, GARBLED, chat.delta(finish="tool_calls"))
    ran = asks(client, router, chat_upstream, *[garbled] * 20)
    assert (ran.code, len(chat_upstream.requests)) == (1, 2 if client.version <= (2, 1, 260) else 3)
    assert "could not be parsed" in ran.out


@pytest.mark.contract("6", "a call without any input")
def test_the_client_runs_it_with_an_empty_one(client: Client, router: Router, chat_upstream: Upstream) -> None:
    bare = chat.called(0, id="call_1", name="Bash", arguments="")
    ran = asks(client, router, chat_upstream, chat.streamed(BEGUN, bare, chat.delta(finish="tool_calls")), AGAIN)
    assert (ran.code, ran.out, len(chat_upstream.requests)) == (0, "the second answer\n", 2)


@pytest.mark.contract("6", "a whole answer in JSON where a stream was asked for")
def test_the_client_has_its_stream(client: Client, router: Router, chat_upstream: Upstream) -> None:
    ran = asks(client, router, chat_upstream, WHOLE)
    assert (ran.code, ran.out, len(chat_upstream.requests)) == (0, "the whole answer\n", 1)


@pytest.mark.contract("6", "status 200 with an error, a web page, or nothing")
@pytest.mark.parametrize("body", [b'{"error":{"message":"boom"}}', b"<html><title>Portal</title></html>", b""])
def test_the_client_is_given_a_failure_and_asks_again(
    client: Client, router: Router, chat_upstream: Upstream, body: bytes
) -> None:
    ran = asks(client, router, chat_upstream, reply(200, body), AGAIN)
    assert (ran.code, ran.out, forms(chat_upstream)) == (0, "the second answer\n", ["stream", "stream"])


@pytest.mark.contract("6", "Escape in the middle of an answer")
def test_the_client_hangs_up_and_the_provider_is_let_go(
    client: Client, router: Router, chat_upstream: Upstream
) -> None:
    chat_upstream.play([chat.streamed(BEGUN, chat.delta(content="The first line.\n\nThe sec"), Gate())])
    with terminal(client, router) as screen:
        screen.say("tell me")
        screen.wait_for("The first line.")
        screen.press("Escape")
        assert chat_upstream.requests[0].gone.wait(5)
        screen.wait_for("Interrupted")


@pytest.mark.contract("6", "Escape before the answer's first word")
def test_the_client_hangs_up_and_nothing_goes_on_for_it(
    client: Client, router: Router, chat_upstream: Upstream
) -> None:
    chat_upstream.play([chat.streamed(BEGUN, Gate())])
    with terminal(client, router) as screen:
        screen.say("tell me")
        (request,) = chat_upstream.wait_for(1)
        screen.press("Escape")
        assert request.gone.wait(5)


def terminal(client: Client, router: Router) -> Screen:
    """The client at its prompt, past the questions of its first start."""
    trusted = {str(client.work): {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}}
    settled = {"hasCompletedOnboarding": True, "theme": "dark", "projects": trusted}
    (client.home / ".claude.json").write_text(json.dumps(settled))
    spoken = {"ANTHROPIC_BASE_URL": router.url, "ANTHROPIC_AUTH_TOKEN": "test-key"}
    env = {**bare_environment(client.home), **QUIET, **spoken}
    screen = Screen([str(client.program), "--model", "chat,m"], env, client.work)
    screen.wait_for("❯")
    return screen
