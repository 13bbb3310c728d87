import json
from base64 import b64encode
from typing import Any

import pytest

from ccr.config.schema import Secret
from ccr.gateway.inbound import Inbound
from ccr.gateway.login import apart
from ccr.providers.resolve import Upstream
from ccr.wire.anthropic import AnthropicClient
from ccr.wire.openai_chat import ChatClient
from ccr.wire.quirks.limits import maxtoken
from tests.support.asking import ASKED, HI, STREAMED, error_of
from tests.support.canned import CannedExchange, canned
from tests.support.wiring import Wired, read, upstream_at

LOGIN = "Bearer sk-ant-oat01-mine"
LIMITS: Any = {"anthropic_ratelimit_unified_status": "allowed_warning", "anthropic_ratelimit_unified_reset": "1795"}


def claude(**changes: Any) -> Upstream:
    return upstream_at("https://api.test/v1/messages", name="claude", **{"auth": "client", **changes})


def mixed(*answers: CannedExchange, fallback: bool = False, **changes: Any) -> Wired:
    upstreams = [claude(**changes), upstream_at("https://other.test/v1/messages", name="other", key=Secret("sk-o"))]
    chain = {"default": ("other,m",)} if fallback else {}
    return Wired(*answers, upstreams=upstreams, routes={"default": "claude,m"}, fallback=chain)


def refused(status: int, message: str, **headers: str) -> CannedExchange:
    body = {"type": "error", "error": {"type": "x", "message": message}}
    return canned(json.dumps(body).encode(), status=status, **headers)


def inbound(**headers: str) -> Inbound:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return apart(Inbound(AnthropicClient(), b"", named, "", "req_1"), "the-key")


def test_the_routers_key_is_no_login() -> None:
    assert not inbound(authorization="Bearer the-key", x_api_key="the-key", x_ccr_key="the-key").login
    for blank in ("\t", "\xa0", "  ", "\u2003"):
        for own in (f"Bearer {blank}the-key", f"Bearer the-key{blank}"):
            assert not inbound(authorization=own, x_api_key=f"the-key{blank}").login
    assert not inbound(authorization=" ", x_ccr_key="the-key").headers
    for own in (
        "Bearer the-key x",
        "Bearer, Bearer the-key",
        f"Basic {b64encode(b'x:the-key').decode()}",
        "the-key",
        "mine",
    ):
        assert not inbound(authorization=own, x_api_key="mine the-key").login
    assert inbound(authorization=LOGIN, x_ccr_key="the-key").login == {"authorization": Secret(LOGIN)}
    assert inbound(authorization="Bearer the-key", x_api_key="mine").login == {"x-api-key": Secret("mine")}


def test_a_login_is_no_header_among_others_and_does_not_print() -> None:
    seen = inbound(authorization=LOGIN, x_ccr_key="the-key", user_agent="claude-cli/2")
    assert seen.headers == {"user-agent": "claude-cli/2"}
    assert "sk-ant" not in repr(seen)


async def test_the_callers_login_goes_to_who_takes_it_with_all_that_belongs_to_it() -> None:
    wired = mixed(canned(HI))
    await read(await wired.ask(STREAMED, authorization=LOGIN, anthropic_beta="a-1,oauth-2025-04-20"))
    (sent,) = wired.sent
    assert sent.headers["authorization"] == LOGIN
    assert sent.headers["anthropic-beta"] == "a-1,oauth-2025-04-20"


async def test_nobody_else_gets_it_when_the_first_fails() -> None:
    wired = mixed(refused(529, "overloaded"), canned(HI), fallback=True)
    await read(await wired.ask(STREAMED, authorization=LOGIN, anthropic_beta="a-1, oauth-2025-04-20"))
    first, second = wired.sent
    assert first.headers["authorization"] == LOGIN
    assert second.headers["authorization"] == "Bearer sk-o"
    assert second.headers["anthropic-beta"] == "a-1"


async def test_another_answers_once_the_limit_of_the_login_is_reached() -> None:
    wired = mixed(refused(429, "limit", retry_after="7200"), canned(HI), fallback=True)
    answer = await wired.ask(STREAMED, authorization=LOGIN)
    await read(answer)
    assert (answer.status, answer.headers["x-ccr-model"]) == (200, "other,m")


@pytest.mark.parametrize("client", [AnthropicClient(), ChatClient()])
async def test_without_a_login_the_caller_is_told_how_to_get_one(client: Any) -> None:
    wired = mixed()
    given = {} if client.name == "anthropic" else {"authorization": "Bearer another's"}
    answer = await wired.ask(ASKED, client, **given)
    assert (answer.status, answer.headers["x-should-retry"]) == (424, "false")
    assert b"claude /login" in await read(answer)
    assert wired.sent == []


async def test_a_login_that_is_refused_is_the_clients_to_renew() -> None:
    wired = mixed(refused(401, "OAuth token sk-ant-oat01-mine has expired"), fallback=True)
    answer = await wired.ask(STREAMED, authorization=LOGIN)
    assert answer.status == 401
    assert error_of(answer)[1] == "authentication_error"
    message = error_of(answer)[2]
    assert message.startswith("OAuth token *** has expired [claude,m]: claude refused your login; `claude /login`")
    assert "sk-ant" not in str(wired.seen.only)


async def test_a_login_that_may_not_is_no_reason_to_renew_it() -> None:
    answer = await mixed(refused(403, "not allowed for this organization")).ask(STREAMED, authorization=LOGIN)
    assert answer.status == 424
    assert "refused your login" in error_of(answer)[2]


async def test_limits_of_a_login_are_its_owners_to_see() -> None:
    reached = refused(429, "limit", anthropic_ratelimit_unified_status="rejected", retry_after="7200", x_other="1")
    answer = await mixed(reached).ask(STREAMED, authorization=LOGIN)
    assert answer.headers["anthropic-ratelimit-unified-status"] == "rejected"
    assert answer.headers["retry-after"] == "7200"
    assert "x-other" not in answer.headers
    for quirks in ((), (maxtoken({"max_tokens": 50}),)):
        answer = await mixed(canned(HI, **LIMITS), quirks=quirks).ask(STREAMED, authorization=LOGIN)
        assert answer.headers["anthropic-ratelimit-unified-status"] == "allowed_warning"
        await read(answer)


async def test_limits_of_a_key_of_ours_are_not_the_callers() -> None:
    wired = mixed(canned(HI, **LIMITS, anthropic_ratelimit_requests_limit="50"), auth="x-api-key", key=Secret("sk-c"))
    answer = await wired.ask(STREAMED, authorization=LOGIN)
    await read(answer)
    assert "anthropic-ratelimit-unified-status" not in answer.headers
    assert answer.headers["anthropic-ratelimit-requests-limit"] == "50"


@pytest.mark.parametrize(("status", "message"), [(429, "slow down"), (403, "no"), (402, "pay")])
async def test_what_is_wrong_with_the_login_of_one_is_nothing_to_another(status: int, message: str) -> None:
    fine = [canned(HI) for _ in range(3)]
    wired = mixed(refused(status, message, retry_after="3000"), *fine, fallback=True)
    evil, good = "Bearer evil-token", LOGIN
    told = [(await wired.ask(ASKED, authorization=who)).headers["x-ccr-model"] for who in (evil, good, evil)]
    assert told == ["other,m", "claude,m", "other,m"]
    shown = wired.runtime.standing.shown(wired.clock.now())
    assert {(key.provider, key.key) for key in shown.keys} == {("claude", "of a caller"), ("other", "")}
    assert "evil-token" not in repr(shown)
