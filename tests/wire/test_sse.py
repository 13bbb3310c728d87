"""Frames of a stream, however they are written and cut."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr.errors import UpstreamGarbled
from ccr.wire import sse
from ccr.wire.sse import Frame, Frames, frame
from tests.support.cuts import CUTS, Cut


def read(chunks: Iterable[bytes]) -> list[Frame]:
    frames = Frames()
    found = [frame for chunk in chunks for frame in frames.feed(chunk)]
    return [*found, *frames.close()]


FORMS = {
    "plain": b"event: a\ndata: {}\n\ndata: 1\n\n",
    "no space": b"event:a\ndata:{}\n\ndata:1\n\n",
    "CRLF": b"event: a\r\ndata: {}\r\n\r\ndata: 1\r\n\r\n",
    "CR": b"event: a\rdata: {}\r\rdata: 1\r\r",
    "comments": b": hello\n\nevent: a\n: x\ndata: {}\n\n:\ndata: 1\n\n",
    "byte order mark": b"\xef\xbb\xbfevent: a\ndata: {}\n\ndata: 1\n\n",
    "no blank line at the end": b"event: a\ndata: {}\n\ndata: 1",
    "many blank lines": b"\n\nevent: a\ndata: {}\n\n\n\n\ndata: 1\n\n\n",
    "other fields": b"id: 7\nretry: 10\nevent: a\ndata: {}\n\nnonsense\ndata: 1\n\nevent: alone\n\n",
}


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.trap(3, 4, 5)
def test_every_form_reads_the_same(cut: Cut, form: str) -> None:
    assert read(cut(FORMS[form])) == [Frame("a", b"{}"), Frame("", b"1")]


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.trap(4)
def test_data_lines_are_joined(cut: Cut) -> None:
    assert read(cut("data: ä\ndata: 😀\n\n".encode())) == [Frame("", "ä\n😀".encode())]


def test_empty_chunks_mean_nothing() -> None:
    assert read([b"", b"data: 1\r", b"", b"\n", b"", b"\r\n"]) == [Frame("", b"1")]


@given(st.lists(st.sampled_from([b"data: 1", b"event: a", b":", b"\r", b"\n", b"\r\n", b"\n\n", b"x"]), max_size=30))
@pytest.mark.trap(1, 2)
def test_where_chunks_end_means_nothing(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    assert read(pieces) == read([data]) == read([data[i : i + 1] for i in range(len(data))])


def test_a_frame_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_FRAME", 100)
    with pytest.raises(UpstreamGarbled, match="more than 100 bytes"):
        read([b"data: " + b"x" * 60, b"x" * 60])


def test_frames_are_written() -> None:
    assert frame(b"{}", "ping") == b"event: ping\ndata: {}\n\n"
    assert frame(b"[DONE]") == b"data: [DONE]\n\n"
