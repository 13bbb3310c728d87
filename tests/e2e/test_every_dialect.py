"""The real claude in front of every dialect, each upstream as strict as the vendor it stands for, and one conversation
that moves from one to the next."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support import chat, gemini, messages, responses
from tests.support.gemini import issued
from tests.support.parts import Part, text, thinking, tool, usage
from tests.support.running import Person, Router, running_router
from tests.support.strict import chat as strict_chat
from tests.support.strict import gemini as strict_gemini
from tests.support.strict import messages as strict_messages
from tests.support.strict import responses as strict_responses
from tests.support.upstream import Answer, Received, Upstream, reply

Fault = tuple[int, dict[str, Any]]


@dataclass
class Vendor:
    """An upstream that says its turns, unless a request breaks the vendor's rules."""

    model: str
    speak: Callable[..., Answer]
    check: Callable[[Received], Fault | None]
    settings: dict[str, Any]
    path: str = ""
    upstream: Upstream = field(default_factory=Upstream)
    faults: list[Fault] = field(default_factory=list)
    turns: list[Sequence[Part]] = field(default_factory=list)

    def play(self, *turns: Sequence[Part]) -> None:
        self.turns = list(turns)
        self.upstream.play(self._answer)

    def _answer(self, request: Received) -> Answer:
        if fault := self.check(request):
            self.faults.append(fault)
            return reply(*fault, {"x-should-retry": "false"})
        return self.speak(*self.turns.pop(0), model=self.model)

    def provider(self, name: str) -> dict[str, Any]:
        url = f"{self.upstream.url}{self.path}"
        return {"name": name, "api_base_url": url, "api_key": f"{name}-key", "models": [self.model], **self.settings}


ISSUED = {"Y2xhdWRlLXNpZ25lZA=="}  # the one signature that the Anthropic among them knows


def vendors() -> dict[str, Vendor]:
    return {
        "anthropic": Vendor(
            "claude-opus-5-5",
            messages.stream,
            lambda request: strict_messages.fault(request.path, request.json, request.headers, ISSUED),
            {"dialect": "anthropic"},
        ),
        "gemini": Vendor(
            "gemini-3-pro-preview",
            gemini.stream,
            lambda request: strict_gemini.fault(request.target, request.json),
            {"dialect": "gemini"},
        ),
        "responses": Vendor(
            "gpt-5.5",
            responses.stream,
            lambda request: strict_responses.fault(request.path, request.json),
            {"dialect": "responses"},
        ),
        "deepseek": Vendor(
            "deepseek-reasoner",
            chat.stream,
            lambda request: strict_chat.fault(request.path, request.json, "deepseek"),
            {"dialect": "openai"},
            "/v1",
        ),
    }


@pytest.fixture
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, Vendor], Router]]:
    with ExitStack() as stack:
        found = vendors()
        for vendor in found.values():
            stack.enter_context(vendor.upstream)
        config = {
            "Providers": [vendor.provider(name) for name, vendor in found.items()],
            "Router": {"default": "anthropic,claude-opus-5-5"},
        }
        yield found, stack.enter_context(running_router(config, tmp_path_factory.mktemp("dialects")))


def looped(word: str) -> list[Sequence[Part]]:
    """Three requests: a thought and a call, a thought and two calls, an answer."""
    signed = next(iter(ISSUED))
    return [
        [
            thinking(f"{word}: first I look", signed),
            text("Let me look."),
            tool("Bash", {"command": f"echo {word}-one", "description": "Say"}),
            usage(100, 10),
        ],
        [
            thinking(f"{word}: now both at once", signed),
            tool("Bash", {"command": f"echo {word}-two", "description": "Say"}),
            tool("Bash", {"command": f"echo {word}-three", "description": "Say"}),
            usage(200, 20, cached=100),
        ],
        [thinking(f"{word}: done", signed), text(f"{word} is done."), usage(300, 30, cached=200)],
    ]


def call_of(word: str) -> dict[str, Any]:
    return {"functionCall": {"name": "Bash", "args": {"command": f"echo {word}", "description": "Say"}}}


def asked(person: Person, router: Router, vendor: str, model: str, prompt: str, *more: str) -> str:
    ran = person.claude(
        "-p", prompt, "--dangerously-skip-permissions", "--model", f"{vendor},{model}", *more, url=router.url
    )
    assert ran.code == 0, f"{ran.out}\n{ran.err}\n{router.said}"
    return ran.out.strip()


@pytest.mark.parametrize("name", vendors())
def test_claude_runs_a_tool_conversation_with_thoughts(
    name: str, started: tuple[dict[str, Vendor], Router], person: Person
) -> None:
    found, router = started
    vendor = found[name]
    vendor.play(*looped(name))
    assert asked(person, router, name, vendor.model, "do it") == f"{name} is done."
    assert vendor.faults == []
    last = vendor.upstream.requests[-1].body.decode()
    for said in ("one", "two", "three"):
        assert f"{name}-{said}" in last


def test_a_conversation_moves_from_vendor_to_vendor_and_nobody_rejects_it(
    started: tuple[dict[str, Vendor], Router], person: Person
) -> None:
    found, router = started
    visits = ("anthropic", "gemini", "responses", "deepseek", "gemini", "anthropic")
    for number, name in enumerate(visits):
        vendor, word = found[name], f"{name}{number}"
        vendor.play(*looped(word))
        more = ("--continue",) if number else ()
        assert asked(person, router, name, vendor.model, f"now {name}", *more) == f"{word} is done."
        assert vendor.faults == []
    said = found["anthropic"].upstream.requests[-1].body.decode()
    for number, name in enumerate(visits):
        assert f"{name}{number}-three" in said, "what was done with every vendor is still known"
    assert said.count(next(iter(ISSUED))) > 2, "Anthropic has its thoughts of the first visit back"
    signature = issued(found["gemini"].model, call_of("gemini1-one"))
    assert signature in found["gemini"].upstream.requests[-1].body.decode(), "and so has Gemini"
