"""Every way in which an answer can break off and be gone on with, judged by what its client has in the end."""

from collections.abc import Callable, Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr.errors import UpstreamGarbled
from ccr.gateway import told
from ccr.gateway.told import FEW, MANY, NOBODYS, WORD, Joint, Told, last_words
from ccr.messages.blocks import Block, Opaque, RedactedThinking, Text, Thinking, ToolUse
from ccr.messages.events import (
    BlockStart,
    BlockStop,
    End,
    Event,
    Finish,
    Grammar,
    JsonDelta,
    OpaqueDelta,
    Ping,
    Start,
    TextDelta,
    ThinkingDelta,
)
from ccr.messages.fold import fold, unfold
from ccr.messages.reply import Reply, Usage

TEXT = (
    "The first thing that a router does is to read: line by line, it parses what somebody sent, then checks whether a "
    "word of it was meant for itself.\n\n```python\ndef answer(request):\n    return [0, 0, 1]\n```\n\nAll else goes on.  \n"
)
LS = ToolUse("call_1", "Bash", {"command": "ls -la", "why": 'to "see"'})
READ = ToolUse("call_2", "Read", {"path": "/tmp/x", "lines": [1, 2]})
THOUGHT = Thinking("They want to know what it does.", "c2ln")

Pieces = Callable[[str], list[str]]
PIECES: list[Pieces] = [lambda text: [text], list, lambda text: [text[n : n + 7] for n in range(0, len(text), 7)]]
HOW = pytest.mark.parametrize("pieces", PIECES, ids=["whole", "by letter", "in sevens"])


def events(*blocks: Block, reason: str = "end_turn", pieces: Pieces = list) -> list[Event]:
    """An answer as it streams in."""
    found: list[Event] = []
    for event in unfold(Reply("msg", "m", blocks, reason, usage=Usage(1, 1))):
        match event:
            case TextDelta(text):
                found += map(TextDelta, pieces(text))
            case ThinkingDelta(text):
                found += map(ThinkingDelta, pieces(text))
            case JsonDelta(json):
                found += map(JsonDelta, pieces(json))
            case _:
                found.append(event)
    return found


def heard(*attempts: Iterable[Event]) -> Reply:
    """What a client has after attempts of which all but the last break off. The order of its events is checked."""
    told, grammar = Told(), Grammar()
    found: list[Event] = []
    for number, attempt in enumerate(attempts):
        if number:
            found += told.cut()
        for event in attempt:
            found += told.take(event)
    return fold(map(grammar.check, found))


def gone_on(said: str, blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The reference answer from what was said of its text, as somebody who repeats the last words gives it."""
    if not said.strip():
        return tuple(blocks)
    (text,) = (block.text for block in blocks if isinstance(block, Text))
    rest = Text(last_words(said) + text[len(said.rstrip()) :])
    return (THOUGHT, rest, *(block for block in blocks if isinstance(block, ToolUse)))


def counts(said: str) -> set[int]:
    """How many characters may be repeated: none, as many as asked and any more, or from a word on."""
    asked, spoken = last_words(said), len(said.rstrip())
    words = {len(asked) - word.start() for word in WORD.finditer(asked)}
    return {0, *(count + len(said) - spoken for count in (*words, *range(len(asked), spoken + 1)))}


def test_a_text_is_whole_wherever_it_broke_off_and_whatever_is_repeated() -> None:
    for cut in range(1, len(TEXT) + 1):
        said = TEXT[:cut]
        for count in counts(said):
            joint, rest = Joint(said), TEXT[cut - count :]
            new = "".join(joint.take(rest[n : n + 5]) for n in range(0, len(rest), 5)) + joint.take("", final=True)
            assert said + new == TEXT, (cut, count)


@HOW
@pytest.mark.parametrize("reason", ["end_turn", "max_tokens"])
def test_an_answer_that_does_not_break_off_is_what_it_is(pieces: Pieces, reason: str) -> None:
    blocks = (THOUGHT, RedactedThinking("x"), Text(TEXT), THOUGHT, LS, Text("and"), READ)
    assert heard(events(*blocks, reason=reason, pieces=pieces)).content == blocks


@HOW
@pytest.mark.parametrize("blocks", [(Text(TEXT),), (THOUGHT, Text(TEXT)), (Text(TEXT), LS), (LS, READ)], ids=str)
def test_a_client_has_the_same_answer_wherever_it_broke_off(blocks: Sequence[Block], pieces: Pieces) -> None:
    first = events(*blocks, pieces=pieces)
    for cut in range(1, len(first) - 1):
        told = Told()
        said = "".join(
            event.text for taken in first[:cut] for event in told.take(taken) if isinstance(event, TextDelta)
        )
        assert said == told.said
        if told.called:
            reply = heard(first[:cut], [Finish("tool_use"), End()])
            assert reply.content in (blocks, blocks[:1]), cut
            continue
        reply = heard(first[:cut], events(*gone_on(said, blocks), pieces=pieces))
        spoken = tuple(block for block in reply.content if not isinstance(block, Thinking))
        assert spoken == tuple(block for block in blocks if not isinstance(block, Thinking)), cut


def test_it_may_break_off_again_before_it_was_known_what_is_repeated() -> None:
    cuts = [events(Text(TEXT[:100]))[:-3], events(Text(last_words(TEXT[:100]) + TEXT[100:]))[:30]]
    assert heard(*cuts, events(*gone_on(TEXT[:100], (Text(TEXT),)))).content == (Text(TEXT),)
    cuts[1] = events(Text(last_words(TEXT[:100]) + TEXT[100:150]))[:-2]
    assert heard(*cuts, events(*gone_on(TEXT[:150], (Text(TEXT),)))).content == (Text(TEXT),)


@pytest.mark.parametrize(
    ("said", "new", "whole"),
    [
        ("The quick brown ", "The quick brown fox", "The quick brown fox"),
        ("The quick brown", "The quick brown fox", "The quick brown fox"),
        ("One.\n\n", "One.\nTwo.", "One.\n\nTwo."),
        ("One. ", "One.\n\nTwo.", "One. \n\nTwo."),
        ("One.", "\nOne.\n\nTwo.", "One.\n\nTwo."),
        ("One.\n", "One.", "One.\n"),
        ("hel", "lo", "hello"),
        ("wor", "world", "world"),
        ("for i", " in range(3):", "for i in range(3):"),
        ("he said no", " nothing", "he said no nothing"),
        ("I like a", " and b", "I like a and b"),
        ("for i", " i in range(3):", "for i in range(3):"),
        ("for i", "i in range(3):", "for i in range(3):"),
        ("[0, 0", ", 0]", "[0, 0, 0]"),
        ("{\n    }\n", "}", "{\n    }\n}"),
        ("  ", " x", "   x"),
    ],
)
def test_space_and_likeness_at_the_joint(said: str, new: str, whole: str) -> None:
    joint = Joint(said)
    assert said + "".join(map(joint.take, new)) + joint.take("", final=True) == whole


@HOW
def test_a_long_text_that_is_begun_anew_is_told_once(pieces: Pieces) -> None:
    text = "".join(f"word{number} " for number in range(9000))
    said = text[: told.FAR_BACK + 5000]
    joint = Joint(said)
    assert said + "".join(map(joint.take, pieces(text))) + joint.take("", final=True) == text


def test_a_long_repetition_is_looked_at_now_and_then_only() -> None:
    looks = 0

    class Counting(Joint):
        def _as_asked(self, new: str) -> int:
            nonlocal looks
            looks += 1
            return super()._as_asked(new)

    joint = Counting("a" * 9999 + "b")
    assert "".join(map(joint.take, "a" * 9000)) + joint.take("c", final=True) == "a" * 9000 + "c"
    assert looks < 100


def test_of_a_text_that_repeats_itself_as_much_as_was_asked_is_taken_off() -> None:
    said = "0, " * 400
    assert len(last_words(said)) >= MANY
    assert Joint(said).take(last_words(said) + " 0, 0]") == "0, 0]"


def test_words_that_stand_elsewhere_too_are_asked_for_with_more_around_them() -> None:
    said = "one | a cell of a table with words in it |\ntwo | a cell of a table with words in it |"
    assert len(last_words(said)) > FEW
    assert said.count(last_words(said)) == 1


@given(st.text(), st.text())
def test_what_nobody_foresaw_is_not_lost(said: str, new: str) -> None:
    joint = Joint(said)
    given = "".join(map(joint.take, new)) + joint.take("", final=True)
    assert new.strip().endswith(given.strip())


def test_an_open_thought_is_closed_by_nobodys_signature_and_another_may_follow() -> None:
    thought, *others = heard(events(THOUGHT)[:10], events(THOUGHT, Text("It routes."))).content
    assert thought == Thinking(THOUGHT.text[:8], NOBODYS)
    assert others == [THOUGHT, Text("It routes.")]


def test_half_a_signature_is_worth_nothing() -> None:
    (thought, _) = heard(events(THOUGHT)[:-3], events(Text("It routes."))).content
    assert thought == Thinking(THOUGHT.text, NOBODYS)


def test_a_hidden_thought_is_closed_too() -> None:
    hidden = RedactedThinking("x")
    assert heard(events(hidden)[:2], events(Text("It routes."))).content == (hidden, Text("It routes."))


def test_after_a_thought_a_text_goes_on_in_a_block_of_its_own() -> None:
    reply = heard(events(Text("It"), THOUGHT)[:10], events(Text("It routes.")))
    assert [type(block) for block in reply.content] == [Text, Thinking, Text]
    assert [block.text for block in reply.content if isinstance(block, Text)] == ["It", " routes."]


def test_hidden_thoughts_in_mid_text_are_left_out() -> None:
    reply = heard(events(Text("It"))[:-3], events(RedactedThinking("x"), Text("It routes.")))
    assert reply.content == (Text("It routes."),)


def test_calls_that_can_never_be_run_are_left_out() -> None:
    half: list[Event] = [
        Start("msg", "m"),
        BlockStart(READ),
        JsonDelta('{"path'),
        BlockStop(),
        Finish("max_tokens"),
        End(),
    ]
    assert heard(half).content == ()
    broken: list[Event] = [Start("msg", "m"), BlockStart(READ), BlockStop(broken=True), Finish("tool_use"), End()]
    assert heard(broken).content == ()


def test_an_endless_call_is_not_held_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told, "MOST", 10)
    with pytest.raises(UpstreamGarbled, match="10 characters"):
        heard(events(READ))


def test_what_nobody_can_go_on_with_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[Event] = [
        Start("msg", "m"),
        BlockStart(Opaque({"type": "server_tool_use"})),
        JsonDelta("{}"),
        BlockStop(),
    ]
    cited: list[Event] = [
        Start("msg", "m"),
        BlockStart(Text("")),
        OpaqueDelta({"type": "citations_delta"}),
        TextDelta("x"),
    ]
    assert [beyond(each) for each in (searched, cited, events(Text("It")), events(Text("It"))[:-3])] == [
        *[True] * 3,
        False,
    ]
    monkeypatch.setattr(told, "MOST", 10)
    assert beyond(events(Text(TEXT))[:30])


BLOCKS = st.lists(
    st.sampled_from([Text(TEXT), Text("It"), Text(" "), THOUGHT, RedactedThinking("x"), LS, READ]), max_size=4
)


@given(st.lists(st.tuples(BLOCKS, st.integers(1, 60)), max_size=2), BLOCKS)
def test_whatever_breaks_off_and_goes_on_the_events_are_in_order(
    attempts: list[tuple[list[Block], int]], last: list[Block]
) -> None:
    told, grammar = Told(), Grammar()
    for blocks, size in attempts:
        for event in events(*blocks)[:size]:
            for each in told.take(event):
                grammar.check(each)
        if told.beyond or told.called:
            return
        for each in told.cut():
            grammar.check(each)
    for event in events(*last):
        for each in told.take(event):
            grammar.check(each)
    assert grammar.state == "done"


def beyond(events: Iterable[Event]) -> bool:
    told = Told()
    for event in events:
        list(told.take(event))
    return told.beyond


def test_signs_of_life_pass() -> None:
    assert list(Told().take(Ping())) == [Ping()]


def test_tokens_are_those_that_the_client_has() -> None:
    told = Told()
    for event in events(THOUGHT, Text(TEXT), LS, READ)[:-8]:
        list(told.take(event))
    assert told.tokens == -(-len(THOUGHT.text + TEXT + '{"command":"ls -la","why":"to \\"see\\""}') // 4)


@HOW
@pytest.mark.parametrize("said", ["\n\n**Pl", "\n\n- ", " ```"])
def test_space_before_a_text_does_not_hide_that_it_is_begun_anew(said: str, pieces: Pieces) -> None:
    joint = Joint(said)
    again = said.strip() + said[len(said.rstrip()) :] + "ain\n"
    assert said + "".join(map(joint.take, pieces(again))) + joint.take("", final=True) == said + "ain\n"
