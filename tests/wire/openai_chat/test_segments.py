from time import process_time

import pytest

from ccr.messages.blocks import ToolUse
from ccr.messages.events import BlockStart, BlockStop, Event, JsonDelta
from ccr.wire.callids import Ids
from ccr.wire.openai_chat.segments import Call, Thought, Words
from ccr.wire.origin import origin
from tests.wire.openai_chat.reading import HI, TARGET


def call(*pieces: str, name: str = "Bash") -> Call:
    made = Call(TARGET, Ids(HI), "answer")
    made.id, made.name, made.original = "c", name, name
    for piece in pieces:
        made.argue(piece)
    return made


def written(made: Call) -> str:
    return "".join(event.json for event in made.news() if isinstance(event, JsonDelta))


def test_words_are_given_out_once() -> None:
    words = Words()
    words.unsent.append("hi")
    assert len(list(words.news())) == 2
    assert list(words.news()) == []


@pytest.mark.parametrize("pieces", [(), ("",), (" ", ""), ("{}",), ("{}", "{}")])
def test_a_call_without_arguments_writes_none(pieces: tuple[str, ...]) -> None:
    assert written(call(*pieces)) == ""


@pytest.mark.parametrize(
    "pieces",
    [
        ('{"a":1}',),
        ('{"a"', ":1}"),
        ("{}", '{"a":1}'),
        ("", '{"a":1}'),
        ('{"a":1}', '{"a":1}'),
        ('{"a":', "1}", '{"a":1}'),
    ],
)
def test_arguments_arrive_once(pieces: tuple[str, ...]) -> None:
    assert written(call(*pieces)) == '{"a":1}'


def test_braces_within_the_arguments_are_no_new_beginning() -> None:
    assert written(call('{"a":', '{"b":1}', "}")) == '{"a":{"b":1}}'


def test_broken_arguments_pass_as_they_are() -> None:
    assert written(call('{"a":1}', "}")) == '{"a":1}}'


@pytest.mark.parametrize(
    ("pieces", "complete"),
    [
        ((), False),
        (('{"a":1}',), True),
        (('{"a":1} ',), True),
        (('{"a":{}',), False),
        (("[]}",), False),
        (("{}",), True),
        (("{}", '{"a":'), False),
        (("{}", '{"a":', "1}"), True),
        (('{"a":1}', " "), True),
        (('{"a":1}', ",", "}"), False),
        (('{"a":1,,}', "}"), False),
        (('"{\\"a\\":', '1}"'), True),
        (("nu", "ll"), False),
    ],
)
def test_a_call_is_complete_when_its_arguments_are_an_object(pieces: tuple[str, ...], complete: bool) -> None:
    assert call(*pieces).complete is complete


@pytest.mark.parametrize(
    "arguments",
    [
        '{"command": "' + "lorem ipsum " * 33_000 + '" ,, }',
        '{"command": "' + "{lorem} {} }" * 33_000 + '"}',
        '{"command": "' + r"\\frac{a}\"{}" * 30_000 + '" ,, }',
        " " * 400_000 + "{}",
        "}{" * 200_000,
        '"{' + "lorem ipsum " * 33_000 + "}",
    ],
)
def test_a_call_in_many_pieces_is_looked_at_once(arguments: str) -> None:
    made, start = call(), process_time()
    for at in range(0, len(arguments), 12):
        made.argue(arguments[at : at + 12])
        list(made.news())
        assert made.complete in (True, False)
    assert process_time() - start < 1  # a look at all of it with each piece takes many


def test_a_call_without_a_name_has_not_begun() -> None:
    made = call('{"a":1}', name="")
    assert (list(made.news()), list(made.end()), made.complete, made.lost) == ([], [], False, True)
    assert not call(name="").lost


def test_a_call_begins_empty_and_gets_its_pieces_as_they_come() -> None:
    made = call('{"a"')
    found: list[Event] = list(made.news())
    made.argue(":1}")
    assert [*found, *made.news(), *made.end()] == [
        BlockStart(ToolUse("c", "Bash")),
        JsonDelta('{"a"'),
        JsonDelta(":1}"),
        BlockStop(),
    ]


def test_details_in_pieces_are_put_together() -> None:
    thought = Thought(TARGET, "reasoning")
    thought.detail({"type": "reasoning.text", "index": 0, "text": "a", "format": "f", "signature": None})
    thought.detail({"type": "reasoning.text", "index": 0, "text": "b", "signature": "s"})
    thought.detail({"type": "reasoning.summary", "index": 0, "summary": "c"})
    thought.detail({"type": "reasoning.encrypted", "index": 1, "data": "d"})
    thought.detail({"type": "reasoning.encrypted", "index": 2, "data": "e"})
    assert thought.field == "reasoning_details"
    assert thought.details == [
        {"type": "reasoning.text", "index": 0, "text": "ab", "format": "f", "signature": "s"},
        {"type": "reasoning.summary", "index": 0, "summary": "c"},
        {"type": "reasoning.encrypted", "index": 1, "data": "d"},
        {"type": "reasoning.encrypted", "index": 2, "data": "e"},
    ]


def test_an_untyped_detail_is_kept_too() -> None:
    thought = Thought(TARGET, "reasoning")
    thought.detail({"text": "a"})
    assert thought.details == [{"text": "a"}]


def test_a_thought_is_signed_with_where_it_came_from() -> None:
    signed, stop = Thought(TARGET, "reasoning_content").end()
    known = origin(signed.signature)  # type: ignore[union-attr]
    assert known is not None
    assert (known.target, known.field, known.state) == (TARGET, "reasoning_content", "")
    assert stop == BlockStop()


@pytest.mark.parametrize(
    ("pieces", "given"),
    [
        (("null",), ""),
        (("null", '{"a":1}'), '{"a":1}'),
        (("nu", "ll"), ""),
        (('"{\\"a\\":', '1}"'), '{"a":1}'),
        (('""',), ""),
        (("[1", "]"), "[1]"),
        (('"{',), '"{'),
    ],
)
def test_what_is_no_plain_object_waits_for_the_end_and_is_put_right(pieces: tuple[str, ...], given: str) -> None:
    made = call()
    found: list[Event] = []
    for piece in pieces:
        made.argue(piece)
        found += made.news()
    found += made.end()
    assert "".join(event.json for event in found if isinstance(event, JsonDelta)) == given


@pytest.mark.parametrize(("pieces", "complete"), [(('"{}',), False), (('"{', '}"'), True), (('"text"',), False)])
def test_an_object_in_quotes_is_complete_once_they_close(pieces: tuple[str, ...], complete: bool) -> None:
    assert call(*pieces).complete is complete
