import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr.errors import RequestProblem, UpstreamCut, UpstreamGarbled, UpstreamSaid
from ccr.messages.blocks import Opaque, Text, Thinking, ToolUse
from ccr.messages.events import End, TextDelta
from ccr.messages.fold import fold
from ccr.wire.openai_responses import ResponsesUpstream
from ccr.wire.openai_responses.state import remembered
from ccr.wire.wording import compact
from tests.support import responses
from tests.support.cuts import CUTS, Cut
from tests.support.parts import text, thinking, tool, usage
from tests.wire.openai_responses.reading import HI, TARGET, events

CASES = sorted((Path(__file__).parents[1] / "cases" / "openai_responses").glob("*.case"))
DASHES = b"\n----------\n"


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
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
            case Text(said, extra):
                cited = f" {compact(extra['citations'])}" if extra else ""
                lines.append(f"text {json.dumps(said, ensure_ascii=False)}{cited}")
            case Thinking(thought):
                state = remembered(block, TARGET)
                ids = [f" {item['id']}={item.get('encrypted_content', '-')}" for item in state.items]
                phase = f" phase={state.phase}" if state.phase else ""
                lines.append(f"thinking {json.dumps(thought, ensure_ascii=False)}{''.join(ids)}{phase}")
            case ToolUse(id, name, input):
                lines.append(f"tool {name} {id} {json.dumps(input, ensure_ascii=False)}")
            case Opaque(raw):
                lines.append(f"{block.type} {compact(raw.get('input') or raw.get('content'))}")
            case _:
                lines.append(repr(block))
    used = reply.usage
    lines.append(f"{reply.stop_reason} input={used.input} output={used.output} cached={used.cache_read}")
    return "\n".join(lines)


PARTS = (thinking("hm, 思考"), text("Grüße 🎉"), tool("Bash", {"command": "ls 🎉"}, "c1"), usage(10, 3, cached=4))
ITEMS = responses.items(*PARTS)
LAST = responses.whole(*ITEMS, used=responses.figures(PARTS))
STREAM = b"".join(
    responses.frame(
        {**event, "response": {**LAST, **({"status": "x"} if n < 2 else {})}} if "response" in event else event
    )
    for n, event in enumerate(responses.events(*ITEMS))
)
EVENTS = events([STREAM])


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_chunk_borders_mean_nothing(cuts: list[int]) -> None:
    ends = sorted({0, *cuts, len(STREAM)})
    pieces = [STREAM[start:end] for start, end in zip(ends, ends[1:], strict=False)]
    assert fold(events(pieces)) == fold(EVENTS)


def test_a_whole_answer_reads_as_a_streamed_one() -> None:
    for data in (json.dumps(LAST).encode(), b"\xef\xbb\xbf\n " + json.dumps(LAST).encode()):
        assert fold(events([data[:1], data[1:2], data[2:]])) == fold(EVENTS)


def test_events_need_no_names_and_no_numbers() -> None:
    bare = b"".join(line + b"\n" for line in STREAM.split(b"\n") if not line.startswith(b"event:"))
    assert fold(events([bare])) == fold(EVENTS)
    named = STREAM.replace(b'"type": "response.completed", ', b"")
    assert named != STREAM
    assert fold(events([named])) == fold(EVENTS)


@pytest.mark.trap(7)
def test_nothing_is_read_after_the_end() -> None:
    found = events([STREAM + b"data: garbage\n\n", b"data: garbage\n\n"])
    assert found[-1] == End()
    reader = ResponsesUpstream().reader(HI, TARGET)
    list(reader.feed(STREAM))
    assert list(reader.feed(b"data: garbage\n\n")) == []
    assert list(reader.close()) == []


def test_a_last_frame_without_its_blank_line_counts() -> None:
    assert events([STREAM.rstrip()])[-1] == End()


def test_empty_data_and_done_mean_nothing() -> None:
    assert fold(events([b"data:\n\ndata: [DONE]\n\n" + STREAM])) == fold(EVENTS)


OPEN = responses.frame({"type": "response.output_text.delta", "output_index": 0, "delta": "a"})


@pytest.mark.trap(8)
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (OPEN, "the answer ended before its end"),
        (OPEN + b"data: [DONE]\n\n", "the answer ended before its end"),
        (b"data: [DONE]\n\n", "the answer ended before its end"),
        (b"", "an empty answer"),
        (b" \n", "an empty answer"),
        (b": keep-alive\n\n", "an empty answer"),
    ],
)
def test_a_cut_stream_is_an_error_and_not_an_end(data: bytes, message: str) -> None:
    with pytest.raises(UpstreamCut, match=message):
        events([data])


@pytest.mark.parametrize("place", [len(STREAM) // 4, len(STREAM) // 2, len(STREAM) - len(json.dumps(LAST))])
def test_a_stream_cut_anywhere_is_an_error(place: int) -> None:
    with pytest.raises(RequestProblem):
        events([STREAM[:place]])


@pytest.mark.trap(2, 16)
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<html><head><title>Sign in</title></head></html>", "neither a stream nor JSON: a web page: Sign in"),
        (b"It works!", "neither a stream nor JSON: It works!"),
        (b"data: <oops>\n\n", "an event that is not JSON: <oops>"),
        (b"data: oops\n\n", "an event that is not JSON: oops"),
        (b"data: 17\n\n", "an event that is not a JSON object"),
        (b"data: []\n\n", "an event that is not a JSON object"),
        (b'{"output": [', "an event that is not JSON"),
        (b'{"choices": []}', "an answer without any output"),
        (b"x" * 5000, "x" * 200),
    ],
)
def test_garbage_is_named(data: bytes, message: str) -> None:
    with pytest.raises(UpstreamGarbled) as caught:
        events([data[:300], data[300:]])
    assert caught.value.message.startswith(message) or caught.value.message.endswith(message)
    assert len(caught.value.message) < 300


@pytest.mark.trap(10)
@pytest.mark.parametrize(
    "data",
    [
        b'{"error":{"message":"no luck"}}',
        b'[{"error":{"message":"no luck"}}]',
        b'event: error\ndata: {"message":"no luck"}\n\n',
        b"event: error\ndata: no luck\n\n",
        b'data: {"type":"error","message":"no luck"}\n\n',
    ],
)
def test_an_error_in_a_200_is_what_the_provider_said(data: bytes) -> None:
    with pytest.raises(UpstreamSaid, match="no luck"):
        events([data])


def test_what_was_said_before_an_error_is_not_lost() -> None:
    reader = ResponsesUpstream().reader(HI, TARGET)
    found = list(reader.feed(OPEN))
    assert TextDelta("a") in found
    with pytest.raises(UpstreamSaid):
        list(reader.feed(b'data: {"type":"error","message":"no luck"}\n\n'))


def test_an_endless_answer_is_not_gathered() -> None:
    endless, mebibytes = ResponsesUpstream().reader(HI, TARGET), b" " * 2**20
    with pytest.raises(UpstreamGarbled, match="more than"):
        for piece in [b"{", *[mebibytes] * 64]:
            list(endless.feed(piece))
