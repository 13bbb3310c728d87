import pytest

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
from ccr.wire.openai_responses.content import joined, parts, texts_of

PDF = Base64("application/pdf", "JVBERi0=")


@pytest.mark.parametrize(
    ("block", "part"),
    [
        (Text("a"), {"type": "input_text", "text": "a"}),
        (
            Image(Base64("image/png", "aWE=")),
            {"type": "input_image", "detail": "auto", "image_url": "data:image/png;base64,aWE="},
        ),
        (Image(Url("https://x/y.png")), {"type": "input_image", "detail": "auto", "image_url": "https://x/y.png"}),
        (Image(FileId("file-1")), {"type": "input_image", "detail": "auto", "file_id": "file-1"}),
        (
            Image(FileId("file_1")),
            {"type": "input_text", "text": "[The image file_1 is stored with another provider.]"},
        ),
        (
            Document(PDF),
            {"type": "input_file", "filename": "document.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
        ),
        (
            Document(PDF, "a.pdf"),
            {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
        ),
        (Document(Url("https://x/y.pdf")), {"type": "input_file", "file_url": "https://x/y.pdf"}),
        (Document(FileId("file-1")), {"type": "input_file", "file_id": "file-1"}),
        (
            Document(FileId("file_1"), "t"),
            {"type": "input_text", "text": '[The document file_1 "t" is stored with another provider.]'},
        ),
        (
            Document(FileId("file_1")),
            {"type": "input_text", "text": "[The document file_1 is stored with another provider.]"},
        ),
        (Document(PlainText("body"), "t"), {"type": "input_text", "text": "t\n\nbody"}),
        (Document(PlainText("body")), {"type": "input_text", "text": "body"}),
        (Opaque({"type": "input_audio", "input_audio": {}}), {"type": "input_audio", "input_audio": {}}),
        (
            Opaque({"type": "tool_reference", "tool_name": "Bash"}),
            {"type": "input_text", "text": "[The tool Bash is available.]"},
        ),
    ],
)
def test_a_block_has_its_part(block: Block, part: object) -> None:
    assert parts(block) == [part]


@pytest.mark.parametrize(
    "block", [Text(" \n"), ToolUse("a", "A"), Thinking("hm"), RedactedThinking("x"), Opaque({"type": "?"})]
)
def test_what_says_nothing_has_none(block: Block) -> None:
    assert parts(block) == []


def test_blocks_in_blocks_are_read() -> None:
    inner = (Text("a"), Image(Url("u")))
    assert [part["type"] for part in parts(Document(Blocks(inner), "t"))] == ["input_text", "input_text", "input_image"]
    assert [part["type"] for part in parts(ToolResult("1", inner))] == ["input_text", "input_image"]


def test_texts_alone_are_one_string() -> None:
    assert joined([*parts(Text("a")), *parts(Text("b"))]) == "a\n\nb"
    assert joined([*parts(Text("a")), *parts(Image(Url("u")))]) == [*parts(Text("a")), *parts(Image(Url("u")))]


def test_the_texts_of_a_block() -> None:
    assert texts_of(Document(Blocks((Text("a"), Image(Url("u")))))) == ["a"]
