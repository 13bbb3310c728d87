"""Which model's name the client sends, what the router makes of it, and what stands in the /model menu."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import providers
from tests.support import chat
from tests.support.clients import Client
from tests.support.parts import text, tool, usage
from tests.support.running import KEY, QUIET, Router, bare_environment, running_router
from tests.support.screen import Screen
from tests.support.upstream import Answer, Received, Upstream, reply

NEW = (2, 1, 329)
CONFIG = {
    "Router": {"default": "chat,m", "background": "chat,cheap", "opus": "chat,big", "sonnet": "chat,medium"},
    "aliases": {"fast": "chat,quick"},
}
HELLO = chat.stream(text("hello"), usage(9, 9))


@pytest.fixture(scope="module")
def _named(_chat: Upstream, _messages: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    config = {"Providers": providers(_chat, _messages), **CONFIG}
    with running_router(config, tmp_path_factory.mktemp("named")) as router:
        yield router


@pytest.fixture
def named(_named: Router, chat_upstream: Upstream) -> Router:
    """A router with families and an alias."""
    chat_upstream.play(lambda request: HELLO)
    return _named


def log(home: Path) -> list[Mapping[str, Any]]:
    file = home / ".claude-code-router" / "logs" / "ccr.log"
    found = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    return [line for line in found if line["event"] == "request"]


def asked(router: Router, run: Callable[[], object]) -> list[tuple[str, str]]:
    """The names that the client sends meanwhile, and where each goes."""
    before = len(log(router.home))
    run()
    return [(line["asked_for"], line["target"]) for line in log(router.home)[before:]]


def told(client: Client, router: Router, *arguments: str, **variables: Any) -> list[tuple[str, str]]:
    return asked(router, lambda: client.claude("-p", "hi", *arguments, url=router.url, **variables))


def only_name(found: list[tuple[str, str]], goes_to: str) -> str:
    """The one name that was sent, to this target."""
    ((name, target),) = found
    assert target == goes_to
    return name


@pytest.mark.contract("5", "no model is given")
def test_the_client_sends_its_newest_opus(client: Client, named: Router) -> None:
    assert only_name(told(client, named), "chat,big").startswith("claude-opus-")


@pytest.mark.contract("5", "--model with one of its own names (opus, sonnet, haiku)")
@pytest.mark.parametrize(("name", "goes_to"), [("opus", "big"), ("sonnet", "medium"), ("haiku", "cheap")])
def test_the_client_sends_the_newest_of_that_family(client: Client, named: Router, name: str, goes_to: str) -> None:
    assert only_name(told(client, named, "--model", name), f"chat,{goes_to}").startswith(f"claude-{name}-")


@pytest.mark.contract("5", "--model with a name of the router's")
@pytest.mark.parametrize(
    ("name", "goes_to"),
    [
        ("chat,deep", "chat,deep"),
        ("chat/deep", "chat,deep"),
        ("CHAT,vendor/deep:free", "chat,vendor/deep:free"),
        ("fast", "chat,quick"),
        ("claude:chat,deep", "chat,deep"),
    ],
)
def test_the_client_sends_it_as_it_is(client: Client, named: Router, name: str, goes_to: str) -> None:
    assert told(client, named, "--model", name) == [(name, goes_to)]


@pytest.mark.contract("5", "a name that ends in [1m]")
def test_the_client_cuts_it_off(client: Client, named: Router) -> None:
    assert told(client, named, "--model", "chat,deep[1m]") == [("chat,deep", "chat,deep")]


@pytest.mark.contract("5", "the name of a retired model")
def test_the_client_sends_the_newest_one_of_its_family(client: Client, named: Router) -> None:
    name = only_name(told(client, named, "--model", "claude-opus-4-1"), "chat,big")
    assert name.startswith("claude-opus-")
    assert name != "claude-opus-4-1"


@pytest.mark.contract("5", "a name in ANTHROPIC_MODEL, or in the settings")
def test_the_client_takes_the_option_first_then_the_variable_then_the_settings(client: Client, named: Router) -> None:
    settings = ("--settings", json.dumps({"model": "chat,settings"}))
    variable = {"ANTHROPIC_MODEL": "chat,variable"}
    found = told(client, named, *settings)
    found += told(client, named, *settings, **variable)
    found += told(client, named, *settings, "--model", "chat,option", **variable)
    assert [name for name, _ in found] == ["chat,settings", "chat,variable", "chat,option"]


@pytest.mark.contract("5", "ANTHROPIC_DEFAULT_OPUS_MODEL")
def test_the_client_sends_that_for_opus_and_where_no_model_is_given(client: Client, named: Router) -> None:
    variable = {"ANTHROPIC_DEFAULT_OPUS_MODEL": "chat,deep"}
    assert told(client, named, **variable) == [("chat,deep", "chat,deep")]
    assert told(client, named, "--model", "opus", **variable) == [("chat,deep", "chat,deep")]


@pytest.mark.contract("5", "--fallback-model, and the first model fails")
@pytest.mark.parametrize("name", ["chat/deep", "fast"])
def test_the_client_asks_the_next_one(client: Client, named: Router, chat_upstream: Upstream, name: str) -> None:
    busy = reply(529, {"error": {"message": "overloaded"}}, {"x-should-retry": "false"})
    chat_upstream.play(lambda request: busy if request.json["model"] == "broken" else HELLO)
    options = ("--model", "chat,broken", "--fallback-model", name)
    ran = client.claude("-p", "hi", *options, url=named.url, CLAUDE_CODE_MAX_RETRIES="4")
    assert (ran.code, ran.out) == (0, "hello\n")
    assert chat_upstream.requests[-1].json["model"] == {"chat/deep": "deep", "fast": "quick"}[name]


@pytest.mark.contract("5", "a comma in --fallback-model")
def test_the_client_reads_it_as_two_models(client: Client, named: Router, chat_upstream: Upstream) -> None:
    gone = reply(404, {"error": {"message": "The model `broken` does not exist", "code": "model_not_found"}})
    chat_upstream.play(lambda request: gone if request.json["model"] == "broken" else HELLO)
    found = told(client, named, "--model", "chat,broken", "--fallback-model", "fast,chat/deep")
    assert found[-1] == ("fast", "chat,quick")


@pytest.mark.contract("5", "a model in CLAUDE_CODE_SUBAGENT_MODEL, or in an agent's own file")
def test_the_client_sends_it_for_that_subagent(client: Client, named: Router, chat_upstream: Upstream) -> None:
    folder = client.work / ".claude" / "agents"
    folder.mkdir(parents=True)
    own = "---\nname: critic\ndescription: Reviews.\nmodel: chat,critic\n---\nYou review."
    (folder / "critic.md").write_text(own)
    chat_upstream.play(parent("general-purpose", "critic"))
    found = dict(told(client, named, CLAUDE_CODE_SUBAGENT_MODEL="chat/worker"))
    if client.version < NEW:
        assert found["chat/worker"] == "chat,worker", "the variable counts for all of them"
    else:
        assert (found["chat/worker"], found["chat,critic"]) == ("chat,worker", "chat,critic")


def parent(*kinds: str) -> Callable[[Received], Answer]:
    calls = [tool("Agent", {"subagent_type": kind, "description": "Look", "prompt": f"look, {kind}"}) for kind in kinds]
    first = [chat.stream(*calls, usage(9, 9))]
    return lambda request: first.pop() if first and request.json["model"] == "big" else HELLO


@pytest.mark.contract("5", "a free name in the Agent tool's model")
def test_the_client_refuses_it_and_tells_the_model(client: Client, named: Router, chat_upstream: Upstream) -> None:
    arguments = {"subagent_type": "general-purpose", "description": "d", "prompt": "p", "model": "chat,deep"}
    first = [chat.stream(tool("Agent", arguments), usage(9, 9))]
    chat_upstream.play(lambda request: first.pop() if first else HELLO)
    found = told(client, named)
    assert {target for _, target in found} == {"chat,big"}
    assert b"InputValidationError" in chat_upstream.requests[-1].body


@pytest.mark.contract("5", "a name that holds that of an older Claude")
def test_the_client_shapes_its_request_for_that_one(
    client: Client, router: Router, messages_upstream: Upstream
) -> None:
    shapes: list[str | None] = []

    def answer(request: Received) -> Answer:
        shapes.append(request.json.get("thinking", {}).get("type"))
        return reply(400, {"type": "error", "error": {"type": "invalid_request_error", "message": "enough"}})

    messages_upstream.play(answer)
    for name in ("claude,claude-sonnet-4-5", "claude,free", "claude,claude-3-7-sonnet"):
        before = len(shapes)
        client.claude("-p", "hi", "--model", name, url=router.url)
        del shapes[before + 1 :]
    assert shapes == ["enabled", "adaptive", None]


# --- at the terminal


@pytest.fixture
def terminal(client: Client, chat_upstream: Upstream, messages_upstream: Upstream) -> Iterator[Screen]:
    """Somebody who has typed `ccr code`, and allows no traffic but what is needed."""
    known = {"hasTrustDialogAccepted": True}
    state = {"hasCompletedOnboarding": True, "theme": "dark", "projects": {str(client.work): known}}
    (client.home / ".claude.json").write_text(json.dumps(state))
    ours = client.home / ".claude-code-router"
    ours.mkdir()
    config = {"APIKEY": KEY, "Providers": providers(chat_upstream, messages_upstream), **CONFIG}
    (ours / "config.json").write_text(json.dumps(config))
    chat_upstream.play(lambda request: HELLO)
    variables = {"CLAUDE_PATH": str(client.program), "CCR_PORT": str(client.port)}
    environment = {**bare_environment(client.home), **QUIET, **variables}
    with Screen([sys.executable, "-m", "ccr", "code"], environment, client.work) as screen:
        screen.wait_for("❯", 60)
        yield screen


@pytest.mark.contract("5", "the /model menu")
def test_the_client_offers_every_target_and_alias_and_takes_the_chosen_one(
    chat_upstream: Upstream, terminal: Screen
) -> None:
    terminal.say("/model")
    menu = terminal.wait_for("fast: quick (chat)")
    for entry in ("m (chat)", "cheap (chat)", "big (chat)", "medium (chat)"):
        assert entry in menu
    while "❯" not in next(line for line in terminal.text.splitlines() if "fast: quick (chat)" in line):
        terminal.press("Down")
    terminal.press("Enter")
    terminal.wait_for("Set model to")
    terminal.say("hello you there")
    terminal.wait_for("hello\n")
    assert chat_upstream.requests[-1].json["model"] == "quick"


@pytest.mark.contract("5", "/model with a name that is configured")
def test_the_client_tries_the_name_and_no_provider_is_asked(
    client: Client, chat_upstream: Upstream, terminal: Screen
) -> None:
    terminal.say("/model chat,deep")
    terminal.wait_for("Set model to")
    line = log(client.home)[-1]
    assert (line["class"], line["asked_for"], line["target"]) == ("probe", "chat,deep", "chat,deep")
    assert chat_upstream.requests == []


@pytest.mark.contract("5", "/model with a name that is nobody's")
def test_the_client_says_that_there_is_no_such_model(terminal: Screen) -> None:
    terminal.say("/model nonsense")
    assert "nonsense" in terminal.wait_for("not found")
