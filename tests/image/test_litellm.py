"""The image's other target: LiteLLM as the supervised service, between the real claude and two kinds of upstream."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.image.conftest import StartContainer
from tests.support import chat, gemini
from tests.support.containers import Container, Engine, Outside
from tests.support.parts import Part, text, tool, usage
from tests.support.upstream import Answer, Received, reply

KEY = "the-providers-key-alone"
TASK = "/usr/lib/ccr/as-developer"
CLAUDE = ("claude", "-p", "make the file", "--allowedTools", "Bash")


def turns(conversation: str) -> tuple[Part, ...]:
    """A tool call, and then the answer."""
    if "made-1-it" in conversation:
        return text("It is made."), usage(20, 4)
    return tool("Bash", {"command": "echo made-$((1))-it", "description": "Make"}), usage(10, 3)


def answer(request: Received) -> Answer:
    if request.method != "POST":
        return reply(404, {})  # LiteLLM asks what models there are
    conversation = json.dumps(request.json.get("messages") or request.json.get("contents"))
    speak = gemini.stream if "generateContent" in request.path.lower() or "gemini" in request.path else chat.stream
    if "stream" not in request.path.lower() and not request.json.get("stream"):
        speak = gemini.reply if speak is gemini.stream else chat.reply
    return speak(*turns(conversation))


@pytest.fixture(scope="module")
def model(engine: Engine) -> Iterator[Outside]:
    with Outside(engine) as upstream:
        upstream.play(answer)
        yield upstream


@pytest.fixture(scope="module")
def generated(shared_container: StartContainer, model: Outside) -> Container:
    """With the router's configuration, written as LiteLLM's."""
    provider = {"name": "scripted", "api_base_url": f"{model.url}/v1", "api_key": KEY, "models": ["m"]}
    return shared_container("litellm", config={"Providers": [provider], "Router": {"default": "scripted,m"}})


def as_developer(container: Container, *command: str) -> str:
    return container.execute(TASK, *command).stdout


def test_claude_works_with_a_tool_against_an_openai_upstream(generated: Container, model: Outside) -> None:
    assert as_developer(generated, *CLAUDE).strip() == "It is made."
    asked = {each.path for each in model.requests if each.method == "POST" and "gemini" not in each.path}
    assert asked == {"/v1/chat/completions"}, "and not /v1/responses"


def test_claude_works_in_an_ssh_session_too(generated: Container) -> None:
    assert generated.ssh("claude", "-p", "'say made-1-it'").stdout.strip() == "It is made."


def test_status_and_models_speak_of_litellm(generated: Container) -> None:
    assert "litellm  running" in generated.ssh("ccr", "status").stdout
    assert "scripted,m" in generated.ssh("ccr", "models").stdout


def test_the_provider_key_is_not_in_a_session(generated: Container) -> None:
    seen = generated.ssh("env; cat /proc/*/environ /proc/*/cmdline /run/ccr/* 2>/dev/null | tr '\\0' '\\n'").stdout
    assert KEY not in seen
    assert generated.ssh("cat", "/var/lib/ccr/litellm_config.yaml", check=False).returncode != 0


def test_it_comes_back_after_kill_9(generated: Container) -> None:
    before = generated.execute("s6-svstat", "-o", "pid", "/run/s6/litellm").stdout
    generated.execute("kill", "-9", before.strip())
    generated.wait_until_healthy(60)
    assert generated.execute("s6-svstat", "-o", "pid", "/run/s6/litellm").stdout != before


def test_a_config_of_ones_own_is_used_as_it_is_with_its_key(
    container: StartContainer, model: Outside, tmp_path: Path
) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(f"""
model_list:
  - model_name: "*"
    litellm_params: {{model: gemini/gemini-scripted, api_key: os.environ/OWN_KEY, api_base: "{model.url}/gemini"}}
litellm_settings: {{drop_params: true, disable_anthropic_gemini_context_caching_transform: true}}
general_settings: {{master_key: sk-a-key-of-ones-own}}
""")
    running = container("litellm", LITELLM_CONFIG=str(own), OWN_KEY=KEY)
    assert running.ssh("echo", "$ANTHROPIC_AUTH_TOKEN").stdout == "sk-a-key-of-ones-own\n"
    assert as_developer(running, *CLAUDE).strip() == "It is made."
    asked = [each for each in model.requests if "/gemini" in each.path and each.method == "POST"]
    assert asked
    assert all(KEY in (each.headers.get("x-goog-api-key", "") + each.path) for each in asked)
