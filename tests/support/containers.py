"""Containers as a user gets them: the product's own host script starts them, the engine's client looks into them."""

import ipaddress
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tests.support.running import CHECKOUT, free_port
from tests.support.upstream import Upstream

SCRIPT = CHECKOUT / "ccr" / "service" / "container"
HEALTHY = "/usr/lib/ccr/healthy"  # what the image's own health check runs
LIMIT = 120.0

Done = subprocess.CompletedProcess[str]
Proxy = Literal["router", "litellm"]


@dataclass(frozen=True, slots=True)
class Engine:
    program: str
    environment: Mapping[str, str]  # PATH, and where the engine is

    def run(self, *arguments: str, text: str | None = None, check: bool = True, seconds: float = LIMIT) -> Done:
        return run([self.program, *arguments], self.environment, text, check, seconds)

    def answers(self) -> bool:
        try:
            return self.run("version", check=False, seconds=10).returncode == 0
        except (OSError, subprocess.TimeoutExpired):
            return False

    def has(self, image: str) -> bool:
        return self.run("image", "inspect", image, check=False).returncode == 0

    def inspect(self, thing: str) -> Any:
        """Of a container, an image, a volume or a network; the first of that name."""
        (found,) = json.loads(self.run("inspect", thing).stdout)
        return found

    def gateway(self) -> str:
        """This machine's address in the network that containers get without asking."""
        name = "podman" if self.program == "podman" else "bridge"
        (network,) = json.loads(self.run("network", "inspect", name).stdout)
        ranges = network["subnets"] if "subnets" in network else network["IPAM"]["Config"]  # podman's word, docker's
        lowered = ({word.lower(): value for word, value in each.items()} for each in ranges)
        first = next(each for each in lowered if "." in each["subnet"])
        return str(first.get("gateway") or next(ipaddress.ip_network(first["subnet"]).hosts()))


def run(
    command: list[str],
    environment: Mapping[str, str],
    text: str | None = None,
    check: bool = True,
    seconds: float = LIMIT,
) -> Done:
    done = subprocess.run(
        command, env=dict(environment), input=text or "", check=False, capture_output=True, text=True, timeout=seconds
    )
    if check and done.returncode:
        raise AssertionError(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done


class Outside(Upstream):
    """A scripted upstream on this machine whose `url` is the one by which containers reach it."""

    def __init__(self, engine: Engine) -> None:
        bind, self.name = address_from_inside(engine)
        super().__init__(host=bind)

    @property
    def url(self) -> str:
        return f"http://{self.name}:{self.port}"


def address_from_inside(engine: Engine) -> tuple[str, str]:
    """Where to listen, and what containers call that place."""
    if engine.program != "docker":
        # Each network of podman's calls this machine by another address; from a virtual machine one comes to the loopback.
        return "0.0.0.0" if sys.platform == "linux" else "127.0.0.1", "host.containers.internal"
    gateway = engine.gateway()
    with socket.socket() as probe:
        try:
            probe.bind((gateway, 0))
        except OSError:  # the engine is in a virtual machine: Docker Desktop leads this name to the user's loopback
            return "127.0.0.1", "host.docker.internal"
    return gateway, gateway


@dataclass(frozen=True, slots=True)
class Container:
    """One instance: the container NAME, its volumes, and a HOME and a workspace of the person who uses it."""

    engine: Engine
    name: str
    image: str
    folder: Path
    port: int = field(default_factory=free_port)
    owner: int = 1000  # of the workspace, where the tests run as root

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    def configure(self, config: object) -> None:
        """Writes the config.json that its owner has on this machine."""
        path = self.home / ".claude-code-router" / "config.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(config))

    def script(
        self, *words: str, text: str | None = None, check: bool = True, more: Mapping[str, str] | None = None
    ) -> Done:
        """`ccr/service/container WORDS...` for this instance; `more` is further environment."""
        environment = {
            **self.engine.environment,
            "HOME": str(self.home),
            "NAME": self.name,
            "PORT": str(self.port),
            "WORKSPACE": str(self.workspace),
            "IMAGE": self.image,
            "CCR_ENGINE": self.engine.program,
            **(more or {}),
        }
        return run([str(SCRIPT), *words], environment, text, check)

    def start(self, proxy: Proxy = "router", **more: str) -> None:
        for folder in (self.home, self.workspace):
            folder.mkdir(parents=True, exist_ok=True)
        if os.getuid() == 0:
            os.chown(self.workspace, self.owner, self.owner)
        self.script("start", proxy, more=more)
        self.wait_until_healthy()

    def ssh(self, *command: str, text: str | None = None, check: bool = True) -> Done:
        """As its owner: by the host script's key and known_hosts."""
        return self.script("ssh", *command, text=text, check=check)

    def execute(self, *command: str, user: str = "root", text: str | None = None, check: bool = True) -> Done:
        """Inside, past ssh: what the engine's owner can do."""
        return self.engine.run("exec", "--interactive", "--user", user, self.name, *command, text=text, check=check)

    def is_healthy(self) -> bool:
        return self.execute(HEALTHY, check=False).returncode == 0

    def wait_until_healthy(self, seconds: float = 30.0) -> None:
        """By the health check itself: the engine asks it every ten seconds only."""
        until = time.monotonic() + seconds
        while not self.is_healthy():
            assert time.monotonic() < until, f"{self.name} is not healthy after {seconds} s\n{self.logs()}"
            time.sleep(0.1)

    def logs(self) -> str:
        done = self.engine.run("logs", "--tail", "60", self.name, check=False)
        return done.stdout + done.stderr

    def remove(self) -> None:
        """Everything that carries its name, also when it never came up."""
        self.engine.run("rm", "--force", "--volumes", self.name, check=False)
        for kind in ("volume", "network"):
            listed = self.engine.run(
                kind, "ls", "--quiet", "--filter", f"name=^{self.name}(-|$)", check=False
            ).stdout.split()
            if listed:
                self.engine.run(kind, "rm", *listed, check=False)
