import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from anthropic.types import Message, RawMessageDeltaEvent

from ccr.errors import BadRequest, RequestProblem, UpstreamGarbled, UpstreamSaid
from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.blocks import Opaque, Text
from ccr.messages.events import Event, Grammar
from ccr.messages.fold import fold
from ccr.messages.reply import Reply
from ccr.messages.request import BuiltinTool, Request, Tool, Turn
from ccr.wire import searxng
from ccr.wire.anthropic import AnthropicClient
from ccr.wire.searxng import LONGEST_QUERY, MOST_HITS, SearchUpstream
from tests.support.cuts import CUTS, Cut
from tests.support.searxng import page, results

HOST = SearchUpstream()
TARGET = Target(ProviderName("search"), ModelName("searxng"))


def asking(text: str = "Perform a web search for the query: red pandas", **tool: object) -> Request:
    raw: Any = {"type": "web_search_20250305", "name": "web_search", "max_uses": 8, **tool}
    return Request("m", (Turn("user", (Text(text),)),), tools=(BuiltinTool(raw["type"], raw["name"], raw),))


def form(request: Request) -> dict[str, Any]:
    payload = HOST.encode(request, TARGET)
    assert payload.form
    return dict(payload.body)


def events(*chunks: bytes, request: Request | None = None) -> Iterator[Event]:
    reader, grammar = HOST.reader(request or asking(), TARGET), Grammar()
    for chunk in chunks:
        yield from map(grammar.check, reader.feed(chunk))
    yield from map(grammar.check, reader.close())
    assert grammar.state == "done"


def answered(answer: object, request: Request | None = None) -> Reply:
    return fold(events(json.dumps(answer).encode(), request=request))


def text(reply: Reply) -> str:
    (last,) = (block.text for block in reply.content if isinstance(block, Text))
    return last


def urls(reply: Reply) -> list[str]:
    _, found, _ = reply.content
    assert isinstance(found, Opaque)
    hits: Any = found.raw["content"]
    return [hit["url"] for hit in hits]


PAGES = results(page("https://a.test/1", "Red\npandas", "They  eat bamboo.", publishedDate="2026-01-02T03:04:05"))


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("http://localhost:8888", "http://localhost:8888/search"),
        ("http://localhost:8888/", "http://localhost:8888/search"),
        ("https://s.test/searxng", "https://s.test/searxng/search"),
        ("https://s.test/search?token=x", "https://s.test/search?token=x"),
    ],
)
def test_searches_go_to_the_servers_search_page(url: str, endpoint: str) -> None:
    assert HOST.endpoint(url) == endpoint
    assert HOST.address(endpoint, TARGET, stream=True) == endpoint


def test_the_query_is_what_claude_code_asks_for() -> None:
    assert form(asking()) == {"q": "red pandas", "format": "json"}


def test_else_the_query_is_what_the_user_said_last() -> None:
    turns = (*asking("old").turns, Turn("assistant", (Text("a"),)), Turn("user", (Text("new\n one"), Text(" "))))
    assert form(Request("m", turns))["q"] == "new one"


def test_other_tools_say_nothing_of_domains() -> None:
    request = asking("q", allowed_domains=["a.test"])
    assert form(replace(request, tools=(Tool("Read"), *request.tools)))["q"] == "q site:a.test"


def test_a_query_has_its_bounds() -> None:
    assert len(form(asking("word " * 5000))["q"]) <= LONGEST_QUERY + 1


def test_a_request_without_text_asks_for_nothing() -> None:
    with pytest.raises(BadRequest, match="nothing to search for"):
        form(Request("m", (Turn("assistant", (Text("a"),)),)))


@pytest.mark.parametrize(
    ("tool", "query"),
    [
        ({"allowed_domains": ["a.test"]}, "q site:a.test"),
        ({"allowed_domains": ["https://A.test/", "b.test/docs"]}, "q (site:a.test OR site:b.test/docs)"),
        ({"blocked_domains": ["a.test", "b.test"]}, "q -site:a.test -site:b.test"),
        ({"allowed_domains": [3, "", "two words"], "blocked_domains": "a.test"}, "q"),
    ],
)
def test_domains_are_named_to_the_engines(tool: dict[str, Any], query: str) -> None:
    assert form(asking("q", **tool))["q"] == query


PLACES = [f"https://{place}" for place in ("a.test/x", "www.a.test", "nota.test", "b.test/docs/1", "b.test/docsy")]


@pytest.mark.parametrize(
    ("tool", "found"),
    [
        ({}, [0, 1, 2, 3, 4]),
        ({"allowed_domains": ["a.test"]}, [0, 1]),
        ({"allowed_domains": ["b.test/docs", "nota.test"]}, [2, 3]),
        ({"blocked_domains": ["a.test"]}, [2, 3, 4]),
    ],
)
def test_hits_of_other_domains_are_left_out(tool: dict[str, Any], found: list[int]) -> None:
    answer = results(*(page(url, "t") for url in PLACES))
    assert urls(answered(answer, asking(**tool))) == [PLACES[place] for place in found]


def test_a_hit_has_its_title_address_words_and_date() -> None:
    reply = answered(PAGES)
    call, found, _ = reply.content
    assert isinstance(call, Opaque)
    assert isinstance(found, Opaque)
    assert call.raw["input"] == {"query": "red pandas"}
    assert call.raw["id"] == found.raw["tool_use_id"]
    assert found.raw["content"] == [
        {
            "type": "web_search_result",
            "url": "https://a.test/1",
            "title": "Red pandas",
            "encrypted_content": "",
            "page_age": "2026-01-02",
        }
    ]
    assert text(reply) == "1. Red pandas (2026-01-02)\nhttps://a.test/1\nThey eat bamboo."


def test_hits_are_few_and_each_is_there_once() -> None:
    answer = results(*(page(f"https://a.test/{number // 2}", "t") for number in range(100)))
    assert urls(answered(answer)) == [f"https://a.test/{number}" for number in range(MOST_HITS)]


def test_what_is_no_page_is_left_out() -> None:
    odd = [None, {}, {"url": 3}, page("javascript:alert(1)", "t"), page("http://[broken", "t")]
    answer: Any = {"results": [*odd, {"url": "http://a.test"}]}
    assert text(answered(answer)) == "1. http://a.test\nhttp://a.test"


def test_what_the_server_says_by_itself_stands_before_the_pages() -> None:
    answers: list[Any] = ["42", {"answer": "43", "url": None}, {"odd": 1}, " "]
    boxes: list[Any] = [{"infobox": "Panda", "content": "A mammal."}, {"content": "Bare."}, {"infobox": "Empty"}]
    said = answered({**PAGES, "answers": answers, "infoboxes": boxes, "suggestions": ["panda food", 1]})
    assert text(said).split("\n\n") == [
        "Answer: 42",
        "Answer: 43",
        "Panda: A mammal.",
        "Bare.",
        "1. Red pandas (2026-01-02)\nhttps://a.test/1\nThey eat bamboo.",
        "Related searches: panda food",
    ]


def test_no_hits_are_said_with_the_engines_that_did_not_answer() -> None:
    reply = answered(results(unresponsive_engines=[["google", "timeout"], ["bing", "CAPTCHA"], "odd"]))
    assert urls(reply) == []
    assert text(reply) == (
        'No pages were found for "red pandas".\n\nThese search engines gave no answer: google, bing.'
    )


def test_a_long_snippet_is_cut() -> None:
    assert len(text(answered(results(page("https://a.test", "t", "x" * 10_000))))) < 1000


def test_the_client_is_told_in_the_official_types() -> None:
    request, client = asking(), AnthropicClient()
    message = Message.model_validate_json(client.reply(answered(PAGES)))
    assert [block.type for block in message.content] == ["server_tool_use", "web_search_tool_result", "text"]
    assert message.usage.server_tool_use
    assert message.usage.server_tool_use.web_search_requests == 1
    writer = client.writer(request)
    frames = b"".join(writer.write(event) for event in events(json.dumps(PAGES).encode()))
    (finish,) = (line[6:] for line in frames.split(b"\n") if b'"message_delta"' in line and line.startswith(b"data"))
    usage = RawMessageDeltaEvent.model_validate_json(finish).usage
    assert usage.server_tool_use
    assert usage.server_tool_use.web_search_requests == 1


def test_the_same_answer_is_the_same_blocks_and_another_has_another_id() -> None:
    assert answered(PAGES) == answered(PAGES)
    assert answered(PAGES).content[0] != answered(results()).content[0]


@pytest.mark.parametrize("cut", CUTS)
def test_chunk_borders_mean_nothing(cut: Cut) -> None:
    data = json.dumps(PAGES).encode()
    assert list(events(*cut(data))) == list(events(data))


def refused(*chunks: bytes) -> RequestProblem:
    with pytest.raises(RequestProblem) as caught:
        list(events(*chunks))
    return caught.value


def test_a_page_instead_of_json_names_the_setting() -> None:
    problem = refused(b" <!doctype html>")
    assert isinstance(problem, UpstreamSaid)
    assert 'add json to "search: formats:" in its settings.yml' in problem.message


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff"])
def test_what_is_no_object_is_garbled(data: bytes) -> None:
    assert isinstance(refused(data), UpstreamGarbled)


def test_an_answer_has_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searxng, "LARGEST", 10)
    assert "more than 10 bytes" in refused(b"{" + b" " * 10).message


@pytest.mark.parametrize(
    ("status", "body", "seen", "words"),
    [
        (403, b"<title>403 Forbidden</title>", 400, "settings.yml"),
        (429, b"Too Many Requests", 400, "limiter.toml"),
        (302, b"<a href='https://search.test/'>Found</a>", 400, "set api_base_url to where it leads"),
        (502, b"<h1>Bad \xff gateway</h1>", 502, "Bad \ufffd gateway"),
        (500, b"", 500, "status 500 without a message"),
    ],
)
def test_an_error_says_what_to_do(status: int, body: bytes, seen: int, words: str) -> None:
    said = HOST.refusal(status, body)
    assert (said.status, words in said.message) == (seen, True)
