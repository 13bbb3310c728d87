"""`ccr model` beside a router that runs: what it writes, the router does."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import chat
from tests.support.parts import text, usage
from tests.support.running import Person, Router, bare_environment, running_router
from tests.support.screen import Screen
from tests.support.upstream import Upstream

ASKED = {"model": "claude-opus-5", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture
def running(chat_upstream: Upstream, tmp_path: Path) -> Iterator[Router]:
    """One whose file names three models."""
    chat_upstream.play(lambda request: chat.reply(text("hello"), usage(10, 2)))
    provider = {"name": "chat", "api_base_url": f"{chat_upstream.url}/v1/chat/completions", "api_key": "k"}
    config = {"Providers": [{**provider, "models": ["m", "other", "third"]}], "Router": {"default": "chat,m"}}
    with running_router(config, tmp_path) as router:
        yield router


def becomes(router: Router, wanted: str) -> None:
    until = time.monotonic() + 10
    while (found := router.messages(ASKED).headers["x-ccr-model"]) != wanted:
        assert time.monotonic() < until, found
        time.sleep(0.1)


def test_a_route_is_switched_while_the_router_runs(running: Router, tmp_path: Path) -> None:
    becomes(running, "chat,m")
    done = Person(tmp_path).settle().ccr("model", "default", "other")
    assert (done.code, done.out) == (0, f"default: chat,m -> chat,other ({running.config})\n")
    becomes(running, "chat,other")


def test_a_person_chooses_by_typing(running: Router, tmp_path: Path) -> None:
    command = (sys.executable, "-m", "ccr", "model")
    person = Person(tmp_path).settle()
    with Screen(command, bare_environment(person.home), person.work) as screen:
        screen.wait_for("Route to change")
        screen.say("default")
        screen.wait_for("3  chat,third")
        screen.say("thi")
        screen.wait_for("default: chat,m -> chat,third")
    becomes(running, "chat,third")
