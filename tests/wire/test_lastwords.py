from ccr.messages.blocks import RedactedThinking, Text, Thinking, ToolUse
from ccr.messages.events import BlockStart, BlockStop, End, Event, Finish, TextDelta, ThinkingDelta
from ccr.wire.lastwords import LastWords

TEXT: list[Event] = [BlockStart(Text("")), TextDelta("hi"), BlockStop()]
THOUGHT: list[Event] = [BlockStart(Thinking("")), ThinkingDelta("hm"), BlockStop()]
CALL: list[Event] = [BlockStart(ToolUse("c", "Bash")), BlockStop()]
END: list[Event] = [Finish("end_turn"), End()]


def passed(*events: Event) -> list[Event]:
    stage = LastWords()
    return [event for each in events for event in stage.take(each)]


def test_thoughts_before_a_text_pass_at_once() -> None:
    stage = LastWords()
    assert list(stage.take(THOUGHT[0])) == [THOUGHT[0]]
    assert passed(*THOUGHT, *TEXT, *END) == [*THOUGHT, *TEXT, *END]


def test_thoughts_after_the_last_text_are_dropped() -> None:
    redacted: list[Event] = [BlockStart(RedactedThinking("x")), BlockStop()]
    assert passed(*TEXT, *THOUGHT, *redacted, *END) == [*TEXT, *END]


def test_thoughts_that_lead_to_more_wait_for_it() -> None:
    assert passed(*TEXT, *THOUGHT, *CALL, *END) == [*TEXT, *THOUGHT, *CALL, *END]
    assert passed(*TEXT, *THOUGHT, *TEXT, *END) == [*TEXT, *THOUGHT, *TEXT, *END]


def test_thoughts_after_a_call_or_alone_stay() -> None:
    assert passed(*CALL, *THOUGHT, *END) == [*CALL, *THOUGHT, *END]
    assert passed(*THOUGHT, *END) == [*THOUGHT, *END]


def test_what_waits_is_silence() -> None:
    stage = LastWords()
    for event in TEXT:
        stage.take(event)
    assert [list(stage.take(event)) for event in THOUGHT] == [[]] * 3
