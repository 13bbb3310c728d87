import json
import os
import socket
import time
from pathlib import Path

import pytest

from ccr.service import keeper, nearby
from ccr.service.nearby import NOBODY, Place, activated, ask, decoded, place, quoted
from tests.support.upstream import HANG, Upstream, raw, reply

ROUTER = {"ANTHROPIC_BASE_URL": "http://127.0.0.1:3456", "ANTHROPIC_AUTH_TOKEN": "k", "HOME": "/nowhere"}


def at(upstream: Upstream, key: str = "k") -> Place:
    return Place("127.0.0.1", int(upstream.url.rpartition(":")[2]), key)


@pytest.mark.parametrize(
    ("env", "found"),
    [
        (ROUTER, Place("127.0.0.1", 3456, "k")),
        ({**ROUTER, "ANTHROPIC_BASE_URL": "http://[::1]:9/"}, Place("::1", 9, "k")),
        ({**ROUTER, "ANTHROPIC_CUSTOM_HEADERS": "a: b\nX-CCR-Key: own"}, Place("127.0.0.1", 3456, "own")),
        ({"CCR_ROUTER": "http://router:3000", "CCR_API_KEY": "k2", "HOME": "/nowhere"}, Place("router", 3000, "k2")),
        ({"ANTHROPIC_BASE_URL": "https://api.anthropic.com", "ANTHROPIC_AUTH_TOKEN": "theirs"}, None),
        ({"ANTHROPIC_BASE_URL": "http://user:word@127.0.0.1:1"}, None),
        ({"ANTHROPIC_BASE_URL": "nonsense"}, None),
        ({"HOME": "/nowhere"}, None),
    ],
)
def test_the_router_is_where_claudes_requests_go(env: dict[str, str], found: Place | None) -> None:
    assert place(env) == found


def test_it_looks_where_the_router_writes() -> None:
    assert nearby.STATE == keeper.STATE


def test_without_variables_it_is_the_one_that_wrote_down_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "ccr.state.json").write_text(json.dumps({"host": "0.0.0.0", "port": 77, "key": "kept"}))
    home = {"CCR_HOME": str(tmp_path)}
    assert place(home) == Place("127.0.0.1", 77, "kept")
    assert place({**home, "ANTHROPIC_BASE_URL": "http://localhost:77"}) == Place("localhost", 77, "kept")
    assert place({**home, "ANTHROPIC_BASE_URL": "http://far.test:77"}) == Place("far.test", 77, "")


@pytest.mark.parametrize("state", ["", "[]", '{"host": 1, "port": 2}', "\x00"])
def test_a_broken_state_names_no_router(tmp_path: Path, state: str) -> None:
    (tmp_path / ".claude-code-router").mkdir()
    (tmp_path / ".claude-code-router" / "ccr.state.json").write_text(state)
    assert place({"HOME": str(tmp_path)}) is None


@pytest.mark.parametrize(
    ("env", "is_so"),
    [
        ({**ROUTER, "CCR_KEPT_NAMES": "ANTHROPIC_BASE_URL"}, True),
        ({**ROUTER, "CCR_ROUTER": "http://127.0.0.1:3456"}, True),
        (ROUTER, False),
        ({"CCR_ROUTER": "http://127.0.0.1:3456"}, False),
    ],
)
def test_a_shell_is_activated_that_says_so(env: dict[str, str], is_so: bool) -> None:
    assert activated(env) is is_so


def test_the_key_travels_with_the_question() -> None:
    with Upstream([reply(200, {"a": 1})]) as upstream:
        assert ask(at(upstream), "/ccr/sessions/s") == (200, {"a": 1})
    assert upstream.requests[0].path == "/ccr/sessions/s"
    assert upstream.requests[0].headers["authorization"] == "Bearer k"
    assert upstream.requests[0].headers["x-ccr-key"] == "k"


def test_without_a_key_none_is_sent() -> None:
    with Upstream([reply(401, b"no")]) as upstream:
        assert ask(at(upstream, key=""), "/") == (401, {})
    assert "authorization" not in upstream.requests[0].headers


@pytest.mark.parametrize("answer", [raw(b"SSH-2.0-x\r\n", "FIN"), raw(b"HTTP/1.1 abc\r\n\r\n", "FIN")])
def test_what_is_no_answer_is_nobodys(answer: object) -> None:
    with Upstream([answer]) as upstream:  # type: ignore[list-item]
        assert ask(at(upstream), "/") == NOBODY


def test_who_does_not_answer_is_not_waited_for() -> None:
    with Upstream([raw(HANG)]) as upstream:
        begin = time.monotonic()
        assert ask(at(upstream), "/", patience=0.02) == NOBODY
        assert time.monotonic() - begin < 1


def test_nobody_is_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert ask(Place("127.0.0.1", taken.getsockname()[1], ""), "/") == NOBODY


def test_a_key_that_no_header_can_hold_is_no_stack_trace() -> None:
    assert ask(Place("127.0.0.1", 1, "schlüssel…"), "/") == NOBODY


def test_a_name_without_an_address_is_nobody() -> None:
    assert ask(Place("nowhere.invalid", 1, ""), "/", patience=0.5) == NOBODY


def test_a_name_that_no_name_server_takes_is_nobody() -> None:
    assert ask(Place("a" * 300, 80, ""), "/", patience=0.5) == NOBODY


def test_a_pipe_in_the_states_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "ccr.state.json")
    assert place({"CCR_HOME": str(tmp_path)}) is None


def test_names_are_quoted_for_a_path() -> None:
    assert quoted("a-1_b.c~") == "a-1_b.c~"
    assert quoted("a/b ü\n") == "a%2Fb%20%C3%BC%0A"


@pytest.mark.parametrize("data", [b"", b"garbage", b"[1]", b"\xff\xfe", b"[" * 100_000])
def test_garbage_is_an_empty_object(data: bytes) -> None:
    assert decoded(data) == {}
