"""The tests' own ground: a container reaches what the test plays outside of it."""

from collections.abc import Callable

from tests.support.containers import Engine, Outside
from tests.support.upstream import reply


def test_a_container_reaches_the_scripted_upstream(
    engine: Engine, image: Callable[[str], str], outside: Outside
) -> None:
    outside.play([reply(200, {"from": "outside"})])
    command = ["--rm", "--entrypoint", "curl", image("router"), "-sS", "--noproxy", "*", f"{outside.url}/hello"]
    assert engine.run("run", *command).stdout == '{"from": "outside"}'
    assert outside.only.path == "/hello"
