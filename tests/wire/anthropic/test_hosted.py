from dataclasses import replace

import pytest

from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.blocks import Text, Thinking
from ccr.messages.request import Request, Turn
from ccr.wire.anthropic.doors import EDITS_CONTEXT, Door
from ccr.wire.anthropic.hosted import hosted
from ccr.wire.origin import Origin

HERE = Target(ProviderName("cloud"), ModelName("claude-sonnet-5"))
SCOPED = {"cache_control": {"type": "ephemeral", "scope": "global"}}
HI = Request("x", (Turn("user", (Text("hi", SCOPED),)),), max_tokens=10)


def test_the_words_are_anthropics_less_what_the_door_does_not_know() -> None:
    body, betas = hosted(
        replace(HI, extra={"speed": "fast", "tags": {"a": 1}}, betas=("fast-mode", "tags-1", EDITS_CONTEXT)),
        HERE,
        Door((EDITS_CONTEXT,)),
    )
    text = {"type": "text", "text": "hi", "cache_control": {"type": "ephemeral"}}
    assert body == {"model": "claude-sonnet-5", "max_tokens": 10, "messages": [{"role": "user", "content": [text]}]}
    assert betas == (EDITS_CONTEXT,)


def test_anthropics_signatures_are_good_at_every_door() -> None:
    foreign = Origin(HERE, "reasoning").sign()
    thoughts = Turn("assistant", (Thinking("own", "EqQB"), Thinking("foreign", foreign), Text("a")))
    body, _ = hosted(replace(HI, turns=(*HI.turns, thoughts, *HI.turns)), HERE, Door(()))
    assert isinstance(body["messages"], list)
    assert body["messages"][1]["content"] == [
        {"type": "thinking", "thinking": "own", "signature": "EqQB"},
        {"type": "text", "text": "a"},
    ]


@pytest.mark.trap(49)
def test_the_attribution_line_stays_where_it_is() -> None:
    system = (Text("x-anthropic-billing-header: cch=ab;"), Text("Be."))
    body, _ = hosted(replace(HI, system=system), HERE, Door(()))
    assert body["system"] == [{"type": "text", "text": block.text} for block in system]
