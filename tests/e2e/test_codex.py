"""The real Codex CLI in front of the router. It is large (400 MB), so scripts/codex brings it, in CI and for who asks."""

import json
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import StartRouter, providers
from tests.support import chat, gemini, messages, responses
from tests.support.parts import Part, text, thinking, tool, usage
from tests.support.running import CHECKOUT, KEY, Person, Ran, Router
from tests.support.upstream import Answer, Received, Upstream

CODEX = shutil.which("codex", path=str(CHECKOUT / ".tools" / "bin")) or shutil.which("codex")
pytestmark = pytest.mark.skipif(CODEX is None, reason="Codex CLI is not here: scripts/codex brings it (400 MB)")

# Where bytes are copied, an upstream calls such tools in their own form.
translated = pytest.mark.parametrize("side", ["chat", "anthropic", "gemini"], indirect=True)

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
# A tool server with one tool, which answers with a picture.
PICTURES = f"""
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    answer = {{}}
    if asked["method"] == "initialize":
        version = asked["params"]["protocolVersion"]
        info = {{"name": "pics", "version": "1"}}
        answer = {{"protocolVersion": version, "capabilities": {{"tools": {{}}}}, "serverInfo": info}}
    if asked["method"] == "tools/list":
        answer = {{"tools": [{{"name": "shot", "description": "A picture.", "inputSchema": {{"type": "object"}}}}]}}
    if asked["method"] == "tools/call":
        answer = {{"content": [{{"type": "image", "data": "{PIXEL}", "mimeType": "image/png"}}]}}
    if "id" in asked:
        print(json.dumps({{"jsonrpc": "2.0", "id": asked["id"], "result": answer}}), flush=True)
"""


@dataclass(frozen=True)
class Codex:
    person: Person
    router: Router

    def settle(self, *more: str) -> "Codex":
        folder = self.person.home / ".codex"
        folder.mkdir(exist_ok=True)
        provider = f'name = "ccr"\nbase_url = "{self.router.url}/v1"\nwire_api = "responses"\nenv_key = "CCR_KEY"\n'
        tables = "\n".join(more)
        (folder / "config.toml").write_text(f'model_provider = "ccr"\n[model_providers.ccr]\n{provider}{tables}\n')
        return self

    def run(self, *arguments: str) -> Ran:
        assert CODEX
        options = ["exec", "--json", "--skip-git-repo-check", "-s", "danger-full-access", *arguments]
        return self.person.run(CODEX, *options, variables={"CCR_KEY": KEY})


@dataclass(frozen=True)
class Side:
    target: str
    upstream: Upstream
    stream: Callable[..., Answer]

    def script(self, *turns: Sequence[Part]) -> None:
        self.upstream.play([self.stream(*turn, usage(100, 10)) for turn in turns])


@pytest.fixture(params=["chat", "anthropic", "gemini", "responses"])
def side(request: pytest.FixtureRequest, chat_upstream: Upstream, messages_upstream: Upstream) -> Side:
    if request.param == "anthropic":
        return Side("claude,opus", messages_upstream, messages.stream)
    if request.param == "gemini":
        return Side("gem,m", chat_upstream, gemini.stream)
    if request.param == "responses":
        return Side("oai,m", chat_upstream, responses.stream)
    return Side("chat,m", chat_upstream, chat.stream)


@pytest.fixture
def codex(side: Side, start_router: StartRouter, person: Person, chat_upstream: Upstream) -> Codex:
    """A router that sends everything to this side, whatever the model's name."""
    return Codex(person, start_router(settings(side, chat_upstream))).settle()


def settings(side: Side, chat_upstream: Upstream) -> dict[str, Any]:
    oai = {"name": "oai", "api_base_url": f"{chat_upstream.url}/v1/responses", "api_key": "k", "models": ["m"]}
    url = f"{chat_upstream.url}/v1beta/models/"
    gem = {"name": "gem", "api_base_url": url, "api_key": "k", "models": ["m"], "transformer": {"use": ["gemini"]}}
    every = [*providers(side.upstream, side.upstream), gem, oai]
    return {"Providers": every, "Router": {"default": side.target}}


def events(ran: Ran) -> list[dict[str, Any]]:
    assert ran.code == 0, ran.out + ran.err
    return [json.loads(line) for line in ran.out.splitlines() if line.startswith("{")]


def said(ran: Ran) -> list[str]:
    items = [event["item"] for event in events(ran) if event["type"] == "item.completed"]
    return [item["text"] for item in items if item["type"] == "agent_message"]


def turns(upstream: Upstream) -> list[Received]:
    return [request for request in upstream.requests if request.method == "POST"]


def test_a_command_and_the_next_turn(codex: Codex, side: Side) -> None:
    command = tool("exec_command", {"cmd": "echo out-of-$((6 * 7))"})
    side.script([thinking("I run it."), command], [text("It says so.")])
    ran = codex.run("-m", side.target, "Run it.")
    assert said(ran) == ["It says so."]
    thoughts = [event["item"]["text"] for event in events(ran) if event.get("item", {}).get("type") == "reasoning"]
    assert "I run it." in "".join(thoughts)
    first, second = turns(side.upstream)
    assert b"out-of-42" in second.body
    if side.target == "chat,m":
        assert b"I run it." in second.body, "the thought did not come back"
        earlier, later = first.json["messages"], second.json["messages"]
        assert later[: len(earlier)] == earlier
    assert first.json["tools"] == second.json["tools"]

    side.script([text("Once more.")])
    assert said(codex.run("resume", "--last", "-m", side.target, "And now?")) == ["Once more."]
    assert b"out-of-42" in side.upstream.only.body


@translated
def test_a_patch_in_free_text(codex: Codex, side: Side) -> None:
    patch = "*** Begin Patch\n*** Add File: new.txt\n+grüß dich\n*** End Patch\n"
    side.script([tool("apply_patch", {"input": patch})], [text("Written.")])
    assert said(codex.run("-m", "gpt-5.5", "Write it.")) == ["Written."]
    assert (codex.person.work / "new.txt").read_text() == "grüß dich\n"


def pictures(person: Person) -> tuple[str, ...]:
    server: Path = person.home / "pictures.py"
    server.write_text(PICTURES)
    return "[mcp_servers.pics]", f'command = "{sys.executable}"', f'args = ["{server}"]'


@translated
def test_a_tool_that_codex_searches_for(codex: Codex, side: Side) -> None:
    codex.settle(*pictures(codex.person))
    search = tool("tool_search", {"query": "picture"})
    side.script([search], [tool("mcp__pics__shot", {})], [text("One pixel.")])
    assert said(codex.run("-m", "gpt-5.5", "Look.")) == ["One pixel."]
    first, second, third = turns(side.upstream)
    assert b"mcp__pics__shot" not in first.body
    assert b"mcp__pics__shot can be called from now on." in second.body
    assert PIXEL.encode() in third.body


@translated
def test_a_long_conversation_is_summarised(codex: Codex, side: Side) -> None:
    command = tool("exec_command", {"cmd": "echo hi"})
    long = side.stream(command, usage(90_000, 10))
    side.upstream.play([long, side.stream(text("SUMMARY"), usage(50, 5)), side.stream(text("Done."), usage(50, 5))])
    ran = codex.run("-m", side.target, "-c", "model_auto_compact_token_limit=20000", "Go on.")
    assert said(ran)[-1] == "Done."
    assert b"SUMMARY" in turns(side.upstream)[2].body


@translated
def test_a_tool_in_a_namespace_that_answers_with_a_picture(codex: Codex, side: Side) -> None:
    codex.settle(*pictures(codex.person))
    side.script([tool("mcp__pics__shot", {})], [text("One pixel.")])
    assert said(codex.run("-m", side.target, "Look.")) == ["One pixel."]
    assert turns(side.upstream)[1].body.count(PIXEL.encode()) == 1


@translated
def test_tools_that_come_with_the_input_and_run_code(codex: Codex, side: Side) -> None:
    code = 'text((await tools.exec_command({cmd: "echo from-$((2 * 4))"})).output)'
    side.script([tool("exec", {"input": code})], [text("Eight.")])
    assert said(codex.run("-m", "gpt-6-astra", "Count.")) == ["Eight."]
    assert b"from-8" in turns(side.upstream)[1].body


def test_a_refusal_is_shown_in_the_routers_words(codex: Codex, side: Side) -> None:
    ran = codex.run("-m", "nobody,m", "hi")
    assert "nobody" in ran.out
    assert turns(side.upstream) == []


def test_one_conversation_moves_between_dialects(
    start_router: StartRouter, person: Person, chat_upstream: Upstream, messages_upstream: Upstream
) -> None:
    claude = Side("claude,opus", messages_upstream, messages.stream)
    oai = Side("oai,m", chat_upstream, responses.stream)
    host = Side("chat,m", chat_upstream, chat.stream)
    usual = settings(claude, chat_upstream)
    usual["Providers"] = [*providers(chat_upstream, messages_upstream), usual["Providers"][-1]]
    codex = Codex(person, start_router(usual)).settle()
    asked: list[bytes] = []
    for number, side in enumerate((claude, oai, host, claude)):
        command = tool("exec_command", {"cmd": f"echo round-$((10 + {number}))"})
        side.script([thinking(f"thought {number}"), command], [text(f"answer {number}")])
        more = ["resume", "--last"] if number else []
        assert said(codex.run(*more, "-m", side.target, f"question {number}"))[-1] == f"answer {number}"
        asked.append(turns(side.upstream)[-1].body)
    for number, body in enumerate(asked):
        for earlier in range(number + 1):
            assert f"round-{10 + earlier}".encode() in body, "a result got lost"
        assert b"ccr1." not in body, "a tag of the router's left it"
    assert b"thought 0" not in asked[1] + asked[2]
    assert b"c2lnbmVk" not in asked[1] + asked[2], "Anthropic's signature went to others"
    *_, last = asked
    assert (last.count(b"c2lnbmVk"), b"thought 0" in last, b"thought 2" in last) == (2, True, False)
