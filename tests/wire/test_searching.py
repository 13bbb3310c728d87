from anthropic.types import Message

from ccr.messages.events import End, Finish, Grammar, OpaqueDelta, Start
from ccr.messages.fold import fold
from ccr.wire.anthropic import AnthropicClient
from ccr.wire.searching import Hit, cited, searched

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
