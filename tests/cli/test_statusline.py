import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.support.upstream import Upstream, reply

PAGE = {
    "default": "acme,m",
    "last": {"main": {"target": "acme,big", "rule": "think", "prompt": 1000, "tokens": {"output": 24}, "window": 2048}},
}
SAID = json.dumps({"session_id": "s/1"}).encode()
# What an idle machine needs 10 ms or more to import.
HEAVY = {
    "typer",
    "httpx",
    "http.client",
    "msgspec",
    "dataclasses",
    "inspect",
    "asyncio",
    "urllib.request",
    "yaml",
    "ssl",
}


@pytest.fixture
def router() -> Iterator[Upstream]:
    with Upstream([]) as upstream:
        yield upstream


def run(*words: str, variables: Mapping[str, str] = {}, said: bytes = SAID) -> "subprocess.CompletedProcess[bytes]":
    own = {"HOME": "/nowhere", "LANG": "C", **variables}
    return subprocess.run(
        [sys.executable, "-m", "ccr", *words], env=own, input=said, capture_output=True, timeout=20, check=False
    )


def test_what_drips_into_stdin_is_not_waited_for() -> None:
    own = {"HOME": "/nowhere", "LANG": "C"}
    with subprocess.Popen(
        [sys.executable, "-m", "ccr", "statusline"], env=own, stdin=-1, stdout=-1, bufsize=0
    ) as drips:
        assert drips.stdin
        for _ in range(500):
            with contextlib.suppress(BrokenPipeError):
                drips.stdin.write(b" ")
            if drips.poll() is not None:
                break
            time.sleep(0.02)
        assert drips.returncode == 0


def through(router: Upstream, **others: str) -> dict[str, str]:
    address = {"ANTHROPIC_BASE_URL": router.url, "ANTHROPIC_AUTH_TOKEN": "k"}
    return {**address, "CCR_KEPT_NAMES": "ANTHROPIC_BASE_URL", **others}


def test_the_line_is_of_claudes_session(router: Upstream) -> None:
    router.play([reply(200, PAGE)])
    done = run("statusline", variables=through(router, NO_COLOR="1"))
    assert (done.returncode, done.stdout.decode()) == (0, "big · think · 1k of 2k (50%)\n")
    assert router.requests[0].path == "/ccr/sessions/s%2F1"


def test_it_fits_the_terminal_and_has_colours(router: Upstream) -> None:
    router.play([reply(200, PAGE)])
    assert (
        run("statusline", variables=through(router, COLUMNS="20")).stdout
        == b"\033[36mbig\033[0m \xc2\xb7 \033[2mthink\033[0m\n"
    )


@pytest.mark.parametrize("said", [b"", b"garbage", b"[]", b"\xff\xfe\x00", b'{"session_id": 7}'])
def test_garbage_on_stdin_gives_a_sensible_line(router: Upstream, said: bytes) -> None:
    router.play([reply(200, PAGE)])
    done = run("statusline", said=said, variables=through(router, NO_COLOR="1"))
    assert (done.returncode, done.stderr, done.stdout[:3]) == (0, b"", b"big")


def test_a_stdin_that_stays_open_is_not_waited_for() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "ccr", "statusline"], env={}, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as held:
        assert held.wait(20) == 0


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (reply(401, {"error": {}}), "ccr: the router does not take this shell's key\n"),
        (reply(200, {"hello": 1}), "ccr: what answers is no router of ours\n"),
        (reply(404, b"<html>"), "ccr: what answers is no router of ours\n"),
    ],
)
def test_what_is_not_as_it_should_be_is_told_in_a_line(router: Upstream, answer: Any, said: str) -> None:
    router.play([answer])
    done = run("statusline", variables=through(router))
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, said, b"")


def test_without_a_router_there_is_a_line_too() -> None:
    down = {"ANTHROPIC_BASE_URL": "http://127.0.0.1:1"}
    assert run("statusline", variables=down).stdout == b"ccr: the router does not answer\n"
    assert run("statusline").stdout == b"ccr: claude does not go through the router\n"


@pytest.mark.parametrize("nowhere", [">&-", ">/dev/full", "| true"])
@pytest.mark.parametrize("command", ["statusline", "prompt"])
def test_where_nobody_reads_it_there_is_no_stack_trace(command: str, nowhere: str) -> None:
    words = ["sh", "-c", f"'{sys.executable}' -m ccr {command} </dev/null {nowhere}"]
    down = {"ANTHROPIC_BASE_URL": "http://127.0.0.1:1", "CCR_KEPT_NAMES": "X"}
    done = subprocess.run(words, env=down, capture_output=True, timeout=20, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_programs_get_what_the_router_tells(router: Upstream) -> None:
    router.play([reply(200, PAGE)])
    assert json.loads(run("statusline", "--json", variables=through(router)).stdout) == {"status": 200, **PAGE}


def test_the_prompts_segment_is_the_default_routes_model(router: Upstream) -> None:
    router.play([reply(200, {"default": "acme,m", "sessions": []}), reply(401, {})])
    assert run("prompt", variables=through(router)).stdout == b"ccr:m\n"
    assert run("prompt", variables=through(router)).stdout == b"ccr:key?\n"


def test_the_prompt_says_where_the_router_is_down_and_nothing_in_other_shells() -> None:
    down = {"ANTHROPIC_BASE_URL": "http://127.0.0.1:1"}
    assert run("prompt", variables={**down, "CCR_KEPT_NAMES": "X"}).stdout == b"ccr:off\n"
    assert run("prompt", variables=down).stdout == b""


def test_nothing_that_takes_long_is_imported() -> None:
    asked = "import sys, ccr.__main__, ccr.cli.statusline; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-S", "-c", asked], capture_output=True, text=True, timeout=20, check=True)
    assert HEAVY & set(loaded.stdout.split()) == set()
