"""Foreign JSON."""

import contextlib
import gc

import pytest

from ccr.messages.json import DEEPEST, MOST_BRACKETS, NOTHING, _decoded, read, text_of


@pytest.mark.parametrize("text", [b'{"a":[1,2.5,null,true,"x"]}', '{"a":[1,2.5,null,true,"x"]}'])
def test_bytes_and_text_are_read(text: bytes | str) -> None:
    assert read(text) == {"a": [1, 2.5, None, True, "x"]}


@pytest.mark.parametrize("text", [rb'{"a":"x\ud83d"}', r'{"a":"x\uD83D"}', rb'{"a":"x\ude00"}'])
def test_half_a_surrogate_pair_becomes_a_replacement_character(text: bytes | str) -> None:
    assert read(text) == {"a": "x\ufffd"}


def test_whole_pairs_beside_a_half_one_survive() -> None:
    assert read(rb'["\ud83d\ude00\ud83d", "\u00e4"]') == ["😀\ufffd", "ä"]


@pytest.mark.parametrize(
    "text", [b"", b"{", b'{"a":1}}', b"NaN", b'"\xff"', b'{"\\ud83d', b"[" * 100_000, b'["\\ud83d",' + b"[" * 100_000]
)
def test_whatever_is_wrong_is_a_value_error(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # each fault has its own words
        read(text)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_nesting_has_a_limit(opening: str, closing: str) -> None:
    read(opening * DEEPEST + "1" + closing * DEEPEST)
    for text in (opening * (DEEPEST + 1) + "1" + closing * (DEEPEST + 1), opening * 900 + "1" + closing * 900):
        with pytest.raises(ValueError, match="nested too deeply"):
            read(text)
    with pytest.raises(ValueError, match="nested too deeply"):
        read(('["\\ud83d",' + opening * 20_000 + "1" + closing * 20_000 + "]").encode())


def test_many_brackets_are_no_depth() -> None:
    assert len(read("[" + "[]," * DEEPEST + "[{}]]")) == DEEPEST + 1  # type: ignore[arg-type]


def test_what_would_keep_others_waiting_is_not_read() -> None:
    for few in (b"[]", b"{}"):
        with pytest.raises(ValueError, match="more than 4000000 brackets"):
            read(b"[" + few * MOST_BRACKETS)  # is no JSON, which nobody finds out
    assert read(b'"%s"' % (b"[" * MOST_BRACKETS)) == "[" * MOST_BRACKETS


def test_nothing_is_an_empty_object_that_has_a_hash() -> None:
    assert NOTHING == {}
    assert isinstance(hash(NOTHING), int)


def test_a_field_that_holds_no_text_says_nothing() -> None:
    assert [text_of({"a": "b", "c": 1}, name) for name in ("a", "c", "d")] == ["b", "", ""]


@pytest.mark.parametrize("end", [b"]", b"]]"], ids=["read", "no JSON"])
def test_the_collector_does_not_come_by_while_a_large_text_is_read(end: bytes) -> None:
    came: list[str] = []

    def note(phase: str, info: dict[str, int]) -> None:
        came.append(phase)

    text = b"[" + b"[]," * 400_000 + b"[]" + end
    gc.callbacks.append(note)
    try:
        with contextlib.suppress(ValueError):
            _decoded(text)
    finally:
        gc.callbacks.remove(note)
    assert not came
    assert gc.isenabled()
    gc.disable()
    try:
        assert read(b"[" + b" " * 1024 * 1024 + b"]") == []
        assert not gc.isenabled(), "whoever turned it off wants it off"
    finally:
        gc.enable()
