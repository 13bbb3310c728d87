import pytest

from ccr.wire.gemini.families import family
from ccr.wire.gemini.ids import kept, sent

OLDER, NEWER, ALIAS = family("gemini-2.5-pro"), family("gemini-3.5-flash"), family("my-alias")


def test_an_id_that_gemini_gave_comes_back_as_it_was() -> None:
    assert sent(kept("a1B-2_c", "here"), NEWER) == sent(kept("a1B-2_c", "here"), ALIAS) == "a1B-2_c"


@pytest.mark.trap(42)
@pytest.mark.parametrize("id", ["", "a:b", "ü"])
def test_one_that_would_not_is_not_kept(id: str) -> None:
    assert kept(id, "here") == kept(id, "here") != kept(id, "there")
    assert sent(kept(id, "here"), NEWER) == ""


def test_a_call_of_somebody_else_goes_by_its_own_id_where_ids_are_known() -> None:
    assert [sent("toolu_01", model) for model in (OLDER, NEWER, ALIAS)] == ["", "toolu_01", ""]


def test_before_gemini_3_there_are_no_ids() -> None:
    assert sent(kept("a", "here"), OLDER) == ""
