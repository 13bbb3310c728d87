import base64
from typing import Any

import pytest

from ccr.messages.blocks import Base64, Document, Image, Opaque, Text, Thinking, ToolUse, Url
from ccr.wire.gemini.history import instruction
from ccr.wire.gemini.ids import kept
from ccr.wire.gemini.signatures import CALL, END, SKIP, TEXT, THOUGHT, UNSIGNED, signed
from tests.support.gemini import issued
from tests.wire.gemini.reading import FLASH, PRO, assistant, called, contents, model, note, result, user

PNG, GIF = Base64("image/png", "aWk="), Base64("image/gif", "Z2k=")
HELLO = user(Text("hi"))


def call(id: str) -> dict[str, Any]:
    return {"functionCall": {"name": "Bash", "args": {"command": id}}}


def named(part: dict[str, Any], id: str) -> dict[str, Any]:
    return {"functionCall": {**part["functionCall"], "id": id}}


def response(id: str, **more: object) -> dict[str, Any]:
    return {"functionResponse": {"name": "Bash", "response": {"output": f"out {id}"}, **more}}


def of(part: dict[str, Any], target: Any = PRO) -> str:
    """The signature that the strict Gemini issued for this part."""
    return issued(target.model, part)


def thought(tie: str, signature: str, text: str = "") -> Thinking:
    return Thinking(text, signed(PRO, tie, signature))


@pytest.mark.trap(48)
def test_the_prompt_is_without_the_attribution() -> None:
    blocks = (Text("x-anthropic-billing-header: cc_version=2; cch=1;"), Text("You help."), Text("More."))
    assert instruction(blocks) == {"parts": [{"text": "You help."}, {"text": "More."}]}
    assert instruction(blocks[:1]) is None


@pytest.mark.trap(56)
def test_roles_take_turns_and_begin_with_the_user() -> None:
    found = contents(assistant(Text("a")), assistant(Text("b")), user(Text("c")), user(Text("d")))
    assert [(each["role"], [part["text"] for part in each["parts"]]) for each in found] == [
        ("user", ["(The conversation began earlier.)"]),
        ("model", ["a", "b"]),
        ("user", ["c", "d"]),
    ]


@pytest.mark.trap(55)
def test_the_last_word_is_the_users() -> None:
    assert contents(HELLO, assistant(Text("Well,")))[-1] == {"role": "user", "parts": [{"text": "Continue."}]}


@pytest.mark.parametrize("nothing", [Thinking("elsewhere", "signed"), Text(" ")])
def test_an_answer_that_comes_to_nothing_keeps_the_users_turns_apart(nothing: Any) -> None:
    before = contents(HELLO)
    after = contents(HELLO, assistant(nothing), HELLO)
    assert after == [*before, {"role": "model", "parts": [{"text": "(no answer)"}]}, *before]
    assert contents(HELLO, assistant(nothing)) == before


def test_nothing_at_all_is_something() -> None:
    assert contents() == [{"role": "user", "parts": [{"text": "(The conversation began earlier.)"}]}]
    assert contents(user(Opaque({"type": "x"})))[0]["parts"] == [{"text": "(an empty message)"}]
    assert contents(HELLO, assistant(Opaque({"type": "x"})), HELLO)[1]["parts"] == [{"text": "(no answer)"}]


@pytest.mark.trap(45, 46)
def test_a_note_of_the_system_stands_where_it_stood() -> None:
    found = contents(HELLO, note("mind the gap"), assistant(Text("yes")), note("again"))
    assert found[0]["parts"] == [{"text": "hi"}, {"text": "System note: mind the gap"}]
    assert found[2]["parts"] == [{"text": "System note: again"}]


@pytest.mark.trap(39, 61, 89)
def test_results_are_one_content_in_the_order_of_the_calls_and_first() -> None:
    found = contents(
        HELLO, assistant(called("a"), called("b")), user(Text("so?"), result("b"), result("a")), user(Text("well?"))
    )
    assert found[1]["parts"] == [call("a"), call("b")]
    assert found[2]["parts"] == [response("a"), response("b"), {"text": "so?"}, {"text": "well?"}]


@pytest.mark.trap(40, 89)
def test_a_call_without_a_result_gets_one() -> None:
    found = contents(HELLO, assistant(called("a"), called("b")), user(result("b")))
    stub = {"functionResponse": {"name": "Bash", "response": {"error": "[no result]"}}}
    assert found[2]["parts"] == [stub, response("b")]
    assert contents(HELLO, assistant(called("a")))[2]["parts"] == [stub]


@pytest.mark.trap(40, 60)
def test_a_result_without_a_call_is_text_and_a_second_one_is_none() -> None:
    found = contents(HELLO, assistant(called("a")), user(result("a"), result("a"), result("z")))
    assert found[2]["parts"][0] == response("a")
    assert found[2]["parts"][-1] == {"text": "out z"}
    assert len(found[2]["parts"]) == 3


def test_what_is_no_text_of_the_models_is_a_part_too() -> None:
    found = contents(HELLO, assistant(Image(PNG)), HELLO)
    assert found[1]["parts"] == [{"inlineData": {"mimeType": "image/png", "data": "aWk="}}]


def test_a_failure_is_one() -> None:
    found = contents(HELLO, assistant(called("a")), user(result("a", Text("exit 1"), is_error=True)))
    assert found[2]["parts"][0]["functionResponse"]["response"] == {"error": "exit 1"}


def test_ids_go_back_alike_in_call_and_result() -> None:
    turns = (
        HELLO,
        assistant(called(kept("g1", "")), called("toolu_2")),
        user(result("toolu_2"), result(kept("g1", ""))),
    )
    for target, ids in ((PRO, ["g1", "toolu_2"]), (FLASH, [None, None])):
        found = contents(*turns, target=target)
        assert [part["functionCall"].get("id") for part in found[1]["parts"]] == ids
        assert [part["functionResponse"].get("id") for part in found[2]["parts"]] == ids


def test_names_are_changed_alike_in_call_and_result() -> None:
    found = contents(HELLO, assistant(called("a", "1st.tool")), user(result("a")))
    (use,), (back,) = found[1]["parts"], found[2]["parts"]
    assert use["functionCall"]["name"] == back["functionResponse"]["name"] != "1st.tool"


@pytest.mark.trap(90)
def test_images_of_a_result_are_in_the_response_from_gemini_3_on() -> None:
    picture = {"inlineData": {"mimeType": "image/png", "data": "aWk="}}
    turns = (HELLO, assistant(called("a")), user(result("a", Text("see"), Image(PNG))))
    (part,) = contents(*turns, target=PRO)[2]["parts"]
    assert part["functionResponse"]["response"] == {"output": "see"}
    assert part["functionResponse"]["parts"] == [picture]
    answered, label, beside = contents(*turns, target=FLASH)[2]["parts"]
    assert answered["functionResponse"]["response"] == {"output": "see\n\n(Its images and documents follow.)"}
    assert label == {"text": "Images and documents that Bash returned:"}
    assert beside == picture


@pytest.mark.trap(90)
def test_what_a_response_does_not_take_stands_beside_it() -> None:
    turns = (HELLO, assistant(called("a")), user(result("a", Image(PNG), Image(GIF), Image(Url("gs://b/c.png")))))
    answered, _, beside, there = contents(*turns, target=PRO)[2]["parts"]
    assert len(answered["functionResponse"]["parts"]) == 1
    assert beside["inlineData"]["mimeType"] == "image/gif"
    assert there["fileData"]["fileUri"] == "gs://b/c.png"


@pytest.mark.trap(89)
def test_all_responses_stand_before_the_images_of_any() -> None:
    turns = (HELLO, assistant(called("a"), called("b")), user(result("a", Image(PNG)), result("b"), Document(PNG)))
    kinds = [next(iter(part)) for part in contents(*turns, target=FLASH)[2]["parts"]]
    assert kinds == ["functionResponse", "functionResponse", "text", "inlineData", "inlineData"]


@pytest.mark.parametrize(
    ("content", "output"), [((Text(" "),), "(no output)"), ((Image(PNG),), "(See the parts of this response.)")]
)
def test_an_empty_response_says_so(content: Any, output: str) -> None:
    found = contents(HELLO, assistant(called("a")), user(result("a", *content)), target=PRO)
    assert found[2]["parts"][0]["functionResponse"]["response"] == {"output": output}


@pytest.mark.trap(64)
def test_a_signature_goes_back_with_its_call() -> None:
    found = contents(
        HELLO, assistant(thought(CALL, of(call("a")), "hm"), called("a"), called("b")), user(result("a")), target=PRO
    )
    assert found[1]["parts"] == [{**named(call("a"), "a"), "thoughtSignature": of(call("a"))}, named(call("b"), "b")]


@pytest.mark.trap(64)
def test_it_finds_its_call_when_the_client_moved_a_text_between_them() -> None:
    """Claude Code 2.1.329 puts calls last: thought, call, text comes back as thought, text, call."""
    found = contents(
        HELLO, assistant(thought(CALL, of(call("a"))), Text("after"), called("a")), user(result("a")), target=PRO
    )
    assert found[1]["parts"] == [{"text": "after"}, {**named(call("a"), "a"), "thoughtSignature": of(call("a"))}]


def test_each_call_may_have_its_own() -> None:
    found = contents(
        HELLO,
        assistant(thought(CALL, of(call("a"))), called("a"), thought(CALL, of(call("b"))), called("b")),
        user(result("a")),
        target=PRO,
    )
    assert [part["thoughtSignature"] for part in found[1]["parts"]] == [of(call("a")), of(call("b"))]


@pytest.mark.trap(65)
def test_a_signature_of_a_text_is_the_texts_alone() -> None:
    text = {"text": "Let me see."}
    found = contents(
        HELLO,
        assistant(
            thought(TEXT, of(text)),
            Text("Let me see."),
            thought(END, of({"text": ""})),
            thought(CALL, of(call("a"))),
            called("a"),
        ),
        user(result("a")),
        target=PRO,
    )
    assert found[1]["parts"] == [
        {**text, "thoughtSignature": of(text)},
        {"text": "", "thoughtSignature": of({"text": ""})},
        {**named(call("a"), "a"), "thoughtSignature": of(call("a"))},
    ]


def test_a_signed_thought_goes_back_as_it_was() -> None:
    found = contents(HELLO, assistant(thought(THOUGHT, of({"text": "hm"}), "hm"), Text("yes")), HELLO, target=PRO)
    assert found[1]["parts"][0] == {"text": "hm", "thought": True, "thoughtSignature": of({"text": "hm"})}


def test_an_unsigned_thought_does_not_go_back() -> None:
    found = contents(HELLO, assistant(thought(UNSIGNED, "", "hm"), Text("yes")), HELLO, target=PRO)
    assert found[1]["parts"] == [{"text": "yes"}]


@pytest.mark.trap(63, 66)
@pytest.mark.parametrize(
    "before",
    [
        (),
        (Thinking("hm", "a signature of Anthropic's"),),
        (Thinking("hm", signed(FLASH, CALL, "other model's")),),
        (Thinking("hm", signed(model(PRO.model, "elsewhere"), CALL, "other provider's")),),
    ],
)
def test_a_call_of_somebody_else_gets_googles_stand_in_from_gemini_3_on(before: Any) -> None:
    turns = (HELLO, assistant(*before, called("a"), called("b")), user(result("a")))
    first, second = contents(*turns, target=PRO)[1]["parts"]
    assert first["thoughtSignature"] == SKIP
    assert "thoughtSignature" not in second
    assert "thoughtSignature" not in contents(*turns, target=model("gemini-2.0-flash"))[1]["parts"][0]


def test_the_stand_in_is_what_google_can_decode() -> None:
    assert base64.urlsafe_b64decode(SKIP)


@pytest.mark.trap(41)
def test_the_same_call_twice_is_one() -> None:
    found = contents(HELLO, assistant(called("a"), called("a")), user(result("a")))
    assert found[1]["parts"] == [call("a")]


def test_arguments_are_untouched() -> None:
    use = ToolUse("a", "Bash", {"z": 1, "title": None, "a": {"format": "x", "const": [1]}})
    found = contents(HELLO, assistant(use), user(result("a")))
    args = found[1]["parts"][0]["functionCall"]["args"]
    assert args == use.input
    assert list(args) == ["z", "title", "a"]
