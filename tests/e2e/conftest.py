"""What the end-to-end tests share: one router per run in front of two scripted upstreams, and people who use it.

The upstreams forget what they were told after each test; a test that wants another configuration starts its own router.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support import chat, messages
from tests.support.running import Person, Router, running_router
from tests.support.sides import Side
from tests.support.upstream import Upstream

StartRouter = Callable[..., Router]

# What the router does about a failure is not what tests of clients are about: each gets its own, whatever came before.
AT_ONCE = {"retries": 0, "breaker": False}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


def providers(chat_upstream: Upstream, messages_upstream: Upstream) -> list[dict[str, Any]]:
    """`chat` speaks OpenAI, `claude` Anthropic, `dead` is nobody's port; the last ones are written as CCR 2 has them."""
    transformed: dict[str, dict[str, Any]] = {
        "deepseek": {"use": ["deepseek"]},
        "reasoning": {"use": ["reasoning"]},
        "tooluse": {"use": ["tooluse"]},
        "enhancetool": {"use": ["enhancetool"]},
        "openrouter": {"use": ["openrouter"]},
        "capped": {"use": [["maxtoken", {"max_tokens": 123}]]},
        "capped-model": {"m": {"use": [["maxtoken", {"max_tokens": 321}]]}},
    }
    return [
        {
            "name": "chat",
            "api_base_url": f"{chat_upstream.url}/v1",
            "api_key": "chat-key",
            "models": ["m", "cheap", "deep"],
        },
        {
            "name": "claude",
            "api_base_url": f"{messages_upstream.url}/v1/messages",
            "api_key": "claude-key",
            "models": ["opus", "haiku"],
            "transformer": {"use": ["Anthropic"]},
        },
        {"name": "dead", "api_base_url": "http://127.0.0.1:9/v1", "api_key": "dead-key", "models": ["m"]},
        {"name": "keyless", "api_base_url": f"{chat_upstream.url}/v1", "api_key": "", "models": ["m"]},
        *(
            {
                "name": name,
                "api_base_url": f"{chat_upstream.url}/v1/chat/completions",
                "api_key": "chat-key",
                "models": ["m"],
                "transformer": transformer,
            }
            for name, transformer in transformed.items()
        ),
    ]


@pytest.fixture(scope="session")
def _chat() -> Iterator[Upstream]:
    with Upstream() as upstream:
        yield upstream


@pytest.fixture(scope="session")
def _messages() -> Iterator[Upstream]:
    with Upstream() as upstream:
        yield upstream


@pytest.fixture
def chat_upstream(_chat: Upstream) -> Upstream:
    _chat.play([])
    return _chat


@pytest.fixture
def messages_upstream(_messages: Upstream) -> Upstream:
    _messages.play([])
    return _messages


@pytest.fixture(scope="session")
def _router(_chat: Upstream, _messages: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    config = {"Providers": providers(_chat, _messages), "Router": {"default": "chat,m"}, **AT_ONCE}
    with running_router(config, tmp_path_factory.mktemp("router")) as router:
        yield router


@pytest.fixture
def router(_router: Router, chat_upstream: Upstream, messages_upstream: Upstream) -> Iterator[Router]:
    """The router that most tests share. It must be up after every test, and never have shown a stack trace."""
    yield _router
    assert _router.is_up(), f"the router is down\n{_router.said}"
    assert "Traceback" not in _router.said, _router.said


@pytest.fixture(scope="session")
def _hasty(_chat: Upstream, _messages: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    oai = {"name": "oai", "api_base_url": f"{_chat.url}/v1/responses", "api_key": "k", "models": ["m"]}
    # Its key is its own: that of `chat` may rest after what an earlier test made of it.
    frail = {"name": "frail", "api_base_url": f"{_chat.url}/v1", "api_key": "frail-key", "models": ["m"]}
    config = {
        "Providers": [*providers(_chat, _messages), oai, frail],
        "Router": {"default": "chat,m"},
        "fallback": {"frail,m": "claude,opus"},
        "timeouts": {"head": 0.1},
        **AT_ONCE,
    }
    with running_router(config, tmp_path_factory.mktemp("hasty")) as router:
        yield router


@pytest.fixture
def hasty(_hasty: Router, chat_upstream: Upstream, messages_upstream: Upstream) -> Iterator[Router]:
    """A router whose streams begin after 0.1 s, where others wait for half a minute."""
    yield _hasty
    assert "Traceback" not in _hasty.said, _hasty.said


@pytest.fixture
def start_router(
    chat_upstream: Upstream, messages_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StartRouter]:
    """A router of the test's own: `start_router({"Router": {...}})`, with the usual providers unless others are given."""
    with ExitStack() as stack:

        def start(config: dict[str, Any] | None = None, **variables: str) -> Router:
            whole = {"Providers": providers(chat_upstream, messages_upstream), "Router": {"default": "chat,m"}}
            folder = tmp_path_factory.mktemp("own")
            return stack.enter_context(running_router({**whole, **(config or {})}, folder, variables))

        yield start


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    """Somebody in an empty HOME. A router that they started is stopped when they go."""
    somebody = Person(tmp_path).settle()
    yield somebody
    if (somebody.home / ".claude-code-router").exists():
        somebody.ccr("stop")


@pytest.fixture(params=["openai", "anthropic"])
def side(request: pytest.FixtureRequest, chat_upstream: Upstream, messages_upstream: Upstream) -> Side:
    """The test runs twice, once for each kind of upstream."""
    if request.param == "openai":
        return Side("chat,m", "chat-key", chat_upstream, chat.stream, chat.reply, "/v1/chat/completions")
    return Side("claude,opus", "claude-key", messages_upstream, messages.stream, messages.reply, "/v1/messages")
