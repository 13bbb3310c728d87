import pytest

from ccr.errors import UpstreamGarbled
from ccr.wire import body as module
from ccr.wire.body import Body, form, opened
from ccr.wire.sse import Frame
from tests.support.cuts import CUTS, Cut

STREAM = b'\xef\xbb\xbfdata: {"a":1}\n\nevent: end\ndata: 2\n\n'


def read(pieces: list[bytes]) -> tuple[Body, list[Frame]]:
    body = Body()
    frames = [frame for piece in pieces for frame in body.feed(piece)]
    return body, [*frames, *body.close()]


@pytest.mark.parametrize("cut", CUTS)
def test_a_stream_is_frames(cut: Cut) -> None:
    body, frames = read(cut(STREAM))
    assert frames == [Frame("", b'{"a":1}'), Frame("end", b"2")]
    assert (body.form, body.framed) == ("stream", True)


@pytest.mark.parametrize("cut", CUTS)
def test_a_json_text_is_one_frame_at_the_end(cut: Cut) -> None:
    body, frames = read(cut(b' {"a": 1}'))
    assert frames == [Frame("", b' {"a": 1}')]
    assert (body.form, body.framed) == ("json", False)


def test_a_web_page_is_neither() -> None:
    body, frames = read([b"<html><title>Sign in</title>"])
    assert (body.form, frames) == ("other", [])
    assert body.strange().message == "neither a stream nor JSON: a web page: Sign in"


@pytest.mark.parametrize(
    ("data", "shows"), [(b"", None), (b" \n", None), (b"\xef", None), (b"[", "json"), (b"d", "stream")]
)
def test_the_first_bytes_show_the_form(data: bytes, shows: str | None) -> None:
    assert form(data) == shows


@pytest.mark.parametrize(("data", "breaks_off"), [(b"", True), (b"data: 1", True), (b"hello", False), (b"{", False)])
def test_what_is_empty_or_begins_a_frame_breaks_off(data: bytes, breaks_off: bool) -> None:
    assert read([data])[0].breaks_off == breaks_off


def test_a_cut_tells_whether_anything_came() -> None:
    assert read([b""])[0].cut().message == "an empty answer"
    assert read([STREAM])[0].cut().message == "the answer ended before its end"


def test_an_endless_text_is_not_gathered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_FRAME", 10)
    with pytest.raises(UpstreamGarbled, match="more than 10 bytes"):
        read([b'{"a":', b'"0123456789"}'])


def test_what_is_no_json_is_named() -> None:
    assert opened(b"[1]", "a chunk") == [1]
    with pytest.raises(UpstreamGarbled, match="a chunk that is not JSON: oops"):
        opened(b"oops", "a chunk")
