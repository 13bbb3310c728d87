import pytest

from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.blocks import Block, Opaque, RedactedThinking, Text, Thinking, ToolUse
from ccr.messages.events import BlockStart, BlockStop, Event, OpaqueDelta, SignatureDelta, ThinkingDelta
from ccr.messages.request import Turn
from ccr.wire.anthropic.thoughts import Tagging, genuine, remembered, seen, supplied
from ccr.wire.origin import Origin, origin
from ccr.wire.searching import PREFIX

HERE = Target(ProviderName("kimi"), ModelName("k2"))
OTHER = Target(ProviderName("deepseek"), ModelName("v4"))
ELSEWHERE = Origin(OTHER, "signature", "theirs").sign()


def tagged(field: str, state: str) -> str:
    return Origin(HERE, field, state).sign()


@pytest.mark.trap(62)
@pytest.mark.parametrize(
    ("block", "left"),
    [
        (Thinking("hm", "EqQB"), Thinking("hm", "EqQB")),
        (Thinking("hm", ELSEWHERE), None),
        (Thinking("hm"), None),
        (RedactedThinking("EmwK"), RedactedThinking("EmwK")),
        (RedactedThinking(ELSEWHERE), None),
        (Text("said"), Text("said")),
    ],
)
def test_anthropic_sees_the_thoughts_that_it_signed(block: Block, left: Block | None) -> None:
    assert genuine(block) == left


def test_searches_that_anthropic_did_not_run_are_told_it_in_words() -> None:
    call = Opaque({"type": "server_tool_use", "id": f"{PREFIX}1", "name": "web_search", "input": {"query": "x"}})
    hit = {"type": "web_search_result", "url": "https://a.test", "title": "A", "encrypted_content": ""}
    found = Opaque({"type": "web_search_tool_result", "tool_use_id": f"{PREFIX}1", "content": [hit]})
    nothing = Opaque({"type": "web_search_tool_result", "tool_use_id": f"{PREFIX}1", "content": []})
    own = Opaque({"type": "server_tool_use", "id": "srvtoolu_01", "name": "web_search", "input": {}})
    assert genuine(call) == Text('[web_search: {"query":"x"}]')
    assert genuine(found) == Text("A\nhttps://a.test")
    assert genuine(nothing) is None
    assert genuine(own) == own


def test_citations_of_them_are_left_out_and_others_stay() -> None:
    ours = {"type": "web_search_result_location", "url": "u", "encrypted_index": ""}
    own = {"type": "web_search_result_location", "url": "u", "encrypted_index": "Eo8B"}
    mark = {"cache_control": {"type": "ephemeral"}}
    assert genuine(Text("t", {"citations": [ours], **mark})) == Text("t", mark)
    assert genuine(Text("t", {"citations": [ours, own]})) == Text("t", {"citations": [own]})
    assert genuine(Text("t", {"citations": [own]})) == Text("t", {"citations": [own]})


@pytest.mark.parametrize(
    ("block", "left"),
    [
        (Thinking("hm", tagged("signature", "theirs")), Thinking("hm", "theirs")),
        (Thinking("hm", tagged("signature", "")), Thinking("hm", "")),
        (Thinking("hm", tagged("reasoning_content", "")), Thinking("hm", "")),  # it was spoken to in Chat before
        (Thinking("hm", ELSEWHERE), None),
        (Thinking("hm", "EqQB"), None),
        (Thinking("hm"), None),
        (RedactedThinking(tagged("redacted_thinking", "xyz")), RedactedThinking("xyz")),
        (RedactedThinking(tagged("signature", "xyz")), None),
        (RedactedThinking("EmwK"), None),
        (ToolUse("t", "f"), ToolUse("t", "f")),
    ],
)
def test_a_lookalike_sees_its_own_thoughts_as_it_had_them(block: Block, left: Block | None) -> None:
    assert remembered(HERE)(block) == left


def test_a_turn_that_nothing_changes_stays_the_same_value() -> None:
    turn = Turn("assistant", (Text("hi"),))
    assert seen([turn], genuine)[0] is turn


@pytest.mark.trap(67, 68)
def test_hosts_that_want_thoughts_get_a_blank_one_where_there_is_none() -> None:
    bare, own = Turn("assistant", (ToolUse("t", "f"),)), Turn("assistant", (Thinking("hm"), Text("a")))
    asked = Turn("user", (Text("q"),))
    assert supplied([asked, bare, own]) == (asked, Turn("assistant", (Thinking(" "), ToolUse("t", "f"))), own)


def staged(*events: Event) -> list[Event]:
    stage = Tagging(HERE)
    return [out for event in events for out in stage.take(event)]


@pytest.mark.parametrize(
    ("start", "deltas", "state"),
    [
        (Thinking(""), [SignatureDelta("the"), SignatureDelta("irs")], "theirs"),
        (Thinking("", "the"), [SignatureDelta("irs")], "theirs"),
        (Thinking(""), [], ""),
        (Thinking(""), [SignatureDelta("")], ""),
    ],
)
def test_a_lookalikes_signature_comes_in_a_tag(start: Thinking, deltas: list[Event], state: str) -> None:
    events = staged(BlockStart(start), ThinkingDelta("hm"), *deltas, BlockStop(), BlockStart(Text("")), BlockStop())
    opened, thought, signed, *rest = events
    assert (opened, thought) == (BlockStart(Thinking("")), ThinkingDelta("hm"))
    assert isinstance(signed, SignatureDelta)
    assert origin(signed.signature) == Origin(HERE, "signature", state)
    assert rest == [BlockStop(), BlockStart(Text("")), BlockStop()]


def test_so_does_what_it_redacted() -> None:
    (start,) = staged(BlockStart(RedactedThinking("xyz")))
    assert isinstance(start, BlockStart)
    assert isinstance(start.block, RedactedThinking)
    assert origin(start.block.data) == Origin(HERE, "redacted_thinking", "xyz")


def test_a_lookalikes_search_is_marked_as_one() -> None:
    start, delta, other = staged(
        BlockStart(Opaque({"type": "server_tool_use", "id": "srvtoolu_1"})),
        OpaqueDelta({"type": "citations_delta", "citation": {"encrypted_index": "xyz", "url": "u"}}),
        OpaqueDelta({"type": "compaction_delta"}),
    )
    assert start == BlockStart(Opaque({"type": "server_tool_use", "id": f"{PREFIX}srvtoolu_1"}))
    assert delta == OpaqueDelta({"type": "citations_delta", "citation": {"encrypted_index": "", "url": "u"}})
    assert other == OpaqueDelta({"type": "compaction_delta"})
