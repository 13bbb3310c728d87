import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr.errors import RequestProblem, UpstreamCut, UpstreamGarbled, UpstreamSaid
from ccr.messages.blocks import Opaque, Text, Thinking, ToolUse
from ccr.messages.events import End
from ccr.messages.fold import fold
from ccr.messages.request import BuiltinTool, Request
from ccr.wire.origin import origin
from tests.support import gemini
from tests.support.cuts import CUTS, Cut
from tests.support.parts import text, thinking, tool, usage
from tests.wire.gemini.reading import HI, HOST, PRO, events, response, sse

CASES = sorted((Path(__file__).parents[1] / "cases" / "gemini").glob("*.case"))
DASHES = b"\n----------\n"
SEARCH = Request("m", HI.turns, tools=(BuiltinTool("web_search_20250305", "web_search", {}),))


@pytest.mark.trap(1, 2, 3, 4)
@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_goldens_whole_by_byte_and_in_sevens(case: Path, cut: Cut) -> None:
    data, expected = case.read_bytes().split(DASHES)
    request = SEARCH if case.stem.startswith("search") else HI
    assert summary(cut(data), request) == expected.decode().strip()


def summary(pieces: list[bytes], request: Request) -> str:
    """What an answer comes to, in a form that people can write."""
    lines: list[str] = []
    try:
        reply = fold(events(pieces, request))
    except RequestProblem as problem:
        status = f" {problem.status}" if isinstance(problem, UpstreamSaid) else ""
        return f"{type(problem).__name__}{status}: {problem.message}"
    for block in reply.content:
        match block:
            case Text(said, extra):
                cited = extra.get("citations")
                sources = [each["url"] for each in cited] if isinstance(cited, list) else []
                lines.append(" ".join(["text", json.dumps(said, ensure_ascii=False), *map(str, sources)]))
            case Thinking(thought, signature):
                known = origin(signature)
                assert known
                lines.append(f"thinking {json.dumps(thought, ensure_ascii=False)} {known.field} {known.state}".strip())
            case ToolUse(id, name, input):
                shown = id if id.startswith("gemini_") else "-"
                lines.append(f"tool {name} {shown} {json.dumps(input, ensure_ascii=False)}")
            case Opaque(raw):
                lines.append(f"{block.type} {json.dumps(raw.get('input') or raw.get('content'), ensure_ascii=False)}")
            case _:
                lines.append(repr(block))
    used = reply.usage
    lines.append(
        f"{reply.stop_reason} input={used.input} output={used.output} cached={used.cache_read} thought={used.reasoning}"
    )
    return "\n".join(lines)


PARTS = (thinking("hm, 思考"), text("Grüße 🎉"), tool("Bash", {"command": "ls 🎉"}, "c1"), usage(10, 3, cached=4))
STREAM = gemini.body(*PARTS)
EVENTS = events([STREAM])


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_chunk_borders_mean_nothing(cuts: list[int]) -> None:
    ends = sorted({0, *cuts, len(STREAM)})
    pieces = [STREAM[start:end] for start, end in zip(ends, ends[1:], strict=False)]
    assert fold(events(pieces)) == fold(EVENTS)


@pytest.mark.parametrize("cut", CUTS)
def test_an_array_or_one_object_reads_as_a_stream(cut: Cut) -> None:
    chunks = gemini.chunks(*PARTS)
    array = json.dumps(chunks, indent=2).encode()
    parts = gemini.signed(PARTS, gemini.SCRIPTED)
    whole = {**response(*parts, finish="STOP"), **gemini.ending(PARTS, gemini.SCRIPTED)}
    for data in (array, b"\xef\xbb\xbf\n " + array, json.dumps(whole).encode()):
        assert fold(events(cut(data))).content == fold(EVENTS).content


def test_a_whole_answer_need_not_say_why_it_ended() -> None:
    assert fold(events([json.dumps(response({"text": "hi"})).encode()])).content == (Text("hi"),)


@pytest.mark.trap(5, 7)
def test_comments_and_a_done_that_proxies_add_are_nothing() -> None:
    data = b": keep-alive\n\ndata:\n\n" + sse(response({"text": "hi"}, finish="STOP")) + b"data: [DONE]\n\n"
    assert fold(events([data])).content == (Text("hi"),)


def test_a_last_frame_without_its_blank_line_counts() -> None:
    assert events([sse(response({"text": "hi"}, finish="STOP")).rstrip()])[-1] == End()


@pytest.mark.trap(8)
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (sse(response({"text": "a"})), "the answer ended before its end"),
        (b"", "an empty answer"),
        (b" \n", "an empty answer"),
        (b": keep-alive\n\n", "an empty answer"),
    ],
)
def test_a_cut_stream_is_an_error_and_not_an_end(data: bytes, message: str) -> None:
    with pytest.raises(UpstreamCut, match=message):
        events([data])


@pytest.mark.trap(16)
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<html><head><title>Sign in</title></head></html>", "neither a stream nor JSON: a web page: Sign in"),
        (b"It works!", "neither a stream nor JSON: It works!"),
        (b"data: <oops>\n\n", "a response that is not JSON: <oops>"),
        (b"data: 17\n\n", "a response that is not a JSON object"),
        (b'{"candidates": [', "a response that is not JSON"),
        (b'{"detail": "hi"}', "an answer without candidates"),
        (b"[]", "an answer without candidates: []"),
        (b"data: [DONE]\n\n", "an answer without candidates"),
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
        b'data: {"error":{"message":"no luck"}}\n\n',
        b'data: [{"error":{"message":"no luck"}}]\n\n',
        b'event: error\ndata: {"message":"no luck"}\n\n',
    ],
)
def test_an_error_in_a_200_is_what_the_provider_said(data: bytes) -> None:
    with pytest.raises(UpstreamSaid, match="no luck"):
        events([data])


def test_an_endless_answer_is_not_gathered() -> None:
    endless, mebibytes = HOST.reader(HI, PRO), b" " * 2**20
    with pytest.raises(UpstreamGarbled, match="more than"):
        for piece in [b"{", *[mebibytes] * 64]:
            list(endless.feed(piece))


PART = st.sampled_from([
    {"text": "a"}, {"text": ""}, {"text": "\n"}, {"text": "hm", "thought": True}, {"thoughtSignature": "s", "text": ""},
    {"thoughtSignature": "t", "text": "b"}, {"functionCall": {"name": "F", "args": {"x": 1}}, "thoughtSignature": "u"},
    {"functionCall": {"name": "F"}}, {"functionCall": {}}, {"functionCall": {"name": "P", "willContinue": True}},
    {"functionCall": {"partialArgs": [{"jsonPath": "$.a", "stringValue": "v"}], "willContinue": True}},
    {"text": "x", "thought": True, "thoughtSignature": "v"}, {"executableCode": {"code": "1"}}, {}, "?", {"text": None},
])  # fmt: skip
FINISH = st.sampled_from(["", "", "STOP", "MAX_TOKENS", "SAFETY", "MALFORMED_FUNCTION_CALL", "NEW"])


@given(st.lists(st.tuples(st.lists(PART, max_size=3), FINISH), max_size=6), st.booleans())
def test_whatever_comes_is_a_legal_answer_or_a_clear_error(
    chunks: list[tuple[list[object], str]], search: bool
) -> None:
    data = sse(*(response(*parts, finish=finish) for parts, finish in chunks))
    try:
        found = fold(events([data], SEARCH if search else HI))
    except RequestProblem as problem:
        clear = bool(problem.message)
    else:
        clear = found.stop_reason != "tool_use" or any(isinstance(block, ToolUse) for block in found.content)
        last = found.content[-1] if found.content else None
        clear = clear and not (isinstance(last, Thinking) and not last.text)
    assert clear
