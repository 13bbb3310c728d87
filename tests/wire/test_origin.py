"""Who thought a thought."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr.ids import ModelName, ProviderName, Target
from ccr.wire.origin import PREFIX, Origin, origin

WORDS = st.text(st.characters(codec="utf-8"))


@given(WORDS, WORDS, WORDS, WORDS)
def test_a_signature_names_its_origin(provider: str, model: str, field: str, state: str) -> None:
    signed = Origin(Target(ProviderName(provider), ModelName(model)), field, state)
    assert origin(signed.sign()) == signed


def test_a_signature_survives_headers_and_json() -> None:
    signature = Origin(Target(ProviderName("p"), ModelName("ä/😀")), "reasoning", "st\nate").sign()
    assert signature.startswith(PREFIX)
    assert signature.isascii()
    assert '"' not in signature


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "EqQBCkYI",
        PREFIX,
        PREFIX + "é",
        PREFIX + "a",
        PREFIX + base64.urlsafe_b64encode(b"[1,2]").decode(),
        PREFIX + base64.urlsafe_b64encode(b"\xff").decode(),
    ],
)
def test_what_is_not_ours_has_no_origin(signature: str) -> None:
    assert origin(signature) is None
