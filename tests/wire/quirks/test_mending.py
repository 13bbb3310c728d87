"""A tool's input is mended where it has one reading, and a call that has none ends so that nobody runs it."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr.errors import UpstreamGarbled
from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.blocks import Block, Opaque, Text, ToolUse
from ccr.messages.events import BlockStart, BlockStop, End, Event, Finish, Grammar, JsonDelta, Ping, Start, TextDelta
from ccr.messages.fold import fold
from ccr.messages.json import NOTHING, JsonObject
from ccr.messages.request import BuiltinTool, Request, Tool
from ccr.wire.quirks.mending import MOST, Mender, Mending, mended

SCHEMA: JsonObject = {
    "type": "object",
    "properties": {
        "path": {"type": "string"},
        "count": {"type": "integer"},
        "ratio": {"type": ["number", "null"]},
        "all": {"type": "boolean"},
        "items": {"type": "array"},
        "either": {"type": ["string", "integer"]},
        "free": {},
        "odd": True,
    },
    "required": ["path"],
}


def in_pieces(text: str, size: int, schema: JsonObject = NOTHING, *, cut: bool = False) -> str | None:
    mender = Mender(schema)
    begun = "".join([mender.feed(text[at : at + size]) for at in range(0, len(text), size)])
    rest = mender.close(cut=cut)
    return None if rest is None else begun + rest


def mend(text: str, schema: JsonObject = NOTHING) -> str | None:
    """Where a piece ends must not mean anything."""
    found = {in_pieces(text, size, schema) for size in (1, 2, 7, len(text) or 1)}
    assert len(found) == 1, found
    return found.pop()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), VALUES), st.sampled_from([None, 1]), st.booleans())
def test_valid_json_passes_to_the_byte(value: Any, indent: int | None, ascii: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii)
    assert mend(text) == text


@given(st.text(alphabet="{}[]\"'\\,: \nauxT1-`"))
def test_whatever_comes_it_is_valid_json_or_nothing(text: str) -> None:
    found = mend("{" + text)
    assert found is None or isinstance(json.loads(found), dict)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('{"a":"x\ny\t\x01"}', '{"a":"x\\ny\\t\\u0001"}'),
        ('{"a":[1,2,],}', '{"a":[1,2]}'),
        ('{"a":[1, {"b":"c"', '{"a":[1, {"b":"c"}]}'),
        ('{"a":true', '{"a":true}'),
        ('{"a":1}}]}', '{"a":1}'),
        ('{"a":1} That should do.', '{"a":1}'),
        ('{"a":1}\n{"a": 1}', '{"a":1}'),
        ('{} \n{"a":1}', '{"a":1}'),
        ("{} done", "{}"),
        ("{} \n", "{}"),
        ("{ }", "{ }"),
        ("{" + " " * 500 + '"a":1}', "{" + " " * 399 + '"a":1}'),
        ('```json\n{"a":1}\n```', '{"a":1}'),
        ('\ufeff ```\n{"a":1}```', '{"a":1}'),
        ('"{\\"a\\": 1}"', '{"a": 1}'),
        ('```\n"{\\"a\\": 1}"\n```', '{"a": 1}'),
        ("{'a': 'say \"hi\"', 'b': [True, False, None]}", '{"a": "say \\"hi\\"", "b": [true, false, null]}'),
        ("{a: 1}", '{"a": 1}'),
        ("{'o': {a: 1}}", '{"o": {"a": 1}}'),
        (r'{"a":"\d+\s \'q\' \x41 \u0041 \\ \""}', r'{"a":"\\d+\\s ' + r"'q' \u0041 \u0041 \\ \"" + '"}'),
    ],
)
def test_what_has_one_reading_is_mended(text: str, meant: str) -> None:
    assert mend(text) == meant


@pytest.mark.parametrize("text", ["", " \n", "null", "None", "```\n```"])
def test_nothing_is_an_empty_object(text: str) -> None:
    assert mend(text) == ""
    assert mended(text) == {}


@pytest.mark.parametrize(
    "text",
    [
        '{"a":"say "hi""}', '{"a" "b"}', '{"a":}', '{"a":', '{"a', '{"a":"x', '{"a":1', '{"a":tru', '{"a":{"b":}}',
        '{"a":1}{"a":2}', '{"a":1} or {"a"', '{,}', '{"a":1,,}', '{"a":[1}', '{"a":NaN}', '{"a":01}', '{"a":1e999}', '{1:2}', '{"a"}',
        '[{"a":1}]', "17", '"words"', '"[1]"', '"{', "words", "`" * 500, '{"a":"\\q"}', '{"a":"\\u00g0"}', '{"a":"\\',
        '{"a":' + "1" * 500 + "}", '{"a":' + "[" * 300,
    ],
)  # fmt: skip
def test_what_would_be_guessing_is_left_alone(text: str) -> None:
    assert mend(text) is None
    assert mended(text) is None


def test_arguments_stream_while_they_are_mended() -> None:
    mender = Mender()
    assert [mender.feed(piece) for piece in ('{"a"', ': "x\n', 'y"', ",", "}")] == ['{"a"', ': "x\\n', 'y"', "", "}"]
    assert mender.close() == ""


@pytest.mark.trap(37)
@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('{"path ": "p"}', '{"path": "p"}'),
        ('{ path: "p"}', '{ "path": "p"}'),
        ('{"path": "p", "path ": "q"}', '{"path": "p", "path ": "q"}'),
        ('{"other ": 1}', '{"other ": 1}'),
        ('{"count": "12", "ratio": "-1.5e3", "all": "True"}', '{"count": 12, "ratio": -1.5e3, "all": true}'),
        ('{"items": "[1, \\"x\\"]"}', '{"items": [1, "x"]}'),
        ('{"count": "many", "ratio": "", "all": "yes"}', '{"count": "many", "ratio": "", "all": "yes"}'),
        ('{"items": "{}"}', '{"items": "{}"}'),
        ('{"items": "one, two"}', '{"items": "one, two"}'),
        ('{"either": "12", "free": "12", "odd": "12", "path": "12"}', None),
        ('{"free": {"count": "12"}}', None),
    ],
)
def test_a_schema_that_leaves_one_reading_decides(text: str, meant: str | None) -> None:
    assert mend(text, SCHEMA) == (meant or text)


def test_closers_are_added_only_to_a_call_that_has_all_that_it_needs() -> None:
    assert mend('{"path":"p"', SCHEMA) == '{"path":"p"}'
    assert mend('{"all":true', SCHEMA) is None


@pytest.mark.trap(36)
@pytest.mark.parametrize("text", ["", "null", '{"path":"p"', '"{\\"path\\":1"'])
def test_a_call_that_was_cut_short_is_never_made_whole(text: str) -> None:
    assert in_pieces(text, 3, SCHEMA, cut=True) is None
    assert mended(text, cut=True) is None


def test_an_input_has_a_largest_size() -> None:
    mender = Mender()
    mender.feed('{"a":"')
    for _ in range(MOST // 2**20):
        mender.feed("x" * 2**20)
    mender.feed('"}')
    assert mender.close() is None


@pytest.mark.parametrize("unit", ["{", "[", " ", "`", '{"a":1}', "{}", "x{", '{"a":"\\d', "1"])
def test_time_grows_with_the_length_alone(unit: str) -> None:
    """Not a stopwatch: quadratic work on this much would not end within the suite's patience."""
    in_pieces(unit * 20_000, 1)
    in_pieces('{"a":' + unit * 20_000, 5000)


# --- the stage ---

M = Target(ProviderName("acme"), ModelName("m"))
ASKED = Request("m", (), tools=(Tool("Write", schema=SCHEMA), BuiltinTool("bash_20250124", "bash", {})))
WRITE, START = ToolUse("toolu_1", "Write"), Start("msg_1", "m")
WHOLE = '{"path":"p"}'
BAD = '{"path":"p" "q"}'


def call(*pieces: str, name: str = "Write") -> list[Event]:
    return [BlockStart(ToolUse(f"id_{name}", name)), *map(JsonDelta, pieces), BlockStop()]


def staged(events: Sequence[Event], request: Request = ASKED) -> list[Event]:
    """What the stage makes of an answer; the grammar agrees with it."""
    stage, grammar = Mending(request, M), Grammar()
    return [grammar.check(found) for event in events for found in stage.take(event)]


def answer(*calls: list[Event], reason: str = "tool_use") -> list[Event]:
    return [START, *(event for each in calls for event in each), Finish(reason), End()]


def blocks(*calls: list[Event], reason: str = "tool_use") -> tuple[Block, ...]:
    return fold(staged(answer(*calls, reason=reason))).content


def test_a_good_answer_passes_as_it_is() -> None:
    good = answer([BlockStart(Text("")), TextDelta("hi"), BlockStop()], call('{"path":', '"p"}'), call("{}", name="x"))
    good[-3:-3] = [JsonDelta("")]
    found = staged(good)
    assert [event for event in found if event != Ping()] == [
        *good[:9], JsonDelta("{}"), JsonDelta(""), *good[-3:]
    ] or fold(found) == fold(good)  # fmt: skip


def test_other_blocks_with_an_input_are_not_touched() -> None:
    events = answer(
        [BlockStart(Opaque({"type": "server_tool_use"})), JsonDelta('{"q":1,'), JsonDelta("}"), BlockStop()]
    )
    stage = Mending(ASKED, M)
    assert [found for event in events for found in stage.take(event)] == events


def test_a_mended_call_ends_once_it_shows_that_the_answer_goes_on() -> None:
    assert blocks(call('{"path":"p"'), call(WHOLE)) == (
        ToolUse("id_Write", "Write", {"path": "p"}),
        ToolUse("id_Write", "Write", {"path": "p"}),
    )


def test_the_schema_of_a_tool_that_we_teach_counts_too() -> None:
    assert blocks(call('{"command": "ls", "restart": "true"}', name="bash")) == (
        ToolUse("id_bash", "bash", {"command": "ls", "restart": True}),
    )


def test_a_sign_of_life_leaves_while_something_is_held_back() -> None:
    assert staged([START, BlockStart(WRITE), JsonDelta("{")])[-1] == Ping()


@pytest.mark.parametrize("reason", ["tool_use", "end_turn"])
def test_a_call_that_cannot_be_mended_stays_open_for_claude_code_to_complain(reason: str) -> None:
    assert staged(answer(call(BAD), reason=reason))[-3:] == [BlockStop(broken=True), Finish("tool_use"), End()]
    assert blocks(call(BAD), reason=reason) == ()


def test_a_refusal_stays_one() -> None:
    assert staged(answer(call(BAD), reason="refusal"))[-2] == Finish("refusal")


def test_beside_a_call_that_runs_the_model_is_told_of_the_one_that_does_not() -> None:
    ran, note = blocks(call(BAD, name="Bad"), call(WHOLE))
    assert ran == ToolUse("id_Write", "Write", {"path": "p"})
    assert note == Text("[Not run, since the input was no valid JSON: Bad]")
    assert blocks(call(WHOLE), call('{"path', name="Cut"), reason="max_tokens")[1] == Text(
        "[Not run, since the input was cut off: Cut]"
    )


@pytest.mark.trap(36)
@pytest.mark.parametrize("dialect", ["anthropic", "openai", "responses"])
@pytest.mark.parametrize("piece", ["", "null", '{"path":"p', '{"path":"p"'])
def test_a_call_that_the_limit_cut_is_not_run(dialect: Any, piece: str) -> None:
    found = staged(answer(call(piece), reason="max_tokens"), replace(ASKED, dialect=dialect))
    assert found[-3:] == [BlockStop(broken=True), Finish("max_tokens"), End()]
    assert fold(found).content == ()


def test_a_whole_call_before_the_limit_runs() -> None:
    assert blocks(call(WHOLE), reason="max_tokens") == (ToolUse("id_Write", "Write", {"path": "p"}),)


@pytest.mark.parametrize("dialect", ["openai", "responses"])
def test_clients_of_other_dialects_get_an_error_that_says_which_call(dialect: Any) -> None:
    with pytest.raises(UpstreamGarbled, match="acme,m called Write with input that is no JSON object") as caught:
        staged(answer(call(BAD)), replace(ASKED, dialect=dialect))
    assert caught.value.retry is False


@pytest.mark.parametrize("kind", ["integer", "number"])
def test_a_number_that_nobody_can_read_stays_a_string(kind: str) -> None:
    text = f'{{"n":"{"1" * 5000}"}}'
    assert mend(text, {"properties": {"n": {"type": kind}}}) == text
