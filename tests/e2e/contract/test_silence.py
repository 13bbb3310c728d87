"""Providers that say nothing for a long time. What happens after minutes takes minutes: `scripts/test long`."""

from dataclasses import replace

import pytest

from tests.support import chat, messages
from tests.support.clients import Client
from tests.support.parts import text, thinking, tool, usage
from tests.support.running import Ran, Router
from tests.support.upstream import FIN, HANG, Answer, Step, Upstream, Wait, chunk, raw

SIX_MINUTES = Wait(365)  # the client gives up a silent stream after five


def paused(answer: Answer, before: int, pause: Step = SIX_MINUTES) -> Answer:
    """A pause before this step; the first step is the head."""
    return raw(*answer.steps[:before], pause, *answer.steps[before:])


def piece_with(answer: Answer, words: bytes) -> int:
    return next(place for place, step in enumerate(answer.steps) if isinstance(step, bytes) and words in step)


def outlasts(client: Client, router: Router, upstream: Upstream, answer: Answer) -> None:
    upstream.play([answer])
    patient = replace(client, patience=SIX_MINUTES.seconds + 120)
    ran = patient.claude("-p", "hi", "--output-format", "json", url=router.url)
    assert (ran.code, ran.result["result"]) == (0, "late but whole"), ran.out
    assert ran.seconds > SIX_MINUTES.seconds
    assert len(upstream.requests) == 1
    assert sums(ran) == (1000, 7)


def sums(ran: Ran) -> tuple[int, int]:
    """What the client counted in all."""
    (used,) = ran.result["modelUsage"].values()
    return used["inputTokens"], used["outputTokens"]


LATE = (text("late but whole"), usage(1000, 7))


@pytest.mark.long
@pytest.mark.contract("7", "not a byte from the provider for six minutes, then an answer")
def test_the_client_waits_and_prints_the_answer_after_one_request(
    client: Client, router: Router, chat_upstream: Upstream
) -> None:
    outlasts(client, router, chat_upstream, paused(chat.stream(*LATE), 0))


@pytest.mark.long
@pytest.mark.contract("7", "a provider that falls silent for six minutes within a text")
def test_the_client_waits_for_the_rest_and_prints_the_whole(
    client: Client, router: Router, chat_upstream: Upstream
) -> None:
    answer = chat.stream(*LATE)
    outlasts(client, router, chat_upstream, paused(answer, piece_with(answer, b"late") + 1))


@pytest.mark.long
@pytest.mark.contract("7", "a provider that thinks, and is silent for six minutes before its text")
def test_the_client_waits_for_the_text_after_the_thoughts(
    client: Client, router: Router, chat_upstream: Upstream
) -> None:
    answer = chat.stream(thinking("hm"), *LATE)
    outlasts(client, router, chat_upstream, paused(answer, piece_with(answer, b"late")))


@pytest.mark.long
@pytest.mark.contract("7", "a provider that sends nothing but pings for six minutes within its text")
def test_the_client_waits_since_the_router_sends_more_than_pings(
    client: Client, router: Router, messages_upstream: Upstream
) -> None:
    answer = messages.stream(*LATE)
    place = piece_with(answer, b'"text": "la') + 1
    ping = chunk(messages.frame({"type": "ping"}))
    pings = [step for _ in range(37) for step in (Wait(10), ping)]
    messages_upstream.play([raw(*answer.steps[:place], *pings, *answer.steps[place:])])
    ran = replace(client, patience=500).claude("-p", "hi", "--model", "claude,opus", url=router.url)
    assert (ran.code, ran.out, len(messages_upstream.requests)) == (0, "late but whole\n", 1)


@pytest.mark.long
@pytest.mark.contract("7", "a stream that breaks, and a provider that then has no whole answer for five minutes")
def test_the_client_fails_before_it_would_hang_up_and_shows_what_to_do(
    client: Client, router: Router, chat_upstream: Upstream
) -> None:
    broken = chat.streamed(chat.delta(role="assistant", content=""), chat.delta(content="half of"), FIN)
    chat_upstream.play([broken, raw(HANG)])
    ran = replace(client, patience=500).claude("-p", "hi", "--model", "chat,m", url=router.url)
    assert (ran.code, len(chat_upstream.requests)) == (1, 2)
    assert "chat,m gave no whole answer in 291 s" in ran.out
    assert "choose a faster model, or less effort" in ran.out
    assert chat_upstream.requests[1].gone.is_set()


SECOND = Wait(1)


def late(answer: Answer) -> Answer:
    return paused(answer, 0, SECOND)


@pytest.mark.contract("7", "a first word that comes after the stream's head (`timeouts.head`)")
@pytest.mark.parametrize("model", ["chat,m", "claude,opus"])
def test_the_client_prints_the_answer_and_counts_what_the_provider_counted(
    client: Client, hasty: Router, chat_upstream: Upstream, messages_upstream: Upstream, model: str
) -> None:
    side, upstream = (chat, chat_upstream) if model == "chat,m" else (messages, messages_upstream)
    upstream.play([late(side.stream(thinking("hm"), text("here it is"), usage(1000, 7)))])
    ran = client.claude("-p", "hi", "--model", model, "--output-format", "json", url=hasty.url)
    assert (ran.code, ran.result["result"], sums(ran)) == (0, "here it is", (1000, 7))
    assert len(upstream.requests) == 1


@pytest.mark.contract("7", "a call that comes after the stream's head")
def test_the_client_runs_it_and_sends_its_result(client: Client, hasty: Router, messages_upstream: Upstream) -> None:
    look = tool("Bash", {"command": "echo sea-$((6*7))", "description": "Add"})
    messages_upstream.play([late(messages.stream(look, usage(9, 9))), messages.stream(text("42"), usage(9, 9))])
    ran = client.claude("-p", "add", "--model", "claude,opus", url=hasty.url)
    assert (ran.code, ran.out) == (0, "42\n")
    assert b"sea-42" in messages_upstream.requests[1].body


@pytest.mark.contract("7", "a provider that fails after the stream's head, and another that answers")
def test_the_client_notices_nothing(
    client: Client, hasty: Router, chat_upstream: Upstream, messages_upstream: Upstream
) -> None:
    chat_upstream.play([late(chat.error(529, "busy"))])
    messages_upstream.play([messages.stream(text("the other one"), usage(9, 9))])
    ran = client.claude("-p", "hi", "--model", "frail,m", url=hasty.url)
    assert (ran.code, ran.out) == (0, "the other one\n")
    assert [len(upstream.requests) for upstream in (chat_upstream, messages_upstream)] == [1, 1]


@pytest.mark.contract("7", "a provider that is overloaded after the stream's head")
def test_the_client_asks_for_the_stream_again(client: Client, hasty: Router, chat_upstream: Upstream) -> None:
    chat_upstream.play([late(chat.error(529, "busy")), chat.stream(text("now"), usage(9, 9))])
    ran = client.claude("-p", "hi", "--model", "chat,m", url=hasty.url)
    assert (ran.code, ran.out, len(chat_upstream.requests)) == (0, "now\n", 2)


@pytest.mark.contract("7", "a key that is refused after the stream's head")
def test_the_client_asks_for_the_whole_answer_and_shows_what_that_said(
    client: Client, hasty: Router, chat_upstream: Upstream
) -> None:
    refused = chat.error(401, "no such key")
    chat_upstream.play([late(refused), refused])
    ran = client.claude("-p", "hi", "--model", "chat,m", url=hasty.url)
    assert ran.code == 1
    assert "no such key [chat,m]: chat refused the key" in ran.out
    assert [request.json.get("stream", False) for request in chat_upstream.requests] == [True, False]


@pytest.mark.contract("7", "API_TIMEOUT_MS is shorter than a provider's silence")
def test_the_client_waits_all_the_same_since_its_stream_has_begun(
    client: Client, hasty: Router, chat_upstream: Upstream
) -> None:
    answer = chat.stream(text("here it is"), usage(9, 9))
    chat_upstream.play([paused(answer, 0, Wait(2.5))])
    ran = client.claude("-p", "hi", "--model", "chat,m", url=hasty.url, API_TIMEOUT_MS="1500")
    assert (ran.code, ran.out, len(chat_upstream.requests)) == (0, "here it is\n", 1)
