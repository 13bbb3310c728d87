import pytest

from ccr.messages.json import Json
from ccr.wire.quirks import Options


def test_names_are_known_in_any_spelling_and_strangers_are_noted() -> None:
    given = Options({"maxTokens": 5, "TEMPERATURE": 0.5, "heat": 1, "b": 2}, "max_tokens", "temperature")
    assert (given.count("max_tokens"), given.number("temperature")) == (5, 0.5)
    assert given.notes == ("does not know heat, b; it takes max_tokens, temperature",)
    assert Options({"heat": 1}).notes == ("does not know heat; it takes no options",)


def test_what_is_not_there_is_none_or_as_usual() -> None:
    given = Options({"a": None}, "a")
    assert (given.count("a"), given.number("a"), given.flag("a", usual=True), given.notes) == (None, None, True, ())
    assert Options({"a": False}, "a").flag("a", usual=True) is False


@pytest.mark.parametrize("value", ["8k", True, 0, -1, 1.5])
def test_a_count_is_a_whole_number(value: Json) -> None:
    with pytest.raises(ValueError, match="needs a, a whole number above 0"):
        Options({"a": value}, "a").count("a")


@pytest.mark.parametrize("value", ["hot", True])
def test_a_number_is_a_number(value: Json) -> None:
    with pytest.raises(ValueError, match="takes a number as a"):
        Options({"a": value}, "a").number("a")


def test_a_flag_is_true_or_false() -> None:
    with pytest.raises(ValueError, match="takes true or false as a"):
        Options({"a": 1}, "a").flag("a", usual=True)
