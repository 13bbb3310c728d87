import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr.messages.json import read
from ccr.wire.openai_chat.ends import Ends
from ccr.wire.wording import compact

VALUES = st.recursive(st.none() | st.text('a{}"\\'), lambda inner: st.dictionaries(st.text('a{"\\'), inner, max_size=3))


def met(*pieces: str) -> list[bool]:
    ends = Ends()
    return [ends.within(piece) for piece in pieces]


@pytest.mark.parametrize(
    ("pieces", "ends"),
    [
        (["{}"], [True]),
        (['{"a":{', "}", "}"], [False, False, True]),
        (['{"}', '":1', "}"], [False, False, True]),
        (['{"\\', '"}', '":1}'], [False, False, True]),
        (['{"\\\\', '":1}'], [False, True]),
        (['"{}', '"'], [False, True]),
        (["[", "]"], [False, False]),
    ],
)
def test_it_is_the_piece_that_closes_the_first_brace(pieces: list[str], ends: list[bool]) -> None:
    assert met(*pieces) == ends


@given(st.dictionaries(st.text('a{"\\'), VALUES, max_size=3))
def test_no_object_ends_before_its_last_sign(value: dict[str, object]) -> None:
    """Sign by sign, and the same object within a string."""
    text = compact(value)
    assert read(text) == value
    for each in (text, compact(text)):
        assert met(*each) == [False] * (len(each) - 1) + [True]
