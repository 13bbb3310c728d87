"""What rides in `encrypted_content`."""

import pytest

from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.blocks import RedactedThinking, Thinking
from ccr.wire.fields import Fields
from ccr.wire.openai_responses.thoughts import sealed, thought
from ccr.wire.origin import Origin, is_ours

OURS = Origin(Target(ProviderName("p"), ModelName("m")), "reasoning").sign()
HM = [{"type": "summary_text", "text": "hm"}]


def item(seal: str | None, **more: object) -> Fields:
    return Fields({"type": "reasoning", "summary": HM, "encrypted_content": seal, **more})


@pytest.mark.trap(62)
@pytest.mark.parametrize(
    "had", [Thinking("hm", OURS), Thinking("hm", "EqQBCkYI"), RedactedThinking("EmwKAhgB"), Thinking("hm")]
)
def test_a_thought_comes_back_as_it_was(had: Thinking | RedactedThinking) -> None:
    assert thought(item(sealed(had))) == had


def test_anthropics_signature_wears_our_tag() -> None:
    for had in (Thinking("", "EqQB"), RedactedThinking("EqQB")):
        seal = sealed(had)
        assert seal
        assert is_ours(seal), "an upstream of the same dialect would get it"


@pytest.mark.trap(62)
def test_what_openai_sealed_is_nobodys_signature() -> None:
    assert thought(item("gAAA")) == Thinking("hm", "", {"encrypted_content": "gAAA"})
    sealed_by_its_id = {"id": "rs_1", "encrypted_content": "gAAA"}
    assert thought(item("gAAA", id="rs_1")) == Thinking("hm", "", sealed_by_its_id)


def test_parts_are_paragraphs() -> None:
    assert thought(item(None, summary=[*HM, *HM])).text == "hm\n\nhm"  # type: ignore[union-attr]


def test_without_a_summary_the_thought_itself_is_read() -> None:
    content = [{"type": "reasoning_text", "text": "in full"}, {"type": "other"}]
    assert thought(item(None, summary=[], content=content)) == Thinking("in full")
    assert thought(item(None, content=content)) == Thinking("hm")
    assert thought(item(None, summary=[], content=None)) == Thinking("")
