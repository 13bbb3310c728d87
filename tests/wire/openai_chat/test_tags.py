import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr.wire.openai_chat.tags import Tags


def cut(*pieces: str) -> tuple[str, str]:
    """The thoughts and the text."""
    tags = Tags()
    found = [each for piece in pieces for each in tags.cut(piece)] + list(tags.end())
    return "".join(text for thought, text in found if thought), "".join(text for thought, text in found if not thought)


@pytest.mark.parametrize(
    ("text", "thought", "said"),
    [
        ("<think>hm</think>yes", "hm", "yes"),
        (" \n<think>\nhm\n</think>\n\nyes\n", "\nhm\n", "yes\n"),
        ("<think>hm", "hm", ""),
        ("<think>a </b> c</thin", "a </b> c</thin", ""),
        ("<think></think>", "", ""),
        ("yes <think>hm</think>", "", "yes <think>hm</think>"),
        ("<thinking>hm", "", "<thinking>hm"),
        ("<thi", "", "<thi"),
        ("  ", "", "  "),
        ("<think>a</think>b<think>c</think>", "a", "b<think>c</think>"),
    ],
)
def test_what_stands_in_tags_at_the_beginning_is_thought_however_it_is_cut(text: str, thought: str, said: str) -> None:
    assert cut(text) == (thought, said)
    assert cut(*text) == (thought, said)


@given(st.lists(st.sampled_from(["<think>", "</think>", "<", "a", " ", "</thi", "nk>"])))
def test_where_a_piece_ends_means_nothing(pieces: list[str]) -> None:
    assert cut(*pieces) == cut("".join(pieces))


def test_text_is_not_held_back_once_it_shows_that_it_is_text() -> None:
    tags = Tags()
    assert list(tags.cut("<b")) == [(False, "<b")]
    assert list(tags.cut("<think>")) == [(False, "<think>")]


def test_no_end_of_white_space_is_text() -> None:
    text = "\n" * 65 + "<think>a</think>"
    assert cut(text) == cut(*text) == ("", text)
