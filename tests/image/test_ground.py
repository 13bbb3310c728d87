"""The ground that the other tests stand on."""

from collections.abc import Callable

from tests.image.conftest import StartContainer
from tests.support.containers import Engine, Outside
from tests.support.upstream import reply


def test_a_container_reaches_the_scripted_upstream(
    engine: Engine, image: Callable[[str], str], outside: Outside
) -> None:
    outside.play([reply(200, {"from": "outside"})])
    command = ["--rm", "--entrypoint", "curl", image("router"), "-sS", "--noproxy", "*", f"{outside.url}/hello"]
    assert engine.run("run", *command).stdout == '{"from": "outside"}'
    assert outside.only.path == "/hello"


def test_a_started_container_is_reached_by_ssh_and_leaves_nothing_behind(
    engine: Engine, container: StartContainer
) -> None:
    running = container()
    assert running.ssh("id", "-un").stdout == "developer\n"
    running.remove()
    left = [
        engine.run(kind, "ls", "--quiet", "--filter", f"name=^{running.name}").stdout for kind in ("volume", "network")
    ]
    assert left == ["", ""]
