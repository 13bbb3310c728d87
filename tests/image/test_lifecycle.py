"""A router that crashes under s6 is back before its client has given up."""

import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.image.conftest import StartContainer
from tests.support import chat
from tests.support.containers import Container, Engine, Outside
from tests.support.parts import text, usage
from tests.support.sessions import client
from tests.support.upstream import HANG, Answer, Received

DONE = chat.stream(text("said after the crash"), usage(10, 3))


@pytest.fixture(scope="module")
def model(engine: Engine) -> Iterator[Outside]:
    with Outside(engine) as upstream:
        yield upstream


@pytest.fixture(scope="module")
def shared(shared_container: StartContainer, model: Outside) -> Container:
    provider = {"name": "scripted", "api_base_url": f"{model.url}/v1", "api_key": "k", "models": ["m"]}
    return shared_container(config={"Providers": [provider], "Router": {"default": "scripted,m"}})


@pytest.mark.parametrize("sent", ["nothing", "half of it"])
def test_claude_gets_its_answer_from_the_router_that_comes_back(shared: Container, model: Outside, sent: str) -> None:
    hangs = chat.streamed(*([chat.delta(content="said bef")] if sent != "nothing" else []), HANG, done=False)
    asked: list[Received] = []

    def answer(request: Received) -> Answer:
        asked.append(request)
        return hangs if len(asked) == 1 else DONE

    model.play(answer)
    command = "claude -p hi </dev/null"
    with subprocess.Popen(client(shared, shared.name, command), stdout=subprocess.PIPE, text=True) as asking:
        deadline = time.monotonic() + 30
        while not asked:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(0.5)
        shared.execute("bash", "-c", "kill -9 $(s6-svstat -o pid /run/s6/router)")
        said, _ = asking.communicate(timeout=60)
    assert asking.returncode == 0
    assert said.strip() == "said after the crash"
    assert len(asked) == 2
    assert shared.is_healthy()
