"""Input items, as clients and Codex send them."""

from typing import Any

import pytest

from ccr.errors import BadRequest
from ccr.messages.blocks import Base64, Block, Document, FileId, Image, Opaque, Text, Thinking, ToolResult, ToolUse, Url
from ccr.messages.request import Turn
from tests.wire.openai_responses.asking import asked

HI = {"role": "user", "content": "hi"}
PNG = "data:image/png;base64,aGk="


def turns(*items: object) -> list[Turn]:
    return list(asked(HI, *items).turns[1:])


def spoken(item: object) -> Block:
    """The one block that the model said."""
    (turn,) = turns(item)
    assert turn.role == "assistant"
    (block,) = turn.content
    return block


def told(item: object) -> tuple[Block, ...]:
    (turn,) = turns(item)
    assert turn.role == "user"
    return turn.content


def parts(*content: object) -> tuple[Block, ...]:
    return told({"type": "message", "role": "user", "content": content})


def test_a_turn_with_thoughts_calls_and_results() -> None:
    found = turns(
        {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "hm"}]},
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Two.", "annotations": []}],
        },
        {"type": "function_call", "call_id": "a", "name": "f", "arguments": '{"x":1}'},
        {"type": "function_call", "call_id": "b", "name": "shot", "namespace": "mcp__pics", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "b", "output": "B"},
        {"type": "function_call_output", "call_id": "a", "output": [{"type": "input_image", "image_url": PNG}]},
        {"role": "user", "content": [{"type": "input_text", "text": "and now?"}]},
        HI,
    )
    said = (Thinking("hm"), Text("Two."), ToolUse("a", "f", {"x": 1}), ToolUse("b", "mcp__pics__shot", {}))
    image = Image(Base64("image/png", "aGk="))
    results = (ToolResult("b", (Text("B"),)), ToolResult("a", (image,)), Text("and now?"), Text("hi"))
    assert found == [Turn("assistant", said), Turn("user", results)]


def test_what_the_user_says_in_a_row_stays_apart() -> None:
    assert turns(HI) == [Turn("user", (Text("hi"),))]


@pytest.mark.trap(46)
def test_system_messages_at_the_head_are_the_prompt_and_later_ones_turns() -> None:
    note = {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "note"}]}
    request = asked({"role": "system", "content": "be brief"}, note, HI, note)
    assert request.system == (Text("be brief"), Text("note"))
    assert request.turns == (Turn("user", (Text("hi"),)), Turn("system", (Text("note"),)))


@pytest.mark.parametrize(
    ("call", "use"),
    [
        (
            {"type": "custom_tool_call", "call_id": "c", "name": "exec", "namespace": "functions", "input": "1+1"},
            ToolUse("c", "exec", {"input": "1+1"}),
        ),
        (
            {"type": "tool_search_call", "call_id": "c", "execution": "client", "arguments": {"query": "x"}},
            ToolUse("c", "tool_search", {"query": "x"}),
        ),
        (
            {"type": "local_shell_call", "id": "c", "action": {"type": "exec", "command": ["ls"], "env": {}}},
            ToolUse("c", "local_shell", {"command": ["ls"]}),
        ),
        (
            {"type": "shell_call", "call_id": "c", "action": {"commands": ["ls"]}},
            ToolUse("c", "shell", {"commands": ["ls"]}),
        ),
        (
            {"type": "apply_patch_call", "call_id": "c", "operation": {"type": "delete_file", "path": "a"}},
            ToolUse("c", "apply_patch", {"type": "delete_file", "path": "a"}),
        ),
    ],
)
def test_calls_in_other_forms_are_calls(call: object, use: ToolUse) -> None:
    assert spoken(call) == use


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ({"type": "custom_tool_call_output", "call_id": "c", "output": "done"}, "done"),
        ({"type": "local_shell_call_output", "id": "c", "output": "done"}, "done"),
        ({"type": "shell_call_output", "call_id": "c", "output": [{"stdout": "x", "stderr": ""}]}, '{"stdout":"x","stderr":""}'),
        ({"type": "function_call_output", "call_id": "c", "output": {"content": "x"}}, '{"content":"x"}'),
        ({"type": "apply_patch_call_output", "call_id": "c", "status": "completed"}, "completed"),
        ({"type": "tool_search_output", "call_id": "c", "tools": []}, "Nothing was found."),
    ],
)  # fmt: skip
def test_answers_in_other_forms_are_results(item: object, text: str) -> None:
    assert told(item) == (ToolResult("c", (Text(text),)),)


def test_an_answer_may_be_empty() -> None:
    assert told({"type": "function_call_output", "call_id": "c", "output": None}) == (ToolResult("c"),)


def test_a_patch_that_failed_is_an_error() -> None:
    (result,) = told({"type": "apply_patch_call_output", "call_id": "c", "status": "failed", "output": "no such file"})
    assert result == ToolResult("c", (Text("no such file"),), is_error=True)


def test_tools_that_the_client_found_can_be_called_from_then_on() -> None:
    shot = {"type": "function", "name": "shot", "parameters": {"type": "object"}}
    pics = {"type": "namespace", "name": "mcp__pics", "tools": [shot]}
    found = {"type": "tool_search_output", "call_id": "c", "tools": [pics]}
    request = asked(HI, found, found, tools=[{**shot, "name": "own"}])
    assert [tool.name for tool in request.tools] == ["own", "mcp__pics__shot"]
    assert request.turns[1].content[0] == ToolResult("c", (Text("mcp__pics__shot can be called from now on."),))


def test_tools_may_come_with_the_input() -> None:
    more = {"type": "additional_tools", "role": "developer", "tools": [{"type": "custom", "name": "exec"}]}
    request = asked(more, {"role": "developer", "content": "s"}, HI)
    assert [tool.name for tool in request.tools] == ["exec"]
    assert request.system == (Text("s"),)
    assert len(request.turns) == 1


def test_parts_of_a_message() -> None:
    assert parts(
        {"type": "input_text", "text": "a"},
        {"type": "refusal", "refusal": "no"},
        {"type": "input_image", "image_url": "https://a.de/x.png", "detail": "high"},
        {"type": "input_image", "file_id": "file-1"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,aGk="},
        {"type": "input_file", "file_url": "https://a.de/x.pdf"},
        {"type": "input_file", "file_id": "file-2"},
        {"type": "input_audio", "input_audio": {"data": "x"}},
        {"type": "future", "text": "b"},
    ) == (
        Text("a"),
        Text("no"),
        Image(Url("https://a.de/x.png")),
        Image(FileId("file-1")),
        Document(Base64("application/pdf", "aGk="), "a.pdf"),
        Document(Url("https://a.de/x.pdf")),
        Document(FileId("file-2")),
        Opaque({"type": "input_audio", "input_audio": {"data": "x"}}),
        Text('[future: {"text":"b"}]'),
    )


def test_a_message_may_be_empty() -> None:
    assert told({"role": "user", "content": None}) == ()


def test_agents_talk_to_each_other() -> None:
    content = [{"type": "input_text", "text": "count"}, {"type": "encrypted_content", "encrypted_content": "gAAA"}]
    message = {"type": "agent_message", "author": "/root", "recipient": "/root/a", "content": content}
    assert told(message) == (Text("[A message of /root:]"), Text("count"), Text("[encrypted_content]"))
    assert told({"type": "agent_message"}) == (Text("[A message of another agent:]"),)


@pytest.mark.parametrize("type", ["compaction", "context_compaction"])
def test_what_only_another_can_read_is_told_to_be_missing(type: str) -> None:
    (note,) = told({"type": type, "encrypted_content": "gAAA"})
    assert isinstance(note, Text)
    assert "compacted by another provider" in note.text


@pytest.mark.trap(90)
def test_items_without_a_form_are_put_into_words_but_not_their_bytes() -> None:
    search = {"type": "web_search_call", "id": "ws", "status": "completed", "action": {"type": "search", "query": "x"}}
    assert spoken(search) == Text('[web_search_call: {"action":{"type":"search","query":"x"}}]')
    picture = {"type": "image_generation_call", "id": "ig", "result": "aGk=", "revised_prompt": "a cat"}
    assert spoken(picture) == Text('[image_generation_call: {"revised_prompt":"a cat"}]')
    shot = {"type": "computer_call_output", "call_id": "c", "output": {"type": "x", "image_url": PNG, "seen": [PNG]}}
    assert told(shot) == (Text('[computer_call_output: {"output":{"type":"x","image_url":"…","seen":["…"]}}]'),)


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({"type": "item_reference", "id": "msg_1"}, r"input\[1\]: item_reference .* send all items in `input`"),
        ({"id": "msg_1"}, r"input\[1\]: item_reference"),
        ({"text": "hi"}, r"input\[1\].role: missing"),
        ({"type": "compaction_trigger"}, r"input\[1\]: compaction on the server is not supported"),
        ({"role": "wizard", "content": "x"}, r"input\[1\].role: expected user, assistant"),
        ({"role": "user", "content": 7}, r"input\[1\].content: expected a string or a list"),
        ({"type": "function_call", "name": "f", "arguments": "{}"}, r"input\[1\].call_id: missing"),
        ({"role": "user", "content": [{"type": "input_image", "image_url": "data:x"}]}, r"image_url: expected a URL"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(item: Any, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        turns(item)
