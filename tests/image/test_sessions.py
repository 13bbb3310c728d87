"""However somebody comes into the container, they find the same environment, and claude speaks through the router."""

from collections.abc import Iterator, Mapping

import pytest

from tests.image.conftest import StartContainer
from tests.support import chat
from tests.support.containers import Container, Engine, Outside
from tests.support.parts import text, usage
from tests.support.sessions import AS_DEVELOPER, KINDS, openssh
from tests.support.upstream import Answer, Received

KEY = "the-providers-key-alone"
every_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(scope="module")
def model(engine: Engine) -> Iterator[Outside]:
    with Outside(engine) as upstream:
        upstream.play(answer)
        yield upstream


def answer(_: Received) -> Answer:
    return chat.stream(text("said the scripted model"), usage(10, 3))


def config(upstream: Outside) -> Mapping[str, object]:
    provider = {"name": "scripted", "api_base_url": f"{upstream.url}/v1", "api_key": KEY, "models": ["m"]}
    return {"Providers": [provider], "Router": {"default": "scripted,m"}}


@pytest.fixture(scope="module")
def shared(shared_container: StartContainer, model: Outside) -> Container:
    # The image's own uid: the engine's exec takes developer's from there.
    return shared_container(config=config(model), TZ="Asia/Kathmandu", DEV_UID="1000", DEV_GID="1000")


def told(container: Container) -> set[str]:
    return set(container.execute("cat", "/run/ccr/environment").stdout.splitlines())


def test_sessions_are_told_the_router_its_key_and_where_and_when_they_are(shared: Container) -> None:
    names = {line.partition("=")[0] for line in told(shared)}
    wanted = {"ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN", "CCR_ROUTER", "CCR_SERVICE", "PATH", "LANG", "TZ"}
    assert wanted <= names
    assert KEY not in "".join(told(shared))


@every_kind
def test_every_kind_of_session_has_the_whole_environment(shared: Container, kind: str) -> None:
    seen = set(KINDS[kind](shared, "env").splitlines())
    assert told(shared) - seen == set()


@every_kind
def test_every_kind_of_session_is_developers_in_developers_home(shared: Container, kind: str) -> None:
    seen = KINDS[kind](shared, "id -un; echo home=$HOME").splitlines()
    assert "developer" in seen
    assert "home=/home/developer" in seen


@every_kind
def test_every_kind_of_session_makes_files_that_others_read_and_nobody_else_writes(
    shared: Container, kind: str
) -> None:
    assert "umask=0022" in KINDS[kind](shared, "echo umask=$(umask)").splitlines()


@every_kind
def test_claude_answers_through_the_router_in_every_kind_of_session(
    shared: Container, model: Outside, kind: str
) -> None:
    model.play(answer)
    assert "said the scripted model" in KINDS[kind](shared, "claude -p hi </dev/null").splitlines()
    assert {request.path for request in model.requests} == {"/v1/chat/completions"}
    assert {request.headers["authorization"] for request in model.requests} == {f"Bearer {KEY}"}


def test_claude_answers_through_the_router_without_any_environment(shared: Container, model: Outside) -> None:
    model.play(answer)
    bare = "env -i HOME=/home/developer /usr/local/bin/claude -p hi </dev/null"
    assert shared.ssh(bare).stdout == "said the scripted model\n"
    assert len(model.requests) >= 1


def test_what_the_caller_sends_along_does_not_lead_elsewhere(shared: Container) -> None:
    options = ["-o", "SendEnv=ANTHROPIC_BASE_URL PATH LD_PRELOAD"]
    seen = openssh(shared, *options, shared.name, "env", ANTHROPIC_BASE_URL="http://evil.invalid", LD_PRELOAD="").stdout
    assert "evil" not in seen
    assert "LD_PRELOAD" not in seen


def test_a_changed_key_reaches_new_sessions(container: StartContainer, model: Outside) -> None:
    running = container(config={**config(model), "APIKEY": "first-key-of-the-router"})
    assert "first-key" in running.ssh("echo $ANTHROPIC_AUTH_TOKEN").stdout
    running.configure({**config(model), "APIKEY": "second-key-of-the-router"})
    running.start()
    assert "second-key" in running.ssh("echo $ANTHROPIC_AUTH_TOKEN").stdout
    model.play(answer)
    assert running.ssh("claude -p hi </dev/null").stdout == "said the scripted model\n"


def test_as_developer_starts_in_the_workspace_and_gives_up_root(shared: Container) -> None:
    seen = shared.execute(AS_DEVELOPER, "sh", "-c", "pwd; id -un; id -Gn; grep CapEff /proc/self/status").stdout
    assert seen.split() == ["/workspace", "developer", "developer", "CapEff:", "0" * 16]
