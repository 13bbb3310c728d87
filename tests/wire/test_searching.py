import pytest
from anthropic.types import Message

from ccr.messages.blocks import Text
from ccr.messages.events import End, Finish, Grammar, OpaqueDelta, Start
from ccr.messages.fold import fold
from ccr.messages.request import Request, Turn
from ccr.wire.anthropic import AnthropicClient
from ccr.wire.searching import Hit, cited, is_cited_by_us, is_searched_by_us, question, searched, searched_by_us

HIT = Hit("https://a.test/", "A page", age="2 days")


def test_a_search_is_two_blocks_that_the_official_types_know() -> None:
    events = [Start("i", "m"), *searched("1", "weather", [HIT]), Finish("end_turn"), End()]
    grammar = Grammar()
    reply = fold([grammar.check(event) for event in events])
    message = Message.model_validate_json(AnthropicClient().reply(reply))
    call, result = message.content
    assert call.type == "server_tool_use"
    assert call.input == {"query": "weather"}
    assert result.type == "web_search_tool_result"
    assert result.tool_use_id == call.id
    assert isinstance(result.content, list)
    assert [(hit.url, hit.title, hit.page_age) for hit in result.content] == [("https://a.test/", "A page", "2 days")]


def test_a_citation_names_its_page() -> None:
    delta = OpaqueDelta(cited("https://a.test/", "A page", "It rains."))
    assert delta.raw["citation"] == {
        "type": "web_search_result_location",
        "url": "https://a.test/",
        "title": "A page",
        "encrypted_index": "",
        "cited_text": "It rains.",
    }


def test_a_search_of_another_host_is_marked_as_not_anthropics() -> None:
    call = {"type": "server_tool_use", "id": "srvtoolu_1"}
    result = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1"}
    assert not is_searched_by_us(call)
    assert all(is_searched_by_us(searched_by_us(block)) for block in (call, result))
    assert searched_by_us(searched_by_us(call)) == {**call, "id": "srvtoolu_ccr_srvtoolu_1"}
    assert searched_by_us({"type": "other"}) == {"type": "other"}


def test_a_citation_is_known_by_its_missing_index() -> None:
    ours = cited("https://a.test/", "A page", "It rains.")["citation"]
    assert is_cited_by_us(ours)
    assert not is_cited_by_us({"type": "web_search_result_location", "encrypted_index": "Eo8B"})
    assert not is_cited_by_us({"type": "char_location"})


@pytest.mark.parametrize(
    ("turns", "query"),
    [
        ((Turn("user", (Text("Perform a web search for the query: rain in\nYork"),)),), "rain in\nYork"),
        ((Turn("user", (Text("a"), Text("what rains?"))), Turn("assistant", (Text("b"),))), "what rains?"),
        ((Turn("user", (Text(" "),)),), ""),
    ],
)
def test_the_query_is_what_claude_code_asks_for_or_what_the_user_said_last(turns: tuple[Turn, ...], query: str) -> None:
    assert question(Request("m", turns)) == query
