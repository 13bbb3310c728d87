import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr.errors import RequestProblem, UpstreamCut, UpstreamGarbled, UpstreamSaid
from ccr.messages.blocks import Text, Thinking, ToolUse
from ccr.messages.events import End, TextDelta
from ccr.messages.fold import fold
from ccr.wire.openai_chat import ChatUpstream
from tests.support import chat
from tests.support.chat import delta
from tests.support.cuts import CUTS, Cut
from tests.support.parts import text, thinking, tool, usage
from tests.wire.openai_chat.reading import HI, TARGET, events, sse, whole

CASES = sorted((Path(__file__).parents[1] / "cases" / "openai_chat").glob("*.case"))
DASHES = b"\n----------\n"


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
@pytest.mark.trap(1, 2, 3, 4, 5)
def test_goldens_whole_by_byte_and_in_sevens(case: Path, cut: Cut) -> None:
    data, expected = case.read_bytes().split(DASHES)
    assert summary(cut(data)) == expected.decode().strip()


def summary(pieces: list[bytes]) -> str:
    """What an answer comes to, in a form that people can write."""
    lines: list[str] = []
    try:
        reply = fold(events(pieces))
    except RequestProblem as problem:
        status = f" {problem.status}" if isinstance(problem, UpstreamSaid) else ""
        return f"{type(problem).__name__}{status}: {problem.message}"
    for block in reply.content:
        match block:
            case Text(said):
                lines.append(f"text {json.dumps(said, ensure_ascii=False)}")
            case Thinking(thought):
                lines.append(f"thinking {json.dumps(thought, ensure_ascii=False)}")
            case ToolUse(id, name, input):
                lines.append(f"tool {name} {id} {json.dumps(input, ensure_ascii=False)}")
            case _:
                lines.append(repr(block))
    used = reply.usage
    lines.append(f"{reply.stop_reason} input={used.input} output={used.output} cached={used.cache_read}")
    return "\n".join(lines)


PARTS = (thinking("hm, 思考"), text("Grüße 🎉"), tool("Bash", {"command": "ls 🎉"}, "c1"), usage(10, 3, cached=4))
STREAM = chat.body(*PARTS)
EVENTS = events([STREAM])


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_chunk_borders_mean_nothing(cuts: list[int]) -> None:
    ends = sorted({0, *cuts, len(STREAM)})
    pieces = [STREAM[start:end] for start, end in zip(ends, ends[1:], strict=False)]
    assert fold(events(pieces)) == fold(EVENTS)


def test_a_whole_answer_reads_as_a_streamed_one() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "Bash", "arguments": '{"command":"ls 🎉"}'}}
    message = {"content": "Grüße 🎉", "reasoning_content": "hm, 思考", "tool_calls": [call]}
    answer = {**whole(**message), "model": "scripted-chat", "usage": chat.tokens(usage(10, 3, cached=4))}
    for data in (json.dumps(answer).encode(), b"\xef\xbb\xbf\n " + json.dumps(answer).encode()):
        assert fold(events([data[:1], data[1:2], data[2:]])) == fold(EVENTS)


def test_a_whole_answer_within_a_stream_is_read_once() -> None:
    assert fold(events([sse(whole(content="hi"))])).content == (Text("hi"),)
    assert fold(events([sse(delta(content="hi"), whole(content="hi"))])).content == (Text("hi"),)


def test_calls_of_a_whole_answer_need_no_index() -> None:
    calls = [{"id": id, "function": {"name": "A", "arguments": "{}"}} for id in "ab"]
    found = fold(events([json.dumps(whole(content=None, tool_calls=[*calls, "?"])).encode()]))
    assert [block.id for block in found.content if isinstance(block, ToolUse)] == ["a", "b"]


def test_of_several_choices_the_first_counts() -> None:
    answer = whole(content="one")
    answer["choices"] = [*answer["choices"], {"index": 1, "message": {"content": "two"}}]  # type: ignore[misc]
    assert fold(events([json.dumps(answer).encode()])).content == (Text("one"),)


def test_a_list_of_one_answer_is_that_answer() -> None:
    assert fold(events([json.dumps([whole(content="one")]).encode()])).content == (Text("one"),)


@pytest.mark.trap(7)
def test_nothing_is_read_after_the_end() -> None:
    found = events([sse(delta(content="a"), delta(finish="stop")) + sse(delta(content="b")), b"data: garbage\n\n"])
    assert found[-1] == End()
    assert TextDelta("b") not in found


@pytest.mark.trap(9)
def test_an_end_without_done_is_an_end_if_it_was_announced() -> None:
    assert events([sse(delta(content="a"), delta(finish="stop"), done=False)])[-1] == End()


def test_done_without_a_reason_is_an_end_too() -> None:
    assert events([sse(delta(content="a"))])[-1] == End()


def test_a_last_frame_without_its_blank_line_counts() -> None:
    assert events([sse(delta(content="a"), delta(finish="stop")).rstrip()])[-1] == End()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (sse(delta(content="a"), done=False), "the answer ended before its end"),
        (b"", "an empty answer"),
        (b" \n", "an empty answer"),
        (b": keep-alive\n\n", "an empty answer"),
    ],
)
@pytest.mark.trap(8)
def test_a_cut_stream_is_an_error_and_not_an_end(data: bytes, message: str) -> None:
    with pytest.raises(UpstreamCut, match=message):
        events([data])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<html><head><title>Sign in</title></head></html>", "neither a stream nor JSON: a web page: Sign in"),
        (b"It works!", "neither a stream nor JSON: It works!"),
        (b"data: <oops>\n\n", "a chunk that is not JSON: <oops>"),
        (b"data: 17\n\n", "a chunk that is not a JSON object"),
        (b"data: []\n\n", "a chunk that is not a JSON object"),
        (b'{"choices": [', "a chunk that is not JSON"),
        (b'{"detail": "hi"}', "an answer without any choice"),
        (b"data: [DONE]\n\n", "an answer without any choice"),
        (b"x" * 5000, "x" * 200),
    ],
)
@pytest.mark.trap(2, 16)
def test_garbage_is_named(data: bytes, message: str) -> None:
    with pytest.raises(UpstreamGarbled) as caught:
        events([data[:300], data[300:]])
    assert caught.value.message.startswith(message) or caught.value.message.endswith(message)
    assert len(caught.value.message) < 300


@pytest.mark.parametrize(
    "data",
    [
        b'{"error":{"message":"no luck"}}',
        b'[{"error":{"message":"no luck"}}]',
        b'event: error\ndata: {"message":"no luck"}\n\n',
        b"event: error\ndata: no luck\n\n",
    ],
)
def test_an_error_in_a_200_is_what_the_provider_said(data: bytes) -> None:
    with pytest.raises(UpstreamSaid, match="no luck"):
        events([data])


def test_empty_data_lines_are_skipped() -> None:
    assert events([b"data:\n\ndata: \n\n" + sse(delta(content="a"))])[-1] == End()


def test_an_endless_answer_is_not_gathered() -> None:
    endless, mebibytes = ChatUpstream().reader(HI, TARGET), b" " * 2**20
    with pytest.raises(UpstreamGarbled, match="more than"):
        for piece in [b"{", *[mebibytes] * 64]:
            list(endless.feed(piece))
