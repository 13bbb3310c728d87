"""What each request of the client is for, and where it goes: by its hints in new versions, by its signs in older ones."""

import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.e2e.conftest import StartRouter, providers
from tests.support import chat
from tests.support.clients import Client
from tests.support.parts import Call, Say, text, tool, usage
from tests.support.running import KEY, Router
from tests.support.secure import secure_page
from tests.support.upstream import Answer, Received, Upstream, reply

HINTS = (2, 1, 329)  # from here on the client says what each of its requests is for
REVIEWER = {"reviewer": {"description": "Reviews.", "prompt": "You review."}}
ROUTES = {
    "default": "chat,m",
    "background": "chat,cheap",
    "subagent": "chat,worker",
    "compaction": "chat,sums",
    "webSearch": "chat,searcher",
    "agents": {"explore": "chat,scout", "Reviewer": "chat,critic"},
}
OVERFLOW = reply(
    400,
    {"error": {"message": "This model's maximum context length is 128000 tokens. You requested 250000 tokens."}},
)


def by_model(*turns: Call | Say, **others: Answer) -> Callable[[Received], Answer]:
    """The main conversation takes its turns, and says "done" from then on; the other models say one thing each."""
    left, lock = list(turns), threading.Lock()

    def answer(request: Received) -> Answer:
        model = request.json["model"]
        if model != "m":
            return others.get(model) or said(f"{model} was here")
        with lock:
            return said(left.pop(0)) if left else said("done")

    return answer


def said(part: Call | Say | str) -> Answer:
    return chat.stream(text(part) if isinstance(part, str) else part, usage(9, 9))


def agent(kind: str) -> Call:
    return tool("Agent", {"subagent_type": kind, "description": "Look", "prompt": f"look, {kind}"})


def lines(router: Router) -> list[Mapping[str, object]]:
    log = router.home / ".claude-code-router" / "logs" / "ccr.log"
    found = [json.loads(line) for line in log.read_text().splitlines()]
    return [line for line in found if line["event"] == "request"]


def went(router: Router) -> set[tuple[object, object, object]]:
    """What the requests were for, by which rule they went, and where."""
    return {(line["class"], line["rule"], line["target"]) for line in lines(router)}


def ways(client: Client) -> tuple[str, ...]:
    """With hints, where the client gives any, and without: both must come to the same."""
    return ("1", "") if client.version >= HINTS else ("",)


@pytest.fixture
def routed(start_router: StartRouter) -> Router:
    return start_router({"Router": ROUTES})


@pytest.mark.contract("0", "subagents of several types")
def test_the_client_gives_each_an_id_and_each_goes_where_its_type_says(
    client: Client, routed: Router, chat_upstream: Upstream
) -> None:
    url, agents = routed.url, json.dumps(REVIEWER)
    for hints in ways(client):
        chat_upstream.play(by_model(agent("Explore"), agent("general-purpose"), agent("reviewer")))
        ran = client.claude("-p", "go", "--agents", agents, url=url, CLAUDE_CODE_GATEWAY_HINT_HEADERS=hints)
        assert (ran.code, ran.out.split()[-1]) == (0, "done"), ran.out
    found = {(line["class"], line["agent_type"], line["rule"], line["target"]) for line in lines(routed)}
    assert found == {
        ("main", None, "default", "chat,m"),
        ("subagent", "Explore", "agents", "chat,scout"),
        ("subagent", "general-purpose", "subagent", "chat,worker"),
        ("subagent", "reviewer", "agents", "chat,critic"),
    }


@pytest.mark.contract("0", "a page is fetched (WebFetch)")
def test_the_client_has_it_summed_up_by_the_small_model(
    client: Client, routed: Router, chat_upstream: Upstream, tmp_path: Path
) -> None:
    settings = ("--settings", json.dumps({"skipWebFetchPreflight": True}))
    with secure_page("<p>word</p>" * 2000, tmp_path) as page:
        for hints in ways(client):
            chat_upstream.play(by_model(tool("WebFetch", {"url": page, "prompt": "what is it?"})))
            ran = client.claude(
                *("-p", "go", "--allowedTools", "WebFetch", *settings),
                url=routed.url,
                CLAUDE_CODE_GATEWAY_HINT_HEADERS=hints,
                NODE_TLS_REJECT_UNAUTHORIZED="0",
            )
            assert (ran.code, ran.out) == (0, "done\n")
    assert went(routed) == {("main", "default", "chat,m"), ("auxiliary", "background", "chat,cheap")}
    assert b"cheap was here" in chat_upstream.requests[-1].body


@pytest.mark.contract("0", "a web search")
def test_the_client_asks_for_it_in_a_request_of_its_own(
    client: Client, routed: Router, chat_upstream: Upstream
) -> None:
    options = ("--allowedTools", "WebSearch")
    for hints in ways(client):
        chat_upstream.play(by_model(tool("WebSearch", {"query": "rain"})))
        ran = client.claude("-p", "go", *options, url=routed.url, CLAUDE_CODE_GATEWAY_HINT_HEADERS=hints)
        assert (ran.code, ran.out) == (0, "done\n")
    assert went(routed) == {("main", "default", "chat,m"), ("search", "webSearch", "chat,searcher")}


@pytest.mark.contract("0", "a risky command in auto mode")
def test_the_client_asks_a_judge_which_is_never_the_small_model(
    client: Client, start_router: StartRouter, chat_upstream: Upstream
) -> None:
    router = start_router({"Router": {**ROUTES, "opus": "chat,big", "sonnet": "chat,judge"}})
    risky = tool("Bash", {"command": "curl -X POST http://127.0.0.1:9/ -d @x", "description": "Send"})
    judged = "<severity>99</severity>" if client.version > (2, 1, 197) else "<block>yes</block>"
    for hints in ways(client):
        first = [chat.stream(risky, usage(9, 9))]
        chat_upstream.play(judging(first, chat.reply(text(judged), usage(9, 9))))
        ran = client.claude(
            *("-p", "go", "--permission-mode", "auto"),
            url=router.url,
            CLAUDE_CODE_GATEWAY_HINT_HEADERS=hints,
            CLAUDE_CODE_AUTO_MODE_SERVER="0",
            ANTHROPIC_SMALL_FAST_MODEL="claude-haiku-4-5-20251001",
        )
        assert ran.out == "done\n"
    asked = {line["target"] for line in lines(router) if line["class"] == "safety"}
    assert asked == {"chat,judge" if client.version > (2, 1, 197) else "chat,big"}
    assert "chat,cheap" not in {line["target"] for line in lines(router)}


def judging(turns: list[Answer], verdict: Answer) -> Callable[[Received], Answer]:
    def answer(request: Received) -> Answer:
        if not request.json.get("stream"):
            return verdict
        return turns.pop() if turns else said("done")

    return answer


@pytest.mark.contract("0", "a parent with subagents, a page and a conversation too long, started by ccr code")
def test_the_client_s_requests_each_take_their_route_and_the_log_shows_it(
    client: Client, chat_upstream: Upstream, messages_upstream: Upstream, tmp_path: Path
) -> None:
    folder = client.home / ".claude-code-router"
    folder.mkdir()
    routes = {"APIKEY": KEY, "Providers": providers(chat_upstream, messages_upstream), "Router": ROUTES}
    (folder / "config.json").write_text(json.dumps(routes))
    with secure_page("<p>word</p>" * 2000, tmp_path) as page:
        chat_upstream.play(long_day(page))
        ran = client.ccr(
            *("code", "-p", "go", "--allowedTools", "WebFetch", "--agents", json.dumps(REVIEWER)),
            *("--settings", json.dumps({"skipWebFetchPreflight": True})),
            NODE_TLS_REJECT_UNAUTHORIZED="0",
        )
    assert (ran.code, ran.out.split()[-1]) == (0, "done"), ran.err
    log = client.ccr("logs", "-n", "50").out
    for line in (
        "200  main              claude-opus-",
        "200  subagent Explore  ",
        "200  subagent general-purpose  ",
        "200  subagent reviewer  ",
        "200  auxiliary         claude-haiku-4-5-20251001: background -> chat,cheap",
        "200  compaction        ",
        ": agents -> chat,scout",
        ": agents -> chat,critic",
        ": subagent -> chat,worker",
        ": compaction -> chat,sums",
        "400  main ",
    ):
        assert line in log, f"{line!r} is not in\n{log}"


def long_day(page: str) -> Callable[[Received], Answer]:
    looks = [tool("Bash", {"command": f"echo {n}", "description": "Say"}) for n in range(4)]
    turns = [tool("WebFetch", {"url": page, "prompt": "what is it?"}), *map(agent, ("Explore", "general-purpose"))]
    short = by_model(*turns, agent("reviewer"), *looks, sums=said("<summary>all of it</summary>"))
    asked, lock = {"m": 0, "sums": 0}, threading.Lock()

    def answer(request: Received) -> Answer:
        model = request.json["model"]
        with lock:
            asked[model] = asked.get(model, 0) + 1
            over = model == "m" and asked["m"] > len(turns) + 1 + len(looks) and not asked["sums"]
        return OVERFLOW if over else short(request)

    return answer
