"""The distributed set-up: the router, LiteLLM and Claude Code as containers of their own (`make up`)."""

import json
import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.image.conftest import Image
from tests.support import chat
from tests.support.containers import HEALTHY, Done, Engine, Outside, run
from tests.support.parts import text
from tests.support.running import CHECKOUT, free_port
from tests.support.upstream import Answer, Received

SCRIPT = CHECKOUT / "scripts" / "distributed"
COMPOSE = CHECKOUT / "deploy" / "compose.yaml"
PARTS = ("router", "litellm", "claude-code")
SECRET = "sk-provider-only"


@dataclass(frozen=True, slots=True)
class SetUp:
    """One instance, with a HOME and a workspace of the person who uses it."""

    engine: Engine
    name: str
    images: Mapping[str, str]
    folder: Path
    ports: Mapping[str, int] = field(default_factory=lambda: {"router": free_port(), "litellm": free_port()})

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    def configure(self, upstream: Outside) -> "SetUp":
        """Which proxy asked shows in the path of its requests."""
        kept = self.home / ".claude-code-router"
        for made in (kept, self.workspace):
            made.mkdir(parents=True)
        os.chown(self.workspace, 1000, 1000)
        provider = {"name": "scripted", "api_key": "$SCRIPTED_API_KEY", "models": ["model"]}
        provider["api_base_url"] = f"{upstream.url}/by-router/chat/completions"
        routes = {"default": "scripted,model", "background": "scripted,model"}
        (kept / "config.json").write_text(json.dumps({"Providers": [provider], "Router": routes}))
        called = {"model": "openai/model", "api_base": f"{upstream.url}/by-litellm", "api_key": SECRET}
        models = [{"model_name": "*", "litellm_params": called}]
        (kept / "litellm_config.yaml").write_text(json.dumps({"model_list": models}))
        return self

    def script(self, *words: str, check: bool = True, **more: str) -> Done:
        environment = {
            **self.engine.environment,
            "HOME": str(self.home),
            "NAME": self.name,
            "WORKSPACE": str(self.workspace),
            "CCR_ENGINE": self.engine.program,
            "ROUTER_IMAGE": self.images["router"],
            "LITELLM_IMAGE": self.images["litellm"],
            "ROUTER_PORT": str(self.ports["router"]),
            "LITELLM_PORT": str(self.ports["litellm"]),
            "SCRIPTED_API_KEY": SECRET,
            **more,
        }
        return run([str(SCRIPT), *words], environment, check=check)

    def up(self, *words: str, **more: str) -> "SetUp":
        self.script("up", *words, check=True, **more)
        return self

    def shell(self, command: str, check: bool = True) -> str:
        return self.script("shell", check=check, CCR_RUN=command).stdout

    def claude(self, prompt: str) -> str:
        return self.shell(f"claude -p '{prompt}' </dev/null").strip()

    def inspect(self, part: str) -> Any:
        return self.engine.inspect(f"{self.name}-{part}")

    def started(self) -> dict[str, str]:
        """When each container was made and started: changes with either."""
        return {part: self.inspect(part)["State"]["StartedAt"] for part in PARTS}

    def is_healthy(self, part: str) -> bool:
        return self.engine.run("exec", f"{self.name}-{part}", HEALTHY, check=False).returncode == 0

    def left(self) -> dict[str, list[str]]:
        """What carries its name."""
        wanted = ("--filter", f"name=^{self.name}(-|$)")
        containers = self.engine.run("ps", "--all", "--format", "{{.Names}}", *wanted)
        volumes = self.engine.run("volume", "ls", "--format", "{{.Name}}", *wanted)
        networks = self.engine.run("network", "ls", "--format", "{{.Name}}", *wanted)
        found = {"containers": containers, "volumes": volumes, "networks": networks}
        return {kind: sorted(done.stdout.split()) for kind, done in found.items()}

    def remove(self) -> None:
        self.script("clean", check=False)


def says(request: Received) -> Answer:
    proxy = request.path.split("/")[1]
    streams = request.json.get("stream")
    return (chat.stream if streams else chat.reply)(text(f"an answer {proxy}"))


@pytest.fixture(scope="module")
def upstream(engine: Engine) -> Iterator[Outside]:
    with Outside(engine) as listening:
        listening.play(says)
        yield listening


@pytest.fixture(scope="module")
def images(engine: Engine, image: Image) -> Mapping[str, str]:
    if engine.run("compose", "version", check=False).returncode:
        pytest.skip(f"there is no `{engine.program} compose` (scripts/engine-plugins brings it).")
    return {"router": image("router"), "litellm": image("litellm")}


@pytest.fixture(scope="module")
def set_up(
    engine: Engine, images: Mapping[str, str], upstream: Outside, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SetUp]:
    """For all tests that leave it as it was: with the router chosen."""
    shared = SetUp(engine, f"ccr-apart-{os.getpid()}", images, tmp_path_factory.mktemp("apart")).configure(upstream)
    try:
        yield shared.up("router")
    finally:
        shared.remove()


@pytest.fixture
def another(engine: Engine, images: Mapping[str, str], upstream: Outside, tmp_path: Path) -> Iterator[SetUp]:
    """Not started yet."""
    own = SetUp(engine, f"ccr-apart-{os.getpid()}-own", images, tmp_path).configure(upstream)
    try:
        yield own
    finally:
        own.remove()


def test_the_compose_file_is_valid_as_it_stands(engine: Engine, images: Mapping[str, str]) -> None:
    done = engine.run("compose", "--file", str(COMPOSE), "config", "--quiet", check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_up_returns_when_client_and_proxy_are_healthy(set_up: SetUp) -> None:
    assert [set_up.is_healthy(part) for part in ("router", "claude-code")] == [True, True]


def test_claude_in_the_client_speaks_through_the_router(set_up: SetUp, upstream: Outside) -> None:
    assert set_up.claude("hello") == "an answer by-router"


def test_ccr_in_the_client_asks_the_router(set_up: SetUp) -> None:
    assert "running" in set_up.shell("ccr status")
    assert "scripted,model" in set_up.shell("ccr models")


def test_the_client_is_told_what_the_router_wants_of_its_clients(set_up: SetUp) -> None:
    told = dict(line.split("=", 1) for line in set_up.shell("env").splitlines())
    assert told["ANTHROPIC_BASE_URL"] == told["CCR_ROUTER"] == "http://router:3000"
    assert told["ANTHROPIC_SMALL_FAST_MODEL"]  # there is a route for background work
    assert "router" in told["NO_PROXY"].split(",")


def test_the_request_log_is_said_to_be_elsewhere(set_up: SetUp) -> None:
    done = set_up.script("shell", check=False, CCR_RUN="ccr logs")
    assert "is kept where it runs" in done.stderr


def test_switching_restarts_the_client_alone_and_changes_where_requests_go(set_up: SetUp) -> None:
    before = set_up.started()
    set_up.script("switch", "litellm")
    try:
        assert set_up.claude("hello") == "an answer by-litellm"
        after = set_up.started()
        assert {part for part in PARTS if after[part] != before[part]} == {"claude-code"}
    finally:
        set_up.script("switch", "router")
    assert set_up.claude("hello") == "an answer by-router"


def test_up_keeps_the_last_choice(set_up: SetUp) -> None:
    set_up.script("switch", "litellm")
    try:
        assert set_up.up().shell("echo $ANTHROPIC_BASE_URL").strip() == "http://litellm:4000"
    finally:
        set_up.script("switch", "router")


@pytest.mark.parametrize("part", PARTS)
def test_no_part_shows_a_provider_key(set_up: SetUp, part: str) -> None:
    assert SECRET not in json.dumps(set_up.inspect(part))


def test_the_configuration_that_compose_makes_holds_no_provider_key(set_up: SetUp) -> None:
    kept = set_up.home / ".claude-code-router" / "containers" / set_up.name / "compose.env"
    words = ("--env-file", str(kept), "--file", str(COMPOSE), "config")
    made = set_up.engine.run("compose", *words).stdout
    assert f"{set_up.name}-router" in made
    assert SECRET not in made


def test_the_client_has_no_way_to_the_provider_key(set_up: SetUp) -> None:
    mounted = [each["Destination"] for each in set_up.inspect("claude-code")["Mounts"]]
    assert sorted(mounted) == ["/home/developer", "/workspace"]


@pytest.mark.parametrize("part", PARTS)
def test_every_part_is_as_hardened_as_the_fused_container(set_up: SetUp, part: str) -> None:
    host = set_up.inspect(part)["HostConfig"]
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert {each.removeprefix("CAP_") for each in host["CapAdd"]} == {"CHOWN", "SETUID", "SETGID", "KILL"}
    assert any(option.startswith("no-new-privileges") for option in host["SecurityOpt"])
    assert host["LogConfig"]["Config"] == {"max-size": "5m", "max-file": "2"}


def test_ports_are_published_on_loopback_alone(set_up: SetUp) -> None:
    published = {part: set_up.inspect(part)["HostConfig"]["PortBindings"] or {} for part in PARTS}
    assert published == {
        "router": {"3000/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(set_up.ports["router"])}]},
        "litellm": {"4000/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(set_up.ports["litellm"])}]},
        "claude-code": {},
    }


@pytest.mark.parametrize("proxy", ["router", "litellm"])
def test_a_proxy_wants_the_client_key(set_up: SetUp, proxy: str) -> None:
    set_up.script("switch", proxy)  # waits until it answers
    set_up.script("switch", "router")
    url = f"http://{proxy}:{3000 if proxy == 'router' else 4000}/v1/models"
    ask = "curl -s -o /dev/null -w '%{http_code}' " + url
    assert set_up.shell(ask) != "200"  # LiteLLM says 500
    assert set_up.shell(f'{ask} -H "Authorization: Bearer $ANTHROPIC_AUTH_TOKEN"') == "200"


def test_files_made_in_the_workspace_belong_to_its_owner(set_up: SetUp) -> None:
    set_up.shell("touch /workspace/made")
    assert (set_up.workspace / "made").stat().st_uid == set_up.workspace.stat().st_uid


def test_a_command_in_the_client_gives_its_exit_code(set_up: SetUp) -> None:
    assert set_up.script("shell", check=False, CCR_RUN="exit 7").returncode == 7


def test_status_says_what_runs_and_who_answers(set_up: SetUp) -> None:
    said = set_up.script("status").stdout
    assert f"{set_up.name}-litellm: running" in said
    assert f"http://127.0.0.1:{set_up.ports['router']}" in said
    assert "claude speaks through router" in said


def test_up_again_restarts_nothing(set_up: SetUp) -> None:
    before = set_up.started()
    set_up.up()
    assert set_up.started() == before


def test_a_changed_key_reaches_the_router(another: SetUp, upstream: Outside) -> None:
    another.up()
    another.up(SCRIPTED_API_KEY="sk-another")
    upstream.play(says)
    another.claude("hello")
    assert {request.headers["authorization"] for request in upstream.requests} == {"Bearer sk-another"}


def test_down_keeps_the_volumes_and_clean_removes_everything(another: SetUp) -> None:
    another.up().script("down")
    kept = [f"{another.name}-{volume}" for volume in ("home", "router", "ssh")]
    assert another.left() == {"containers": [], "volumes": kept, "networks": []}
    another.script("clean")
    assert another.left() == {"containers": [], "volumes": [], "networks": []}
    assert not (another.home / ".claude-code-router" / "containers" / another.name).exists()


def test_no_nameless_volumes_are_made(set_up: SetUp) -> None:
    mounts = [mount for part in PARTS for mount in set_up.inspect(part)["Mounts"] if mount["Type"] == "volume"]
    assert {mount["Name"] for mount in mounts} == {f"{set_up.name}-home", f"{set_up.name}-router"}


def test_with_egress_router_the_client_reaches_the_proxies_and_nothing_else(another: SetUp, upstream: Outside) -> None:
    another.up(EGRESS="router")
    another.script("switch", "router")  # what `up` was told stays
    ask = f"curl -s -o /dev/null --max-time 2 --noproxy '*' {upstream.url}/directly || echo refused"
    assert another.shell(ask) == "refused\n"
    assert another.claude("hello") == "an answer by-router"


def test_the_key_in_a_litellm_config_is_given_to_the_client(another: SetUp) -> None:
    path = another.home / ".claude-code-router" / "litellm_config.yaml"
    settings = json.loads(path.read_text())
    path.write_text(json.dumps({**settings, "general_settings": {"master_key": "sk-of-my-own"}}))
    another.up("litellm")
    assert another.claude("hello") == "an answer by-litellm"


def test_a_taken_port_is_named_with_a_remedy(another: SetUp) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", another.ports["router"]))
        taken.listen()
        said = another.script("up", check=False).stderr
    assert f"port {another.ports['router']} or {another.ports['litellm']} is taken" in said
    assert "ROUTER_PORT=" in said


def test_a_broken_configuration_is_refused_with_its_place(another: SetUp) -> None:
    (another.home / ".claude-code-router" / "config.json").write_text("{ Providers: [ }")
    done = another.script("up", check=False)
    assert done.returncode == 1
    assert "config.json: line 1" in done.stderr
    assert "Mend it" in done.stderr


def test_switching_to_a_proxy_that_has_ended_shows_its_last_lines(another: SetUp) -> None:
    another.script("up")
    another.engine.run("stop", f"{another.name}-litellm")
    done = another.script("switch", "litellm", check=False)
    assert done.returncode == 1
    assert f"{another.name}-litellm ended" in done.stderr
    assert "     | " in done.stderr, "its last lines"


def test_the_fused_container_is_not_started_beside_it(set_up: SetUp) -> None:
    environment = {**set_up.engine.environment, "HOME": str(set_up.home), "NAME": set_up.name}
    fused = [str(CHECKOUT / "ccr" / "service" / "container"), "start", "router"]
    more = {"WORKSPACE": str(set_up.workspace), "IMAGE": set_up.images["router"], "CCR_ENGINE": set_up.engine.program}
    said = run(fused, {**environment, **more}, check=False).stderr
    assert f"{set_up.name} runs as the distributed set-up" in said
    assert "make down" in said


@pytest.mark.parametrize(
    ("words", "more", "said"),
    [
        (("switch", "nobody"), {}, "switch what? router or litellm"),
        (("switch", "litellm"), {}, "does not run"),
        (("shell",), {}, "Start it: make up."),
        (("up",), {"NAME": "Big"}, "NAME=Big: Compose takes small letters"),
        (("up",), {"EGRESS": "everything"}, "EGRESS=everything is not one of open, router"),
        (("up",), {"WORKSPACE": "/nowhere"}, "WORKSPACE=/nowhere is no folder"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    another: SetUp, words: tuple[str, ...], more: Mapping[str, str], said: str
) -> None:
    done = another.script(*words, check=False, **more)
    assert done.returncode == 1
    assert said in done.stderr


def test_without_compose_the_remedy_is_named(another: SetUp, tmp_path: Path) -> None:
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text('#!/bin/sh\n[ "$1" != compose ]\n')
    docker.chmod(0o755)
    path = f"{docker.parent}:{another.engine.environment['PATH']}"
    said = another.script("up", check=False, PATH=path, CCR_ENGINE="docker").stderr
    assert "docker compose" in said
    assert "scripts/engine-plugins" in said
