"""An upstream's answer, by chunks."""

import json
from collections.abc import Iterable

import pytest

from ccr.errors import UpstreamCut, UpstreamGarbled, UpstreamSaid
from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.blocks import Text, Thinking, ToolUse
from ccr.messages.events import End, Event, Grammar, Ping, Start
from ccr.messages.fold import fold
from ccr.messages.reply import Usage
from ccr.messages.request import Request, Turn
from ccr.wire.anthropic import reader as module
from ccr.wire.anthropic.errors import HEAD
from ccr.wire.anthropic.reader import AnswerReader
from tests.support import messages
from tests.support.cuts import CUTS, Cut
from tests.support.parts import text, thinking, tool, usage

TARGET = Target(ProviderName("p"), ModelName("asked"))
REQUEST = Request("x", (Turn("assistant", (ToolUse("used", "A"), Text("x"))),))

STREAM = messages.body(thinking("hm…"), text("Grüße 😀"), tool("Bash", {"command": "ls"}, "call_1"), usage(10, 3, 4))
CONTENT = (Thinking("hm…", "c2lnbmVk"), Text("Grüße 😀"), ToolUse("call_1", "Bash", {"command": "ls"}))
REPLY: dict[str, object] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [{"type": "text", "text": "Grüße"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 1, "output_tokens": 2},
}


def read(chunks: Iterable[bytes]) -> list[Event]:
    reader, grammar = AnswerReader(REQUEST, TARGET), Grammar()
    found = [grammar.check(event) for chunk in chunks for event in reader.feed(chunk)]
    found += [grammar.check(event) for event in reader.close()]
    assert grammar.state == "done"
    return found


@pytest.mark.parametrize("cut", CUTS)
def test_a_stream_is_read_wherever_its_chunks_end(cut: Cut) -> None:
    reply = fold(read(cut(STREAM)))
    assert (reply.content, reply.stop_reason, reply.model) == (CONTENT, "tool_use", "scripted-messages")
    assert reply.usage == Usage(input=6, output=3, cache_read=4, cache_write=0)


@pytest.mark.parametrize("cut", CUTS)
def test_a_long_stream_is_read_too(cut: Cut) -> None:
    words = "words " * HEAD
    assert fold(read(cut(messages.body(text(words))))).content == (Text(words),)


def lines(*, named: bool = True, end: str = "\n", space: str = " ", done: bool = False) -> bytes:
    frames = []
    for event in messages.events(text("hi")):
        frames.append(f"event:{space}{event['type']}{end}" if named else "")
        frames.append(f"data:{space}{json.dumps(event)}{end}{end}")
    return "".join([*frames, f"data: [DONE]{end}{end}" if done else ""]).encode()


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize(
    "stream",
    [
        lines(named=False),
        lines(end="\r\n"),
        lines(end="\r"),
        lines(space=""),
        lines(done=True),
        b"\xef\xbb\xbf\n\n" + lines(),
        b": hello\n\n" + lines(),
        b"data:\n\nevent: x\ndata: \n\n" + lines(),
        lines() + b"garbage after the end\n\ndata: {\n\n",
        lines().replace(b'"type": "message_stop"', b'"x": 1').replace(b'"type": "message_start", ', b""),
        lines().rpartition(b"event: message_stop")[0],
        lines().rpartition(b"event: message_stop")[0] + b"data: [DONE]\n\n",
        lines()[:-2],
    ],
    ids=["unnamed", "CRLF", "CR", "no space", "DONE", "byte order mark", "comment", "empty frames", "more after the end",
         "no types", "no message_stop", "DONE for message_stop", "no blank line at the end"],
)  # fmt: skip
def test_every_form_of_stream_is_read(cut: Cut, stream: bytes) -> None:
    assert fold(read(cut(stream))).content == (Text("hi"),)


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("indent", [None, 1])
def test_a_json_answer_to_a_stream_request_is_read(cut: Cut, indent: int | None) -> None:
    events = read(cut(b" \r\n" + json.dumps(REPLY, indent=indent).encode()))
    assert (events[0], events[-1]) == (Start("msg_1", "m", Usage(input=1, output=2)), End())
    assert fold(events).content == (Text("Grüße"),)


def test_call_ids_are_unlike_those_of_the_conversation() -> None:
    calls = [{"type": "tool_use", "id": "used", "name": "A", "input": {}}]
    assert fold(read([json.dumps({**REPLY, "content": calls}).encode()])).content == (ToolUse("used_2", "A"),)
    assert fold(read([messages.body(tool("A", {}, "used"))])).content == (ToolUse("used_2", "A"),)


ERROR = b'{"type":"error","error":{"type":"overloaded_error","message":"busy"}}'


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize(
    "answer",
    [
        ERROR,
        b'{"error":{"code":"overloaded_error","message":"busy"}}',
        b"event: error\ndata: " + ERROR + b"\n\n",
        b"data: " + ERROR + b"\n\n",
        STREAM.rpartition(b"event: message_delta")[0] + b"event: error\ndata: " + ERROR + b"\n\n",
    ],
)
def test_an_error_in_a_200_is_what_the_upstream_said(cut: Cut, answer: bytes) -> None:
    with pytest.raises(UpstreamSaid, match="busy") as raised:
        read(cut(answer))
    assert (raised.value.status, raised.value.code) == (529, "overloaded_error")


def test_an_error_in_plain_words_is_one_too() -> None:
    with pytest.raises(UpstreamSaid, match="out of memory"):
        read([b"event: error\ndata: out of memory\n\n"])


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (b"<!DOCTYPE html><title>502 Bad Gateway</title>", "a web page: 502 Bad Gateway"),
        (b"<html>" + b"x" * 2 * HEAD, "a web page"),
        (b"Internal Server Error", "Messages API: Internal Server Error"),
        (b"internal error", "Messages API: internal error"),
        (b'["x"]', "Messages API"),
        (b'{"choices":[]}', "Messages API: {.choices.:"),
        (b'{"content":"x"}', "Messages API"),
        (b'{"content":[', "not JSON"),
        (b'data: {"choices":[]}\n\n', "Messages API: data: {.choices"),
        (b"data: {\n\n", "not JSON: {"),
        (b"data: [1]\n\n", "not a JSON object"),
        (b"data: [DONE]\n\n", "ends before it begins"),
    ],
)
@pytest.mark.trap(16)
def test_what_is_no_answer_is_garbled(cut: Cut, answer: bytes, fault: str) -> None:
    with pytest.raises(UpstreamGarbled, match=fault):
        read(cut(answer))


@pytest.mark.parametrize("answer", [b"", b" \n\r\n"])
@pytest.mark.trap(17)
def test_an_empty_answer_is_cut(answer: bytes) -> None:
    with pytest.raises(UpstreamCut, match="empty"):
        read([answer])


@pytest.mark.parametrize("cut", CUTS)
def test_a_stream_that_breaks_off_is_an_error_not_an_end(cut: Cut) -> None:
    with pytest.raises(UpstreamCut):
        read(cut(STREAM.rpartition(b"event: message_delta")[0]))


def test_only_so_much_json_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_FRAME", 100)
    with pytest.raises(UpstreamGarbled, match="more than 100 bytes"):
        read([b"{", b" " * 101])


def test_events_come_as_soon_as_they_are_whole() -> None:
    reader = AnswerReader(REQUEST, TARGET)
    start, ping, *_ = STREAM.split(b"\n\n")
    assert [type(event) for event in reader.feed(start + b"\n\n" + ping)] == [Start]
    assert list(reader.feed(b"\n\n")) == [Ping()]
