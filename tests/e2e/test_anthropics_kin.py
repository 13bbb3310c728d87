"""The real claude with Anthropic's models at the clouds, and with hosts that only resemble Anthropic's API: each refuses
what breaks its rules."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support import messages, upstream
from tests.support.clouds import chunk
from tests.support.parts import Part, text, thinking, tool, usage
from tests.support.running import Person, running_router
from tests.support.strict.messages import fault, lookalike_fault
from tests.support.upstream import Answer, Received, Upstream, reply

pytestmark = pytest.mark.e2e

Fault = tuple[int, dict[str, Any]]
ISSUED = "EqQB-signed"
MODEL = "claude-opus-5-5"
TURNS: list[tuple[Part, ...]] = [
    (thinking("first", ISSUED), tool("Bash", {"command": "echo one", "description": "Say"}), usage(100, 10)),
    (thinking("then", ISSUED), tool("Bash", {"command": "echo two", "description": "Say"}), usage(200, 20)),
    (thinking("done", ISSUED), text("all done"), usage(300, 30)),
]


def resembling(request: Received) -> Fault | None:
    return lookalike_fault(request.path, request.json, request.headers, {ISSUED})


def hosted(request: Received) -> Fault | None:
    body = request.json
    assert body.pop("anthropic_version") in ("vertex-2023-10-16", "bedrock-2023-05-31")
    named = {"anthropic-beta": ",".join(body.pop("anthropic_beta", [])), "anthropic-version": "2023-06-01"}
    return fault("/v1/messages", {"model": MODEL, **body}, {**named, **request.headers}, {ISSUED})


def binary(*parts: Part) -> Answer:
    return upstream.stream(*(chunk(event) for event in messages.events(*parts)))


@contextmanager
def strict(
    check: Callable[[Received], Fault | None], says: Callable[..., Answer]
) -> Iterator[tuple[Upstream, list[Fault]]]:
    turns, faults = list(TURNS), list[Fault]()

    def answer(request: Received) -> Answer:
        if found := check(request):
            faults.append(found)
            return reply(*found, {"x-should-retry": "false"})
        return says(*turns.pop(0))

    with Upstream(answer) as server:
        yield server, faults


@pytest.mark.parametrize(
    ("check", "says", "path", "settings"),
    [
        (resembling, messages.stream, "/anthropic", {"name": "moonshot", "dialect": "anthropic"}),
        (resembling, messages.stream, "/anthropic", {"name": "deepseek", "dialect": "anthropic"}),
        (
            hosted,
            messages.stream,
            "/v1/projects/p/locations/l",
            {"name": "vertex", "dialect": "vertex-claude", "auth": "bearer"},
        ),
        (hosted, binary, "/model", {"name": "aws", "dialect": "bedrock-claude"}),
    ],
    ids=["moonshot", "deepseek", "vertex", "bedrock"],
)
def test_claude_works_there_with_tools_and_thoughts(
    check: Callable[[Received], Fault | None],
    says: Callable[..., Answer],
    path: str,
    settings: dict[str, str],
    person: Person,
    tmp_path: Path,
) -> None:
    with strict(check, says) as (server, faults):
        provider = {**settings, "api_base_url": server.url + path, "api_key": "made-up", "models": [MODEL]}
        config = {"Providers": [provider], "Router": {"default": f"{settings['name']},{MODEL}"}}
        with running_router(config, tmp_path / "router") as router:
            ran = person.claude("-p", "do it", "--dangerously-skip-permissions", url=router.url)
            assert ran.code == 0, f"{ran.out}\n{ran.err}\n{router.said}"
    assert faults == []
    assert ran.out.strip() == "all done"
    last = server.requests[-1].json["messages"]
    thoughts = [
        block for turn in last if isinstance(turn["content"], list) for block in turn["content"] if "thinking" in block
    ]
    assert [(thought["thinking"], thought["signature"]) for thought in thoughts] == [
        ("first", ISSUED),
        ("then", ISSUED),
    ]
