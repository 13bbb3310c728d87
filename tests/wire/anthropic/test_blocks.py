"""Content blocks <-> JSON."""

import pytest

from ccr.errors import BadRequest
from ccr.messages.blocks import (
    Base64,
    Block,
    Blocks,
    Document,
    FileId,
    Image,
    Opaque,
    PlainText,
    RedactedThinking,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
    Url,
)
from ccr.messages.json import Json
from ccr.wire.anthropic.blocks import decode, decode_content, encode, encode_content, merged, tool_input
from ccr.wire.fields import Fields

MARK = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
PNG = {"type": "base64", "media_type": "image/png", "data": "aGk="}

SAMPLES: dict[str, tuple[dict[str, object], Block]] = {
    "text": ({"type": "text", "text": "hi", **MARK}, Text("hi", MARK)),
    "cited text": (
        {"type": "text", "text": "hi", "citations": [{"type": "char_location"}]},
        Text("hi", {"citations": [{"type": "char_location"}]}),
    ),
    "image": ({"type": "image", "source": PNG, **MARK}, Image(Base64("image/png", "aGk="), MARK)),
    "image by URL": ({"type": "image", "source": {"type": "url", "url": "u"}}, Image(Url("u"))),
    "image by id": ({"type": "image", "source": {"type": "file", "file_id": "f"}}, Image(FileId("f"))),
    "source with more": (
        {"type": "image", "source": {**PNG, "detail": "high"}},
        Image(Base64("image/png", "aGk="), {"source": {"detail": "high"}}),
    ),
    "unknown source": (
        {"type": "image", "source": {"type": "bucket"}},
        Opaque({"type": "image", "source": {"type": "bucket"}}),
    ),
    "text as image": (
        {"type": "image", "source": {"type": "text", "media_type": "text/plain", "data": "x"}},
        Opaque({"type": "image", "source": {"type": "text", "media_type": "text/plain", "data": "x"}}),
    ),
    "document": (
        {"type": "document", "source": {**PNG, "media_type": "application/pdf"}, "title": "T", "context": "c"},
        Document(Base64("application/pdf", "aGk="), "T", {"context": "c"}),
    ),
    "plain document": (
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}},
        Document(PlainText("x")),
    ),
    "document of blocks": (
        {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "x", **MARK}]}},
        Document(Blocks((Text("x", MARK),))),
    ),
    "unknown document": (
        {"type": "document", "source": {"type": "bucket"}},
        Opaque({"type": "document", "source": {"type": "bucket"}}),
    ),
    "tool use": (
        {"type": "tool_use", "id": "t", "name": "Bash", "input": {"a": 1}, "caller": {"type": "direct"}},
        ToolUse("t", "Bash", {"a": 1}, {"caller": {"type": "direct"}}),
    ),
    "tool result": (
        {"type": "tool_result", "tool_use_id": "t", "content": "x", "is_error": True, **MARK},
        ToolResult("t", (Text("x"),), True, MARK),
    ),
    "empty tool result": ({"type": "tool_result", "tool_use_id": "t"}, ToolResult("t")),
    "tool result of blocks": (
        {
            "type": "tool_result",
            "tool_use_id": "t",
            "content": [{"type": "image", "source": PNG}, {"type": "tool_reference", "tool_name": "x"}],
        },
        ToolResult("t", (Image(Base64("image/png", "aGk=")), Opaque({"type": "tool_reference", "tool_name": "x"}))),
    ),
    "thinking": ({"type": "thinking", "thinking": "hm", "signature": "s", "x": 1}, Thinking("hm", "s", {"x": 1})),
    "redacted": ({"type": "redacted_thinking", "data": "d", "x": 1}, RedactedThinking("d", {"x": 1})),
    "server tool": (
        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
        Opaque({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}),
    ),
}


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_block_is_read(sample: str) -> None:
    raw, block = SAMPLES[sample]
    assert decode(Fields(raw)) == block


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_block_is_written_as_it_was_read(sample: str) -> None:
    raw, block = SAMPLES[sample]
    assert encode(block) == raw


@pytest.mark.parametrize(
    ("value", "input"),
    [
        ({"a": 1}, {"a": 1}),
        (None, {}),
        ("", {}),
        ('{"a":1}', {"a": 1}),
        ('"{\\"a\\":1}"', {"a": 1}),
        ("ls -l", {"value": "ls -l"}),
        ([1], {"value": [1]}),
        ("[1]", {"value": [1]}),
        (False, {"value": False}),
    ],
)
@pytest.mark.trap(27)
def test_a_tools_input_is_always_an_object(value: Json, input: object) -> None:
    assert tool_input(value) == input


@pytest.mark.parametrize(("raw", "content"), [({}, ()), ({"c": None}, ()), ({"c": ""}, ()), ({"c": "x"}, (Text("x"),))])
def test_content_may_be_a_string_or_missing(raw: dict[str, object], content: tuple[Block, ...]) -> None:
    assert decode_content(Fields(raw), "c") == content


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        ({"c": 7}, "c: expected a string or a list, not a number"),
        ({"c": ["x"]}, r"c\[0\]: expected an object, not a string"),
        ({"c": [{}]}, r"c\[0\].type: missing, expected a string"),
        ({"c": [{"type": "text"}]}, r"c\[0\].text: missing, expected a string"),
        ({"c": [{"type": "image", "source": 1}]}, r"c\[0\].source: expected an object, not a number"),
    ],
)
def test_a_fault_is_named_with_its_path(raw: dict[str, object], fault: str) -> None:
    with pytest.raises(BadRequest, match=fault):
        decode_content(Fields(raw), "c")


def test_one_plain_text_is_written_as_a_string() -> None:
    assert encode_content((Text("x"),)) == "x"
    assert encode_content((Text("x", MARK),)) == [{"type": "text", "text": "x", **MARK}]


def test_objects_are_merged_into_objects() -> None:
    assert merged({"a": {"b": 1}, "c": 1}, {"a": {"d": {}}, "c": {"e": 2}}) == {"a": {"b": 1, "d": {}}, "c": {"e": 2}}


def nested(depth: int) -> dict[str, object]:
    block: dict[str, object] = {"type": "text", "text": "hi"}
    for level in range(depth):
        if level % 2:
            block = {"type": "tool_result", "tool_use_id": "t", "content": [block]}
        else:
            block = {"type": "document", "source": {"type": "content", "content": [block]}}
    return block


def test_blocks_stand_in_blocks_to_a_limit() -> None:
    assert encode(decode(Fields(nested(8), "b")))["type"] == "tool_result"
    with pytest.raises(BadRequest, match=r"^b\.content\[0\]\.source\.content.*: blocks are nested more than 8 deep$"):
        decode(Fields(nested(10), "b"))
