"""What the tests of the image share. They need an engine and the built images (`make test-image` brings those): without
them they are skipped with the reason, but in CI (CI=true) they fail.

    def test_something(container: StartContainer, outside: Outside) -> None:
        running = container(config={"Providers": [{..., "api_base_url": f"{outside.url}/v1"}]})
        assert running.ssh("echo", "hi").stdout == "hi\n"
"""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import pytest

from ccr import env
from tests.support.containers import Container, Engine, Outside, Proxy

HERE = Path(__file__).parent
AMBIENT = env.current()  # as it was before the tests cleaned it
ENGINE = AMBIENT.get("CCR_ENGINE", "docker")
IMAGES: dict[Proxy, str] = {
    "router": AMBIENT.get("CCR_TEST_IMAGE_ROUTER", "ccr-router"),
    "litellm": AMBIENT.get("CCR_TEST_IMAGE_LITELLM", "ccr-litellm"),
}
WHERE_THE_ENGINE_IS = ("PATH", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "CONTAINER_HOST", "XDG_RUNTIME_DIR")

Image = Callable[[Proxy], str]

running: list[Container] = []  # now; a failing test shows what they say


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.image)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and AMBIENT.get("CI") == "true" and isinstance(report.longrepr, tuple):
        report.outcome = "failed"
        report.longrepr = f"{report.longrepr[2]}\nIn CI no test of the image may be skipped."
    if report.failed:
        report.sections += [(f"what {each.name} says", each.logs()) for each in running]
    return report


@pytest.fixture(scope="session")
def engine() -> Engine:
    found = Engine(ENGINE, {name: AMBIENT[name] for name in WHERE_THE_ENGINE_IS if name in AMBIENT})
    if not found.answers():
        pytest.skip(f"no {ENGINE} answers (a bare machine: scripts/engine up; another one: CCR_ENGINE).")
    return found


@pytest.fixture(scope="session")
def image(engine: Engine) -> Image:
    """`image("router")` is the name of the image, which is there."""

    def named(proxy: Proxy) -> str:
        if not engine.has(IMAGES[proxy]):
            pytest.skip(f"there is no image {IMAGES[proxy]} (scripts/test-image builds it).")
        return IMAGES[proxy]

    return named


class StartContainer(Protocol):
    def __call__(self, proxy: Proxy = "router", *, config: object = None, name: str = "", **more: str) -> Container:
        """Starts one as `make shell-router` does and waits until it is healthy; `more` is the caller's environment."""


@pytest.fixture
def container(engine: Engine, image: Image, tmp_path: Path) -> Iterator[StartContainer]:
    """Starts containers of this test's own; they go, with their volumes, when it ends."""
    with starting(engine, image, lambda: tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def shared_container(
    engine: Engine, image: Image, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StartContainer]:
    """As `container`, for a module's tests that only look: they share what it starts."""
    with starting(engine, image, lambda: tmp_path_factory.mktemp("shared")) as start:
        yield start


@contextmanager
def starting(engine: Engine, image: Image, folder: Callable[[], Path]) -> Iterator[StartContainer]:
    started: list[Container] = []

    def start(proxy: Proxy = "router", *, config: object = None, name: str = "", **more: str) -> Container:
        own = name or f"ccr-test-{os.getpid()}-{len(running) + 1}"
        this = Container(engine, own, image(proxy), folder() / own)
        started.append(this)
        running.append(this)
        if config is not None:
            this.configure(config)
        this.start(proxy, **more)
        return this

    try:
        yield start
    finally:
        for each in started:
            each.remove()
            running.remove(each)


@pytest.fixture
def outside(engine: Engine) -> Iterator[Outside]:
    """A scripted upstream on this machine that containers reach by its `url`."""
    with Outside(engine) as upstream:
        yield upstream
