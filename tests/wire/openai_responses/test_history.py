import json

import pytest

from ccr.messages.blocks import Document, Image, Opaque, RedactedThinking, Text, Thinking, ToolUse, Url
from ccr.messages.request import Request
from ccr.wire.openai_responses import ResponsesUpstream
from tests.support.strict.responses import fault, sealed
from tests.wire.openai_responses.reading import (
    TARGET,
    Json,
    assistant,
    at,
    body,
    called,
    items,
    note,
    result,
    thought,
    user,
)


def sealed_item(id: str, follower: str) -> Json:
    return {"type": "reasoning", "summary": [], "id": id, "encrypted_content": sealed(TARGET.model, id, follower)}


def kinds(*sent: Json) -> list[object]:
    return [item["role"] if item["type"] == "message" else item["type"] for item in sent]


def test_a_message_of_the_user_is_a_list_of_parts() -> None:
    assert items(user(Text("a"), Image(Url("u")), Text(" "))) == [
        {
            "type": "message",
            "role": "user",
            "content": [
                {"type": "input_text", "text": "a"},
                {"type": "input_image", "detail": "auto", "image_url": "u"},
            ],
        }
    ]


@pytest.mark.trap(53)
def test_marks_of_another_api_are_left_out() -> None:
    marked = Text("a", {"cache_control": {"type": "ephemeral"}})
    assert items(user(marked), assistant(marked), user(marked)) == items(
        *(role(Text("a")) for role in (user, assistant, user))
    )


@pytest.mark.trap(45, 46)
def test_a_note_of_the_system_stays_in_its_place() -> None:
    sent = items(user(Text("a")), note("mind this"), assistant(Text("b")), user(Text("c")))
    assert kinds(*sent) == ["user", "developer", "assistant", "user"]
    assert sent[1]["content"] == [{"type": "input_text", "text": "mind this"}]


@pytest.mark.trap(39, 61)
def test_calls_and_results_come_in_order_and_before_what_the_user_adds() -> None:
    turns = (
        user(Text("go")),
        assistant(Text("so"), called("a"), called("b")),
        note("mind"),
        user(Text("and"), result("b"), result("a")),
    )
    sent = body(Request("m", turns))["input"]
    assert kinds(*sent) == [
        "user", "assistant", "function_call", "function_call", "function_call_output", "function_call_output",
        "developer", "user",
    ]  # fmt: skip
    assert sent[2] == {"type": "function_call", "call_id": "a", "name": "Bash", "arguments": '{"command":"a"}'}
    assert {item["call_id"]: item["output"] for item in sent[4:6]} == {"a": "out a", "b": "out b"}


@pytest.mark.trap(40, 60)
def test_each_call_has_one_result_and_each_result_a_call() -> None:
    turns = (
        user(result("gone"), Text("x")),
        assistant(called("a")),
        user(result("a"), result("a")),
        assistant(called("b")),
    )
    sent = body(Request("m", turns))["input"]
    assert kinds(*sent) == ["user", "function_call", "function_call_output", "function_call", "function_call_output"]
    assert sent[-1]["output"] == "Error: [no result]"


@pytest.mark.trap(41, 42, 44, 81)
def test_ids_and_names_fit() -> None:
    long, name = "x" * 100, "mcp__" + "y" * 80
    turns = (
        user(Text("a")),
        assistant(ToolUse("functions.Bash:0", name), ToolUse(long, "B")),
        user(result("functions.Bash:0"), result(long)),
        assistant(ToolUse("functions.Bash:0", "B")),
        user(result("functions.Bash:0")),
    )
    sent = body(Request("m", turns))["input"]
    ids = [item["call_id"] for item in sent if item["type"] == "function_call"]
    assert len(set(ids)) == 3
    assert ids == [item["call_id"] for item in sent if item["type"] == "function_call_output"]


@pytest.mark.trap(90)
def test_pictures_and_papers_stay_in_the_result() -> None:
    shown = result("a", Text("look"), Image(Url("u")), Document(Url("v")))
    sent = items(user(Text("go")), assistant(called("a")), user(shown))
    assert [part["type"] for part in sent[2]["output"]] == ["input_text", "input_image", "input_file"]


def test_a_failure_is_said() -> None:
    def output(*content: Text | Image) -> object:
        return items(user(Text("a")), assistant(called("a")), user(result("a", *content, is_error=True)))[2]["output"]

    assert output(Text("no such file")) == "Error: no such file"
    assert output(Image(Url("u")))[0] == {"type": "input_text", "text": "Error:"}  # type: ignore[index]
    assert output(Text(" ")) == "Error: (no output)"


def test_a_result_that_says_nothing_says_so() -> None:
    assert items(user(Text("a")), assistant(called("a")), user(result("a", Text(""))))[2]["output"] == "(no output)"


@pytest.mark.trap(73)
def test_thoughts_stand_right_before_what_they_led_to() -> None:
    first, second = sealed_item("rs_1", "function_call a"), sealed_item("rs_2", "message")
    turns = (
        user(Text("go")),
        assistant(thought("hm", first), called("a"), called("b")),
        user(result("a"), result("b")),
        assistant(thought("hm", second), Text("done")),
        user(Text("ok")),
    )
    sent = body(Request("m", turns))["input"]
    assert sent[1:3] == [
        first,
        {"type": "function_call", "call_id": "a", "name": "Bash", "arguments": '{"command":"a"}'},
    ]
    assert sent[6] == second
    assert kinds(*sent[6:8]) == ["reasoning", "assistant"]


def test_several_thoughts_in_a_row_lead_to_the_same() -> None:
    both = [sealed_item(id, "message") for id in ("rs_1", "rs_2")]
    sent = body(
        Request("m", (user(Text("a")), assistant(*(thought("", item) for item in both), Text("b")), user(Text("c"))))
    )
    assert sent["input"][1:3] == both


@pytest.mark.trap(73)
def test_a_thought_that_led_to_nothing_is_left_out() -> None:
    alone = thought("hm", sealed_item("rs_1", "message"))
    assert kinds(*items(user(Text("a")), assistant(Text("b"), alone), user(Text("c")))) == ["user", "assistant", "user"]


@pytest.mark.trap(62, 66)
def test_thoughts_of_others_stay_behind() -> None:
    foreign = thought("hm", sealed_item("rs_1", "message"), target=at("gpt-5"))
    others = (foreign, Thinking("hm", "EqQB"), Thinking("hm"), RedactedThinking("x"))
    sent = items(user(Text("a")), assistant(*others, Text("b")), user(Text("c")))
    assert kinds(*sent) == ["user", "assistant", "user"]


@pytest.mark.trap(74)
def test_a_message_keeps_its_phase() -> None:
    turns = (
        user(Text("a")),
        assistant(thought("", phase="commentary"), Text("so"), called("a")),
        user(result("a")),
        assistant(thought("hm", sealed_item("rs_1", "message"), phase="final_answer"), Text("b"), Text("c")),
        user(Text("d")),
    )
    sent = body(Request("m", turns))["input"]
    assert sent[1] == {"type": "message", "role": "assistant", "content": "so", "phase": "commentary"}
    assert sent[5] == {"type": "message", "role": "assistant", "content": "bc", "phase": "final_answer"}


def test_a_thought_parts_two_texts() -> None:
    sent = items(user(Text("a")), assistant(Text("b"), Thinking("hm", "EqQB"), Text("c")), user(Text("d")))
    assert [item["content"] for item in sent[1:3]] == ["b", "c"]


def test_a_search_of_the_hosts_is_put_into_words_and_the_thoughts_before_it_are_left_out() -> None:
    call = Opaque({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "q"}})
    sent = items(
        user(Text("a")), assistant(thought("hm", sealed_item("rs_1", "message")), call, Text("b")), user(Text("c"))
    )
    assert [item["content"] for item in sent[1:3]] == ['[web_search: {"query":"q"}]', "b"]


@pytest.mark.trap(51)
def test_a_conversation_of_blanks_is_an_empty_message() -> None:
    assert items(user(Text(" "))) == [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "(an empty message)"}]}
    ]


def test_a_model_may_be_asked_to_go_on() -> None:
    assert kinds(*items(user(Text("a")), assistant(Text("b")))) == ["user", "assistant"]


@pytest.mark.trap(50)
def test_arguments_keep_the_order_of_their_keys() -> None:
    sent = items(user(Text("a")), assistant(ToolUse("a", "A", {"b": 1, "a": {"d": 2, "c": 3}})), user(result("a")))
    assert sent[1]["arguments"] == '{"b":1,"a":{"d":2,"c":3}}'


def test_a_strict_host_would_refuse_what_is_not_mended() -> None:
    """Of the fake: what it is there for."""
    sent = dict(
        ResponsesUpstream()
        .encode(Request("m", (user(Text("a")), assistant(called("a")), user(result("a")))), TARGET)
        .body
    )
    without = {**sent, "input": sent["input"][:2]}  # type: ignore[index]
    refused = fault("/v1/responses", without)
    assert refused
    assert refused[0] == 400
    assert "No tool output found for function call a." in json.dumps(refused[1])
