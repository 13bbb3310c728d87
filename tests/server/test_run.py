import os
import signal
import socket
import threading
from pathlib import Path

import httpx
import pytest

from ccr.errors import ConfigInvalid, ServiceProblem
from ccr.server import run
from ccr.server.run import Kept, listen, serve
from ccr.service import keeper


def test_it_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    answers: list[int] = []

    def ready(host: str, port: int) -> None:
        def ask() -> None:
            answers.append(httpx.get(f"http://{host}:{port}/health", trust_env=False).status_code)
            os.kill(os.getpid(), signal.SIGTERM)

        threading.Thread(target=ask).start()

    assert serve(None, {"HOME": str(tmp_path), "OLLAMA_HOST": "127.0.0.1:9"}, None, 0, False, ready) == 0
    assert answers == [200]


def test_a_router_ends_with_its_keeper_even_if_that_has_not_read_what_it_said(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()

    def end() -> None:
        theirs.recv(1, socket.MSG_PEEK)
        theirs.close()

    ending = threading.Thread(target=end)
    late = threading.Timer(10, os.kill, (os.getpid(), signal.SIGTERM))
    late.start()
    env = {"HOME": str(tmp_path), "OLLAMA_HOST": "127.0.0.1:9"}
    with ours:
        serve(None, env, None, 0, False, lambda host, port: ending.start(), kept=Kept(ours))
    assert late.is_alive()
    late.cancel()


def test_a_broken_configuration_is_said_before_it_listens(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("{")
    with pytest.raises(ConfigInvalid, match=r"config\.json"):
        serve(path, {"HOME": str(tmp_path)}, None, 0, False, lambda host, port: None)


def test_a_router_that_was_replaced_ends_before_its_keeper_kills_it() -> None:
    assert run.DRAIN + run.MOMENT < keeper.LEAVES_WITHIN


def test_a_port_that_is_taken_is_said_with_a_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServiceProblem, match=f"127.0.0.1:{port}.*--port"):
            listen("127.0.0.1", port)


def test_an_address_that_is_not_ours_is_said() -> None:
    with pytest.raises(ServiceProblem, match="cannot listen on nowhere.invalid"):
        listen("nowhere.invalid", 0)
