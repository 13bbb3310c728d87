"""A history as APIs accept it."""

from collections.abc import Iterable

import pytest

from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.blocks import Block, Document, Image, Opaque, PlainText, Text, Thinking, ToolResult, ToolUse, Url
from ccr.messages.request import Turn
from ccr.wire import conversation
from ccr.wire.conversation import NO_RESULT, ORPHAN
from ccr.wire.origin import Origin

OURS = Origin(Target(ProviderName("p"), ModelName("m")), "reasoning").sign()
MARK = {"cache_control": {"type": "ephemeral"}}


def signed(thought: Thinking) -> bool:
    return bool(thought.signature) and thought.signature != OURS


def mended(turns: Iterable[Turn]) -> tuple[Turn, ...]:
    return conversation.mended(turns, signed)


def solid(content: Iterable[Block]) -> tuple[Block, ...]:
    return conversation.solid(content, signed)


def user(*content: Block) -> Turn:
    return Turn("user", content)


def assistant(*content: Block) -> Turn:
    return Turn("assistant", content)


def call(id: str, name: str = "Bash") -> ToolUse:
    return ToolUse(id, name)


def result(id: str, text: str = "ok") -> ToolResult:
    return ToolResult(id, (Text(text),))


def missing(id: str) -> ToolResult:
    return ToolResult(id, (Text(NO_RESULT),), is_error=True)


HI = Text("hi")
NOTE = Turn("system", (Text("note"),))


@pytest.mark.parametrize(
    "turns",
    [
        (user(HI),),
        (user(HI), user(HI), assistant(HI), assistant(HI), user(HI)),
        (user(HI), NOTE, assistant(Thinking("hm", "sig"), HI, call("a"), call("b")), user(result("b"), result("a"), HI)),
        (user(HI), assistant(call("a")), user(result("a")), NOTE),
        (user(HI), assistant(call("a")), user(result("a")), assistant(call("b")), user(result("b")), NOTE, NOTE),
        (user(HI), assistant(Opaque({"type": "server_tool_use", "id": "s"}), HI), user(HI)),
        (user(HI), assistant(HI)),
    ],
)  # fmt: skip
def test_what_is_right_stays_as_it_is(turns: tuple[Turn, ...]) -> None:
    assert mended(turns) == turns


@pytest.mark.trap(51)
def test_blank_text_is_dropped_and_its_turn_with_it() -> None:
    turns = (user(Text(""), HI), assistant(Text(" \n")), user(ToolResult("a"), HI))
    assert mended(turns)[0] == user(HI)
    assert [turn.role for turn in mended(turns)] == ["user", "user"]


@pytest.mark.parametrize(
    ("turns", "after"),
    [
        ("ueu", "unu"),
        ("ueeeu", "unu"),
        ("ueau", "uau"),
        ("uaeu", "uau"),
        ("ueeua", "unua"),
        ("uebu", "unu"),
        ("ue", "u"),
        ("eu", "u"),
        ("ubu", "uu"),
        ("ueueu", "ununu"),
    ],
)
def test_a_word_may_stand_where_the_model_said_nothing(turns: str, after: str) -> None:
    """u, a: turns of both; e, b: the same, but empty; n: the word."""
    kinds = {"u": user(HI), "a": assistant(HI), "e": assistant(Text(" ")), "b": user(), "n": assistant(Text("nothing"))}
    found = conversation.mended([kinds[kind] for kind in turns], signed, "nothing")
    assert found == tuple(kinds[kind] for kind in after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((HI, Text("", MARK)), (Text("hi", MARK),)),
        ((Opaque({"type": "x"}), Text("", MARK)), (Opaque({"type": "x", **MARK}),)),
        ((Text("", MARK), HI), (HI,)),
        ((HI, Text("")), (HI,)),
    ],
)
@pytest.mark.trap(51)
def test_a_cache_mark_on_blank_text_moves_to_the_block_before(
    before: tuple[Block, ...], after: tuple[Block, ...]
) -> None:
    assert solid(before) == after


@pytest.mark.trap(62)
def test_thoughts_that_anthropic_did_not_sign_are_dropped() -> None:
    assert solid((Thinking("a", OURS), Thinking("b"), Thinking("c", "sig"))) == (Thinking("c", "sig"),)


def test_blank_text_in_a_result_is_dropped() -> None:
    assert solid((ToolResult("a", (Text(""), HI)), ToolResult("b", (Text(""),)))) == (
        ToolResult("a", (HI,)),
        ToolResult("b"),
    )


def test_a_call_without_result_gets_one() -> None:
    turns = (assistant(call("a"), call("b")), user(result("b"), HI))
    assert mended(turns)[1] == user(result("b"), missing("a"), HI)


def test_calls_at_the_end_get_results() -> None:
    assert mended((assistant(call("a")),)) == (assistant(call("a")), user(missing("a")))


@pytest.mark.parametrize(
    "after",
    [
        (user(HI), user(result("a"))),
        (user(HI, result("a")),),
        (user(HI), NOTE, user(result("a"))),
    ],
)
@pytest.mark.trap(61)
def test_results_come_first(after: tuple[Turn, ...]) -> None:
    assert mended((assistant(call("a")), *after))[1] == user(result("a"), HI)


def test_results_behind_a_system_turn_come_before_it() -> None:
    turns = (assistant(call("a")), NOTE, user(result("a"), HI))
    assert mended(turns) == (assistant(call("a")), user(result("a")), NOTE, user(HI))


def test_results_of_consecutive_turns_are_one_turn() -> None:
    turns = (assistant(call("a")), assistant(call("b")), user(result("a")), user(result("b")))
    assert mended(turns)[2:] == (user(result("a"), result("b")),)


@pytest.mark.trap(60)
def test_a_second_result_for_a_call_is_dropped() -> None:
    turns = (assistant(call("a")), user(result("a", "first"), result("a", "second")))
    assert mended(turns)[1] == user(result("a", "first"))


@pytest.mark.trap(40)
def test_a_result_whose_call_is_gone_becomes_the_users_words() -> None:
    lost = ToolResult("a", (HI, Image(Url("u")), Document(PlainText("x")), Opaque({"type": "tool_reference"})))
    assert mended((user(lost),)) == (user(Text(ORPHAN), HI, Image(Url("u")), Document(PlainText("x"))),)


@pytest.mark.trap(41)
def test_ids_that_come_again_are_renamed_with_their_results() -> None:
    turns = (assistant(call("c")), user(result("c", "1")), assistant(call("c", "Read")), user(result("c", "2")))
    assert mended(turns)[2:] == (assistant(call("c_2", "Read")), user(result("c_2", "2")))


@pytest.mark.trap(42)
def test_ids_that_do_not_fit_are_renamed_with_their_results() -> None:
    turns = mended((assistant(call("functions.Bash:0")), user(result("functions.Bash:0"))))
    block = turns[0].content[0]
    assert isinstance(block, ToolUse)
    assert turns[1] == user(result(block.id))
    assert block.id.startswith("functions_Bash_0_")


@pytest.mark.trap(41)
def test_the_same_call_twice_is_one_call() -> None:
    assert mended((assistant(call("a"), call("a")), user(result("a")))) == (assistant(call("a")), user(result("a")))


def test_two_calls_of_one_id_keep_their_results_in_order() -> None:
    turns = (assistant(call("a", "X"), call("a", "Y")), user(result("a", "x"), result("a", "y")))
    assert mended(turns) == (
        assistant(call("a", "X"), call("a_2", "Y")),
        user(result("a", "x"), result("a_2", "y")),
    )


def test_a_longer_conversation_repeats_the_shorter_one() -> None:
    turns = (
        user(HI),
        assistant(call("c")),
        user(result("c")),
        assistant(call("c", "Read"), Thinking("", "")),
        user(HI, result("c")),
        assistant(HI),
        user(HI),
    )
    for length in (1, 3, 5):
        assert mended(turns)[:length] == mended(turns[:length])


@pytest.mark.parametrize("same", [False, True])
def test_thousands_of_calls_in_one_message_are_quick(same: bool) -> None:
    calls = [ToolUse("t" if same else f"t{n}", "Bash", {"n": n}) for n in range(10_000)]
    turns = mended([user(HI), assistant(*calls), user(*(result(call.id) for call in calls))])
    assert len(turns[1].content) == len(turns[2].content) == 10_000
