"""The status line: what the client gives its command, and what it then shows."""

import json
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import chat
from tests.support.clients import Client
from tests.support.parts import text, usage
from tests.support.running import KEY, QUIET, Router, bare_environment
from tests.support.screen import Screen
from tests.support.upstream import Answer, Received, Upstream, reply

OURS = shlex.join([sys.executable, "-m", "ccr", "statusline"])
DUMP = """import json, os, sys
with open({path!r}, "w") as file:
    json.dump({{"said": json.load(sys.stdin), "env": dict(os.environ)}}, file)
print("dumped")
"""


def answering(request: Received) -> Answer:
    return chat.stream(text("hello"), usage(1000, 20, cached=900))


@contextmanager
def terminal(client: Client, *command: str, **variables: str) -> Iterator[Screen]:
    """In a folder that is trusted, with the first questions answered."""
    trusted = {"hasCompletedOnboarding": True, "projects": {str(client.work): {"hasTrustDialogAccepted": True}}}
    (client.home / ".claude.json").write_text(json.dumps(trusted))
    env = {**bare_environment(client.home), **QUIET, **variables}
    with Screen(command, env, client.work) as screen:
        yield screen


@contextmanager
def drawing(client: Client, router: Router, line: str) -> Iterator[Screen]:
    settings = json.dumps({"statusLine": {"type": "command", "command": line}})
    spoken = {"ANTHROPIC_BASE_URL": router.url, "ANTHROPIC_AUTH_TOKEN": KEY}
    with terminal(client, str(client.program), "--settings", settings, **spoken) as screen:
        yield screen


@pytest.mark.contract("8", "the status line before and after a turn")
def test_the_client_shows_the_model_that_really_answered(
    client: Client, router: Router, chat_upstream: Upstream
) -> None:
    chat_upstream.play(answering)
    with drawing(client, router, OURS) as screen:
        screen.wait_for("\n  m\n")
        screen.say("hi")
        assert " 90% cached" in screen.wait_for("  m · default · 1k · ↑1k ↓20 · ")


@pytest.mark.contract("8", "the status line after a turn that failed")
def test_the_client_shows_which_model_failed_and_how(client: Client, router: Router, chat_upstream: Upstream) -> None:
    chat_upstream.play(lambda request: reply(403, {"error": {"message": "not you"}}))
    with drawing(client, router, OURS) as screen:
        screen.wait_for("\n  m\n")
        screen.say("hi")
        screen.wait_for("  m ✗ ")


@pytest.mark.contract("8", "a statusLine command")
def test_the_client_gives_it_the_session_that_its_requests_name_and_the_routers_address(
    client: Client, router: Router, chat_upstream: Upstream, tmp_path: Path
) -> None:
    chat_upstream.play(answering)
    program, given = tmp_path / "dump.py", tmp_path / "given.json"
    program.write_text(DUMP.format(path=str(given)))
    with drawing(client, router, shlex.join([sys.executable, str(program)])) as screen:
        screen.wait_for("dumped")
        screen.say("hi")
        screen.wait_for("hello")
        screen.wait_for("dumped")
    found = json.loads(given.read_text())
    with router.client as asked:
        sessions = [each["session"] for each in asked.get("/ccr/sessions").json()["sessions"]]
    assert found["said"]["session_id"] in sessions
    assert found["env"]["ANTHROPIC_BASE_URL"] == router.url
    assert found["env"]["ANTHROPIC_AUTH_TOKEN"] == KEY
    assert found["said"]["workspace"]["current_dir"] == str(client.work)


@pytest.mark.contract("8", "a configuration with a StatusLine, and `ccr code`")
def test_the_client_draws_the_modules_of_the_configuration(client: Client, chat_upstream: Upstream) -> None:
    chat_upstream.play(answering)
    modules = [{"type": "workDir", "icon": "at", "text": "{{workDirName}}"}, {"type": "model", "text": "<{{model}}>"}]
    config = {
        "APIKEY": KEY,
        "Providers": [
            {
                "name": "chat",
                "api_base_url": f"{chat_upstream.url}/v1/chat/completions",
                "api_key": "k",
                "models": ["m"],
            }
        ],
        "Router": {"default": "chat,m"},
        "StatusLine": {"enabled": True, "currentStyle": "default", "default": {"modules": modules}},
    }
    folder = client.home / ".claude-code-router"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    own = {"CLAUDE_PATH": str(client.program), "CCR_PORT": str(client.port)}
    with terminal(client, sys.executable, "-m", "ccr", "code", **own) as screen:
        screen.wait_for("  at work <m>")
