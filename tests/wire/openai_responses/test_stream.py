"""How items stand to each other; what one comes to is in test_segments."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr.errors import UpstreamCut, UpstreamGarbled, UpstreamSaid
from ccr.messages.blocks import Opaque, Text, Thinking, ToolUse
from ccr.messages.events import BlockStart, BlockStop, Event, Start, TextDelta, is_content
from ccr.messages.fold import fold
from ccr.messages.reply import Usage
from ccr.messages.request import Request, Tool
from ccr.wire.openai_responses import ResponsesUpstream, stream
from ccr.wire.openai_responses.state import State, remembered
from tests.support import responses
from tests.support.parts import usage
from tests.wire.openai_responses.reading import HI, TARGET, Json, assistant, body, called, reply, streamed, user

DONE = {"type": "response.completed", "response": {"status": "completed"}}


def delta(kind: str, words: str, index: int = 0, **more: object) -> Json:
    return {"type": f"response.{kind}.delta", "output_index": index, "delta": words, **more}


def added(index: int, item: Json) -> Json:
    return {"type": "response.output_item.added", "output_index": index, "item": item}


def done(index: int, item: Json) -> Json:
    return {"type": "response.output_item.done", "output_index": index, "item": item}


def states(*output: Json) -> list[State]:
    return [remembered(block, TARGET) for block in reply(*output).content if isinstance(block, Thinking)]


def test_an_answer_has_an_id_a_model_and_its_figures() -> None:
    found = reply(responses.message("hi"), used=responses.tokens(usage(10, 3, cached=4)))
    assert found.id.startswith("resp_")
    assert (found.model, found.stop_reason) == (responses.NAME, "end_turn")
    assert found.usage == Usage(6, 3, 4, 0, 0)


def test_items_come_in_their_order() -> None:
    found = reply(
        responses.thought("hm", seal="g"),
        responses.message("so"),
        responses.call("Bash", '{"a": 1}', "c1"),
        responses.call("Read", "{}", "c2"),
    )
    assert found.content[1:] == (Text("so"), ToolUse("c1", "Bash", {"a": 1}), ToolUse("c2", "Read"))
    assert isinstance(found.content[0], Thinking)
    assert found.content[0].text == "hm"


@pytest.mark.trap(33)
def test_a_call_is_a_reason_to_stop() -> None:
    assert reply(responses.message("a"), responses.call("A", "{}")).stop_reason == "tool_use"


@pytest.mark.trap(72)
def test_what_goes_back_is_taken_from_the_end_of_an_item() -> None:
    (state,) = states(responses.thought("hm", id="rs_1", seal="the whole"), responses.message("a"))
    assert state.items[0]["encrypted_content"] == "the whole"


@pytest.mark.trap(74)
def test_the_phase_of_a_message_is_kept_by_the_thought_before_it() -> None:
    first = responses.thought("hm", id="rs_1", seal="g")
    assert states(first, responses.message("a", phase="final_answer")) == [State((first,), "final_answer")]


@pytest.mark.trap(74)
def test_without_a_thought_an_empty_one_keeps_the_phase() -> None:
    output = (
        responses.message("a", phase="commentary"),
        responses.call("A", "{}"),
        responses.message("b", phase="final_answer"),
    )
    assert states(*output) == [State(phase="commentary"), State(phase="final_answer")]
    assert states(responses.message("a", phase=None)) == []


@pytest.mark.trap(18, 21, 25)
def test_items_that_overlap_come_one_after_the_other() -> None:
    one, two = responses.call("A", '{"n":1}', "c1"), responses.call("B", '{"n":2}', "c2")
    found = streamed(
        added(0, responses.begun(one)),
        added(1, responses.begun(two)),
        delta("function_call_arguments", '{"n"', 1),
        delta("function_call_arguments", '{"n"', 0),
        delta("function_call_arguments", ":2}", 1),
        done(1, two),
        delta("function_call_arguments", ":1}", 0),
        done(0, one),
        DONE,
    )
    assert fold(found).content == (ToolUse("c1", "A", {"n": 1}), ToolUse("c2", "B", {"n": 2}))


def test_a_text_streams_before_it_is_done_and_ends_with_it() -> None:
    item = responses.message("ab")
    steps = [added(0, responses.begun(item)), delta("output_text", "a"), delta("output_text", "b"), done(0, item)]
    reader = ResponsesUpstream().reader(HI, TARGET)
    found = [list(reader.feed(responses.frame(step))) for step in steps]
    assert found[1:] == [[BlockStart(Text("")), TextDelta("a")], [TextDelta("b")], [BlockStop()]]


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("output_text", (Text("hi"),)),
        ("refusal", (Text("hi"),)),
        ("reasoning_summary_text", ("hi",)),
        ("reasoning_text", ("hi",)),
    ],
)
def test_hosts_announce_nothing_and_end_nothing(kind: str, content: tuple[object, ...]) -> None:
    found = fold(streamed(delta(kind, "h"), delta(kind, "i"), DONE)).content
    assert tuple(block.text if isinstance(block, Thinking) else block for block in found) == content


def test_a_call_that_was_not_announced_is_named_at_its_end() -> None:
    item = responses.call("A", '{"n":1}', "c1")
    found = fold(streamed(delta("function_call_arguments", '{"n":1}'), done(0, item), DONE))
    assert found.content == (ToolUse("c1", "A", {"n": 1}),)
    assert found.stop_reason == "tool_use"


def test_a_call_without_a_name_is_nobodys() -> None:
    with pytest.raises(UpstreamGarbled, match="without a name"):
        streamed(delta("function_call_arguments", "{}"), DONE)


def test_items_without_an_index_are_known_by_their_ids() -> None:
    def piece(id: str, words: str) -> Json:
        return {"type": "response.output_text.delta", "item_id": id, "delta": words}

    found = fold(
        streamed(piece("a", "1"), piece("b", "2"), piece("a", "1"), {**piece("b", "2"), "item_id": None}, DONE)
    )
    assert found.content == (Text("112"), Text("2"))


def test_items_of_one_index_are_items_all_the_same() -> None:
    output = [responses.message("a"), responses.call("A", "{}", "c1")]
    found = streamed(*(done(0, item) for item in output), DONE)
    assert fold(found).content == (Text("a"), ToolUse("c1", "A"))


def test_the_last_event_may_hold_the_whole_answer() -> None:
    output = (responses.thought("hm", seal="g"), responses.message("a"), responses.call("A", "{}", "c1"))
    last = {"type": "response.completed", "response": responses.whole(*output)}
    found = fold(streamed(last))
    assert found.content[1:] == (Text("a"), ToolUse("c1", "A"))
    assert found == fold(
        streamed(responses.events(*output)[0] | {"response": {**responses.whole(*output), "id": found.id}}, last)
    )


def test_the_last_event_may_hold_what_was_not_streamed() -> None:
    text, call = responses.message("a"), responses.call("A", "{}", "c1")
    last = {"type": "response.completed", "response": responses.whole(text, call)}
    assert fold(streamed(delta("output_text", "a"), last)).content == (Text("a"), ToolUse("c1", "A"))


CALL = responses.call("A", '{"n":1}', "c1")
RUN = ToolUse("c1", "A", {"n": 1})


def last(*output: Json, why: str = "") -> Json:
    return {"type": "response.completed", "response": responses.whole(*output, why=why)}


def whole(kind: str, index: int = 0, **fields: object) -> Json:
    return {"type": f"response.{kind}.done", "output_index": index, **fields}


ARGUED = whole("function_call_arguments", arguments='{"n":1}')
PIECE = delta("function_call_arguments", '{"n":1}')
UNFILLED = {**CALL, "arguments": ""}


@pytest.mark.parametrize(
    "steps",
    [
        [last(CALL)],
        [ARGUED, last()],
        [ARGUED, ARGUED, done(0, CALL), last(CALL)],
        [PIECE, ARGUED, last(CALL)],
        [PIECE, last()],
        [done(0, CALL), ARGUED, last(CALL)],
        [done(0, UNFILLED), last(CALL)],
        [whole("function_call_arguments", arguments={"n": 1}), last(UNFILLED)],
    ],
)
def test_arguments_come_once_with_whatever_event_has_them(steps: list[Json]) -> None:
    assert fold(streamed(added(0, UNFILLED), *steps)).content == (RUN,)


def test_arguments_may_be_announced_and_never_said_again() -> None:
    assert fold(streamed(added(0, CALL), last())).content == (RUN,)


def test_the_last_event_tells_calls_apart_by_their_ids() -> None:
    other = responses.call("A", '{"n":2}', "c2")
    begun = (added(0, UNFILLED), added(1, {**other, "arguments": ""}))
    assert fold(streamed(*begun, last(other, CALL))).content == (RUN, ToolUse("c2", "A", {"n": 2}))


def test_a_call_whose_item_has_no_arguments_has_none() -> None:
    for steps in ([done(0, UNFILLED), DONE], [last(UNFILLED)]):
        assert fold(streamed(added(0, UNFILLED), *steps)).content == (ToolUse("c1", "A"),)


@pytest.mark.parametrize("kind", ["function_call", "custom_tool_call"])
def test_a_call_of_which_nothing_tells_the_arguments_is_not_run(kind: str) -> None:
    begun = added(0, {"type": kind, "call_id": "c1", "name": "A"})
    with pytest.raises(UpstreamGarbled, match="arguments never came"):
        streamed(begun, DONE)
    found = fold(streamed(begun, last(why="max_output_tokens")))
    assert (found.content, found.stop_reason) == ((), "max_tokens")


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("output_text", "text"),
        ("refusal", "refusal"),
        ("reasoning_summary_text", "text"),
        ("reasoning_text", "text"),
    ],
)
def test_a_text_may_come_without_its_pieces(kind: str, field: str) -> None:
    index = "summary_index" if "summary" in kind else "content_index"
    parts = [whole(kind, 0, **{field: words, index: n}) for n, words in enumerate("ab")]
    for steps in ([*parts, *parts], [delta(kind, ""), *parts], [delta(kind, "a", **{index: 0}), parts[0], parts[1]]):
        (block,) = fold(streamed(*steps, DONE)).content
        assert block.text == "a\n\nb"  # type: ignore[union-attr]
    (block,) = fold(streamed(delta(kind, "a"), parts[0], DONE)).content
    assert block.text == "a"  # type: ignore[union-attr]


def test_a_text_and_a_seal_may_come_with_the_last_event() -> None:
    seal, text = responses.thought("hm", id="rs_1", seal="g"), responses.message("hi")
    for steps in ([added(0, responses.begun(seal)), added(1, responses.begun(text))], [done(0, responses.begun(text))]):
        found = fold(streamed(*steps, last(seal, text))).content
        assert Text("hi") in found
        assert [remembered(block, TARGET).items for block in found if isinstance(block, Thinking)] == [(seal,)]


def test_ids_change_from_event_to_event() -> None:
    found = streamed(
        added(0, {**responses.begun(responses.message("a")), "id": "x1"}),
        delta("output_text", "a", item_id="x2"),
        done(0, responses.message("a")),
        {**DONE, "response": responses.whole(responses.message("a"))},
    )
    assert fold(found).content == (Text("a"),)


@pytest.mark.trap(36)
def test_an_answer_that_was_cut_short_says_so() -> None:
    cut = responses.call("A", '{"command": "rm -rf /ho', "c1")
    found = reply(responses.message("a"), {**cut, "status": "incomplete"}, why="max_output_tokens")
    assert (found.content, found.stop_reason) == ((Text("a"),), "max_tokens")


def test_a_filter_is_noted_behind_what_was_said() -> None:
    found = reply(responses.message("a"), why="content_filter")
    assert found.stop_reason == "end_turn"
    assert found.content[-1] == Text("\n\n[The provider's content filter ended this answer.]")
    assert reply(responses.call("A", "{}"), why="content_filter").stop_reason == "tool_use"


def test_a_filter_that_let_nothing_through_is_a_refusal() -> None:
    assert reply(why="content_filter").stop_reason == "refusal"


@pytest.mark.trap(110)
def test_another_reason_is_an_end() -> None:
    assert reply(responses.message("a"), why="steered").stop_reason == "end_turn"


def test_a_model_may_decline_in_words() -> None:
    assert reply(responses.refusal("I cannot.")).content == (Text("I cannot."),)


@pytest.mark.parametrize(
    ("event", "message", "code", "status"),
    [
        ({"type": "error", "code": "server_error", "message": "broke", "param": None}, "broke", "server_error", 500),
        ({"type": "error", "error": {"message": "broke"}}, "broke", "", None),
        ({"error": {"message": "broke", "code": "rate_limit_exceeded"}}, "broke", "rate_limit_exceeded", 429),
        (
            {"type": "response.failed", "response": {"status": "failed", "error": {"code": "invalid_prompt", "message": "no"}}},
            "no",
            "invalid_prompt",
            400,
        ),
        ({"type": "response.failed", "response": {}}, "the provider ended the answer with 'failed'", "failed", None),
        ({"type": "response.cancelled", "response": {"status": "cancelled"}}, "the provider ended the answer with 'cancelled'", "cancelled", None),
    ],
)  # fmt: skip
def test_a_failure_is_what_the_provider_said(event: Json, message: str, code: str, status: int | None) -> None:
    with pytest.raises(UpstreamSaid) as caught:
        streamed(delta("output_text", "a"), event)
    assert (caught.value.message, caught.value.code, caught.value.status) == (message, code, status)


def test_an_answer_that_goes_on_elsewhere_has_not_ended() -> None:
    with pytest.raises(UpstreamCut, match="queued"):
        list(ResponsesUpstream().reader(HI, TARGET)._answer.add({**responses.whole(), "status": "queued"}))


def test_a_search_stands_before_what_it_led_to_and_is_cited() -> None:
    link = {"type": "url_citation", "url": "https://a", "title": "A", "start_index": 0, "end_index": 1}
    text = responses.message("", content=[{"type": "output_text", "text": "a", "annotations": [link]}])
    call, found, said = reply(responses.search("q", "https://a"), text).content
    assert isinstance(call, Opaque)
    assert call.raw["input"] == {"query": "q"}
    assert isinstance(found, Opaque)
    assert found.type == "web_search_tool_result"
    assert isinstance(said, Text)
    assert said.extra["citations"][0]["url"] == "https://a"  # type: ignore[index,call-overload]


def test_searches_without_ids_get_some() -> None:
    call = {name: value for name, value in responses.search("q").items() if name != "id"}
    ids = [
        block.raw.get("id")
        for block in reply({**call, "id": ""}, {**call, "id": ""}).content
        if isinstance(block, Opaque)
    ]
    assert len(set(ids) - {None}) == 2


def test_a_citation_may_come_first_or_to_no_text() -> None:
    link = {"type": "url_citation", "url": "https://a", "title": "A"}
    cited = {"type": "response.output_text.annotation.added", "output_index": 0, "annotation": link}
    assert fold(streamed(cited, delta("output_text", "a"), DONE)).content[0].extra["citations"]  # type: ignore[union-attr]
    assert fold(streamed(added(0, responses.thought()), cited, DONE)).content == ()


def test_what_is_not_known_is_passed_over() -> None:
    found = streamed(
        {"type": "response.new_thing"},
        {"type": "response.output_item.new", "item": {"type": "message"}},
        {"type": "response.output_item.added", "output_index": 0},
        {"type": "keepalive"},
        {"new": 1},
        added(0, {"type": "mcp_call"}),
        delta("output_text", "?", 0),
        {"type": "response.mcp_call_arguments.delta", "output_index": 0, "delta": "{}"},
        DONE,
    )
    assert fold(found).content == ()


def test_a_client_of_this_wire_gets_items_of_any_kind() -> None:
    item = {"type": "code_interpreter_call", "id": "ci_1", "code": "1"}
    request = Request("m", HI.turns, dialect="responses")
    assert reply(item, request=request).content == (Opaque(item),)
    assert reply(item).content == ()


@pytest.mark.trap(41, 42)
def test_ids_are_unlike_those_of_the_conversation() -> None:
    request = Request("m", (*HI.turns, assistant(called("c1")), user()))
    found = reply(responses.call("A", "{}", "c1"), responses.call("A", "{}", "functions.A:0"), request=request)
    ids = [block.id for block in found.content if isinstance(block, ToolUse)]
    assert "c1" not in ids
    assert ids[1].startswith("functions_A_0_")


@pytest.mark.trap(81)
def test_a_shortened_name_comes_back_whole() -> None:
    name = "mcp__" + "x" * 80
    request = Request("m", HI.turns, tools=(Tool(name),))
    short = body(request)["tools"][0]["name"]
    assert reply(responses.call(short, "{}"), request=request).content[0].name == name  # type: ignore[union-attr]


@pytest.mark.parametrize("never", ["output_text", "custom_tool_call_input", "function_call_arguments"])
def test_what_is_not_given_out_yet_is_bounded(never: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """White space that may be no text, a text that is no JSON before its end, arguments of a call without a name."""
    monkeypatch.setattr(stream, "_MOST_HELD", 1000)
    with pytest.raises(UpstreamGarbled, match="that wait"):
        streamed(*(delta(never, " " * 100) for _ in range(20)))


def test_white_space_that_belongs_to_a_text_waits_for_it() -> None:
    blanks = [delta("output_text", " ") for _ in range(3)]
    found = streamed(*blanks, delta("output_text", "a"), responses.events()[-1])
    assert fold(found).content == (Text("   a"),)


def test_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_MOST_HELD", 1000)
    waiting = [
        added(0, responses.begun(responses.call("A", "{}"))),
        *(delta("output_text", "x" * 100, 1) for _ in range(20)),
    ]
    with pytest.raises(UpstreamGarbled, match="that wait"):
        streamed(*waiting)
    flowing = [delta("output_text", "x" * 100) for _ in range(20)]
    assert fold(streamed(*flowing, DONE)).content == (Text("x" * 2000),)


WORDS = st.text(max_size=6)
ITEMS = st.one_of(
    st.builds(responses.message, WORDS, phase=st.sampled_from([None, "commentary"])),
    st.builds(responses.refusal, WORDS),
    st.builds(lambda words, seal: responses.thought(words, words, seal=seal), WORDS, WORDS),
    st.builds(lambda name: responses.call(name, '{"a": 1}'), st.sampled_from(["A", "B"])),
    st.builds(responses.search, WORDS, st.just("https://a")),
)


@given(st.lists(ITEMS, max_size=5), st.randoms(use_true_random=False))
def test_items_in_any_overlap_come_out_as_a_legal_answer(output: list[Json], chance: object) -> None:
    """The order within an item is kept, that between items is not."""
    queues = [responses.item_events(index, item) for index, item in enumerate(output)]
    mixed: list[Json] = []
    while any(queues):
        mixed.append(chance.choice([queue for queue in queues if queue]).pop(0))  # type: ignore[attr-defined]
    found = streamed(*mixed, DONE)
    assert isinstance(found[0], Start)
    spoken = [event for event in found if isinstance(event, BlockStart) and isinstance(event.block, ToolUse)]
    assert len(spoken) == sum(item["type"] == "function_call" for item in output)


def test_content_begins_no_sooner_than_there_is_some() -> None:
    found: list[Event] = streamed(*responses.events(responses.thought(seal="g"), responses.message("a")))
    first = next(event for event in found if is_content(event))
    assert first == TextDelta("a")
    assert all(not isinstance(two, Start) for _, two in pairwise(found))


def test_a_part_with_an_odd_number_is_a_part_all_the_same() -> None:
    item = {"type": "message", "id": "m", "role": "assistant", "content": []}
    piece = delta("output_text", "hi", content_index=[[]])
    assert fold(streamed(added(0, item), piece, done(0, item), last())).content == (Text("hi"),)
