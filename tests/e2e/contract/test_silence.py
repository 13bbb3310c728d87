"""Providers that say nothing for a long time. What happens after minutes takes minutes: `scripts/test long`."""

import json

import pytest

from tests.e2e.conftest import StartRouter
from tests.support import chat
from tests.support.clients import Client
from tests.support.parts import text, thinking, usage
from tests.support.running import Ran, Router
from tests.support.upstream import Answer, Step, Upstream, Wait, raw

SIX_MINUTES = Wait(365)  # the client gives up a silent stream after five


def paused(answer: Answer, before: int, pause: Step = SIX_MINUTES) -> Answer:
    """A pause before this step; the first step is the head."""
    return raw(*answer.steps[:before], pause, *answer.steps[before:])


def piece_with(answer: Answer, words: bytes) -> int:
    return next(place for place, step in enumerate(answer.steps) if isinstance(step, bytes) and words in step)


def outlasts(client: Client, router: Router, upstream: Upstream, answer: Answer) -> None:
    upstream.play([answer])
    ran = client.claude("-p", "hi", "--output-format", "json", url=router.url, seconds=500)
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
