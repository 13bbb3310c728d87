"""The real claude searches the web: by a search engine, by a model that searches, or not at all."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.conftest import StartRouter, providers
from tests.e2e.test_claude import chat_results
from tests.support import chat, messages, searxng
from tests.support.parts import text, tool, usage
from tests.support.running import Person, Router
from tests.support.upstream import Upstream

QUERY = "where do red pandas live"
SEARCH = tool("WebSearch", {"query": QUERY}, "call_search")
FOUND = searxng.page("https://zoo.test/pandas", "Red pandas", "They live in the Himalayas.")


@pytest.fixture
def engine() -> Iterator[Upstream]:
    with Upstream(searxng.server(FOUND)) as upstream:
        yield upstream


def ask(person: Person, router: Router, upstream: Upstream) -> str:
    """What the model reads as the tool's result."""
    upstream.play([chat.stream(SEARCH, usage(1, 1)), chat.stream(text("In Asia."), usage(1, 1))])
    ran = person.claude("-p", "look it up", "--dangerously-skip-permissions", url=router.url)
    assert (ran.code, ran.out) == (0, "In Asia.\n"), ran.err
    assert len(upstream.requests) == 2, "the search went elsewhere"
    return chat_results(upstream.requests[1])[SEARCH.id]


def with_engine(chat_upstream: Upstream, messages_upstream: Upstream, engine: Upstream) -> list[dict[str, Any]]:
    search = {"name": "searx", "dialect": "search", "api_base_url": engine.url}
    return [search, *providers(chat_upstream, messages_upstream)]


def test_a_search_engine_answers_where_the_model_cannot_search(
    person: Person, start_router: StartRouter, chat_upstream: Upstream, messages_upstream: Upstream, engine: Upstream
) -> None:
    router = start_router({"Providers": with_engine(chat_upstream, messages_upstream, engine)})
    result = ask(person, router, chat_upstream)
    assert "https://zoo.test/pandas" in result
    assert "They live in the Himalayas." in result
    assert searxng.asked(engine.only) == {"q": QUERY, "format": "json"}
    with router.client as client:
        assert "searx" not in client.get("/v1/models").text


def test_a_search_engine_that_the_route_names_answers(
    person: Person, start_router: StartRouter, chat_upstream: Upstream, messages_upstream: Upstream, engine: Upstream
) -> None:
    routes = {"default": "chat,m", "webSearch": "searx"}
    router = start_router({"Providers": with_engine(chat_upstream, messages_upstream, engine), "Router": routes})
    assert "They live in the Himalayas." in ask(person, router, chat_upstream)
    assert len(engine.requests) == 1


def test_a_model_that_searches_answers_where_the_route_names_it(
    person: Person, start_router: StartRouter, chat_upstream: Upstream, messages_upstream: Upstream
) -> None:
    router = start_router({"Router": {"default": "chat,m", "webSearch": "claude,opus"}})
    messages_upstream.play([messages.stream(text("They live in the Himalayas."), usage(1, 1))])
    assert "They live in the Himalayas." in ask(person, router, chat_upstream)
    asked = messages_upstream.only.json
    assert [each["type"] for each in asked["tools"]] == ["web_search_20250305"]
    assert QUERY in json.dumps(asked["messages"])


def test_without_either_the_model_reads_why_it_cannot_search(
    person: Person, router: Router, chat_upstream: Upstream
) -> None:
    result = ask(person, router, chat_upstream)
    assert "chat,m cannot search the web: set Router.webSearch to a model that can" in result
    assert '"dialect": "search"' in result.replace('\\"', '"')


def test_a_server_that_gives_no_json_is_told_about_to_the_model(
    person: Person, start_router: StartRouter, chat_upstream: Upstream, messages_upstream: Upstream, engine: Upstream
) -> None:
    engine.play(searxng.server(FOUND, formats=("html",)))
    router = start_router({"Providers": with_engine(chat_upstream, messages_upstream, engine)})
    assert "add json to" in ask(person, router, chat_upstream)
    assert len(engine.requests) <= 2, "claude asks once more at once, and waits for no better times"


def test_route_explain_says_what_becomes_of_a_search(
    person: Person, chat_upstream: Upstream, messages_upstream: Upstream, engine: Upstream
) -> None:
    config = {"Providers": with_engine(chat_upstream, messages_upstream, engine), "Router": {"default": "chat,m"}}
    (person.work / "config.json").write_text(json.dumps(config))
    body = {
        "model": "claude-opus-4-8",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": f"Perform a web search for the query: {QUERY}"}],
        "tools": [{"type": "web_search_20250305", "name": "web_search"}],
    }
    (person.work / "body.json").write_text(json.dumps(body))
    ran = person.ccr("route", "explain", "body.json", "--config", "config.json")
    assert ran.code == 0
    assert "chat,m cannot search" in ran.out
    assert "searx,search by search" in ran.out
