"""Items on their own; `test_writer` has them in streams."""

from ccr.messages.blocks import Opaque, Text, ToolUse
from ccr.wire.openai_responses.forms import SHELL, Called
from ccr.wire.openai_responses.outputs import Call, Item, Message, Search


def test_they_are_items() -> None:
    items: list[Item] = [Message(0, "x", Text("")), Call(1, "x", ToolUse("a", "shell"), Called(SHELL, "shell"))]
    assert [item.place for item in items] == [0, 1]


def test_a_search_whose_question_is_no_object_asked_for_nothing() -> None:
    search = Search(0, "x", Opaque({"type": "server_tool_use", "id": "s", "input": 7}))
    assert search.as_json("completed")["action"] == {"type": "search", "query": "", "queries": [""], "sources": []}
