"""What a model has room for."""

import json
from typing import Any

import pytest

from ccr.config.schema import Model
from ccr.errors import ContextOverflow, UpstreamUnreachable
from ccr.gateway.room import fitted, measured, numbered, refuse_what_would_be_cut
from ccr.messages.request import Reasoning, Request
from ccr.routing.tokens import TokenCount
from ccr.wire.openai_chat import ChatUpstream
from tests.support import chat, messages
from tests.support.canned import canned
from tests.support.parts import text, usage
from tests.support.wiring import Wired, read, target, upstream_at

M = target("acme,m")
ASKED: dict[str, Any] = {
    "model": "claude-opus-5-5",
    "max_tokens": 128_000,
    "messages": [{"role": "user", "content": "hi"}],
}


def asking(max_tokens: int | None, budget: int | None = None) -> Request:
    reasoning = Reasoning("enabled", budget) if budget else None
    return Request("m", (), max_tokens=max_tokens, reasoning=reasoning)


@pytest.mark.parametrize(
    ("model", "prompt", "most"),
    [
        (Model(), None, 128_000),
        (Model(output=200_000), None, 128_000),
        (Model(output=64_000), None, 64_000),
        (Model(context=131_072), None, 128_000),
        (Model(context=131_072), 100_000, 31_072),
        (Model(context=131_072, output=8_192), 100_000, 8_192),
        (Model(context=131_072), 131_000, 1_024),
    ],
)
def test_an_answer_is_as_long_as_there_is_room_for(model: Model, prompt: int | None, most: int) -> None:
    assert fitted(asking(128_000), model, prompt) == asking(most)


def test_what_fits_stays_as_it_is() -> None:
    for request in (asking(None), asking(100), asking(64_000, 63_000)):
        assert fitted(request, Model(output=64_000), None) is request


def test_a_thinking_budget_stays_below() -> None:
    assert fitted(asking(128_000, 127_999), Model(output=64_000), None) == asking(64_000, 63_999)
    assert fitted(asking(128_000, 5_000), Model(output=64_000), None) == asking(64_000, 5_000)


async def test_far_from_the_windows_end_nothing_is_counted() -> None:
    wired = Wired()
    guess = TokenCount(10_000, exact=False)
    for model in (Model(), Model(output=9), Model(context=131_072, output=8_192), Model(500_000, prompt=200_000)):
        assert await measured(asking(128_000), guess, model, M, wired.runtime) is None
    assert wired.counter.asked == 0


async def test_near_it_the_prompt_is_counted_as_the_target_counts() -> None:
    wired = Wired()
    wired.counter.answer = TokenCount(100_000, exact=True)
    wired.runtime.calibration.learn(M, TokenCount(10_000, exact=True), 12_000)
    guess = TokenCount(100_000, exact=False)
    assert await measured(asking(32_000), guess, Model(context=131_072), M, wired.runtime) == 120_000
    assert await measured(asking(None), guess, Model(1_000_000, prompt=120_000), M, wired.runtime) == 120_000
    assert wired.counter.asked == 2
    assert await measured(asking(32_000), wired.counter.answer, Model(context=131_072), M, wired.runtime) == 120_000
    assert wired.counter.asked == 2, "it was exact already"


def test_a_prompt_that_its_server_would_cut_is_refused() -> None:
    with pytest.raises(ContextOverflow, match="limits gives acme,m no more") as refused:
        refuse_what_would_be_cut(32_000, Model(context=32_768), M)
    assert (refused.value.had, refused.value.limit) == (32_769, 32_768)
    for prompt, stated in ((31_000, Model(context=32_768)), (99_000, Model()), (None, Model(context=32_768))):
        refuse_what_would_be_cut(prompt, stated, M)


@pytest.mark.parametrize(
    ("had", "limit", "model", "numbers"),
    [
        (None, None, Model(context=131_072), (140_000, 131_072)),
        (None, None, Model(1_000_000, prompt=922_000), (922_001, 922_000)),
        (None, 8_192, Model(context=131_072), (140_000, 8_192)),
        (150_000, None, Model(context=131_072), (150_000, 131_072)),
        (150_000, 149_000, Model(context=131_072), (150_000, 149_000)),
        (None, None, Model(), (None, None)),
    ],
)
def test_an_overflow_has_the_numbers_that_its_provider_did_not_say(
    had: int | None, limit: int | None, model: Model, numbers: tuple[int | None, int | None]
) -> None:
    overflow = numbered(ContextOverflow("too long", had=had, limit=limit), 140_000, model)
    assert (overflow.had, overflow.limit) == numbers


async def test_a_provider_that_gives_no_numbers_is_helped_out() -> None:
    wired = Wired(
        canned(b'{"error":{"message":"Input is too long."}}', status=400),
        upstreams=[
            upstream_at(
                "http://acme.test/v1/chat/completions", ChatUpstream(), limits={"*": Model(output=9, context=200_000)}
            )
        ],
    )
    answer = await wired.ask({**ASKED, "stream": True})
    message = json.loads(await read(answer))["error"]["message"]
    assert message.startswith("prompt is too long: 200001 tokens > 200000 maximum")


LIMITS = {"m": Model(context=100_000, output=64_000)}


async def test_a_translated_request_asks_for_no_more_than_the_model_gives() -> None:
    acme = upstream_at("http://acme.test/v1/chat/completions", ChatUpstream(), limits=LIMITS)
    wired = Wired(canned(chat.body(text("hi"), usage(10, 3))), upstreams=[acme])
    await read(await wired.ask({**ASKED, "stream": True}))
    assert json.loads(wired.sent[0].body)["max_tokens"] == 64_000


async def test_a_judge_of_risky_commands_has_room_to_think_first() -> None:
    acme = upstream_at("http://acme.test/v1/chat/completions", ChatUpstream())
    wired = Wired(canned(b"{}", status=500), upstreams=[acme])
    transcript = [{"type": "text", "text": "<transcript>\n"}, {"type": "text", "text": "rm -rf /"}]
    judging = {**ASKED, "max_tokens": 64, "messages": [{"role": "user", "content": transcript}]}
    await wired.ask(judging, user_agent="claude-cli/2.1.329 (external, cli)")
    assert json.loads(wired.sent[0].body)["max_tokens"] == 2_112


async def test_a_copied_request_asks_for_no_more_and_is_else_what_it_was() -> None:
    wired = Wired(
        canned(messages.body(text("hi"), usage(10, 3))),
        upstreams=[upstream_at("http://acme.test/v1/messages", limits=LIMITS)],
    )
    body = json.dumps({**ASKED, "stream": True, "thinking": {"type": "enabled", "budget_tokens": 127_999}})
    await read(await wired.ask(body.encode()))
    expected = body.replace("claude-opus-5-5", "m").replace("128000", "64000")
    assert wired.sent[0].body.decode() == expected.replace('{"type": "enabled", "budget_tokens": 127999}', THINKING)


THINKING = '{"type":"enabled","budget_tokens":63999}'


async def test_a_prompt_beyond_a_window_that_the_user_wrote_down_is_not_sent() -> None:
    wired = Wired(upstreams=[upstream_at("http://acme.test/v1/messages", limits={"*": Model(context=2_000)})])
    wired.counter.answer = TokenCount(3_000, exact=True)
    answer = await wired.ask({**ASKED, "messages": [{"role": "user", "content": "a long one " * 1_000}]})
    assert answer.status == 400
    assert json.loads(await read(answer))["error"]["message"].startswith(
        "prompt is too long: 3000 tokens > 2000 maximum: limits gives acme,m no more"
    )
    assert wired.sent == []


async def test_what_an_answer_reports_is_learnt() -> None:
    wired = Wired(canned(messages.body(text("hi"), usage(24_000, 3))))
    wired.counter.answer = TokenCount(20_000, exact=True)
    await read(await wired.ask({**ASKED, "stream": True, "messages": [{"role": "user", "content": "word " * 20_000}]}))
    assert wired.counter.asked == 1, "beside the answer"
    assert wired.runtime.calibration.tokens(M, wired.counter.answer) == 24_000


async def test_only_who_answered_is_learnt_from() -> None:
    wired = Wired(
        UpstreamUnreachable("nobody there"),
        canned(messages.body(text("hi"), usage(24_000, 3))),
        upstreams=[upstream_at("http://acme.test/v1/messages"), upstream_at("http://b.test/v1/messages", name="b")],
        fallback={"default": ("b,m",)},
    )
    wired.counter.answer = TokenCount(20_000, exact=True)
    await read(await wired.ask({**ASKED, "stream": True, "messages": [{"role": "user", "content": "word " * 20_000}]}))
    counted = [wired.runtime.calibration.tokens(each, wired.counter.answer) for each in (M, target("b,m"))]
    assert counted == [20_000, 24_000]
