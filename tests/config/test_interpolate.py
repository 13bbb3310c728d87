import pytest

from ccr.config.interpolate import Unset, interpolate
from ccr.messages.json import Json

ENV = {"NAME": "value", "lower": "low", "EMPTY": "", "WITH": "$NAME"}


def filled(text: str) -> Json:
    return interpolate({"x": text}, ENV).raw["x"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$NAME", "value"),
        ("a${NAME}b$NAME", "avaluebvalue"),
        ("${lower}", "low"),
        ("${NAME:-other}", "value"),
        ("${EMPTY:-other}", "other"),
        ("${UNSET:-}", ""),
        ("${UNSET:-http://localhost:1/v1}/x", "http://localhost:1/v1/x"),
        ("$WITH", "$NAME"),
    ],
)
def test_variables_are_put_in(text: str, expected: str) -> None:
    assert filled(text) == expected


@pytest.mark.parametrize("text", ["pa$$word", "p$$NAME", "$lower", "$1", "cost $", "${}", "${NAME", "$NAMEs", "$Name"])
def test_a_dollar_that_is_no_variable_stays(text: str) -> None:
    assert filled(text) == text


@pytest.mark.parametrize("text", ["$UNSET", " ${UNSET} ", "$EMPTY"])
def test_a_value_that_is_only_an_unset_variable_is_not_given(text: str) -> None:
    assert filled(text) is None


def test_an_unset_variable_within_a_text_leaves_the_text() -> None:
    assert filled("a$UNSET") == "a$UNSET"


def test_what_is_unset_is_told_with_its_place() -> None:
    raw: dict[str, Json] = {"Providers": [{"api_key": "$ONE", "url": "https://${TWO}/$NAME"}], "n": 1}
    assert interpolate(raw, ENV).unset == (
        Unset("Providers[0].api_key", "ONE", whole=True),
        Unset("Providers[0].url", "TWO", whole=False),
    )


def test_the_variable_that_a_whole_value_comes_from_is_remembered() -> None:
    raw: dict[str, Json] = {"a": "$NAME", "b": "x$NAME", "c": "${EMPTY:-d}", "d": ["${lower}"]}
    assert interpolate(raw, ENV).sources == {"a": "NAME", "d[0]": "lower"}
