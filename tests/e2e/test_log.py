"""What a running router writes down about a request, and what it must not."""

import json
import time
from pathlib import Path
from typing import Any

from tests.e2e.conftest import StartRouter
from tests.support import chat
from tests.support.parts import text, usage
from tests.support.running import KEY, Router
from tests.support.upstream import Upstream

BODY = {"model": "claude-opus-5-5", "max_tokens": 9, "messages": [{"role": "user", "content": "a private matter"}]}


def log_file(router: Router) -> Path:
    return router.home / ".claude-code-router" / "logs" / "ccr.log"


def requests(router: Router, count: int) -> list[dict[str, Any]]:
    """The log's lines about requests, as soon as there are so many."""
    until = time.monotonic() + 3
    while time.monotonic() < until:
        written = log_file(router).read_text() if log_file(router).exists() else ""
        found = [line for line in map(json.loads, written.splitlines()) if line["event"] == "request"]
        if len(found) >= count:
            return found
        time.sleep(0.05)
    raise AssertionError(f"fewer than {count} requests in the log")


def test_a_request_is_one_line_with_what_was_chosen_and_used(
    start_router: StartRouter, chat_upstream: Upstream
) -> None:
    router = start_router()
    chat_upstream.play([chat.stream(text("a private answer"), usage(50, 9, cached=20))])
    answer = router.messages({**BODY, "stream": True}, x_claude_code_session_id="my-session")
    (line,) = requests(router, 1)
    assert line["id"] == answer.headers["x-ccr-request-id"]
    assert (line["session"], line["client"]) == ("my-session", "anthropic")
    assert (line["rule"], line["target"], line["status"]) == ("default", "chat,m", 200)
    assert [(tried["target"], tried["failure"]) for tried in line["attempts"]] == [("chat,m", None)]
    assert (line["input_tokens"], line["output_tokens"], line["cache_read_tokens"]) == (30, 9, 20)
    assert 0 <= line["first_token_ms"] <= line["ms"]


def test_no_body_and_no_key_is_written(start_router: StartRouter, chat_upstream: Upstream) -> None:
    router = start_router({"LOG_LEVEL": "debug"})
    chat_upstream.play([chat.stream(text("a private answer"), usage(5, 9)), chat.error(401, "bad key chat-key")])
    router.messages({**BODY, "stream": True})
    router.messages(BODY)
    router.messages(BODY, x_api_key="some-wrong-key")
    requests(router, 2)
    written = log_file(router).read_text() + router.said
    for secret in ("private", "chat-key", "claude-key", KEY, "some-wrong-key"):
        assert secret not in written


def test_the_log_and_the_state_are_for_their_owner_alone(start_router: StartRouter, chat_upstream: Upstream) -> None:
    router = start_router()
    chat_upstream.play([chat.reply(text("hi"))])
    router.messages(BODY)
    requests(router, 1)
    for path in (router.home / ".claude-code-router").rglob("*"):
        others = 0o037 if path.name == "ccr.log" else 0o077  # its folder keeps the group out
        assert path.stat().st_mode & others == 0, path


def test_an_error_names_its_request(start_router: StartRouter, chat_upstream: Upstream) -> None:
    router = start_router()
    chat_upstream.play([chat.error(400, "no")])
    answer = router.messages(BODY)
    request_id = answer.headers["x-ccr-request-id"]
    assert answer.json()["request_id"] == request_id
    assert request_id in answer.text
