"""What holds for every test: nothing but loopback is talked to, and the developer's own environment is not seen."""

import gc
import ipaddress
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from ccr import env
from tests.support.upstream import Upstream

KEPT = ("PATH", "LANG", "TZ", "TMPDIR", "PWD", "USER")
KEPT_FAMILIES = ("LC_", "PYTEST", "PYTHON", "COV", "CCR_TEST_")


def only_loopback(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook, so that no library has a way around it."""
    match event, arguments:
        case "socket.connect", (_, (str(host), *_)) if not loopback(host):
            raise AssertionError(f"a test wants to talk to {host}: only loopback is allowed")
        case "socket.getaddrinfo", (str(host), *_) if not loopback(host):
            if host.endswith(".invalid"):  # RFC 6761: there is none, and nobody needs to be asked
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            raise AssertionError(f"a test asks for the address of {host}: only loopback is allowed")
        case _:
            pass


def loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in {"", "localhost"}


sys.addaudithook(only_loopback)

# How hard hypothesis tries: the same few examples each time; `pytest tests/wire --hypothesis-profile=long` looks further.
settings.register_profile(
    "quick",
    max_examples=40,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("long", settings.get_profile("quick"), max_examples=3000, derandomize=False)
settings.load_profile("quick")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is imported and collected stays until the end: to look there for garbage, again and again, takes seconds."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in env.current():
        if name not in KEPT and not name.startswith(KEPT_FAMILIES):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", "/nonexistent")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty HOME."""
    path = tmp_path / "home"
    path.mkdir()
    monkeypatch.setenv("HOME", str(path))
    return path


@pytest.fixture
def scripted() -> Iterator[Upstream]:
    """A scripted upstream; `scripted.play([...])` says what it answers."""
    with Upstream() as upstream:
        yield upstream
