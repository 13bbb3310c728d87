"""What happens to requests while the router is reloaded, stopped, killed or replaced, or its disk fails."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import StartRouter, providers
from tests.support import chat
from tests.support.parts import text, usage
from tests.support.running import KEY, Person, Router, running_router
from tests.support.sse import heard
from tests.support.upstream import Gate, Received, Upstream, Wait

ASKED = {"model": "claude-sonnet-4-5", "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}]}
WORDS = "one two three four five six seven eight nine ten".split()


def until(true: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def slowly(request: Received) -> Any:
    """Ten words in half a second, or at once where no stream is asked for."""
    if not request.json.get("stream"):
        return chat.reply(text(" ".join(WORDS)), usage(10, 3))
    deltas = [chat.delta(content=f"{word} ") for word in WORDS]
    return chat.streamed(*[step for delta in deltas for step in (delta, Wait(0.05))], chat.delta(finish="stop"))


class Traffic:
    """People who ask again and again, streamed and not, each on a connection that is kept."""

    def __init__(self, url: str, people: int = 6) -> None:
        self.url = url
        self.answers = 0
        self.faults: list[str] = []
        self._over = threading.Event()
        self._people = [threading.Thread(target=self._ask, args=(number % 2 == 0,)) for number in range(people)]

    def __enter__(self) -> "Traffic":
        for each in self._people:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for each in self._people:
            each.join()

    def _ask(self, stream: bool) -> None:
        with httpx.Client(headers={"x-api-key": KEY}, timeout=20, trust_env=False) as client:
            while not self._over.is_set():
                try:
                    self._answered(client.post(f"{self.url}/v1/messages", json={**ASKED, "stream": stream}), stream)
                except (httpx.HTTPError, AssertionError) as fault:
                    self.faults.append(repr(fault))

    def _answered(self, answer: httpx.Response, stream: bool) -> None:
        assert answer.status_code == 200, answer.text
        said = heard(answer.content).text if stream else answer.json()["content"][0]["text"]
        assert said.split() == WORDS, said
        self.answers += 1


def test_a_reload_under_load_loses_no_request(start_router: StartRouter, chat_upstream: Upstream) -> None:
    chat_upstream.play(slowly)
    router = start_router()
    whole = json.loads(router.config.read_text())
    second = {**whole["Providers"][0], "name": "second", "api_key": "second-key"}
    beside = router.config.with_name("beside.json")
    (router.config.parent / "script.py").write_text("def route(request, config):\n    return None\n")

    def write(**changes: object) -> None:
        router.config.write_text(json.dumps({**whole, **changes}))

    def rename() -> None:
        beside.write_text(json.dumps({**whole, "Providers": [second], "Router": {"default": "second,m"}}))
        beside.rename(router.config)

    def drip() -> None:
        data = json.dumps(whole)
        with router.config.open("w") as file:
            for at in range(0, len(data), len(data) // 8):
                file.write(data[at : at + len(data) // 8])
                file.flush()
                time.sleep(0.03)

    def health() -> dict[str, Any]:
        said: dict[str, Any] = httpx.get(f"{router.url}/health", headers={"x-api-key": KEY}, trust_env=False).json()
        return said

    script = "def route(request, config):\n    return 'chat,m'\n"
    changes: list[tuple[Callable[[], object], bool]] = [  # and whether it is a reload
        (lambda: write(Providers=[second], Router={"default": "second,m"}), True),
        (lambda: router.config.write_text("{ broken"), False),
        (lambda: write(Providers=[{**whole["Providers"][0], "api_key": "another-key"}]), True),
        (rename, True),
        (drip, True),
        (router.config.unlink, False),
        (lambda: write(CUSTOM_ROUTER_PATH="script.py"), True),
        (lambda: (router.config.parent / "script.py").write_text(script), False),
        (lambda: write(PORT=4567, CUSTOM_ROUTER_PATH="script.py"), True),
        (write, True),
    ]
    with Traffic(router.url) as traffic:
        for change, reloads in changes:
            before = health()["generation"]
            change()
            if reloads:
                until(lambda: health()["generation"] == before + 1)  # noqa: B023 - called here
            else:
                time.sleep(1.5)
    assert traffic.faults == []
    assert traffic.answers > 50
    assert health()["rejected"] is None
    log = (router.home / ".claude-code-router" / "logs" / "ccr.log").read_text()
    assert log.count('"reload refused"') == 1, "what is half written is no error"


def requests_of(home: Path) -> list[dict[str, Any]]:
    log = home / ".claude-code-router" / "logs" / "ccr.log"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return [line for line in lines if line["event"] == "request"]


@contextlib.contextmanager
def streaming(router: Router) -> Iterator[httpx.Response]:
    with router.client as client, client.stream("POST", "/v1/messages", json={**ASKED, "stream": True}) as answer:
        yield answer


def test_a_router_that_is_told_to_stop_ends_what_it_began_and_says_so_to_whoever_comes(
    tmp_path: Path, chat_upstream: Upstream, messages_upstream: Upstream
) -> None:
    gate = Gate()
    chat_upstream.play(
        [chat.streamed(chat.delta(content="one "), gate, chat.delta(content="two"), chat.delta(finish="stop"))]
    )
    config = {"Providers": providers(chat_upstream, messages_upstream), "Router": {"default": "chat,m"}}
    with running_router(config, tmp_path) as router, router.client as kept, streaming(router) as answer:
        assert kept.get("/v1/models").status_code == 200
        chunks = answer.iter_bytes()
        first = next(chunks)
        router.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        for client in (kept, router.client):
            refused = client.post("/v1/messages", json=ASKED)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
            assert refused.headers["connection"] == "close"
        assert kept.get("/health").status_code == 200
        gate.open()
        assert heard(first + b"".join(chunks)).text == "one two"
        assert router.process.wait(5) == 0
    assert [line["status"] for line in requests_of(router.home)] == [200]


def test_a_second_signal_ends_streams_with_a_word(
    tmp_path: Path, chat_upstream: Upstream, messages_upstream: Upstream
) -> None:
    chat_upstream.play([chat.streamed(chat.delta(content="one "), Gate())])
    config = {"Providers": providers(chat_upstream, messages_upstream), "Router": {"default": "chat,m"}}
    with running_router(config, tmp_path) as router, streaming(router) as answer:
        chunks = answer.iter_bytes()
        first = next(chunks)
        router.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        router.process.send_signal(signal.SIGTERM)
        told = heard(first + b"".join(chunks))
        assert told.error
        assert told.error["message"].startswith("the router is stopping")
        assert router.process.wait(5) == 0
    (line,) = requests_of(router.home)
    assert (line["status"], line["error"]) == (503, "the router is stopping; ask again in a moment")


# --- with a keeper ------------------------------------------------------------------------------------------------------


@pytest.fixture
def settled(person: Person, chat_upstream: Upstream) -> Person:
    """Somebody whose router runs, by `ccr start`."""
    chat_upstream.play(slowly)
    folder = person.home / ".claude-code-router"
    folder.mkdir()
    provider = {"name": "chat", "api_base_url": f"{chat_upstream.url}/v1", "api_key": "k", "models": ["m"]}
    config = {"APIKEY": KEY, "Providers": [provider], "Router": {"default": "chat,m"}}
    (folder / "config.json").write_text(json.dumps(config))
    assert person.ccr("start").code == 0
    return person


def state(person: Person) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((person.home / ".claude-code-router" / "ccr.state.json").read_text())
    return said


def url(person: Person) -> str:
    return f"http://127.0.0.1:{person.port}"


@pytest.mark.parametrize("option", [("--now",), ("--wait", "0.5")])
def test_a_stop_that_does_not_wait_ends_streams_with_a_word(
    settled: Person, chat_upstream: Upstream, option: tuple[str, ...]
) -> None:
    chat_upstream.play([chat.streamed(chat.delta(content="one "), Gate())])
    with httpx.stream(
        "POST", f"{url(settled)}/v1/messages", json={**ASKED, "stream": True}, headers={"x-api-key": KEY}
    ) as answer:
        chunks = answer.iter_bytes()
        first = next(chunks)
        assert settled.ccr("stop", *option).code == 0
        told = heard(first + b"".join(chunks))
    assert told.error
    assert told.error["message"].startswith("the router is stopping")
    assert [line["status"] for line in requests_of(settled.home)] == [503]


def test_restarts_under_load_refuse_nobody(settled: Person) -> None:
    pids = {state(settled)["pid"]}
    with Traffic(url(settled)) as traffic:
        for _ in range(3):
            assert settled.ccr("restart").code == 0
            pids.add(state(settled)["pid"])
            time.sleep(0.5)
    assert len(pids) == 4
    assert traffic.faults == []
    assert traffic.answers > 20


def test_a_router_that_is_killed_comes_back_and_connections_wait_for_it(settled: Person) -> None:
    before = state(settled)
    os.kill(before["pid"], signal.SIGKILL)
    answer = httpx.post(
        f"{url(settled)}/v1/messages", json=ASKED, headers={"x-api-key": KEY}, timeout=20, trust_env=False
    )
    assert answer.status_code == 200
    until(lambda: state(settled)["pid"] != before["pid"])
    assert state(settled)["keeper"] == before["keeper"]
    assert settled.ccr("status").code == 0
    assert "crashed (SIGKILL)" in settled.ccr("logs", "--process").out
    assert settled.ccr("stop").code == 0
    assert settled.ccr("status").code == 3


def test_a_restart_at_a_taken_port_leaves_the_router_as_it_is(settled: Person) -> None:
    before = state(settled)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = settled.ccr("restart", "--port", str(taken.getsockname()[1]))
    assert done.code == 1
    assert "is taken" in done.err
    assert "was left running as it is" in done.err
    assert state(settled) == before
    assert settled.ccr("status").code == 0


def test_a_router_without_its_keeper_ends(settled: Person) -> None:
    before = state(settled)
    os.kill(before["keeper"]["pid"], signal.SIGKILL)
    until(lambda: settled.ccr("status").code == 3)
    assert settled.ccr("start").code == 0


def test_the_keeper_is_small(settled: Person) -> None:
    status = Path(f"/proc/{state(settled)['keeper']['pid']}/status").read_text()
    (resident,) = [int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon")]
    assert resident < 8_000  # kB


# --- the disk -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small one of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", folder], capture_output=True, check=False
    )
    if made.returncode != 0:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def problems(router: Router) -> list[str]:
    with router.client as client:
        found: list[str] = client.get("/health").json()["problems"]
    return found


def test_a_full_disk_stops_no_request_and_is_told_once(
    start_router: StartRouter, chat_upstream: Upstream, disk: Path
) -> None:
    chat_upstream.play(slowly)
    router = start_router(CCR_LOGS=str(disk))
    assert router.messages(ASKED).status_code == 200
    filler = disk / "filler"
    with contextlib.suppress(OSError):
        filler.write_bytes(b"x" * 1_000_000)
    with contextlib.suppress(OSError), (disk / "ccr.log").open("ab") as rest:
        rest.write(b" " * 5000)
    for _ in range(20):
        assert router.messages(ASKED).status_code == 200
    assert any("ccr.log cannot be written" in problem for problem in problems(router))
    assert router.said.count("cannot be written") == 1
    filler.unlink()
    assert router.messages(ASKED).status_code == 200
    assert problems(router) == []


def test_a_router_in_the_foreground_that_has_a_key_needs_nothing_written(
    start_router: StartRouter, chat_upstream: Upstream, disk: Path
) -> None:
    chat_upstream.play(slowly)
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    router = start_router(CCR_HOME=str(disk))
    assert router.messages(ASKED).status_code == 200
    assert "Set CCR_HOME to a folder that can be written" in router.said
    assert "Traceback" not in router.said


def test_a_start_where_nothing_can_be_written_is_one_line_with_a_remedy(person: Person, disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    done = person.ccr("start", CCR_HOME=str(disk))
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert done.err.endswith("Set CCR_HOME to a folder that can be written.\n")
