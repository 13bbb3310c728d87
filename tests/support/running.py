"""The router and the real claude as processes, started the way a user starts them, each in an empty HOME."""

import contextlib
import json
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from ccr import env
from tests.support.sse import Heard, heard

CHECKOUT = Path(__file__).parents[2]
CLAUDE = CHECKOUT / ".tools" / "bin" / "claude"
KEY = "test-key"

QUIET = {  # no traffic but what the test is about; the client would otherwise call home
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_TELEMETRY": "1",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_ERROR_REPORTING": "1",
    "NO_PROXY": "127.0.0.1,localhost",
    "IS_SANDBOX": "1",  # lets root skip the permission questions
}


def bare_environment(home: Path) -> dict[str, str]:
    return {"PATH": env.current()["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "TERM": "dumb"}


def free_port() -> int:
    """Below the range from which the system takes ports for outgoing connections."""
    while True:
        port = random.randrange(20_000, 32_768)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@dataclass(frozen=True, slots=True)
class Router:
    port: int
    home: Path
    process: "subprocess.Popen[bytes]"
    output: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def config(self) -> Path:
        return self.home.parent / "config.json"

    @property
    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"x-api-key": KEY}, timeout=20)

    @property
    def said(self) -> str:
        return self.output.read_text()

    def is_up(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return self.process.poll() is None and httpx.get(f"{self.url}/health", timeout=2).status_code == 200
        return False

    def post(self, path: str, body: object, **headers: str) -> httpx.Response:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with self.client as client:
            return client.post(path, content=data, headers={"content-type": "application/json", **named})

    def messages(self, body: object, **headers: str) -> httpx.Response:
        return self.post("/v1/messages", body, **headers)

    def hear(self, body: Mapping[str, Any], **headers: str) -> Heard:
        """A streamed answer, read strictly."""
        answer = self.messages({"stream": True, "max_tokens": 1000, **body}, **headers)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("text/event-stream")
        return heard(answer.content)

    def completions(self, body: object, **headers: str) -> httpx.Response:
        return self.post("/v1/chat/completions", body, **headers)


@contextlib.contextmanager
def running_router(
    config: Mapping[str, Any] | None, folder: Path, variables: Mapping[str, str] | None = None
) -> Iterator[Router]:
    """Starts `ccr start --foreground`; without a config, in a HOME that has none."""
    home = folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    output, port = folder / "router.log", free_port()
    command = [sys.executable, "-m", "ccr", "start", "--foreground", "--port", str(port)]
    if config is not None:
        file = home.parent / "config.json"
        file.write_text(json.dumps({"APIKEY": KEY, **config}))
        command += ["--config", str(file)]
    with output.open("wb") as sink:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**bare_environment(home), **(variables or {})},
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
    router = Router(port, home, process, output)
    try:
        wait_until_up(router)
        yield router
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"the router did not stop within 10 s\n{router.said}") from None


def wait_until_up(router: Router, seconds: float = 180) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert router.process.poll() is None, f"the router ended with {router.process.returncode}\n{router.said}"
        if router.is_up():
            return
        time.sleep(0.05)
    raise AssertionError(f"no /health after {seconds} s\n{router.said}")


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: str
    err: str
    seconds: float

    @property
    def result(self) -> Any:
        """The object that `--output-format json` prints."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at a terminal, with an empty HOME and a folder to work in. Their router has a port of its own."""

    folder: Path
    port: int = field(default_factory=free_port)
    program: Path = CLAUDE
    patience: float = 60  # seconds for an answer

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def work(self) -> Path:
        return self.folder / "work"

    def settle(self) -> "Person":
        self.home.mkdir(parents=True, exist_ok=True)
        self.work.mkdir(exist_ok=True)
        return self

    def run(self, *command: str, variables: Mapping[str, str], seconds: float = 60) -> Ran:
        start = time.monotonic()
        done = subprocess.run(
            command,
            cwd=self.work,
            env={**bare_environment(self.home), **QUIET, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode(), time.monotonic() - start)

    def claude(self, *arguments: str, url: str, **variables: str) -> Ran:
        """The real client against any server."""
        assert self.program.exists(), f"{self.program} is missing: run scripts/install --claude"
        spoken = {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_AUTH_TOKEN": KEY, "CLAUDE_CODE_MAX_RETRIES": "1"}
        return self.run(str(self.program), *arguments, variables={**spoken, **variables}, seconds=self.patience)

    def ccr(self, *arguments: str, seconds: float = 60, **variables: str) -> Ran:
        assert self.program.exists(), f"{self.program} is missing: run scripts/install --claude"
        spoken = {"CLAUDE_PATH": str(self.program), "CCR_PORT": str(self.port), **variables}
        return self.run(sys.executable, "-m", "ccr", *arguments, variables=spoken, seconds=seconds)
