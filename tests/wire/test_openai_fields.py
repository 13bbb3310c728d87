"""What both OpenAI wires say in the same form. Their own tests show it in whole requests."""

import pytest

from ccr.errors import BadRequest
from ccr.messages.blocks import Base64
from ccr.messages.request import ToolChoice
from ccr.wire.fields import Fields
from ccr.wire.openai_fields import arguments, effort, inline, mode


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('{"a":1}', {"a": 1}),
        ('"{\\"a\\":1}"', {"a": 1}),
        ("", {}),
        ("null", {}),
        ("[1]", {"arguments": "[1]"}),
        ("{", {"arguments": "{"}),
    ],
)
def test_arguments_are_an_object_whatever_a_model_wrote(text: str, read: object) -> None:
    assert arguments(Fields({"arguments": text})) == read


def test_a_data_url_is_taken_apart() -> None:
    assert inline("data:image/png;charset=x;base64,aGk=", "p") == Base64("image/png", "aGk=")
    with pytest.raises(BadRequest, match="^p: "):
        inline("data:image/png,hi", "p")


def test_a_choice_in_one_word() -> None:
    assert [mode(Fields({"c": word}), "c") for word in ("auto", "none", "required")] == [
        ToolChoice("auto"),
        ToolChoice("none"),
        ToolChoice("any"),
    ]
    with pytest.raises(BadRequest, match="c: expected none, auto or required, not 'x'"):
        mode(Fields({"c": "x"}), "c")


def test_an_effort_is_one_that_is_known() -> None:
    assert effort(Fields({}), "e") is None
    assert effort(Fields({"e": "xhigh"}), "e") == "xhigh"
    with pytest.raises(BadRequest, match="e: expected one of"):
        effort(Fields({"e": "much"}), "e")
