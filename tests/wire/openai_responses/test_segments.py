"""What the pieces of one item come to; how items stand to each other is in test_stream."""

import pytest

from ccr.ids import Target
from ccr.messages.blocks import Text, Thinking, ToolUse
from ccr.messages.events import (
    BlockStart,
    BlockStop,
    Event,
    JsonDelta,
    OpaqueDelta,
    SignatureDelta,
    TextDelta,
    ThinkingDelta,
)
from ccr.wire.callids import Ids
from ccr.wire.openai_responses.segments import Call, Other, Search, Segment, Thought, Words
from ccr.wire.openai_responses.state import State, reasoning
from tests.support import responses
from tests.wire.openai_responses.reading import HI, TARGET


def out(segment: Segment) -> list[Event]:
    return [*segment.news(), *segment.end()]


def call(*, custom: bool = False) -> Call:
    return Call(Ids(HI), {"short": "a long name"}, "resp_1", custom=custom)


def test_a_text_begins_with_the_first_word() -> None:
    words = Words()
    words.say(" ")
    assert list(words.news()) == []
    words.say("a")
    assert list(words.news()) == [BlockStart(Text("")), TextDelta(" a")]
    words.say("b")
    assert out(words) == [TextDelta("b"), BlockStop()]


@pytest.mark.trap(51)
def test_a_text_without_words_is_none() -> None:
    words = Words()
    words.say(" ")
    words.fill(responses.message(""))
    assert out(words) == []


def test_two_parts_are_paragraphs() -> None:
    words = Words()
    words.say("a", 0)
    words.say("b", 1)
    assert TextDelta("\n\nb") in out(words)


def test_what_was_not_streamed_comes_with_the_whole() -> None:
    words = Words()
    link = {"type": "url_citation", "url": "https://a", "start_index": 0, "end_index": 1}
    words.fill(
        responses.message("", content=[{"type": "output_text", "text": "a", "annotations": [link, {"type": "x"}, 1]}])
    )
    found = out(words)
    assert TextDelta("a") in found
    assert [event.raw["citation"]["title"] for event in found if isinstance(event, OpaqueDelta)] == ["https://a"]  # type: ignore[call-overload,index]


def test_what_was_streamed_comes_once() -> None:
    words = Words()
    words.say("a")
    words.cite({"type": "url_citation", "url": "https://a", "title": "A"})
    link = {"type": "url_citation", "url": "https://a", "title": "A"}
    words.fill(responses.message("", content=[{"type": "output_text", "text": "a", "annotations": [link]}]))
    assert [type(event) for event in out(words)] == [BlockStart, TextDelta, OpaqueDelta, BlockStop]


def test_a_thought_is_signed_with_what_goes_back() -> None:
    item = responses.thought("a", "b", seal="g")
    thought = Thought(TARGET)
    thought.think("a", 0)
    thought.think("", 1)
    thought.think("b", 1)
    thought.fill(item)
    assert out(thought) == [
        BlockStart(Thinking("")),
        ThinkingDelta("a\n\nb"),
        SignatureDelta(reasoning(item).sign(TARGET)),
        BlockStop(),
    ]


def test_a_thought_without_words_carries_its_state() -> None:
    thought = Thought(TARGET)
    thought.fill(responses.thought(seal="g"))
    assert [type(event) for event in out(thought)] == [BlockStart, SignatureDelta, BlockStop]


def test_a_thought_without_words_and_state_is_none() -> None:
    thought = Thought(TARGET)
    thought.fill(responses.thought())
    assert out(thought) == []


def test_a_thought_that_was_not_streamed_is_its_summary_or_else_its_text() -> None:
    for item in (responses.thought("a", "b"), responses.thought(content=[{"text": "a"}, {"text": "b"}])):
        thought = Thought(TARGET)
        thought.fill(item)
        assert ThinkingDelta("a\n\nb") in out(thought)


def test_a_phase_is_kept_with_the_state() -> None:
    thought = Thought(Target(TARGET.provider, TARGET.model))
    thought.state = State(phase="commentary")
    assert SignatureDelta(State(phase="commentary").sign(TARGET)) in out(thought)


@pytest.mark.trap(26, 27, 28)
def test_a_call_begins_with_its_name_and_streams_its_arguments() -> None:
    asked = call()
    asked.argue('{"a"')
    assert list(asked.news()) == []
    assert asked.lost
    asked.name_it({"call_id": "c1", "name": "A"})
    assert list(asked.news()) == [BlockStart(ToolUse("c1", "A")), JsonDelta('{"a"')]
    asked.argue(":1}")
    asked.argue("")
    asked.fill(responses.call("A", '{"a":1}', "c1"))
    assert out(asked) == [JsonDelta(":1}"), BlockStop()]


def test_a_call_may_come_whole() -> None:
    asked = call()
    asked.fill({"name": "short", "id": "fc_1", "arguments": {"a": 1}})
    assert out(asked) == [BlockStart(ToolUse("fc_1", "a long name")), JsonDelta('{"a":1}'), BlockStop()]
    empty = call()
    empty.fill({"name": "A", "call_id": "c", "arguments": None})
    assert out(empty) == [BlockStart(ToolUse("c", "A")), BlockStop()]


def test_a_call_that_never_got_a_name_is_none() -> None:
    asked = call()
    asked.fill({})
    assert out(asked) == []
    assert not asked.lost


def test_a_custom_tool_takes_text() -> None:
    asked = call(custom=True)
    asked.name_it({"call_id": "c1", "name": "patch"})
    asked.argue('*** Begin "')
    assert list(asked.news()) == [BlockStart(ToolUse("c1", "patch"))]
    assert out(asked) == [JsonDelta('{"input":"*** Begin \\""}'), BlockStop()]


def test_a_search_shows_what_it_found_once() -> None:
    search = Search()
    search.fill(responses.search("q", "https://a", "https://a", ""))
    start, query, _, found, _ = out(search)
    assert isinstance(start, BlockStart)
    assert query == JsonDelta('{"query":"q"}')
    assert isinstance(found, BlockStart)
    assert [hit["url"] for hit in found.block.raw["content"]] == ["https://a"]  # type: ignore[union-attr]


def test_a_search_may_name_several_questions_and_no_pages() -> None:
    search = Search()
    search.fill({"id": "ws", "action": {"type": "search", "queries": ["a", "b", 1], "sources": None}})
    assert JsonDelta('{"query":"a; b"}') in out(search)
    plain = Search()
    plain.fill({"id": "ws", "action": {"type": "search", "query": "a"}})
    assert JsonDelta('{"query":"a"}') in out(plain)


def test_a_page_that_was_opened_is_no_search() -> None:
    search = Search()
    search.fill({"id": "ws", "action": {"type": "open_page", "url": "https://a"}})
    assert out(search) == []


def test_another_item_goes_to_a_client_of_this_wire() -> None:
    for carried, blocks in ((True, 2), (False, 0)):
        other = Other(carried=carried)
        assert out(other) == []
        other.fill({"type": "code_interpreter_call", "id": "ci"})
        assert len(out(other)) == blocks
