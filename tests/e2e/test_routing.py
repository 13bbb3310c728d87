"""Which model is chosen, seen from both ends: what the real claude asks for, and where it arrives."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import StartRouter, providers
from tests.support import chat, messages
from tests.support.parts import text, tool, usage
from tests.support.running import KEY, Person, Router, running_router
from tests.support.upstream import Answer, Received, Upstream

HI = [{"role": "user", "content": "hi"}]
ROUTES = {
    "default": "chat,m",
    "background": "chat,cheap",
    "think": "chat,deep",
    "webSearch": "chat,searcher",
    "image": "chat,eyes",
    "longContext": "chat,long",
    "longContextThreshold": 2000,
    "native": "claude,haiku",
}


@pytest.fixture(scope="module")
def _routed(_chat: Upstream, _messages: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    config = {"Providers": providers(_chat, _messages), "Router": ROUTES}
    with running_router(config, tmp_path_factory.mktemp("routed")) as router:
        yield router


@pytest.fixture
def routed(_routed: Router, chat_upstream: Upstream, messages_upstream: Upstream) -> Router:
    """A router with all its routes set."""
    return _routed


@pytest.fixture
def configured(person: Person, chat_upstream: Upstream, messages_upstream: Upstream) -> Person:
    """Somebody with a config file at its usual place, as CCR's users have it."""
    folder = person.home / ".claude-code-router"
    folder.mkdir()
    config = {
        "APIKEY": KEY,
        "Providers": providers(chat_upstream, messages_upstream),
        "Router": {"default": "chat,m", "background": "chat,cheap"},
    }
    (folder / "config.json").write_text(json.dumps(config))
    return person


def prompts(request: Received) -> str:
    """All that users said in a request."""
    return json.dumps([m["content"] for m in request.json["messages"] if m["role"] == "user"])


def test_a_prompt_that_begins_with_a_model_goes_to_that_model(configured: Person, chat_upstream: Upstream) -> None:
    chat_upstream.play([chat.stream(text("hello"), usage(1, 1))])
    ran = configured.ccr("code", "-p", "/model chat,deep say hello to me")
    assert (ran.code, ran.out) == (0, "hello\n")
    assert chat_upstream.only.json["model"] == "deep"
    assert "say hello to me" in prompts(chat_upstream.only)
    assert "/model chat" not in prompts(chat_upstream.only)


def test_a_context_on_the_command_line_names_the_route(configured: Person, chat_upstream: Upstream) -> None:
    chat_upstream.play([chat.stream(text("hello"), usage(1, 1))])
    ran = configured.ccr("code", "--context", "background", "-p", "say hello")
    assert (ran.code, ran.out) == (0, "hello\n")
    assert chat_upstream.only.json["model"] == "cheap"


def test_the_haiku_family_is_background_work(configured: Person, chat_upstream: Upstream) -> None:
    chat_upstream.play([chat.stream(text("hello"), usage(1, 1))])
    assert configured.ccr("code", "-p", "--model", "haiku", "say hello").code == 0
    assert chat_upstream.only.json["model"] == "cheap"


def test_a_subagent_s_tag_chooses_its_model_and_is_not_sent(
    person: Person, start_router: StartRouter, chat_upstream: Upstream
) -> None:
    prompt = "<CCR-SUBAGENT-MODEL>chat,deep</CCR-SUBAGENT-MODEL>You review."
    agents = json.dumps({"reviewer": {"description": "Reviews.", "prompt": prompt}})
    call = tool("Agent", {"subagent_type": "reviewer", "description": "Review", "prompt": "look"})
    chat_upstream.play(by_speaker(first=chat.stream(call, usage(1, 1)), subagent=chat.stream(text("fine"))))
    ran = person.claude("-p", "review", "--agents", agents, url=start_router().url)
    assert ran.code == 0
    sent = {r.json["model"] for r in chat_upstream.requests if "You review." in r.body.decode()}
    assert sent == {"deep"}
    assert {r.json["model"] for r in chat_upstream.requests if "You review." not in r.body.decode()} == {"m"}
    assert not any(b"CCR-SUBAGENT-MODEL" in request.body for request in chat_upstream.requests)


def by_speaker(first: Answer, subagent: Answer) -> Callable[[Received], Answer]:
    """The main conversation calls once and then ends; a subagent has one thing to say."""

    def answer(request: Received) -> Answer:
        if "You review." in request.body.decode():
            return subagent
        called = any(message["role"] == "tool" for message in request.json["messages"])
        return chat.stream(text("done"), usage(1, 1)) if called else first

    return answer


def test_a_web_search_of_claude_goes_to_the_search_route(
    person: Person, start_router: StartRouter, chat_upstream: Upstream
) -> None:
    def answer(request: Received) -> Answer:
        if request.json["model"] == "searcher":
            return chat.stream(text("cats are fine"), usage(1, 1))
        if any(message["role"] == "tool" for message in request.json["messages"]):
            return chat.stream(text("done"), usage(1, 1))
        return chat.stream(tool("WebSearch", {"query": "are cats fine"}), usage(1, 1))

    chat_upstream.play(answer)
    router = start_router({"Router": {"default": "chat,m", "webSearch": "chat,searcher"}})
    ran = person.claude("-p", "search", "--dangerously-skip-permissions", url=router.url)
    assert (ran.code, ran.out) == (0, "done\n")
    assert [request.json["model"] for request in chat_upstream.requests] == ["m", "searcher", "m"]
    assert "are cats fine" in prompts(chat_upstream.requests[1])
    assert b"cats are fine" in chat_upstream.requests[2].body


IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}


@pytest.mark.parametrize(
    ("change", "model", "rule"),
    [
        ({}, "m", "default"),
        ({"model": "claude-haiku-5-5"}, "cheap", "background"),
        ({"model": "chat,named"}, "named", "explicit"),
        ({"model": "chat,named", "thinking": {"type": "adaptive"}}, "named", "explicit"),
        ({"context": "background"}, "cheap", "route"),
        ({"thinking": {"type": "adaptive"}}, "deep", "think"),
        ({"thinking": {"type": "disabled"}}, "m", "default"),
        ({"messages": [{"role": "user", "content": [IMAGE]}]}, "eyes", "image"),
        ({"messages": [{"role": "user", "content": "word " * 3000}]}, "long", "longContext"),
        ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "searcher", "webSearch"),
        ({"system": "<CCR-SUBAGENT-MODEL>chat,tagged</CCR-SUBAGENT-MODEL>"}, "tagged", "tag"),
    ],
)
def test_each_rule_says_in_a_header_that_it_was_the_one(
    routed: Router, chat_upstream: Upstream, change: dict[str, Any], model: str, rule: str
) -> None:
    chat_upstream.play([chat.reply(text("hi"), usage(1, 1))])
    answer = routed.messages({"model": "claude-opus-5-5", "max_tokens": 9, "messages": HI, **change})
    assert answer.status_code == 200, answer.text
    assert chat_upstream.only.json["model"] == model
    assert answer.headers["x-ccr-route"] == rule
    assert answer.headers["x-ccr-model"] == f"chat,{model}"


def test_a_header_names_a_route(routed: Router, chat_upstream: Upstream) -> None:
    chat_upstream.play([chat.reply(text("hi"), usage(1, 1))])
    body = {"model": "claude-opus-5-5", "max_tokens": 9, "messages": HI}
    assert routed.messages(body, x_ccr_route="background").status_code == 200
    assert chat_upstream.only.json["model"] == "cheap"


def test_a_route_that_the_caller_names_is_not_said_to_an_anthropic_upstream(
    routed: Router, messages_upstream: Upstream
) -> None:
    messages_upstream.play([messages.reply(text("hi"), usage(1, 1))])
    body = {"model": "claude-opus-5-5", "max_tokens": 9, "messages": HI, "context": "native"}
    assert routed.messages(body, x_ccr_route="native").status_code == 200
    assert messages_upstream.only.json == {"model": "haiku", "max_tokens": 9, "messages": HI}
    assert "x-ccr-route" not in messages_upstream.only.headers


@pytest.mark.skipif(shutil.which("node") is None, reason="CCR's custom routers are JavaScript and need node")
def test_a_custom_router_of_ccr_runs_through_node(
    start_router: StartRouter, chat_upstream: Upstream, tmp_path: Path
) -> None:
    script = tmp_path / "router.js"
    script.write_text(
        "module.exports = async function router(req, config) {\n"
        "  const said = req.body.messages.find(m => m.role === 'user').content;\n"
        "  if (said.includes('poem')) return `${config.Providers[0].name},poet`;\n"
        "  return null;\n"
        "};\n"
    )
    router = start_router({"CUSTOM_ROUTER_PATH": str(script)})
    assert models_for(router.messages, chat_upstream) == ["poet", "m"]


def test_a_custom_router_in_python(start_router: StartRouter, chat_upstream: Upstream, tmp_path: Path) -> None:
    script = tmp_path / "router.py"
    script.write_text(
        "def route(request, config):\n"
        "    said = request['body']['messages'][0]['content']\n"
        "    return 'chat,poet' if 'poem' in said else None\n"
    )
    router = start_router({"CUSTOM_ROUTER_PATH": str(script)})
    assert models_for(router.messages, chat_upstream) == ["poet", "m"]


@pytest.mark.parametrize("body", ["raise RuntimeError('broken')", "while True: pass", "return 7"])
def test_a_custom_router_that_fails_is_skipped(
    start_router: StartRouter, chat_upstream: Upstream, tmp_path: Path, body: str
) -> None:
    script = tmp_path / "router.py"
    script.write_text(f"def route(request, config):\n    {body}\n")
    router = start_router({"CUSTOM_ROUTER_PATH": str(script)})
    assert models_for(router.messages, chat_upstream) == ["m", "m"]


def models_for(ask: Callable[..., Any], chat_upstream: Upstream) -> list[str]:
    """Where two prompts go: one about a poem, one not."""
    chat_upstream.play([chat.reply(text("hi"), usage(1, 1))] * 2)
    for prompt in ("a poem please", "a plan please"):
        body = {"model": "claude-opus-5-5", "max_tokens": 9, "messages": [{"role": "user", "content": prompt}]}
        answer = ask(body)
        assert answer.status_code == 200, answer.text
    return [request.json["model"] for request in chat_upstream.requests]


def test_a_config_of_ccr_2_with_everything_in_it_loads_unchanged(
    start_router: StartRouter, chat_upstream: Upstream, tmp_path: Path
) -> None:
    script = tmp_path / "router.js"
    script.write_text("module.exports = async () => null;\n")
    names = ["openrouter", "deepseek", "ollama", "gemini", "volcengine"]
    config = {
        "LOG": True,
        "LOG_LEVEL": "debug",
        "API_TIMEOUT_MS": "600000",
        "NON_INTERACTIVE_MODE": False,
        "HOST": "127.0.0.1",
        "CUSTOM_ROUTER_PATH": str(script),
        "StatusLine": {"enabled": True, "currentStyle": "default", "default": {"modules": []}},
        "transformers": [],
        "Providers": [
            {
                "name": name,
                "api_base_url": f"{chat_upstream.url}/v1/chat/completions",
                "api_key": "$NOT_SET_ANYWHERE" if name == "gemini" else "sk-x",
                "models": ["m", "deepseek-reasoner"],
                "transformer": {"use": ["openrouter", ["maxtoken", {"max_tokens": 16384}]], "m": {"use": ["tooluse"]}},
            }
            for name in names
        ],
        "Router": {"default": "openrouter,m", "background": "ollama,m", "longContextThreshold": 60000},
        "fallback": {"default": ["deepseek,m", "volcengine,m"]},
    }
    router = start_router(config)
    chat_upstream.play([chat.error(503, "no"), chat.error(503, "no"), chat.reply(text("hi"), usage(1, 1))])
    body = {"model": "claude-opus-5-5", "max_tokens": 9, "messages": HI}
    answer = router.messages(body)
    assert answer.status_code == 200
    assert answer.headers["x-ccr-model"] == "deepseek,m"
