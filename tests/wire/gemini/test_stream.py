from typing import Any

import pytest

from ccr.errors import UpstreamGarbled, UpstreamSaid
from ccr.messages.blocks import Opaque, Text, Thinking, ToolUse
from ccr.messages.events import BlockStop, Start, TextDelta
from ccr.messages.reply import Usage
from ccr.messages.request import BuiltinTool, Request, Tool, ToolChoice
from ccr.wire.gemini import stream
from ccr.wire.gemini.names import called
from ccr.wire.gemini.signatures import CALL, END, TEXT, THOUGHT, UNSIGNED, signed
from ccr.wire.gemini.stream import Answer
from ccr.wire.origin import origin
from tests.wire.gemini import reading
from tests.wire.gemini.reading import HI, PRO, events, reply, response, said, sse

LS = {"functionCall": {"name": "Bash", "args": {"command": "ls"}}}
SEARCH = Request("m", HI.turns, tools=(BuiltinTool("web_search_20250305", "web_search", {}),))


def hm(signature: str = "", tie: str = UNSIGNED, text: str = "hm") -> Thinking:
    return Thinking(text, signed(PRO, tie, signature))


def test_text_comes_as_it_comes() -> None:
    found = events([sse(response({"text": "a"}), response({"text": "b"})), sse(response(finish="STOP"))])
    assert [event.text for event in found if isinstance(event, TextDelta)] == ["a", "b"]


def test_an_answer_has_googles_id_and_model_or_ours() -> None:
    first = {**response({"text": "a"}, finish="STOP"), "responseId": "r1", "modelVersion": "gemini-x"}
    assert events([sse(first)])[0] == Start("r1", "gemini-x")
    start = events([sse(response({"text": "a"}, finish="STOP"))])[0]
    assert isinstance(start, Start)
    assert start.id.startswith("gemini-")
    assert start.model == PRO.model


@pytest.mark.trap(19, 21)
def test_each_kind_of_part_has_its_block() -> None:
    parts = ({"text": "hm", "thought": True}, {"text": "so"}, {"text": "hm", "thought": True}, LS)
    one, two, three, four = said(*parts)
    assert (one, two, three) == (hm(), Text("so"), hm())
    assert isinstance(four, ToolUse)
    assert (four.name, four.input) == ("Bash", {"command": "ls"})


def test_pieces_of_a_thought_are_one() -> None:
    assert said({"text": "h", "thought": True}, {"text": "m", "thought": True}, {"text": "so"}) == (hm(), Text("so"))


@pytest.mark.trap(23)
def test_every_thought_has_a_signature_of_ours() -> None:
    (thought, _) = said({"text": "hm", "thought": True}, {"text": "so"})
    assert isinstance(thought, Thinking)
    assert origin(thought.signature)


@pytest.mark.trap(64)
def test_a_calls_signature_is_in_the_thought_before_it() -> None:
    signed_call = {**LS, "thoughtSignature": "s"}
    assert said({"text": "hm", "thought": True}, signed_call)[0] == hm("s", CALL)
    assert said(signed_call)[0] == hm("s", CALL, "")
    assert said({"text": "so"}, signed_call)[:2] == (Text("so"), hm("s", CALL, ""))


def test_of_parallel_calls_the_first_has_one_and_of_others_each() -> None:
    kinds = [type(block) for block in said({**LS, "thoughtSignature": "s"}, LS)]
    assert kinds == [Thinking, ToolUse, ToolUse]
    kinds = [type(block) for block in said({**LS, "thoughtSignature": "s"}, {**LS, "thoughtSignature": "t"})]
    assert kinds == [Thinking, ToolUse, Thinking, ToolUse]


def test_a_texts_signature_is_before_it_and_a_thoughts_own_with_it() -> None:
    assert said({"text": "so", "thoughtSignature": "s"}, {"text": " it"}) == (hm("s", TEXT, ""), Text("so it"))
    found = said(
        {"text": "a", "thought": True}, {"text": "b", "thought": True, "thoughtSignature": "s"}, {"text": "so"}
    )
    assert found == (hm(text="a"), hm("s", THOUGHT, "b"), Text("so"))
    assert said({"text": "", "thought": True, "thoughtSignature": "s"}, {"text": "so"})[0] == hm("s", THOUGHT, "")


def test_an_empty_texts_signature_is_kept_where_something_follows() -> None:
    empty = {"text": "", "thoughtSignature": "s"}
    assert said({"text": "so"}, empty, {**LS, "thoughtSignature": "t"})[:3] == (
        Text("so"),
        hm("s", END, ""),
        hm("t", CALL, ""),
    )
    assert said({"text": "so"}, empty, {"text": "?"}) == (Text("so"), hm("s", END, ""), Text("?"))
    assert said({"text": "so"}, empty, {"text": ""}, {}) == (Text("so"),)


@pytest.mark.trap(65)
def test_a_signature_that_comes_twice_is_taken_once() -> None:
    assert said({"text": "so", "thoughtSignature": "s"}, {**LS, "thoughtSignature": "s"})[:2] == (
        hm("s", TEXT, ""),
        Text("so"),
    )
    assert [type(block) for block in said({**LS, "thoughtSignature": "s"}, {**LS, "thoughtSignature": "s"})] == [
        Thinking,
        ToolUse,
        ToolUse,
    ]


def test_white_space_alone_is_no_block() -> None:
    assert [type(block) for block in said({"text": "\n"}, LS)] == [ToolUse]
    assert said({"text": "\n"}, {"text": "so"}) == (Text("\nso"),)


@pytest.mark.trap(33)
def test_a_call_ends_the_turn_though_the_reason_is_stop() -> None:
    assert reply(response(LS), response(finish="STOP")).stop_reason == "tool_use"
    assert reply(response({"text": "so"}, finish="STOP")).stop_reason == "end_turn"


@pytest.mark.trap(26, 28)
def test_a_call_without_arguments_takes_nothing() -> None:
    for call in ({"name": "Now"}, {"name": "Now", "args": None}, {"name": "Now", "args": {}}):
        (use,) = said({"functionCall": call})
        assert isinstance(use, ToolUse)
        assert use.input == {}


def test_names_and_ids_are_the_clients() -> None:
    request = Request("m", HI.turns, tools=(Tool("1st"),))
    (use,) = said({"functionCall": {"id": "g1", "name": called("1st"), "args": {}}}, request=request)
    assert isinstance(use, ToolUse)
    assert (use.id, use.name) == ("gemini_g1", "1st")


@pytest.mark.trap(41)
def test_an_id_is_unlike_those_of_the_conversation() -> None:
    request = Request("m", (reading.assistant(reading.called("gemini_g1")),))
    call = {"functionCall": {"id": "g1", "name": "Bash"}}
    uses = [block for block in said(call, call, LS, request=request) if isinstance(block, ToolUse)]
    assert len({use.id for use in uses} | {"gemini_g1"}) == 4


def test_a_call_without_a_name_is_garbage() -> None:
    with pytest.raises(UpstreamGarbled, match="without a name"):
        said({"functionCall": {"args": {}}})


def test_a_client_that_wants_one_call_gets_the_first() -> None:
    request = Request("m", HI.turns, tool_choice=ToolChoice("auto", parallel=False))
    assert len(said(LS, {"functionCall": {"name": "Read"}}, request=request)) == 1


def test_a_call_in_pieces_is_put_together() -> None:
    pieces: list[Any] = [
        {"functionCall": {"name": "Bash", "id": "g", "willContinue": True}, "thoughtSignature": "s"},
        {"functionCall": {"partialArgs": [{"jsonPath": "$.command", "stringValue": "l"}], "willContinue": True}},
        {"functionCall": {"partialArgs": [{"jsonPath": "$.command", "stringValue": "s"}], "willContinue": True}},
        {"functionCall": {}},
    ]
    assert said(*pieces) == (hm("s", CALL, ""), ToolUse("gemini_g", "Bash", {"command": "ls"}))
    with pytest.raises(UpstreamGarbled, match="without its end"):
        said(*pieces[:-1])
    chunks = [response(piece) for piece in pieces[:-1]]
    assert reply(*chunks, response(finish="MAX_TOKENS")).content == ()


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ({"executableCode": {"language": "PYTHON", "code": "1+1\n"}}, "\n```python\n1+1\n```\n"),
        ({"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "2\n"}}, "\n```\n2\n```\n"),
        (
            {"inlineData": {"mimeType": "image/png", "data": "x"}},
            "\n[The model made image/png, which cannot be shown here.]\n",
        ),
        ({"fileData": {"fileUri": "gs://x"}}, "\n[The model made gs://x]\n"),
    ],
)
def test_what_has_no_block_is_told(part: Any, text: str) -> None:
    assert said(part) == (Text(text),)


def test_an_unknown_part_is_passed_over() -> None:
    assert said({"toolCall": {}}, {"text": "so"}) == (Text("so"),)


@pytest.mark.trap(31, 94)
def test_usage_is_the_last_that_is_told_also_behind_the_end() -> None:
    def used(prompt: int, output: int) -> dict[str, object]:
        return {"usageMetadata": {"promptTokenCount": prompt, "candidatesTokenCount": output}}

    found = reply({**response({"text": "a"}), **used(9, 1)}, {**response(finish="STOP"), **used(9, 3)}, used(9, 4))
    assert found.usage == Usage(9, 4)


@pytest.mark.parametrize("finish", ["MAX_TOKENS", "CONTINUATION"])
def test_a_full_answer(finish: str) -> None:
    assert reply(response({"text": "a"}, finish=finish)).stop_reason == "max_tokens"
    assert reply(response(finish=finish)).stop_reason == "max_tokens"


@pytest.mark.parametrize("finish", ["SAFETY", "RECITATION", "PROHIBITED_CONTENT", "MODEL_ARMOR"])
def test_a_filtered_answer_keeps_what_was_said(finish: str) -> None:
    found = reply(response({"text": "half"}), response(finish=finish))
    assert found.stop_reason == "end_turn"
    assert found.content == (Text("half\n\n[The provider's content filter ended this answer.]"),)
    assert reply(response(LS), response(finish=finish)).stop_reason == "tool_use"
    assert reply(response(finish=finish)).stop_reason == "refusal"
    assert reply(response({"text": "hm", "thought": True}), response(finish=finish)).stop_reason == "refusal"


@pytest.mark.parametrize("reason", ["SAFETY", "OTHER", "PROHIBITED_CONTENT"])
def test_a_blocked_prompt_has_no_candidates(reason: str) -> None:
    found = reply({"promptFeedback": {"blockReason": reason}, "usageMetadata": {"promptTokenCount": 9}})
    assert (found.stop_reason, found.content, found.usage) == ("refusal", (), Usage(9))


@pytest.mark.parametrize(
    "finish",
    ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "MALFORMED_RESPONSE", "MISSING_THOUGHT_SIGNATURE", "OTHER"],
)
def test_a_stumble_is_a_failure_and_no_answer(finish: str) -> None:
    with pytest.raises(UpstreamSaid, match=f"by {finish}: Malformed function call: print") as caught:
        reply(response(finish=finish, finishMessage="Malformed function call: print("))
    assert caught.value.status is None
    assert reply(response(LS), response(finish=finish)).stop_reason == "tool_use"


def test_an_answer_that_ends_for_no_reason_keeps_what_was_said() -> None:
    (text,) = reply(response({"text": "half"}), response(finish="OTHER")).content
    assert text == Text("half\n\n[The provider ended this answer early, without saying why.]")


def test_a_stumble_leaves_the_open_block_open() -> None:
    """So that Claude Code asks again."""
    answer = Answer(HI, PRO)
    found = list(answer.add(response({"text": "so"})))
    with pytest.raises(UpstreamSaid, match=r"MALFORMED_RESPONSE$"):
        found += list(answer.add(response(finish="MALFORMED_RESPONSE")))
    assert BlockStop() not in found


def test_an_empty_answer_is_a_failure() -> None:
    with pytest.raises(UpstreamSaid, match="nothing at all"):
        reply(response({"text": ""}, finish="STOP"))
    assert reply(response(finish="STOP"), request=Request("m", HI.turns, stop=("x",))).content == ()
    assert reply(response({"text": "hm", "thought": True}, finish="STOP")).content == (hm(),)


@pytest.mark.trap(110)
def test_an_unknown_reason_is_an_end() -> None:
    assert reply(response({"text": "so"}, finish="BORED")).stop_reason == "end_turn"


def test_of_several_candidates_the_first_counts() -> None:
    both = {
        "candidates": [
            "?",
            {**response({"text": "b"})["candidates"][0], "index": 1},
            *response({"text": "a"})["candidates"],
        ]
    }
    assert reply(both, response(finish="STOP")).content == (Text("a"),)


def test_a_search_comes_before_what_it_found() -> None:
    metadata = {
        "webSearchQueries": ["q"],
        "groundingChunks": [{"web": {"uri": "https://a.test", "title": "a"}}],
        "groundingSupports": [{"segment": {"endIndex": 5, "text": "It is"}, "groundingChunkIndices": [0]}],
    }
    chunks = (
        response({"text": "It "}),
        response({"text": "is so."}),
        response(finish="STOP", groundingMetadata=metadata),
    )
    call, found, cited, rest = reply(*chunks, request=SEARCH).content
    assert isinstance(call, Opaque)
    assert isinstance(found, Opaque)
    assert isinstance(cited, Text)
    assert (call.type, found.type, cited.text, rest) == (
        "server_tool_use",
        "web_search_tool_result",
        "It is",
        Text(" so."),
    )
    text, *searched = reply(*chunks).content  # nobody asked for a search: the text has gone out
    assert text == Text("It is so.")
    assert len(searched) == 2


def test_what_waits_for_its_sources_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_MOST_HELD", 3)
    with pytest.raises(UpstreamGarbled, match="wait for their sources"):
        reply(response({"text": "four"}, finish="STOP"), request=SEARCH)


@pytest.mark.parametrize(
    "part",
    [
        {"text": " " * 100},
        {"functionCall": {"name": "A", "args": {"a": "x" * 100}, "willContinue": True}},
        {"functionCall": {"partialArgs": [{"jsonPath": "$.a", "stringValue": "x" * 100}], "willContinue": True}},
    ],
)
def test_what_is_not_given_out_yet_has_a_limit(part: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_MOST_HELD", 1000)
    with pytest.raises(UpstreamGarbled, match="more than 1000 characters that wait for"):
        said(*[part] * 11)


def test_what_was_given_out_counts_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_MOST_HELD", 1000)
    words = {"jsonPath": "$.a", "stringValue": "x" * 100}
    call = [{"functionCall": {"name": "A", "partialArgs": [words], "willContinue": True}}, {"functionCall": {}}]
    turns = [{"text": " " * 100}, {"text": "a"}, *call, {"text": " " * 100}, *call]
    assert len(said(*turns * 10)) == 30


@pytest.mark.parametrize("content", [None, {}, {"parts": "?"}, {"parts": ["?"]}])
def test_a_content_without_parts_says_nothing(content: object) -> None:
    odd: dict[str, object] = {"candidates": [{"content": content}]}
    assert reply(odd, response({"text": "so"}, finish="STOP")).content == (Text("so"),)
