import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from ccr import env
from ccr.cli.main import run
from ccr.service import process
from tests.support.pages import KEY, Pages, serving
from tests.support.s6 import S6


@dataclass(frozen=True, slots=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> object:
        return json.loads(self.out)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty HOME, and nothing of the real environment but the PATH. What was started in it ends with the test."""
    for name in env.current():
        if name != "PATH" and not name.startswith(("PYTEST", "COV")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    yield tmp_path / ".claude-code-router"
    process.stop(tmp_path / ".claude-code-router", now=True)


@pytest.fixture
def ccr(home: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> "Callable[..., Done]":
    """Runs a command as a person would; `said` is its stdin."""

    def ccr(*arguments: str, said: str = "") -> Done:
        stdin = io.TextIOWrapper(io.BytesIO(said.encode()))
        monkeypatch.setattr("sys.stdin", stdin)
        code = run(arguments)
        captured = capfd.readouterr()
        return Done(code, captured.out, captured.err)

    return ccr


Ccr = Callable[..., Done]


@pytest.fixture
def elsewhere(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pages]:
    """A router that somebody else runs."""
    with serving(Pages()) as pages:
        pages.router()
        monkeypatch.setenv("CCR_ROUTER", pages.address)
        monkeypatch.setenv("CCR_API_KEY", KEY)
        yield pages


@pytest.fixture
def s6(elsewhere: Pages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> S6:
    """It is a service of s6's."""
    service = S6(tmp_path / "run")
    for name, value in service.environment(env.current().get("PATH", "")).items():
        monkeypatch.setenv(name, value)
    return service


CONFIG: Mapping[str, object] = {
    "PORT": 3999,
    "Providers": [
        {"name": "or", "api_base_url": "http://127.0.0.1:9/v1", "api_key": "sk-hidden", "models": ["a", "b"]}
    ],
    "Router": {"default": "or,a", "think": "or,b", "background": "or,b"},
}


@pytest.fixture
def config(home: Path) -> Path:
    home.mkdir()
    path = home / "config.json"
    path.write_text(json.dumps(CONFIG))
    return path


class Terminal:
    """A person who answers."""

    def __init__(self, *answers: str) -> None:
        self._answers = iter(answers)

    def isatty(self) -> bool:
        return True

    def readline(self) -> str:
        return next(self._answers) + "\n"
