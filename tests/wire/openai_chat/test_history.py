import json
from dataclasses import replace

import pytest

from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.blocks import (
    Base64,
    Document,
    Image,
    Opaque,
    PlainText,
    RedactedThinking,
    Text,
    Thinking,
    ToolUse,
)
from ccr.messages.request import Request
from ccr.wire.names import shortened
from ccr.wire.openai_chat import ChatUpstream
from ccr.wire.origin import Origin
from tests.wire.openai_chat.reading import TARGET, assistant, body, called, messages, note, result, user

PNG = Image(Base64("image/png", "aGk="))
PDF = Document(Base64("application/pdf", "aGk="), "a.pdf")
ASK = user(Text("hi"))


def own(text: str, field: str = "reasoning_content", state: str = "") -> Thinking:
    return Thinking(text, Origin(TARGET, field, state).sign())


def roles(found: list[dict[str, object]]) -> list[object]:
    return [message["role"] for message in found]


# --- system ---


def test_the_system_blocks_are_one_leading_message() -> None:
    request = Request("m", (ASK,), system=(Text("one"), Text(" "), Text("two")))
    assert body(request)["messages"][0] == {"role": "system", "content": "one\n\ntwo"}


@pytest.mark.trap(48)
def test_the_attribution_block_is_dropped() -> None:
    line = "x-anthropic-billing-header: cc_version=1.2.3.abc; cc_entrypoint=cli;"
    request = Request("m", (ASK,), system=(Text(line), Text("prompt")))
    assert body(request)["messages"][0]["content"] == "prompt"
    assert roles(body(Request("m", (ASK,), system=(Text(line),)))["messages"]) == ["user"]


def test_what_follows_the_attribution_line_in_its_block_stays() -> None:
    request = Request("m", (ASK,), system=(Text("x-anthropic-billing-header: a=b;\nprompt"),))
    assert body(request)["messages"][0]["content"] == "prompt"


def test_some_hosts_call_it_developer() -> None:
    request = Request("m", (ASK,), system=(Text("prompt"),))
    assert body(request, ChatUpstream(system_role="developer"))["messages"][0]["role"] == "developer"


@pytest.mark.trap(45, 46)
def test_a_system_turn_is_folded_into_the_user_turn_where_it_stands() -> None:
    found = messages(ASK, note("be brief"), assistant(Text("ok")), user(Text("go")), note("now"))
    assert found == [
        {"role": "user", "content": "hi\n\nSystem note: be brief"},
        {"role": "assistant", "content": "ok"},
        {"role": "user", "content": "go\n\nSystem note: now"},
    ]


@pytest.mark.trap(39)
def test_a_system_turn_never_stands_between_calls_and_results() -> None:
    found = messages(ASK, assistant(called("a")), note("psst"), user(result("a")))
    assert roles(found) == ["user", "assistant", "tool", "user"]
    assert found[3]["content"] == "System note: psst"


def test_an_empty_system_turn_says_nothing() -> None:
    assert messages(ASK, note(" ")) == [{"role": "user", "content": "hi"}]


# --- tool results ---


@pytest.mark.trap(39, 61)
def test_results_come_first_in_the_order_of_the_calls() -> None:
    found = messages(ASK, assistant(called("a"), called("b")), user(Text("and"), result("b"), result("a")))
    assert found[2:] == [
        {"role": "tool", "tool_call_id": "a", "content": "out a"},
        {"role": "tool", "tool_call_id": "b", "content": "out b"},
        {"role": "user", "content": "and"},
    ]


@pytest.mark.trap(90)
def test_images_and_documents_of_results_follow_after_all_tool_messages() -> None:
    found = messages(
        ASK,
        assistant(called("a"), called("b")),
        user(result("a", Text("seen"), PNG, PDF), result("b"), Text("look")),
    )
    assert roles(found[2:]) == ["tool", "tool", "user"]
    assert found[2]["content"] == "seen\n\n(Its images and documents follow in the next message.)"
    assert [part["type"] for part in found[4]["content"]] == ["text", "image_url", "file", "text"]
    assert "(a)" in found[4]["content"][0]["text"]


def test_an_image_alone_leaves_the_tool_message_a_note() -> None:
    found = messages(ASK, assistant(called("a")), user(result("a", PNG)))
    assert found[2]["content"] == "(Its images and documents follow in the next message.)"
    assert "base64" not in found[2]["content"]


def test_a_text_document_stays_in_its_result() -> None:
    found = messages(ASK, assistant(called("a")), user(result("a", Document(PlainText("body"), "T"))))
    assert found[2]["content"] == "T\n\nbody"
    assert len(found) == 3


def test_an_error_is_marked() -> None:
    found = messages(ASK, assistant(called("a")), user(result("a", Text("no such file"), is_error=True)))
    assert found[2]["content"] == "Error: no such file"


@pytest.mark.parametrize("content", [(), (Text(""),), (Opaque({"type": "unheard_of"}),)])
def test_an_empty_result_says_so(content: tuple[Text | Opaque, ...]) -> None:
    found = messages(ASK, assistant(called("a")), user(result("a", *content) if content else result("a", Text(" "))))
    assert found[2]["content"] == "(no output)"


def test_a_result_of_a_tool_search_is_words() -> None:
    reference = Opaque({"type": "tool_reference", "tool_name": "Grep"})
    assert messages(ASK, assistant(called("a")), user(result("a", reference)))[2]["content"] == (
        "[The tool Grep is available.]"
    )


@pytest.mark.trap(40)
def test_an_unanswered_call_gets_a_stub() -> None:
    found = messages(ASK, assistant(called("a"), called("b")), user(result("b"), Text("go on")))
    assert found[2] == {"role": "tool", "tool_call_id": "a", "content": "[no result]"}
    assert roles(found[2:]) == ["tool", "tool", "user"]


def test_a_call_at_the_very_end_gets_a_stub() -> None:
    assert messages(ASK, assistant(called("a")))[2] == {"role": "tool", "tool_call_id": "a", "content": "[no result]"}


@pytest.mark.trap(40)
def test_an_orphaned_result_becomes_words_of_the_user() -> None:
    found = messages(user(result("gone", Text("42")), Text("hi")))
    assert found == [{"role": "user", "content": "The result of an earlier tool call:\n\n42\n\nhi"}]


def test_an_orphaned_error_stays_an_error() -> None:
    assert messages(user(result("gone", is_error=True)))[0]["content"].startswith("The error of an earlier tool call:")


@pytest.mark.trap(60)
def test_of_two_results_for_one_call_the_first_counts() -> None:
    found = messages(ASK, assistant(called("a")), user(result("a", Text("1")), result("a", Text("2"))))
    assert [message["content"] for message in found[2:]] == ["1"]


@pytest.mark.trap(41)
def test_the_same_call_twice_in_a_message_is_one() -> None:
    found = messages(ASK, assistant(called("a"), called("a")), user(result("a")))
    assert len(found[1]["tool_calls"]) == 1
    assert roles(found) == ["user", "assistant", "tool"]


@pytest.mark.trap(41)
def test_an_id_that_comes_again_is_renamed_with_its_result() -> None:
    found = messages(ASK, assistant(called("a")), user(result("a")), assistant(called("a")), user(result("a")))
    first, second = found[1]["tool_calls"][0]["id"], found[3]["tool_calls"][0]["id"]
    assert first != second
    assert [message["tool_call_id"] for message in found if message["role"] == "tool"] == [first, second]


@pytest.mark.trap(43)
def test_mistral_gets_ids_of_nine_characters_on_both_sides() -> None:
    found = messages(
        ASK, assistant(called("call_1")), user(result("call_1")), host=ChatUpstream(nine_character_ids=True)
    )
    assert found[1]["tool_calls"][0]["id"] == found[2]["tool_call_id"]
    assert len(found[2]["tool_call_id"]) == 9


# --- user and assistant ---


@pytest.mark.trap(56)
def test_neighbouring_turns_of_one_role_are_one_message() -> None:
    found = messages(ASK, user(Text("there")), assistant(Text("a")), assistant(Text("b")), ASK)
    assert [message["content"] for message in found] == ["hi\n\nthere", "a\n\nb", "hi"]


@pytest.mark.trap(51)
def test_a_message_is_never_empty() -> None:
    found = messages(user(Text("")), assistant(Thinking("x", "foreign"), RedactedThinking("y")), ASK)
    assert [message["content"] for message in found] == ["(an empty message)", "(no answer)", "hi"]


@pytest.mark.trap(50)
def test_a_call_keeps_the_order_of_its_arguments() -> None:
    use = ToolUse("a", "Edit", {"path": "/é", "new": "x", "all": False})
    call = messages(ASK, assistant(use))[1]["tool_calls"][0]
    arguments = '{"path":"/é","new":"x","all":false}'
    assert call == {"id": "a", "type": "function", "function": {"name": "Edit", "arguments": arguments}}


@pytest.mark.trap(57)
def test_a_call_without_text_has_null_content_or_an_empty_one() -> None:
    assert messages(ASK, assistant(called("a")))[1]["content"] is None
    assert messages(ASK, assistant(called("a")), host=ChatUpstream(null_content=False))[1]["content"] == ""


def test_text_around_calls_is_one_content() -> None:
    found = messages(ASK, assistant(Text("cut by "), Text("a citation."), called("a"), Text("After.")))
    assert found[1]["content"] == "cut by a citation.\n\nAfter."


def test_a_long_tool_name_is_shortened_in_the_history() -> None:
    name = "mcp__" + "x" * 80
    assert messages(ASK, assistant(called("a", name)))[1]["tool_calls"][0]["function"]["name"] == shortened(name)


def test_server_tools_of_another_api_are_told_in_words() -> None:
    use = Opaque({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}})
    found = messages(ASK, assistant(use, Document(PlainText("doc")), Text("so")))
    assert found[1]["content"] == '[web_search: {"query":"q"}]\n\ndoc\n\nso'


@pytest.mark.trap(55)
def test_a_host_without_prefill_is_asked_to_continue() -> None:
    turns = (ASK, assistant(Text("Once upon")))
    assert roles(messages(*turns)) == ["user", "assistant"]
    assert messages(*turns, host=ChatUpstream(prefill=False))[-1] == {"role": "user", "content": "Continue."}


def test_without_turns_there_are_no_messages() -> None:
    assert messages() == []


# --- thoughts ---


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_own_thoughts_go_back_in_their_field(field: str) -> None:
    found = messages(ASK, assistant(own("hm ", field), Text("a"), own("so", field), called("a")))
    assert found[1][field] == "hm so"
    assert found[1]["content"] == "a"


def test_another_model_of_the_same_provider_gets_them_too() -> None:
    request = Request("m", (ASK, assistant(own("hm"), Text("a"))))
    target = Target(TARGET.provider, ModelName("other"))
    assert body(request, target=target)["messages"][1]["reasoning_content"] == "hm"


@pytest.mark.parametrize(
    "thought",
    [
        Thinking("hm"),
        Thinking("hm", "EqQBCkYIBRgC"),
        Thinking("hm", "ccr1.broken"),
        Thinking("hm", Origin(Target(ProviderName("other"), ModelName("m")), "reasoning_content").sign()),
        own("hm", "messages"),
        own("hm", "reasoning_details", "not json"),
        own(" "),
        RedactedThinking("hm"),
    ],
)
@pytest.mark.trap(62)
def test_other_thoughts_are_dropped_and_never_shown(thought: Thinking | RedactedThinking) -> None:
    found = messages(ASK, assistant(thought, Text("a")))
    assert found[1] == {"role": "assistant", "content": "a"}


def test_reasoning_details_go_back_as_they_were() -> None:
    details = [{"type": "reasoning.encrypted", "data": "x", "id": "call_1"}]
    thoughts = (own("hm", "reasoning_details", json.dumps(details)), own("", "reasoning_details", json.dumps(details)))
    assert messages(ASK, assistant(*thoughts, called("a")))[1]["reasoning_details"] == details * 2


def test_mistrals_thoughts_go_back_in_the_content() -> None:
    found = messages(ASK, assistant(own("hm", "thinking", "sig"), own("so", "thinking"), Text("a")))
    assert found[1]["content"] == [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}], "signature": "sig"},
        {"type": "thinking", "thinking": [{"type": "text", "text": "so"}]},
        {"type": "text", "text": "a"},
    ]


@pytest.mark.parametrize("name", ["extra_content", "provider_specific_fields"])
def test_geminis_signature_goes_back_beside_its_call(name: str) -> None:
    state = {"thought_signature": "sig"}
    found = messages(ASK, assistant(own("", name, json.dumps(state)), called("a"), called("b")))
    first, second = found[1]["tool_calls"]
    assert first[name] == state
    assert name not in second


@pytest.mark.parametrize("name", ["reasoning_details", "thinking_blocks"])
def test_only_objects_of_a_signature_are_sent(name: str) -> None:
    found = messages(ASK, assistant(own("hm", name, '[{"type": "x"}, 5, "str", null]'), called("a")))
    assert found[1][name] == [{"type": "x"}]
    assert "extra_content" not in json.dumps(messages(ASK, assistant(own("", "extra_content", "[5]"), called("a"))))


def test_a_signature_that_was_tampered_with_is_not_sent() -> None:
    found = messages(ASK, assistant(own("", "extra_content", "{"), called("a")))
    assert "extra_content" not in found[1]["tool_calls"][0]


@pytest.mark.trap(67, 68)
def test_a_host_that_requires_thoughts_gets_at_least_a_space() -> None:
    host = ChatUpstream(reasoning_required="reasoning_content")
    found = messages(ASK, assistant(called("a")), user(result("a")), assistant(own("hm"), Text("b")), host=host)
    assert [m["reasoning_content"] for m in found if m["role"] == "assistant"] == [" ", "hm"]


def test_it_gets_unsigned_thoughts_of_a_client_that_cannot_sign() -> None:
    host = ChatUpstream(reasoning_required="reasoning_content")
    assert messages(ASK, assistant(Thinking("hm"), called("a")), host=host)[1]["reasoning_content"] == "hm"


# --- prompt caches ---

LOOP = (
    user(Text("reminder"), Text("do it")),
    note("tools"),
    assistant(own("hm"), Text("ok"), called("a"), called("b", "x.y")),
    user(result("b", PNG), result("a", is_error=True)),
    note("tasks"),
    assistant(called("c")),
    user(result("c"), PDF),
    assistant(Text("done")),
    user(Text("more")),
)


@pytest.mark.parametrize("length", [2, 5, 7])  # where a request is made: a system turn belongs to the turn before it
@pytest.mark.trap(50)
def test_a_grown_conversation_begins_with_the_bytes_of_the_shorter_one(length: int) -> None:
    shorter = json.dumps(messages(*LOOP[:length]))
    assert json.dumps(messages(*LOOP)).startswith(shorter.removesuffix("]"))


def test_thousands_of_blocks_in_one_message_are_quick() -> None:
    ids = [f"c{n}" for n in range(10_000)]
    texts = [Text("hello ") for _ in ids]
    written = messages(user(Text("hi")), assistant(*texts, *map(called, ids)), user(*map(result, ids)))
    assert len(written) == 10_002
    assert written[1]["content"] == "hello " * 10_000


# --- caches ---

MARK = {"cache_control": {"type": "ephemeral", "ttl": "1h", "scope": "global"}}
KEEPS = ChatUpstream(cache="ttl")


def cached(host: ChatUpstream, *, marked: bool = True) -> list[dict[str, object]]:
    extra = MARK if marked else {}
    request = Request(
        "m",
        (
            user(Text("a"), Text("b", extra)),
            assistant(called("1")),
            user(replace(result("1"), extra=extra), Text("c")),
        ),
        system=(Text("one", extra), Text("two")),
    )
    found: list[dict[str, object]] = body(request, host)["messages"]
    return found


@pytest.mark.trap(53)
def test_cache_marks_are_dropped_unless_the_host_keeps_caches_by_them() -> None:
    assert "cache_control" not in json.dumps(cached(ChatUpstream()))
    assert [message["content"] for message in cached(ChatUpstream())][:2] == ["one\n\ntwo", "a\n\nb"]


def test_cache_marks_stand_within_the_parts_and_never_beside_them() -> None:
    system, first, _, told, last = cached(KEEPS)
    mark = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    assert system["content"] == [{"type": "text", "text": "one", **mark}, {"type": "text", "text": "two"}]
    assert first["content"] == [{"type": "text", "text": "a"}, {"type": "text", "text": "b", **mark}]
    assert told["content"] == [{"type": "text", "text": "out 1", **mark}]
    assert last["content"] == [{"type": "text", "text": "c"}]


def test_some_hosts_know_no_lifetime() -> None:
    assert "ttl" not in json.dumps(cached(ChatUpstream(cache="plain")))


def test_a_mark_that_moves_on_leaves_all_else_as_it_was() -> None:
    marked = json.dumps(cached(KEEPS)).replace(', "cache_control": {"type": "ephemeral", "ttl": "1h"}', "")
    assert marked == json.dumps(cached(KEEPS, marked=False))


# --- models of one provider, and what only they can read ---

OTHER = Target(TARGET.provider, ModelName("other"))
SEALED = [{"type": "reasoning.encrypted", "data": "c2ln", "id": None}]


def recalled(field: str, state: str, origin: Target) -> dict[str, object]:
    thought = Thinking("hm", Origin(origin, field, state).sign())
    found: dict[str, object] = messages(ASK, assistant(thought, called("1")), user(result("1")))[1]
    return found


@pytest.mark.parametrize(
    ("field", "sealed", "readable"),
    [
        ("reasoning_details", {"reasoning_details": SEALED}, {"reasoning": "hm"}),
        ("thinking_blocks", {"thinking_blocks": SEALED}, {"reasoning_content": "hm"}),
        ("extra_content", {}, {}),
    ],
)
def test_another_model_of_the_provider_gets_the_words_and_no_seal(
    field: str, sealed: dict[str, object], readable: dict[str, object]
) -> None:
    fields = ("reasoning", "reasoning_content", "reasoning_details", "thinking_blocks")
    own, others = recalled(field, json.dumps(SEALED), TARGET), recalled(field, json.dumps(SEALED), OTHER)
    assert {name: own[name] for name in fields if name in own} == sealed
    assert {name: others[name] for name in fields if name in others} == readable


def test_geminis_signature_goes_to_its_model_alone() -> None:
    assert "extra_content" in json.dumps(recalled("extra_content", '{"google": {}}', TARGET))
    assert "extra_content" not in json.dumps(recalled("extra_content", '{"google": {}}', OTHER))


def test_mistrals_signature_goes_to_its_model_alone() -> None:
    assert recalled("thinking", "c2ln", TARGET)["content"] == [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}], "signature": "c2ln"}
    ]
    assert "signature" not in json.dumps(recalled("thinking", "c2ln", OTHER))


def test_thoughts_that_stood_in_the_text_stand_there_again() -> None:
    assert recalled("tags", "", TARGET)["content"] == "<think>hm</think>\n\n"
    assert recalled("tags", "", OTHER)["content"] is None


def test_sealed_thoughts_name_their_call_as_it_is_sent() -> None:
    id = "c" * 50
    details = [{"id": id, "data": "c2ln"}, {"id": "other"}]
    thought = own("", "reasoning_details", json.dumps(details))
    message = messages(ASK, assistant(thought, called(id)), user(result(id)))[1]
    assert message["reasoning_details"] == [{"id": message["tool_calls"][0]["id"], "data": "c2ln"}, *details[1:]]


def test_a_user_may_not_follow_a_tool_at_once() -> None:
    host = ChatUpstream(user_after_tool=False)
    turns = (ASK, assistant(called("1")), user(result("1"), Text("go on")))
    assert roles(messages(*turns, host=host)) == ["user", "assistant", "tool", "assistant", "user"]
    assert roles(messages(*turns[:2], user(result("1")), host=host)) == ["user", "assistant", "tool"]
