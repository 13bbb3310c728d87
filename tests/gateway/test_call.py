import pytest

from ccr.errors import UpstreamFailed, UpstreamUnreachable
from tests.support import chat
from tests.support.asking import ASKED, HI, STREAMED, error_of, openai
from tests.support.canned import CannedExchange, canned
from tests.support.parts import text
from tests.support.wiring import Wired, read, upstream_at


async def test_the_answer_says_who_gave_it_and_under_which_id() -> None:
    answer = await Wired(canned(HI)).ask(STREAMED)
    await read(answer)
    assert answer.headers["x-ccr-route"] == "default"
    assert answer.headers["x-ccr-model"] == "acme,m"
    assert answer.headers["x-ccr-request-id"] == "req_test"
    assert "x-ccr-attempts" not in answer.headers


async def test_an_upstreams_own_headers_pass_with_its_bytes() -> None:
    exchange = canned(HI, request_id="req_theirs", anthropic_ratelimit_requests_limit="50", set_cookie="a=b")
    answer = await Wired(exchange).ask(STREAMED)
    await read(answer)
    assert answer.headers["request-id"] == "req_theirs"
    assert answer.headers["anthropic-ratelimit-requests-limit"] == "50"
    assert "set-cookie" not in answer.headers


async def test_a_rate_limit_passes_on_how_long_to_wait() -> None:
    limited = CannedExchange([b'{"error":{"message":"slow down"}}'], 429, {"retry-after": "12"})
    answer = await Wired(limited).ask(ASKED)
    assert answer.status == 429
    assert answer.headers["retry-after"] == "12"


async def test_how_long_to_wait_may_be_told_in_the_body() -> None:
    body = b'{"error":{"message":"slow down","details":[{"retryDelay":"37s"}]}}'
    answer = await Wired(CannedExchange([body], 429), upstreams=[openai()]).ask(ASKED)
    assert answer.headers["retry-after"] == "37"


@pytest.mark.trap(103)
async def test_a_failure_that_waiting_does_not_heal_says_so() -> None:
    answer = await Wired(UpstreamUnreachable("refused", retry=False)).ask(ASKED)
    assert answer.headers["x-should-retry"] == "false"


async def test_when_all_fail_the_failure_that_is_told_names_the_others() -> None:
    wired = Wired(
        UpstreamFailed("down"),
        UpstreamFailed("down too"),
        upstreams=[upstream_at("http://a.test", name="a"), upstream_at("http://c.test", name="c")],
        routes={"default": "a,m"},
        fallback={"default": ("c,m",)},
    )
    assert error_of(await wired.ask(ASKED))[2] == "down [a,m] (also tried: c,m: failed)"


async def test_the_record_says_what_happened() -> None:
    wired = Wired(canned(HI))
    await read(await wired.ask(STREAMED, x_claude_code_session_id="s1", user_agent="claude-cli/2"))
    record = wired.seen.only
    assert (record.status, record.rule, str(record.target)) == (200, "default", "acme,m")
    assert (record.session, record.agent, record.client) == ("s1", "claude-cli/2", "anthropic")
    assert (record.usage.input, record.usage.output, record.estimated) == (10, 3, False)
    assert (record.streamed, record.stop_reason, record.asked_for) == (True, "end_turn", "claude-opus")


async def test_missing_figures_are_estimated_and_said_to_be() -> None:
    wired = Wired(canned(chat.body(text("hi there"))), upstreams=[openai()])
    written = await read(await wired.ask(STREAMED))
    assert b'"input_tokens":5' in written
    assert wired.seen.only.estimated


async def test_a_request_that_is_refused_leaves_a_record() -> None:
    wired = Wired()
    await wired.ask(b"{")
    assert (wired.seen.only.status, wired.seen.only.rule) == (400, None)


async def test_headers_that_are_no_plain_text_or_none_of_the_clients_business_stay_here() -> None:
    exchange = canned(
        HI, anthropic_note="caf\u00e9", anthropic_odd="a\x01b", access_control_allow_origin="*", retry_after="99"
    )
    answer = await Wired(exchange).ask(STREAMED)
    await read(answer)
    named = {"anthropic-note", "anthropic-odd", "access-control-allow-origin", "retry-after"}
    assert not named & set(answer.headers)


async def test_a_provider_that_was_there_a_moment_ago_is_waited_for() -> None:
    wired = Wired(canned(HI), UpstreamUnreachable("refused"))
    await read(await wired.ask(STREAMED))
    assert "x-should-retry" not in (await wired.ask(STREAMED)).headers


async def test_a_provider_that_never_was_there_is_not() -> None:
    answer = await Wired(UpstreamUnreachable("refused")).ask(STREAMED)
    assert answer.headers["x-should-retry"] == "false"
