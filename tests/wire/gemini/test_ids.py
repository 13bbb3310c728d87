import pytest

from ccr.wire.gemini.ids import given, kept


def test_an_id_that_gemini_gave_comes_back_as_it_was() -> None:
    assert given(kept("a1B-2_c")) == "a1B-2_c"


@pytest.mark.trap(42)
@pytest.mark.parametrize("id", ["", "a:b", "ü"])
def test_one_that_would_not_is_not_kept(id: str) -> None:
    assert kept(id) == ""


@pytest.mark.parametrize("id", ["toolu_01", "call_2", ""])
def test_an_id_of_somebody_else_is_not_sent(id: str) -> None:
    assert given(id) == ""
