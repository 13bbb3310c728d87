import pytest
from hypothesis import given, strategies

from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.blocks import Text, Thinking, ToolUse
from ccr.messages.events import (
    BlockStart,
    BlockStop,
    Event,
    Finish,
    Grammar,
    JsonDelta,
    OpaqueDelta,
    Ping,
    Start,
    TextDelta,
)
from ccr.messages.fold import fold
from ccr.messages.request import Format, Reasoning, Request, Turn
from ccr.wire.origin import Origin
from ccr.wire.quirks.tags import CLOSE, FIELD, OPEN, forcereasoning
from tests.support.quirks import HI, TARGET, sent_by

SIZES = [1, 7, 1000]
SIGNED = Origin(TARGET, FIELD).sign()


def stage(events: list[Event]) -> list[Event]:
    quirk = forcereasoning({})
    assert quirk.stage
    made = quirk.stage(Request("m", ()), TARGET)
    return [each for event in events for each in made.take(event)]


def text(words: str, size: int) -> list[Event]:
    pieces = [words[at : at + size] for at in range(0, len(words), size)]
    return [BlockStart(Text("")), *map(TextDelta, pieces), BlockStop()]


def read(*events: Event) -> list[object]:
    """The blocks of the answer, checked by the grammar."""
    grammar = Grammar()
    whole = [grammar.check(event) for event in stage([Start("1", "m"), *events, Finish("end_turn")])]
    return list(fold(whole).content)


@pytest.mark.parametrize("size", SIZES)
def test_what_stands_in_the_tags_is_thinking_and_the_rest_is_text(size: int) -> None:
    answer = f"\n {OPEN}First, 1 < 2.\nThen </reasoning.{CLOSE}\n\nIt is <b>so</b>. "
    assert read(*text(answer, size)) == [
        Thinking("First, 1 < 2.\nThen </reasoning.", SIGNED),
        Text("It is <b>so</b>. "),
    ]


@pytest.mark.parametrize("size", SIZES)
def test_an_answer_without_tags_stays_as_it_is(size: int) -> None:
    for answer in (" <reasoning is on>", "<reason", f"see {OPEN}a{CLOSE}", " \n"):
        assert read(*text(answer, size)) == [Text(answer)]


@pytest.mark.parametrize("size", SIZES)
def test_thoughts_without_an_end_are_thoughts(size: int) -> None:
    assert read(*text(f"{OPEN}on and on </reaso", size)) == [Thinking("on and on </reaso", SIGNED)]
    assert read(*text(f"{OPEN}on and on", size)) == [Thinking("on and on", SIGNED)]


@pytest.mark.parametrize("size", SIZES)
def test_thoughts_alone_leave_no_empty_text_behind(size: int) -> None:
    call: list[Event] = [BlockStart(ToolUse("t", "Bash")), JsonDelta("{}"), BlockStop()]
    found = read(*text(f"{OPEN}I call.{CLOSE}\n\n", size), *call)
    assert found == [Thinking("I call.", SIGNED), ToolUse("t", "Bash")]


@pytest.mark.parametrize("size", SIZES)
def test_thoughts_twice_are_two_thoughts(size: int) -> None:
    found = read(*text(f"{OPEN}a{CLOSE}{OPEN}b{CLOSE}c", size))
    assert found == [Thinking("a", SIGNED), Thinking("b", SIGNED), Text("c")]


def test_thoughts_and_words_are_given_out_as_they_come() -> None:
    opened = stage([BlockStart(Text("")), TextDelta(f"{OPEN}Let me"), TextDelta(" see")])
    assert len(opened) == 3
    assert stage([BlockStart(Text("")), TextDelta("Hi")]) == [BlockStart(Text("")), TextDelta("Hi")]


def test_signs_of_life_and_citations_pass_at_their_place() -> None:
    cited = OpaqueDelta({"type": "citations_delta"})
    assert stage([BlockStart(Text("")), Ping()]) == [Ping()]
    assert stage([BlockStart(Text("")), cited]) == [BlockStart(Text("")), cited]
    assert stage([BlockStart(Text("")), TextDelta("a"), cited])[-1] == cited


def test_the_model_is_asked_behind_the_system_prompt_and_not_to_think_otherwise() -> None:
    asked = forcereasoning({}).request(
        Request("m", (HI,), (Text("Be brief."),), reasoning=Reasoning("enabled", 9000)), TARGET
    )
    assert asked.system[0] == Text("Be brief.")
    assert isinstance(asked.system[1], Text)
    assert OPEN in asked.system[1].text
    assert (asked.reasoning, asked.effort, asked.turns) == (None, None, (HI,))


@pytest.mark.parametrize(
    "request_", [Request("m", (HI,), reasoning=Reasoning("disabled")), Request("m", (HI,), format=Format(None))]
)
def test_who_wants_no_thoughts_or_bare_json_is_left_alone(request_: Request) -> None:
    assert forcereasoning({}).request(request_, TARGET) == request_


def test_earlier_thoughts_are_replayed_as_they_were_and_others_are_not() -> None:
    thought = Turn("assistant", (Thinking("Hm.", SIGNED), Thinking("Not mine.", "sig"), Text("Hi.")))
    body = sent_by(forcereasoning({}), "openai", Request("m", (HI, thought, HI)))
    assert f"{OPEN}Hm.{CLOSE}" in str(body["messages"])
    assert "Not mine" not in str(body)


def test_earlier_turns_stay_the_same_as_the_conversation_grows() -> None:
    turns: tuple[Turn, ...] = (HI,)
    before: list[object] = []
    for number in range(20):
        messages = sent_by(forcereasoning({}), "openai", Request("m", turns, (Text("s"),)))["messages"]
        assert messages[: len(before)] == before
        before = messages
        turns = (*turns, Turn("assistant", (Thinking(f"Thought {number}.", SIGNED), Text("Yes."))), HI)


def test_a_thought_is_signed_for_the_one_who_had_it() -> None:
    other = Target(ProviderName("other"), ModelName("n"))
    quirk = forcereasoning({})
    assert quirk.stage
    made = quirk.stage(Request("m", ()), other)
    events: list[Event] = [event for each in text(f"{OPEN}a{CLOSE}b", 1000) for event in made.take(each)]
    assert Origin(other, FIELD).sign() in str(events)


@given(
    strategies.lists(strategies.sampled_from([OPEN, CLOSE, OPEN[:7], CLOSE[:9], " ", "\n", "<", "a", "é"]), max_size=12)
)
def test_any_text_comes_out_the_same_however_it_is_cut(words: list[str]) -> None:
    answer = "".join(words)
    whole = read(*text(answer, 10_000))
    assert read(*text(answer, 1)) == whole
    assert read(BlockStart(Text("")), *map(TextDelta, words), BlockStop()) == whole


def test_a_thought_is_not_told_to_another_provider() -> None:
    for target in (Target(ProviderName("other"), TARGET.model), Target(TARGET.provider, ModelName("other"))):
        thought = Turn("assistant", (Thinking("Secret.", Origin(target, FIELD).sign()), Text("Hi.")))
        for dialect in ("openai", "openai-responses", "gemini", "anthropic"):
            assert "Secret" not in str(sent_by(forcereasoning({}), dialect, Request("m", (HI, thought, HI))))


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_white_space_before_an_answer_is_not_held_without_end(size: int) -> None:
    blanks = [TextDelta(" " * size) for _ in range(1000)]
    shown = stage([BlockStart(Text("")), *blanks])
    assert sum(len(event.text) for event in shown if isinstance(event, TextDelta)) == 1000 * size
    thought: list[Event] = [
        BlockStart(Text("")),
        TextDelta(f"{OPEN}Hm.{CLOSE}"),
        *blanks,
        TextDelta("Hi."),
        BlockStop(),
    ]
    assert read(*thought) == [Thinking("Hm.", SIGNED), Text("Hi.")]
