"""What the client's contract needs of the container: the menu, the windows, the status line, the doctor, the own login."""

import json
from collections.abc import Iterator, Mapping

import pytest

from tests.image.conftest import StartContainer
from tests.support import chat
from tests.support.containers import Container, Engine, Outside
from tests.support.parts import text, usage

HELLO = chat.stream(text("said the scripted model"), usage(1000, 20, cached=900))


@pytest.fixture(scope="module")
def model(engine: Engine) -> Iterator[Outside]:
    with Outside(engine) as upstream:
        yield upstream


def config(upstream: Outside, **more: object) -> Mapping[str, object]:
    provider = {
        "name": "scripted",
        "api_base_url": f"{upstream.url}/v1",
        "api_key": "the-key",
        "models": ["m"],
        "limits": {"m": 131072},
    }
    return {"Providers": [provider], "Router": {"default": "scripted,m"}, **more}


@pytest.fixture(scope="module")
def shared(shared_container: StartContainer, model: Outside) -> Container:
    return shared_container(config=config(model))


def environment(container: Container) -> dict[str, str]:
    lines = container.execute("cat", "/run/ccr/environment").stdout.splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_claude_is_told_the_window_and_asks_for_the_menu(shared: Container) -> None:
    told = environment(shared)
    assert told["CLAUDE_CODE_AUTO_COMPACT_WINDOW"] == "131072"
    assert told["CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY"] == "1"
    assert told["CLAUDE_CODE_GATEWAY_HINT_HEADERS"] == "1"


def test_the_doctor_finds_nothing_wrong(shared: Container, model: Outside) -> None:
    model.play([])
    found = json.loads(shared.ssh("ccr doctor --json", check=False).stdout)
    assert [each for each in found["findings"] if each["state"] == "problem"] == []
    (whole,) = [each for each in found["findings"] if each["check"] == "end-to-end"]
    assert whole["state"] == "skipped", "claude is bound to the router of the container"
    assert model.requests == [], "no provider is asked anything"


def test_the_status_line_is_there_and_shows_who_answered(shared: Container, model: Outside) -> None:
    settings = json.loads(shared.ssh("cat ~/.claude/settings.json").stdout)
    model.play([HELLO])
    session = json.loads(shared.ssh("claude -p hi --output-format json </dev/null").stdout)["session_id"]
    asked = json.dumps({"session_id": session})
    line = shared.ssh(f"NO_COLOR=1 {settings['statusLine']['command']}", text=asked).stdout
    assert "default" in line
    assert "90% cached" in line


def test_the_prompts_segment_names_the_model(shared: Container) -> None:
    assert shared.ssh("ccr prompt").stdout.strip() == "ccr:m"


def test_routes_are_switched_on_the_host(shared: Container) -> None:
    done = shared.ssh("ccr model default scripted,other", check=False)
    assert done.returncode == 1
    assert "on the host" in done.stderr


def test_a_login_of_the_users_own_is_not_covered_by_a_key(container: StartContainer, model: Outside) -> None:
    own = {"name": "claude", "auth": "client", "api_base_url": model.url, "models": ["claude-opus-5-5"]}
    running = container(config={"Providers": [own], "Router": {"default": "claude,claude-opus-5-5"}})
    assert not environment(running).get("ANTHROPIC_AUTH_TOKEN")
    assert "please run /login" in running.ssh("claude -p hi </dev/null", check=False).stdout.lower()
    assert running.ssh("ccr status").stdout
