"""devcontainer/devcontainer.json, opened by the reference implementation, the `devcontainer` command of npm."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.image.conftest import AMBIENT, HERE, Image, StartContainer
from tests.support import chat
from tests.support.containers import HEALTHY, SCRIPT, Done, Engine, Outside, run
from tests.support.parts import text, usage
from tests.support.running import CHECKOUT

FILE = CHECKOUT / "devcontainer" / "devcontainer.json"
COMMAND = CHECKOUT / ".tools" / "devcontainers" / "node_modules" / "@devcontainers" / "cli" / "devcontainer.js"
OWNER = os.getuid() or 1777  # nobody whom the image knows
KEY = "key-of-the-provider"
CLAUDE = ("claude", "-p", "hello")


@pytest.fixture(scope="session")
def command() -> Path:
    """The pinned one, which scripts/test-image brings."""
    locked, brought = HERE / "npm" / "package-lock.json", COMMAND.parents[3] / "package-lock.json"
    if not (COMMAND.exists() and brought.read_text() == locked.read_text()):
        pytest.skip("the devcontainer command is not installed: scripts/test-image --built brings it (by npm).")
    return COMMAND


@dataclass(frozen=True, slots=True)
class Project:
    """A folder of its owner's own with devcontainer.json in it, as docs/devcontainer.md says, and who opens it."""

    engine: Engine
    command: Path
    image: str
    folder: Path  # of everything, HOME included

    @property
    def work(self) -> Path:
        return self.folder / "work"

    @property
    def id(self) -> str:
        label = f"label=devcontainer.local_folder={self.work}"
        return self.engine.run("ps", "--all", "--quiet", "--no-trunc", "--filter", label).stdout.strip()

    @property
    def name(self) -> str:
        return str(self.engine.inspect(self.id)["Name"]).lstrip("/")

    def settle(self, config: object) -> None:
        home = self.folder / "home" / ".claude-code-router"
        for folder in (home, self.work / ".devcontainer"):
            folder.mkdir(parents=True)
        (home / "config.json").write_text(json.dumps(config))
        ours = FILE.read_text().replace(" ccr/service/container ", f" {SCRIPT} ")
        (self.work / ".devcontainer" / FILE.name).write_text(ours)
        for each in (self.folder, *self.folder.rglob("*")):
            os.chown(each, OWNER, OWNER)

    def call(self, *words: str, key: str = KEY) -> Done:
        environment = {
            **self.engine.environment,
            "HOME": str(self.folder / "home"),
            "CCR_ENGINE": self.engine.program,
            "IMAGE": self.image,
            "OUTSIDE_API_KEY": key,
        }
        return run([*as_owner(self.folder), *words], environment)

    def devcontainer(self, verb: str, *words: str, key: str = KEY) -> Done:
        where = ("--workspace-folder", str(self.work), "--docker-path", self.engine.program)
        return self.call("node", str(self.command), verb, *where, *words, key=key)

    def up(self, key: str = KEY) -> None:
        self.devcontainer("up", key=key)

    def exec(self, *words: str) -> str:
        return self.devcontainer("exec", *words).stdout

    def clean(self) -> None:
        image = self.engine.inspect(self.id)["Config"]["Image"]
        self.call("env", f"NAME={self.name}", str(SCRIPT), "clean")
        if image != self.image:  # the tool's own, with its user's uid
            self.engine.run("image", "rm", image)


def as_owner(folder: Path) -> list[str]:
    """Somebody who may use the engine and read the checkout. Where root runs the tests: an account for as long as it takes."""
    if os.getuid():
        return []
    accounts = folder / "passwd"
    accounts.write_text(Path("/etc/passwd").read_text() + f"somebody:x:{OWNER}:{OWNER}::{folder}:/bin/sh\n")
    become = (
        f"setpriv --reuid={OWNER} --regid={OWNER} --clear-groups --inh-caps=+dac_override --ambient-caps=+dac_override"
    )
    mount = f'mount --bind {accounts} /etc/passwd && exec {become} "$@"'
    return ["unshare", "--mount", "sh", "-c", mount, "sh"]


def environment_in(printed: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in printed.splitlines() if "=" in line)


def answers(upstream: Outside) -> None:
    upstream.play(lambda _: chat.stream(text("hello from outside"), usage(10, 3)))


@pytest.fixture(scope="module")
def upstream(engine: Engine) -> Iterator[Outside]:
    with Outside(engine) as outside:
        yield outside


@contextmanager
def opened(engine: Engine, command: Path, image: str, upstream: Outside, folder: Path) -> Iterator[Project]:
    this = Project(engine, command, image, folder)
    provider = {
        "name": "outside",
        "api_base_url": f"{upstream.url}/v1",
        "api_key": "$OUTSIDE_API_KEY",
        "models": ["scripted"],
    }
    this.settle({"Providers": [provider], "Router": {"default": "outside,scripted"}})
    try:
        this.up()
        yield this
    finally:
        if this.id:
            this.clean()


@pytest.fixture(scope="module")
def project(
    engine: Engine, image: Image, command: Path, upstream: Outside, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    with opened(engine, command, image("router"), upstream, tmp_path_factory.mktemp("devcontainer")) as this:
        yield this


def test_the_checkout_has_it_where_tools_look(command: Path, engine: Engine) -> None:
    words = ["node", str(command), "read-configuration", "--workspace-folder", str(CHECKOUT)]
    found = json.loads(run([*words, "--docker-path", engine.program], AMBIENT).stdout)["configuration"]
    assert Path(found["configFilePath"]["fsPath"]).resolve() == FILE
    assert found["initializeCommand"].endswith(f" {SCRIPT.relative_to(CHECKOUT)} deliver router")


def test_commands_run_as_developer_in_the_workspace(project: Project) -> None:
    assert project.exec("sh", "-c", "id -un; pwd") == "developer\n/workspace\n"


def test_what_they_make_belongs_to_the_owner_of_the_workspace(project: Project) -> None:
    project.exec("touch", "made", "/home/developer/made")
    assert (project.work / "made").stat().st_uid == OWNER


def test_they_know_what_an_ssh_session_knows(engine: Engine, project: Project) -> None:
    session = engine.run("exec", project.name, "/usr/lib/ccr/as-developer", "env").stdout
    known, here = environment_in(session), environment_in(project.exec("env"))
    told = {name for name in known if re.match("ANTHROPIC_|CLAUDE_|CCR_|NO_PROXY|PATH$|LANG$", name)}
    assert {"ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN", "CCR_SERVICE"} <= told
    assert {name: here.get(name) for name in told} == {name: known[name] for name in told}


def test_claude_speaks_through_the_router(project: Project, upstream: Outside) -> None:
    answers(upstream)
    project.up()
    assert "hello from outside" in project.exec(*CLAUDE)
    assert upstream.requests[-1].headers["authorization"] == f"Bearer {KEY}"


def test_keys_are_the_routers_alone(engine: Engine, project: Project) -> None:
    assert KEY not in engine.run("inspect", project.name).stdout
    assert KEY not in project.exec("sh", "-c", "env; cat /var/lib/ccr/keys /proc/*/environ 2>/dev/null; true")


def test_a_new_key_is_taken_up_by_the_next_up(project: Project, upstream: Outside) -> None:
    answers(upstream)
    project.up(key=f"{KEY}-renewed")
    project.exec(*CLAUDE)
    assert upstream.requests[-1].headers["authorization"] == f"Bearer {KEY}-renewed"


def test_up_starts_what_was_stopped_and_waits_until_it_is_healthy(engine: Engine, project: Project) -> None:
    project.exec("touch", "/home/developer/kept")
    engine.run("stop", project.name)
    project.up()
    assert engine.run("exec", project.name, HEALTHY, check=False).returncode == 0
    project.exec("test", "-e", "/home/developer/kept")


def test_it_is_held_as_tightly_as_the_other_container(
    engine: Engine, project: Project, container: StartContainer
) -> None:
    assert bonds(engine.inspect(project.name)) == bonds(engine.inspect(container().name))


def bonds(container: Any) -> dict[str, object]:
    host = container["HostConfig"]
    names = ("ReadonlyRootfs", "SecurityOpt", "Privileged", "Tmpfs", "LogConfig", "ExtraHosts", "PidMode", "IpcMode")
    return {
        **{name: host[name] for name in names},
        **{name: sorted(host[name] or ()) for name in ("CapAdd", "CapDrop")},
        "Mounts": sorted((mount["Type"], mount["Destination"], mount["RW"]) for mount in container["Mounts"]),
    }


def test_clean_removes_it_with_its_volumes(
    engine: Engine, image: Image, command: Path, upstream: Outside, tmp_path: Path
) -> None:
    with opened(engine, command, image("router"), upstream, tmp_path) as project:
        name = project.name
        project.clean()
        kinds = ("container", "volume", "network")
        assert [engine.run(kind, "ls", "--quiet", "--filter", f"name={name}").stdout for kind in kinds] == [""] * 3
