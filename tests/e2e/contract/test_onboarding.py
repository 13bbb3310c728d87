"""The questions that claude asks before its first prompt, and the settings and keys that it heeds."""

import json
import re
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import chat
from tests.support.clients import Client
from tests.support.parts import text, usage
from tests.support.running import KEY, QUIET, Router, bare_environment
from tests.support.screen import Screen
from tests.support.upstream import Upstream

HELLO = chat.stream(text("hello"), usage(10, 2))
NOWHERE = "http://127.0.0.1:9"
THEME = "Choose the text style"
ANSWERED = {"hasCompletedOnboarding": True}


def trusting(folder: Path) -> dict[str, object]:
    return {**ANSWERED, "projects": {str(folder): {"hasTrustDialogAccepted": True}}}


@contextmanager
def started(client: Client, *command: str, **variables: str) -> Iterator[Screen]:
    spoken = {"ANTHROPIC_BASE_URL": NOWHERE, "ANTHROPIC_AUTH_TOKEN": KEY}
    env = {**bare_environment(client.home), **QUIET, **spoken, **variables}
    with Screen(command or (str(client.program),), env, client.work) as screen:
        yield screen


def wait_for_prompt(screen: Screen) -> str:
    """An empty line to type in, and no menu."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if re.search(r"^[❯>]\s*$", seen := screen.text, re.MULTILINE):
            return seen
        time.sleep(0.05)
    raise AssertionError(f"no prompt:\n{screen.text}")


def write(path: Path, value: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def ccr_code(client: Client, *options: str) -> tuple[str, ...]:
    env = f"CLAUDE_PATH={client.program}", f"CCR_PORT={client.port}"
    return ("env", *env, sys.executable, "-m", "ccr", "code", *options)


@pytest.mark.contract("8", "a first start in an empty home")
def test_the_client_asks_for_a_theme(client: Client) -> None:
    with started(client) as screen:
        screen.wait_for(THEME)


@pytest.mark.contract("8", "a folder that nobody has trusted")
def test_the_client_asks_whether_the_folder_is_trusted(client: Client) -> None:
    write(client.home / ".claude.json", ANSWERED)
    with started(client) as screen:
        screen.wait_for("Yes, I trust this folder")


@pytest.mark.contract("8", "its first questions are answered in its file")
def test_the_client_begins_with_its_prompt(client: Client) -> None:
    write(client.home / ".claude.json", trusting(client.work))
    with started(client) as screen:
        wait_for_prompt(screen)


@pytest.mark.contract("8", "a key in ANTHROPIC_API_KEY")
def test_the_client_asks_whether_to_use_it(client: Client) -> None:
    write(client.home / ".claude.json", trusting(client.work))
    with started(client, ANTHROPIC_API_KEY="sk-ant-api03-01234567890123456789") as screen:
        screen.wait_for("Do you want to use this API key?")


@pytest.mark.contract("8", "a key in ANTHROPIC_API_KEY, under `ccr code`")
def test_the_client_does_not_see_it(client: Client) -> None:
    write(client.home / ".claude.json", trusting(client.work))
    with started(client, *ccr_code(client), ANTHROPIC_API_KEY="sk-ant-api03-01234567890123456789") as screen:
        assert "API key?" not in wait_for_prompt(screen)


@pytest.mark.contract("8", "a .claude.json that is broken, under `ccr code --trust`")
def test_the_client_finds_it_as_it_was(client: Client) -> None:
    path = write(client.home / ".claude.json", '{"hasCompl')
    with started(client, *ccr_code(client, "--trust")) as screen:
        screen.wait_for("isn't valid JSON" if client.version >= (2, 1, 300) else "JSON")
    assert path.read_text() == '{"hasCompl'


@pytest.mark.contract("8", "a first start with `ccr code --trust`")
def test_the_client_asks_nothing_and_keeps_what_it_had(client: Client) -> None:
    path = write(client.home / ".claude.json", {"mine": [1.5], "projects": {"/other": {"x": 1}}})
    with started(client, *ccr_code(client, "--trust")) as screen:
        wait_for_prompt(screen)
    kept = json.loads(path.read_text())
    assert kept["mine"] == [1.5]
    assert kept["projects"]["/other"] == {"x": 1}


@pytest.mark.contract("8", "a first start with `ccr code --isolated --trust`")
def test_the_client_asks_nothing_and_leaves_the_home_alone(client: Client) -> None:
    path = write(client.home / ".claude.json", '{"mine": 1}')
    with started(client, *ccr_code(client, "--isolated", "--trust")) as screen:
        wait_for_prompt(screen)
    assert path.read_text() == '{"mine": 1}'
    assert sorted(each.name for each in client.home.iterdir()) == [".claude-code-router", ".claude.json"]


@pytest.mark.contract("8", "a first start with `ccr code --isolated`")
def test_the_client_asks_for_trust_alone(client: Client) -> None:
    with started(client, *ccr_code(client, "--isolated")) as screen:
        assert THEME not in screen.wait_for("Yes, I trust this folder")


SETTINGS: Mapping[str, Mapping[str, str]] = {
    "another address": {"ANTHROPIC_BASE_URL": NOWHERE},
    "another key": {"ANTHROPIC_AUTH_TOKEN": "other"},
    "another service": {"CLAUDE_CODE_USE_BEDROCK": "1"},
    "a proxy": {"HTTP_PROXY": NOWHERE, "NO_PROXY": "corp"},
    "a socket": {"ANTHROPIC_UNIX_SOCKET": "/nowhere"},
}


@pytest.mark.contract("8", "settings with an `env` that contradicts the environment")
@pytest.mark.parametrize("what", SETTINGS)
def test_the_client_heeds_the_settings(client: Client, router: Router, what: str) -> None:
    write(client.home / ".claude" / "settings.json", {"env": SETTINGS[what]})
    ran = client.claude("-p", "hi", url=router.url, CLAUDE_CODE_MAX_RETRIES="0", AWS_EC2_METADATA_DISABLED="true")
    assert ran.code == 1


@pytest.mark.contract("8", "the same settings, under `ccr code`")
def test_the_client_comes_to_the_router_all_the_same(client: Client, chat_upstream: Upstream) -> None:
    chat_upstream.play([HELLO])
    provider = {"name": "chat", "api_base_url": f"{chat_upstream.url}/v1", "api_key": "k", "models": ["m"]}
    config = {"Providers": [provider], "Router": {"default": "chat,m"}}
    write(client.home / ".claude-code-router" / "config.json", config)
    env = {name: value for said in SETTINGS.values() for name, value in said.items()}
    if client.version < (2, 1, 260):
        del env["ANTHROPIC_UNIX_SOCKET"]  # an empty one is taken for one
    write(client.home / ".claude" / "settings.json", {"env": env, "apiKeyHelper": "echo other"})
    ran = client.ccr("code", "-p", "hi", CLAUDE_CODE_MAX_RETRIES="1")
    assert (ran.code, ran.out, ran.err) == (0, "hello\n", "")
