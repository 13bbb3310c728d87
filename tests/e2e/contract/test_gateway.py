"""The gateway's contract: whose login goes where, fields and betas that nobody knows, auto mode's safety check."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.conftest import StartRouter
from tests.support import chat, messages
from tests.support.clients import Client
from tests.support.parts import text, tool, usage
from tests.support.running import KEY, Ran, Router
from tests.support.upstream import Upstream

SPOKEN = f"x-ccr-key: {KEY}"
LOGIN = "sk-ant-oat01-made-up"
HELLO = messages.stream(text("hello from Claude"), usage(10, 3))
OTHER = chat.stream(text("hello from another"), usage(10, 3))
FAR_OFF = 4_102_444_800  # 2100
AUTO = ("-p", "make it", "--permission-mode", "auto")
SERVER_CHECKS = (2, 1, 300)  # from about here on the safety check of auto mode runs beside the answer


@dataclass(frozen=True, slots=True)
class Mixed:
    """Claude by the user's own login and another provider by its key, and somebody who is logged in."""

    client: Client
    router: Router
    claude: Upstream
    other: Upstream

    def ask(self, *arguments: str, **variables: Any) -> Ran:
        """As `ccr code` starts it. Where the client would call home with the login, nobody listens."""
        spoken: dict[str, Any] = {
            "ANTHROPIC_AUTH_TOKEN": "",
            "ANTHROPIC_CUSTOM_HEADERS": SPOKEN,
            **nowhere(),
            **variables,
        }
        return self.client.claude(*arguments, url=self.router.url, **spoken)


def nowhere() -> dict[str, Any]:
    return {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1,localhost"}


def log_in(client: Client) -> None:
    account = {
        "accessToken": LOGIN,
        "refreshToken": "sk-ant-ort01-made-up",
        "expiresAt": FAR_OFF * 1000,
        "scopes": ["user:inference", "user:profile"],
        "subscriptionType": "max",
    }
    folder = client.home / ".claude"
    folder.mkdir()
    (folder / ".credentials.json").write_text(json.dumps({"claudeAiOauth": account}))


def configured(claude: Upstream, other: Upstream) -> dict[str, Any]:
    return {
        "Providers": [
            {"name": "claude", "api_base_url": claude.url, "auth": "client", "models": ["claude-opus-5-5"]},
            {"name": "chat", "api_base_url": f"{other.url}/v1", "api_key": "chat-key", "models": ["m"]},
        ],
        "Router": {"default": "claude,claude-opus-5-5"},
    }


@pytest.fixture
def mixed(
    client: Client, start_router: StartRouter, chat_upstream: Upstream, messages_upstream: Upstream
) -> Iterator[Mixed]:
    log_in(client)
    router = start_router(configured(messages_upstream, chat_upstream))
    yield Mixed(client, router, messages_upstream, chat_upstream)
    assert LOGIN not in router.said + logged(router)


def logged(router: Router) -> str:
    return "".join(path.read_text() for path in router.home.rglob("*.jsonl"))


@pytest.mark.contract("12", "a provider that takes the user's own login (`auth: client`)")
def test_the_client_sends_the_login_to_it_and_other_models_answer_by_their_own_keys(mixed: Mixed) -> None:
    mixed.claude.play([HELLO])
    mixed.other.play([OTHER])
    assert mixed.ask("-p", "hi").out == "hello from Claude\n"
    assert mixed.ask("-p", "hi", "--model", "chat,m").out == "hello from another\n"
    headers = mixed.claude.only.headers
    assert headers["authorization"] == f"Bearer {LOGIN}"
    assert "oauth-2025-04-20" in headers["anthropic-beta"]
    assert "x-ccr-key" not in headers
    assert mixed.other.only.headers["authorization"] == "Bearer chat-key"
    assert LOGIN not in str(mixed.other.only)


@pytest.mark.contract("12", "a token in the environment, where the user's login is wanted")
def test_the_client_shows_how_to_log_in(mixed: Mixed) -> None:
    ran = mixed.ask("-p", "hi", ANTHROPIC_AUTH_TOKEN=KEY)
    assert ran.code == 1
    assert "log in with `claude /login`" in ran.out
    assert mixed.claude.requests == []


@pytest.mark.contract("12", "no login at all, where one is wanted")
def test_the_client_says_so_by_itself(client: Client, router: Router, chat_upstream: Upstream) -> None:
    ran = client.claude("-p", "hi", url=router.url, ANTHROPIC_AUTH_TOKEN="", ANTHROPIC_CUSTOM_HEADERS=SPOKEN)
    assert (ran.code, ran.out) == (1, "Not logged in · Please run /login\n")
    assert chat_upstream.requests == []


@pytest.mark.contract("12", "a login that Anthropic refuses (401)")
def test_the_client_tries_to_renew_it_and_shows_why(mixed: Mixed) -> None:
    refusal = messages.error(401, "authentication_error", "OAuth token has expired")
    mixed.claude.play(lambda request: refusal)
    ran = mixed.ask("-p", "hi")
    assert ran.code == 1
    if mixed.client.version > (2, 1, 260):
        assert "OAuth token has expired" in ran.out
    assert len(mixed.claude.requests) == 2


@pytest.mark.contract("12", "the limit of the user's subscription is reached")
def test_the_client_shows_the_limit_and_when_it_ends(mixed: Mixed) -> None:
    limits = {
        "anthropic-ratelimit-unified-status": "rejected",
        "anthropic-ratelimit-unified-reset": str(FAR_OFF),
        "anthropic-ratelimit-unified-representative-claim": "five_hour",
        "retry-after": "7200",
    }
    mixed.claude.play(lambda request: messages.error(429, "rate_limit_error", "limited", limits))
    ran = mixed.ask("-p", "hi")
    assert (ran.code, len(mixed.claude.requests)) == (1, 1)
    assert "limit" in ran.out
    assert "resets" in ran.out


@pytest.mark.contract("12", "body fields and betas that the router does not know")
def test_the_client_gets_them_to_anthropic_as_they_are(mixed: Mixed) -> None:
    mixed.claude.play([HELLO])
    ran = mixed.ask("-p", "hi", CLAUDE_CODE_EXTRA_BODY='{"tags": {"a": [1]}}', ANTHROPIC_BETAS="not-known-2030-01-01")
    assert ran.out == "hello from Claude\n"
    assert mixed.claude.only.json["tags"] == {"a": [1]}
    assert "not-known-2030-01-01" in mixed.claude.only.headers["anthropic-beta"]


@pytest.mark.contract("12", "the same for a provider of another dialect")
def test_the_client_is_answered_without_them(client: Client, router: Router, chat_upstream: Upstream) -> None:
    chat_upstream.play([OTHER])
    extra: dict[str, Any] = {
        "CLAUDE_CODE_EXTRA_BODY": '{"tags": {"a": [1]}}',
        "ANTHROPIC_BETAS": "not-known-2030-01-01",
    }
    assert client.claude("-p", "hi", url=router.url, **extra).code == 0
    assert "tags" not in chat_upstream.only.json
    assert "anthropic-beta" not in chat_upstream.only.headers


@pytest.mark.contract("12", "auto mode's safety check at a provider that cannot run it (`safeguards`)")
def test_the_client_asks_again_without_it(client: Client, router: Router, chat_upstream: Upstream) -> None:
    chat_upstream.play([OTHER])
    ran = client.claude(*AUTO, url=router.url)
    assert (ran.code, ran.out) == (0, "hello from another\n")
    assert "safeguards" not in chat_upstream.only.json


@pytest.mark.contract("12", "auto mode's safety check at Anthropic (`safeguards`)")
def test_the_client_has_the_check_passed_through(mixed: Mixed) -> None:
    mixed.claude.play([HELLO])
    assert mixed.ask(*AUTO).code == 0
    asked = mixed.claude.requests[-1]
    newer = mixed.client.version > SERVER_CHECKS
    assert ("safeguards" in asked.json) == newer
    assert ("dangerous-tool-use" in asked.headers["anthropic-beta"]) == newer


@pytest.mark.contract("12", "auto mode with `CLAUDE_CODE_AUTO_MODE_SERVER=0`, as `ccr code` sets it")
def test_the_client_has_a_model_of_the_router_judge_risky_actions(
    client: Client, router: Router, chat_upstream: Upstream
) -> None:
    call = tool("Bash", {"command": "curl http://127.0.0.1:9/ || touch done", "description": "x"})
    harmless = "<block>no</block>" if client.version < (2, 1, 260) else "<severity>0</severity>"
    turns = iter([chat.stream(call, usage(9, 9)), OTHER])

    def play(request: Any) -> Any:
        return next(turns) if "tools" in request.json else chat.reply(text(harmless), usage(9, 9))

    chat_upstream.play(play)
    ran = client.claude(*AUTO, url=router.url, CLAUDE_CODE_AUTO_MODE_SERVER="0")
    assert (ran.code, ran.out) == (0, "hello from another\n")
    assert (client.work / "done").exists()


@pytest.mark.contract("12", "`ccr code` with a provider that takes the user's own login")
def test_the_client_is_started_with_the_login_in_its_place(
    client: Client, chat_upstream: Upstream, messages_upstream: Upstream
) -> None:
    log_in(client)
    messages_upstream.play([HELLO])
    config = client.home / ".claude-code-router" / "config.json"
    config.parent.mkdir()
    config.write_text(json.dumps({"APIKEY": KEY, **configured(messages_upstream, chat_upstream)}))
    ran = client.ccr("code", "-p", "hi", CLAUDE_PATH=str(client.program), ANTHROPIC_AUTH_TOKEN="another", **nowhere())
    assert (ran.code, ran.out) == (0, "hello from Claude\n")
    assert messages_upstream.only.headers["authorization"] == f"Bearer {LOGIN}"
