import json
import re
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr.errors import UpstreamGarbled, UpstreamSaid
from ccr.messages.blocks import Block, Opaque, Text, Thinking, ToolUse
from ccr.messages.events import BlockStart, BlockStop, End, Finish, JsonDelta, Start, TextDelta, ThinkingDelta
from ccr.messages.fold import fold
from ccr.messages.json import NOTHING
from ccr.messages.reply import Usage
from ccr.messages.request import BuiltinTool, Request, Tool
from ccr.wire.names import shortened
from ccr.wire.openai_chat.stream import Answer
from ccr.wire.origin import origin
from tests.support.chat import called, delta, used
from tests.wire.openai_chat.reading import HI, TARGET, assistant, events, reply, result, sse, streamed, user, whole
from tests.wire.openai_chat.reading import called as asked

USED = {"prompt_tokens": 10, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}}
DONE = delta(finish="stop")


def blocks(*chunks: object, request: Request = HI) -> tuple[Block, ...]:
    """Without signatures, which other tests look at."""
    found = reply(*chunks, request=request).content
    return tuple(Thinking(block.text) if isinstance(block, Thinking) else block for block in found)


def uses(*chunks: object, request: Request = HI) -> list[tuple[str, object]]:
    return [(block.name, block.input) for block in blocks(*chunks, request=request) if isinstance(block, ToolUse)]


def stop(*chunks: object) -> str:
    return reply(*chunks).stop_reason


def fields(*blocks: object) -> list[tuple[str, str]]:
    """What the signatures say: field and state."""
    known = [origin(block.signature) for block in blocks if isinstance(block, Thinking)]
    return [(each.field, each.state) for each in known if each]


# --- text ---


def test_text_streams_as_it_comes() -> None:
    found = streamed(delta(role="assistant", content=""), delta(content="a"), delta(content="b"), DONE)
    assert found == [
        Start("chatcmpl-scripted", "scripted-chat"),
        BlockStart(Text("")),
        TextDelta("a"),
        TextDelta("b"),
        BlockStop(),
        Finish("end_turn"),
        End(),
    ]


def test_an_answer_without_an_id_gets_one() -> None:
    chunk = {"choices": [{"delta": {"content": "a"}, "finish_reason": "stop"}]}
    found = reply(chunk)
    assert re.fullmatch(r"chatcmpl-[0-9a-f]{24}", found.id)
    assert found.model == TARGET.model


@pytest.mark.trap(30)
def test_chunks_of_metadata_alone_mean_nothing() -> None:
    azure = {"id": "", "model": "", "choices": [], "prompt_filter_results": []}
    odd = [{"id": "x"}, {"choices": None}, {"choices": ["?"]}, {"choices": [{"index": 1, "delta": {"content": "no"}}]}]
    found = reply(azure, *odd, delta(content="a"), delta(foo=1), {"choices": [{"delta": None}]}, DONE)
    assert (found.id, found.content) == ("chatcmpl-scripted", (Text("a"),))


def test_the_first_choice_counts_wherever_it_stands() -> None:
    other = {"index": 1, "delta": {"content": "no"}}
    both = {"choices": [other, {"index": 0, "delta": {"content": "yes"}, "finish_reason": "stop"}]}
    assert reply(both).content == (Text("yes"),)


def test_white_space_alone_is_no_text() -> None:
    assert blocks(delta(content="\n\n"), called(0, id="c", name="Bash", arguments="{}"), DONE) == (
        ToolUse("c", "Bash", NOTHING),
    )
    assert blocks(delta(content="\n"), delta(content=" a"), DONE) == (Text("\n a"),)


def test_a_refusal_is_text() -> None:
    assert blocks(delta(content=None, refusal="I will not."), DONE) == (Text("I will not."),)


@pytest.mark.trap(29)
def test_text_in_the_chunk_that_finishes_counts() -> None:
    assert blocks(delta(content="a"), delta(content="b", finish="stop")) == (Text("ab"),)


def test_what_nobody_reads_is_ignored() -> None:
    annotations = [{"type": "file_citation"}, {"type": "url_citation", "url_citation": {"title": "a"}}]
    chunk = delta(
        content="a", annotations=annotations, audio={"id": "x"}, tool_calls=["?", {"index": 0}], function_call={}
    )
    assert blocks(chunk, delta(content=5, tool_calls=None), DONE) == (Text("a"),)


# --- thoughts ---


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
@pytest.mark.trap(22)
def test_reasoning_is_a_signed_thought(field: str) -> None:
    found = reply(delta(**{field: "h"}), delta(**{field: "m"}), delta(content="a"), DONE).content
    assert [block.text for block in found if isinstance(block, Thinking | Text)] == ["hm", "a"]
    assert fields(*found) == [(field, "")]


@pytest.mark.trap(24)
def test_a_thought_said_in_two_fields_counts_once() -> None:
    found = blocks(delta(reasoning_content="hm", reasoning="hm"), delta(content="a"), DONE)
    assert found == (Thinking("hm"), Text("a"))


@pytest.mark.trap(21, 23)
def test_a_thought_is_signed_also_where_a_tool_follows() -> None:
    found = reply(delta(reasoning_content="hm"), called(0, id="c", name="Bash", arguments="{}"), DONE)
    assert fields(*found.content) == [("reasoning_content", "")]


@pytest.mark.trap(19)
def test_reasoning_that_resumes_is_a_new_thought() -> None:
    chunks = delta(reasoning="a"), delta(content="b"), delta(reasoning="c"), delta(content="d"), DONE
    assert blocks(*chunks) == (Thinking("a"), Text("b"), Thinking("c"), Text("d"))


def test_empty_text_beside_reasoning_does_not_cut_it() -> None:
    chunks = (
        delta(reasoning="a", content=""),
        delta(reasoning="b", content="\n"),
        delta(reasoning="", content="c"),
        DONE,
    )
    assert blocks(*chunks) == (Thinking("ab"), Text("\nc"))


def test_openrouters_details_are_kept_for_the_next_turn() -> None:
    def detail(**more: object) -> dict[str, object]:
        return {"type": "reasoning.text", "index": 0, **more}

    found = reply(
        delta(reasoning="h", reasoning_details=[detail(text="h")]),
        delta(reasoning_details=[detail(text="m"), "?"]),
        delta(reasoning_details=[{"type": "reasoning.summary", "summary": "!"}]),
        delta(content="a"),
        DONE,
    )
    assert found.content[0].text == "hm!"  # type: ignore[union-attr]
    [(field, state)] = fields(*found.content)
    assert field == "reasoning_details"
    assert json.loads(state) == [detail(text="hm"), {"type": "reasoning.summary", "summary": "!"}]


def test_encrypted_details_ride_in_an_empty_thought() -> None:
    encrypted = {"type": "reasoning.encrypted", "data": "x", "id": "c"}
    call = {"index": 0, "id": "c", "function": {"name": "Bash", "arguments": "{}"}}
    found = reply(delta(reasoning_details=[encrypted], tool_calls=[call]), DONE).content
    assert [type(block) for block in found] == [Thinking, ToolUse]
    assert fields(*found) == [("reasoning_details", json.dumps([encrypted], separators=(",", ":")))]


@pytest.mark.trap(22)
def test_mistral_thinks_within_the_content() -> None:
    thinking = {
        "type": "thinking",
        "thinking": [{"type": "text", "text": "hm"}, {"type": "reference"}],
        "signature": "s",
    }
    found = reply(
        delta(content=[thinking]),
        delta(content=[{"type": "thinking", "thinking": " so", "closed": True}]),
        delta(content=[{"type": "text", "text": "a"}, "b", {"type": "reference", "reference_ids": [1]}, 7]),
        DONE,
    ).content
    assert [block.text for block in found if isinstance(block, Thinking | Text)] == ["hm so", "ab"]
    assert fields(*found) == [("thinking", "s")]


def test_geminis_signature_rides_before_its_call() -> None:
    extra = {"google": {"thought_signature": "sig"}}
    call = {"index": 0, "id": "c", "extra_content": extra, "function": {"name": "Bash", "arguments": "{}"}}
    found = reply(delta(tool_calls=[call]), DONE).content
    assert [type(block) for block in found] == [Thinking, ToolUse]
    assert fields(*found) == [("extra_content", json.dumps(extra, separators=(",", ":")))]


def test_geminis_signature_in_the_id_of_a_call_by_way_of_litellm_is_kept_and_the_id_clean() -> None:
    call = {"index": 0, "id": "call_1__thought__s/g+=", "function": {"name": "Bash", "arguments": "{}"}}
    found = reply(delta(tool_calls=[call]), DONE).content
    assert [block.id for block in found if isinstance(block, ToolUse)] == ["call_1"]
    assert fields(*found) == [("provider_specific_fields", '{"thought_signature":"s/g+="}')]


# --- tools ---


def test_arguments_stream_as_they_come() -> None:
    found = streamed(
        called(0, id="c", name="Bash", arguments=""),
        called(0, arguments='{"command":'),
        called(0, arguments='"ls"}'),
        delta(finish="tool_calls"),
    )
    assert found[1:] == [
        BlockStart(ToolUse("c", "Bash")),
        JsonDelta('{"command":'),
        JsonDelta('"ls"}'),
        BlockStop(),
        Finish("tool_use"),
        End(),
    ]


@pytest.mark.trap(25)
def test_interleaved_calls_keep_their_own_arguments() -> None:
    found = uses(
        called(0, id="a", name="A", arguments=""),
        called(1, id="b", name="B", arguments=""),
        called(1, arguments='{"p":'),
        called(0, arguments='{"p":'),
        called(1, arguments="2}"),
        called(0, arguments="1}"),
        DONE,
    )
    assert found == [("A", {"p": 1}), ("B", {"p": 2})]


def test_a_call_that_is_complete_makes_room_for_the_next() -> None:
    found = streamed(
        called(0, id="a", name="A", arguments='{"p":1}'),
        called(1, id="b", name="B", arguments='{"p"'),
        called(1, arguments=":2}"),
        DONE,
    )
    assert found.index(BlockStop()) < found.index(JsonDelta('{"p"')) < found.index(JsonDelta(":2}"))


@pytest.mark.trap(18, 20)
def test_text_after_a_call_waits_for_it() -> None:
    found = blocks(
        called(0, id="a", name="A", arguments='{"p"'), delta(content="Then."), called(0, arguments=":1}"), DONE
    )
    assert found == (ToolUse("a", "A", {"p": 1}), Text("Then."))


@pytest.mark.parametrize(
    "chunks",
    [
        [called(0, id="a", name="A", arguments='{"p":1}')],
        [called(0, id="a"), called(0, name="A"), called(0, arguments='{"p":1}')],
        [called(0, arguments='{"p":1}'), called(0, id="a", name="A")],
        [called(0, id="a", name="A"), called(0, id="a", name="A", arguments='{"p":1}')],
        [called(0, id="a", name="A", arguments='{"p":1}'), called(0, id="a", name="A", arguments='{"p":1}')],
        [called(0, id="a", name="A", arguments='{"p":'), called(0, id="z", name="A", arguments="1}")],
        [called(0, id="a", name="A", arguments="{}"), called(0, arguments='{"p":1}')],
        [delta(tool_calls=[{"index": 0, "id": "a", "function": {"name": "A", "arguments": {"p": 1}}}])],
        [delta(tool_calls=[{"id": "a", "function": {"name": "A", "arguments": '{"p"'}}]),
         delta(tool_calls=[{"function": {"arguments": ":1}"}}])],
        [delta(tool_calls=[{"index": "0", "id": "a", "function": {"name": " A", "arguments": '{"p":1}'}}])],
    ],
    ids=["whole", "in turn", "late", "repeated name", "repeated whole", "new id", "empty first", "an object",
         "no index", "odd index"],
)  # fmt: skip
@pytest.mark.trap(29, 32)
def test_one_call_however_it_comes(chunks: list[object]) -> None:
    assert blocks(*chunks, DONE) == (ToolUse("a", "A", {"p": 1}),)


@pytest.mark.parametrize("arguments", ["", " ", None, "{}", {}])
@pytest.mark.trap(28)
def test_a_call_without_arguments(arguments: object) -> None:
    call = {"index": 0, "id": "a", "function": {"name": "A", "arguments": arguments}}
    found = streamed(delta(tool_calls=[call]), DONE)
    assert BlockStart(ToolUse("a", "A")) in found
    assert not any(isinstance(event, JsonDelta) for event in found)


@pytest.mark.parametrize(
    "calls",
    [
        [{"index": 0, "id": "a"}, {"index": 0, "id": "b"}],
        [{"id": "a"}, {"id": "b"}],
        [{}, {}],
    ],
    ids=["same index", "no index", "neither index nor id"],
)
@pytest.mark.parametrize("apart", [True, False])
@pytest.mark.trap(32)
def test_calls_that_are_badly_numbered_stay_apart(calls: list[dict[str, object]], apart: bool) -> None:
    whole = [{**call, "function": {"name": "A", "arguments": f'{{"p":{n}}}'}} for n, call in enumerate(calls)]
    chunks = [delta(tool_calls=[call]) for call in whole] if apart else [delta(tool_calls=whole)]
    assert uses(*chunks, DONE) == [("A", {"p": 0}), ("A", {"p": 1})]


def test_calls_without_arguments_and_numbers_stay_apart_by_name() -> None:
    calls = [{"function": {"name": "A", "arguments": ""}}, {"function": {"name": "B", "arguments": ""}}]
    assert [name for name, _ in uses(delta(tool_calls=calls), DONE)] == ["A", "B"]


def test_the_call_of_older_hosts() -> None:
    chunks = delta(function_call={"name": "A", "arguments": '{"p"'}), delta(function_call={"arguments": ":1}"})
    assert uses(*chunks, delta(finish="function_call")) == [("A", {"p": 1})]


def test_a_call_without_a_name_is_the_providers_fault() -> None:
    with pytest.raises(UpstreamGarbled, match="without a name"):
        streamed(called(0, id="a", arguments='{"p":1}'), DONE)


def test_names_come_back_as_the_client_knows_them() -> None:
    name = "mcp__" + "x" * 80
    request = Request("m", HI.turns, tools=(Tool(name),))
    assert uses(called(0, id="a", name=shortened(name), arguments="{}"), DONE, request=request) == [(name, NOTHING)]


@pytest.mark.trap(42)
def test_ids_are_legal_and_new() -> None:
    request = Request("m", (*HI.turns, assistant(asked("call_0")), user(result("call_0"))))
    calls = [
        called(n, id=id, name="A", arguments="{}") for n, id in enumerate(["call_0", "functions.A:0", "", "x", "x"])
    ]
    ids = [block.id for block in blocks(*calls, DONE, request=request) if isinstance(block, ToolUse)]
    assert len({"call_0", *ids}) == 6
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]+", id) for id in ids)
    assert ids[3] == "x"


@pytest.mark.parametrize("arguments", ['{"p": oops', '{"p": ', "[1]", '"text"', [1], 7, False])
@pytest.mark.parametrize("finish", ["stop", "tool_calls"])
def test_arguments_that_are_no_object_are_the_providers_fault(arguments: object, finish: str) -> None:
    call = {"id": "a", "type": "function", "function": {"name": "A", "arguments": arguments}}
    for answer in (
        [sse(delta(tool_calls=[call]), delta(finish=finish))],
        [json.dumps(whole(tool_calls=[call])).encode()],
    ):
        with pytest.raises(UpstreamGarbled, match="a tool's input is not a JSON object"):
            events(answer)


def test_arguments_that_the_token_limit_cut_pass_as_they_are() -> None:
    found = streamed(called(0, id="a", name="A", arguments='{"p": oops'), delta(finish="length"))
    assert JsonDelta('{"p": oops') in found


@pytest.mark.parametrize(
    ("arguments", "input"),
    [(None, {}), ("null", {}), ("", {}), ('"{\\"a\\": 1}"', {"a": 1}), ({"a": 1}, {"a": 1}), ({}, {})],
)
def test_arguments_in_other_forms_come_to_an_object(arguments: object, input: object) -> None:
    call = {"id": "a", "type": "function", "function": {"name": "A", "arguments": arguments}}
    for answer in (sse(delta(tool_calls=[call]), DONE), json.dumps(whole(tool_calls=[call])).encode()):
        assert fold(events([answer])).content == (ToolUse("a", "A", input),)  # type: ignore[arg-type]


MEGABYTE = "x" * 1024 * 1024


@pytest.mark.parametrize(
    "flood",
    [
        called(1, arguments=MEGABYTE),
        delta(content=MEGABYTE),
        delta(reasoning_content=MEGABYTE),
        delta(content=[{"type": "thinking", "thinking": [{"type": "text", "text": MEGABYTE}]}]),
    ],
)
def test_what_waits_for_its_turn_has_a_limit(flood: object) -> None:
    answer = Answer(HI, TARGET)
    list(answer.add(called(0, id="a", name="A", arguments='{"never":')))  # type: ignore[arg-type]
    with pytest.raises(UpstreamGarbled, match="wait for another block to end"):
        for _ in range(33):
            list(answer.add(flood))  # type: ignore[arg-type]


def test_white_space_that_may_be_no_text_has_a_limit_too() -> None:
    answer = Answer(HI, TARGET)
    list(answer.add(delta(reasoning_content="hm")))  # type: ignore[arg-type]
    with pytest.raises(UpstreamGarbled, match="wait for another block to end"):
        for _ in range(33):
            list(answer.add(delta(content=" " * len(MEGABYTE))))  # type: ignore[arg-type]


def test_what_has_its_turn_has_no_limit() -> None:
    answer = Answer(HI, TARGET)
    for _ in range(33):
        assert len(list(answer.add(delta(content=MEGABYTE)))) >= 1  # type: ignore[arg-type]


def test_calls_without_a_name_have_a_limit_too() -> None:
    answer = Answer(HI, TARGET)
    with pytest.raises(UpstreamGarbled, match="wait for another block to end"):
        for _ in range(33):
            list(answer.add(called(0, arguments=MEGABYTE)))  # type: ignore[arg-type]


# --- the end ---

CALL = called(0, id="a", name="A", arguments="{}")
SAY = delta(content="a")


@pytest.mark.parametrize("finish", ["stop", "tool_calls", "function_call", "eos", "content_filter"])
@pytest.mark.trap(33)
def test_an_answer_with_a_call_ends_in_tool_use(finish: str) -> None:
    assert stop(CALL, delta(finish=finish)) == "tool_use"


def test_an_empty_reason_counts_as_none() -> None:
    assert stop(CALL, delta(finish="")) == "tool_use"
    assert stop(SAY, delta(finish=""), delta(finish="length")) == "max_tokens"


@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        ("stop", "end_turn"),
        ("tool_calls", "end_turn"),
        ("eos", "end_turn"),
        ("length", "max_tokens"),
        ("model_length", "max_tokens"),
    ],
)
@pytest.mark.trap(34, 110)
def test_an_answer_without_a_call(finish: str, reason: str) -> None:
    assert stop(SAY, delta(finish=finish)) == reason


@pytest.mark.trap(36)
def test_a_call_that_the_limit_cut_is_not_finished() -> None:
    found = streamed(called(0, id="a", name="A", arguments='{"p":"lo'), delta(finish="length"))
    assert found[-4:] == [JsonDelta('{"p":"lo'), BlockStop(), Finish("max_tokens"), End()]


@pytest.mark.trap(97)
def test_the_limit_before_the_first_token_means_a_full_window() -> None:
    empty = used({"prompt_tokens": 10, "completion_tokens": 0})
    with pytest.raises(UpstreamSaid) as caught:
        streamed(delta(content=""), delta(finish="length"), empty)
    assert caught.value.code == "context_length_exceeded"
    assert stop(delta(content=""), delta(finish="length")) == "max_tokens"


@pytest.mark.parametrize("finish", ["content_filter", "sensitive"])
def test_a_filter_leaves_the_text_and_says_so(finish: str) -> None:
    found = reply(SAY, delta(finish=finish))
    assert found.stop_reason == "end_turn"
    assert found.content == (Text("a\n\n[The provider's content filter ended this answer.]"),)


def test_only_an_answer_that_is_all_filtered_is_a_refusal() -> None:
    assert stop(delta(content=""), delta(finish="content_filter")) == "refusal"
    assert stop(delta(reasoning="hm"), delta(finish="content_filter")) == "refusal"


@pytest.mark.parametrize("finish", ["error", "network_error", "insufficient_system_resource"])
@pytest.mark.trap(110)
def test_an_end_that_is_a_failure_fails(finish: str) -> None:
    with pytest.raises(UpstreamSaid, match=finish):
        streamed(SAY, delta(finish=finish))


@pytest.mark.parametrize(
    "chunk",
    [
        {"error": {"message": "no luck", "code": 502}},
        [{"error": {"message": "no luck", "code": 502}}],
        {**delta(finish="error"), "error": {"message": "no luck", "code": 502}},
        {"x_groq": {"error": {"message": "no luck", "code": 502}}},
        {"object": "error", "message": "no luck", "code": 502},
    ],
)
def test_an_error_within_the_stream_is_what_the_provider_said(chunk: object) -> None:
    with pytest.raises(UpstreamSaid) as caught:
        streamed(SAY, chunk)
    assert (caught.value.message, caught.value.status) == ("no luck", 502)


# --- usage ---


@pytest.mark.parametrize(
    "chunks",
    [
        [used(USED), SAY, DONE],
        [{**SAY, "usage": USED}, DONE],
        [SAY, {**DONE, "usage": USED}],
        [SAY, DONE, used(USED)],
        [SAY, DONE, {**used(USED), "choices": [{"delta": {"content": ""}}]}],
        [SAY, {"choices": [{"delta": {}, "finish_reason": "stop", "usage": USED}]}],
        [SAY, {**DONE, "x_groq": {"id": "x", "usage": USED}}],
        [SAY, {**DONE, "x_groq": "?"}, {**used(USED), "x_groq": {"id": "x"}}],
        [{**SAY, "usage": {**USED, "completion_tokens": 1}}, {**DONE, "usage": USED}],
        [SAY, DONE, used(USED), used({"prompt_tokens": 0, "completion_tokens": 0})],
    ],
)
@pytest.mark.trap(31, 94)
def test_usage_counts_wherever_it_stands(chunks: Iterable[object]) -> None:
    assert reply(*chunks).usage == Usage(6, 3, 4)


@pytest.mark.parametrize("chunks", [[SAY, DONE], [SAY, {**DONE, "usage": None}], [{**SAY, "usage": {}}, DONE]])
def test_missing_usage_is_not_invented(chunks: Iterable[object]) -> None:
    assert reply(*chunks).usage == Usage()


def test_usage_in_the_read_of_the_finish_is_not_lost() -> None:
    assert events([sse(SAY, DONE, used(USED))])[-2] == Finish("end_turn", usage=Usage(6, 3, 4))


# --- any order ---

ARGUMENTS: st.SearchStrategy[dict[str, object]] = st.dictionaries(
    st.text(max_size=4), st.integers() | st.text(max_size=8), min_size=1, max_size=3
)


@st.composite
def interleaved(draw: st.DrawFn) -> tuple[list[dict[str, object]], list[object]]:
    """Calls, and chunks that bring them: each call's own pieces in order, else in any order."""
    inputs: list[dict[str, object]] = draw(st.lists(ARGUMENTS, min_size=1, max_size=4))
    queues: list[list[object]] = []
    for index, arguments in enumerate(inputs):
        text = json.dumps(arguments)
        cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=4)))
        ends = zip([0, *cuts], [*cuts, len(text)], strict=True)
        head = called(index, id=f"id{index}", name=f"tool{index}", arguments="")
        queues.append([head, *(called(index, arguments=text[start:end]) for start, end in ends)])
    extras: list[object] = [delta(content="text"), delta(reasoning="thought"), delta(content="")]
    queues.append(draw(st.lists(st.sampled_from(extras), max_size=4)))
    chunks: list[object] = []
    while queues := [queue for queue in queues if queue]:
        chunks.append(draw(st.sampled_from(queues)).pop(0))
    return inputs, chunks


@given(interleaved())
def test_arguments_always_arrive_with_their_own_call(case: tuple[list[dict[str, object]], list[object]]) -> None:
    inputs, chunks = case
    found = reply(*chunks, DONE)
    made = {block.name: block.input for block in found.content if isinstance(block, ToolUse)}
    assert made == {f"tool{index}": arguments for index, arguments in enumerate(inputs)}
    assert found.stop_reason == "tool_use"


@given(interleaved())
@pytest.mark.trap(18)
def test_no_text_and_no_thought_is_lost_or_shuffled(case: tuple[list[dict[str, object]], list[object]]) -> None:
    _, chunks = case
    found = streamed(*chunks, DONE)
    said = "".join(event.text for event in found if isinstance(event, TextDelta))
    thought = "".join(event.text for event in found if isinstance(event, ThinkingDelta))
    assert said == "text" * chunks.count(delta(content="text"))
    assert thought == "thought" * chunks.count(delta(reasoning="thought"))


# --- thoughts in tags, thoughts that are signed ---


@pytest.mark.trap(22)
def test_thoughts_in_tags_come_first_and_are_marked_as_such() -> None:
    found = reply(delta(content="<think>hm</th"), delta(content="ink>\n\nyes"), DONE).content
    assert [type(block) for block in found] == [Thinking, Text]
    assert fields(*found) == [("tags", "")]


def test_empty_tags_are_no_thought() -> None:
    assert blocks(delta(content="<think>\n\n</think>\n\nyes"), DONE) == (Text("yes"),)


def test_a_tag_that_never_ends_is_a_thought_and_half_a_tag_is_text() -> None:
    assert blocks(delta(content="<think>hm"), DONE) == (Thinking("hm"),)
    assert blocks(delta(content="<thi"), DONE) == (Text("<thi"),)


def signed(text: str, signature: str | None = None, kind: str = "thinking") -> dict[str, object]:
    return {"type": kind, "thinking": text, "signature": signature}


def test_litellms_thoughts_are_kept_as_they_were_signed() -> None:
    (thought,) = reply(
        delta(reasoning_content="a", thinking_blocks=[signed("a")]),
        delta(reasoning_content="b", thinking_blocks=[signed("b")]),
        delta(thinking_blocks=[signed("", "c2ln")]),
        delta(thinking_blocks=[signed("c"), signed("", "c2ln2")]),
        delta(thinking_blocks=[{"type": "redacted_thinking", "data": "eA"}]),
        DONE,
    ).content
    ((field, state),) = fields(thought)
    assert field == "thinking_blocks"
    assert json.loads(state) == [
        signed("ab", "c2ln"),
        signed("c", "c2ln2"),
        {"type": "redacted_thinking", "data": "eA"},
    ]
    assert isinstance(thought, Thinking)
    assert thought.text == "abc"


def test_a_signature_is_not_lost_to_an_empty_one_that_follows() -> None:
    found = reply(delta(thinking_blocks=[signed("a", "c2ln")]), delta(thinking_blocks=[signed("", "")]), DONE).content
    assert json.loads(fields(*found)[0][1]) == [signed("a", "c2ln")]


def test_thoughts_that_nobody_signed_are_text() -> None:
    found = reply(delta(reasoning_content="a", thinking_blocks=[signed("a")]), DONE).content
    assert fields(*found) == [("reasoning_content", "")]


# --- sealed thoughts that name a call ---


def sealed(id: str, format: str = "google-gemini-v1") -> dict[str, object]:
    return {"type": "reasoning.encrypted", "data": "c2ln", "id": id, "format": format}


def named(*chunks: object, request: Request = HI) -> tuple[list[object], list[str]]:
    """The ids in the thoughts, and those of the calls."""
    found = reply(*chunks, request=request).content
    details = [detail["id"] for _, state in fields(*found) for detail in json.loads(state)]
    return details, [block.id for block in found if isinstance(block, ToolUse)]


AGAIN = Request("m", (user(Text("a")), assistant(asked("tool_0")), user(result("tool_0"))))
CALL = called(0, id="tool_0", name="Bash", arguments="{}")


@pytest.mark.parametrize(
    "chunks", [(delta(reasoning_details=[sealed("tool_0")]), CALL), (CALL, delta(reasoning_details=[sealed("tool_0")]))]
)
def test_a_seal_is_named_after_its_call_whichever_comes_first(chunks: tuple[object, ...]) -> None:
    thoughts, calls = named(*chunks, DONE, request=AGAIN)
    assert thoughts == calls != ["tool_0"]


def test_a_seal_that_is_long_gone_when_its_call_comes_has_foretold_its_name() -> None:
    thoughts, calls = named(delta(reasoning_details=[sealed("tool_0")]), delta(content="a"), CALL, DONE, request=AGAIN)
    assert thoughts == calls != ["tool_0"]


def test_two_calls_of_one_id_have_two_names_and_the_seal_is_the_firsts() -> None:
    second = called(1, id="tool_0", name="Bash", arguments="{}")
    thoughts, calls = named(delta(reasoning_details=[sealed("tool_0")]), CALL, second, DONE, request=AGAIN)
    assert len(set(calls)) == 2
    assert thoughts == calls[:1]


def test_the_ids_of_other_makers_are_their_own() -> None:
    thoughts, _ = named(delta(reasoning_details=[sealed("rs_1|2", "openai-responses-v1")]), CALL, DONE)
    assert thoughts == ["rs_1|2"]


# --- pages that an answer names ---

SEARCHING = Request(
    "m",
    (user(Text("Perform a web search for the query: rain")),),
    tools=(BuiltinTool("web_search_20250305", "web_search", {}),),
)


def page(url: str, **about: str) -> dict[str, object]:
    return {"type": "url_citation", "url_citation": {"url": url, "start_index": 0, "end_index": 2, **about}}


def test_pages_are_sources_of_the_text_and_what_a_search_found() -> None:
    annotations = [
        page("https://a.test/", title="A", content="It rains."),
        page("https://b.test/"),
        page("https://b.test/"),
    ]
    said, call, found = reply(
        delta(content="It rains."), delta(annotations=annotations), DONE, request=SEARCHING
    ).content
    assert isinstance(said, Text)
    citations = said.extra["citations"]
    assert isinstance(citations, list)
    assert [each["url"] for each in citations] == ["https://a.test/", "https://b.test/", "https://b.test/"]
    assert citations[0]["cited_text"] == "It rains."
    assert isinstance(call, Opaque)
    assert call.raw["input"] == {"query": "rain"}
    assert isinstance(found, Opaque)
    assert [each["title"] for each in found.raw["content"]] == ["A", "https://b.test/"]  # type: ignore[attr-defined]


def test_who_did_not_ask_for_a_search_gets_the_sources_alone() -> None:
    (said,) = reply(delta(content="It rains.", annotations=[page("https://a.test/")]), DONE).content
    assert isinstance(said, Text)
    assert said.extra.keys() == {"citations"}


def test_sources_before_any_text_are_what_was_found() -> None:
    found = reply(delta(annotations=[page("https://a.test/")]), delta(content="a"), DONE, request=SEARCHING).content
    assert [type(block) for block in found] == [Text, Opaque, Opaque]
