import pytest

from ccr.messages.blocks import Thinking
from ccr.wire.gemini.signatures import CALL, UNSIGNED, known, signed
from tests.wire.gemini.reading import FLASH, PRO, model


def test_a_signature_goes_back_to_its_model() -> None:
    found = known(Thinking("", signed(PRO, CALL, "s")), PRO)
    assert found
    assert (found.field, found.state) == (CALL, "s")


@pytest.mark.trap(63)
@pytest.mark.parametrize(
    "signature",
    [signed(FLASH, CALL, "s"), signed(model("gemini-3-pro-preview", "other"), CALL, "s"), "anthropic's", ""],
)
def test_a_foreign_one_does_not(signature: str) -> None:
    assert known(Thinking("", signature), PRO) is None


def test_a_thought_that_came_with_none_has_nothing_to_give_back() -> None:
    assert known(Thinking("hm", signed(PRO, UNSIGNED)), PRO) is None
