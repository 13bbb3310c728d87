"""The real claude works for thirty turns while all around it fails. `-s` shows the recorded run.

The model keeps nothing: which turn it is, it reads off the conversation, so whoever is asked goes on with the work.
"""

import json
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest

from tests.support import chat, messages
from tests.support.parts import Part, text, tool, usage
from tests.support.running import KEY, Person
from tests.support.upstream import HANG, RST, Answer, Received, Upstream, slowly, stream

TURNS = 30
LAST_WORDS = f"All {TURNS} turns are done."


def turn_of(request: Received) -> int:
    """The number of the turn that this request is about; 0: not the conversation."""
    asked = request.json
    if not any(named == "Bash" for named in names(asked)):
        return 0
    return 1 + sum(map(results, asked["messages"]))


def names(asked: Any) -> Iterator[str]:
    for each in asked.get("tools", ()):
        yield each.get("name") or each["function"]["name"]


def results(message: Any) -> int:
    if message["role"] == "tool":
        return 1
    content = message["content"]
    return sum(part["type"] == "tool_result" for part in content) if isinstance(content, list) else 0


def said(turn: int) -> tuple[Part, ...]:
    if turn == 0:
        return text("ok"), usage(1, 1)
    if turn > TURNS:
        return text(LAST_WORDS), usage(100, 5)
    work = {"command": f"echo {turn} >> journal.txt", "description": f"Turn {turn}"}
    return text(f"Turn {turn}. "), tool("Bash", work, id=f"call_{turn}"), usage(100 * turn, 20)


@dataclass
class World:
    """The providers, and what happens to them."""

    person: Person
    main: Upstream
    spare: Upstream
    revoked: set[str] = field(default_factory=set)
    limited: set[str] = field(default_factory=set)
    happened: set[str] = field(default_factory=set)
    story: list[str] = field(default_factory=list)

    def once(self, what: str) -> bool:
        if what in self.happened:
            return False
        self.happened.add(what)
        self.story.append(what)
        return True

    def configure(self, *keys: str) -> None:
        """Written as an editor does it, while the router runs."""
        config = {
            "APIKEY": KEY,
            "Providers": [
                {"name": "main", "api_base_url": f"{self.main.url}/v1", "api_key": list(keys), "models": ["m"]},
                {
                    "name": "spare",
                    "api_base_url": f"{self.spare.url}/v1/messages",
                    "api_key": "spare-key",
                    "models": ["opus"],
                    "dialect": "anthropic",
                },
            ],
            "Router": {"default": "main,m | spare,opus"},
            "timeouts": {"first_byte": 2, "idle": 2},
            "breaker": {"failures": 3, "pause": 1},
        }
        file = self.person.home / ".claude-code-router" / "config.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(".new")
        new.write_text(json.dumps(config))
        new.replace(file)

    def kill_the_router(self) -> None:
        health = httpx.get(f"http://127.0.0.1:{self.person.port}/health", headers={"x-api-key": KEY}).json()
        os.kill(health["pid"], signal.SIGKILL)

    def on_main(self, request: Received) -> Answer:
        turn, key = turn_of(request), request.headers["authorization"].removeprefix("Bearer ")
        if key in self.revoked:
            return chat.error(401, "Incorrect API key provided", "invalid_api_key")
        if key in self.limited:
            return chat.error(429, "Rate limit reached for requests", headers={"retry-after": "5"})
        match turn:
            case 5 if self.once("turn 5: its key is revoked"):
                self.revoked.add(key)
                return chat.error(401, "Incorrect API key provided", "invalid_api_key")
            case 9 if self.once("turn 9: the other key is limited"):
                self.limited.add(key)
                return chat.error(429, "Rate limit reached for requests", headers={"retry-after": "5"})
            case 15 | 16 | 17:
                self.once("turns 15 to 17: the provider is dead")
                return Answer((RST,))
            case 19 if self.once("turn 19: an error inside a 200 stream"):
                error = {"error": {"message": "The server had an error", "type": "server_error"}}
                return stream(b"data: " + json.dumps(error).encode() + b"\n\n")
            case 21 if self.once("turn 21: no answer, and the connection stays open"):
                return Answer((HANG,))
            case 23 if self.once("turn 23: the answer is cut in the middle of its call"):
                return cut(chat.stream(*said(turn)), RST)
            case 25 if self.once("turn 25: the answer stops in its middle"):
                return cut(chat.stream(*said(turn)), HANG)
            case 27 if self.once("turn 27: the router is killed with -9 in the middle of an answer"):
                self.kill_the_router()
                return cut(chat.stream(*said(turn)), HANG)
            case 29 if self.once("turn 29: an empty answer"):
                return chat.stream(usage(10, 0))
            case _:
                return chat.stream(*said(turn))

    def on_spare(self, request: Received) -> Answer:
        turn = turn_of(request)
        if turn == 12 and self.once("turn 12: the file gets two new keys, and is reloaded"):
            self.configure("new-1", "new-2")
        return slowly(messages.stream(*said(turn)), 0.15)  # so that the others have time to come back


def cut(answer: Answer, end: Any) -> Answer:
    """The answer, ended in the middle of its call."""
    whole = answer.steps[: len(answer.steps) // 2]
    return Answer((*whole, end))


@pytest.fixture
def world(person: Person) -> Iterator[World]:
    with Upstream() as main, Upstream() as spare:
        world = World(person, main, spare)
        main.play(world.on_main)
        spare.play(world.on_spare)
        world.configure("old-1", "old-2")
        yield world


@pytest.fixture
def ccr(person: Person, world: World) -> Callable[..., str]:
    def run(*arguments: str) -> str:
        ran = person.ccr(*arguments)
        assert ran.code == 0, ran.err
        return ran.out

    return run


def test_thirty_turns_are_done_once_each_and_in_order(world: World, person: Person, ccr: Callable[..., str]) -> None:
    ccr("start")
    ran = replace(person, patience=150).claude(
        *("-p", f"Work for {TURNS} turns.", "--dangerously-skip-permissions", "--max-turns", str(TURNS + 5)),
        url=f"http://127.0.0.1:{person.port}",
        CLAUDE_CODE_MAX_RETRIES="10",
    )
    requests = [json.loads(line) for line in ccr("logs", "--json", "-n", "1000").splitlines()]
    print("\n".join(world.story), ccr("logs", "-n", "1000"), ran.out, ran.err, sep="\n\n")  # noqa: T201 - see above
    assert (ran.code, ran.out.strip()) == (0, LAST_WORDS), ran.err
    assert (person.work / "journal.txt").read_text().split() == [str(turn) for turn in range(1, TURNS + 1)]
    assert len(world.happened) == 10
    broken = [each["status"] for each in requests if each["event"] == "request" and each["status"] != 200]
    assert broken == [502, 504], "what broke off after its first content was the client's to ask again"
