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
from ccr.wire.openai_chat.content import joined, parts, texts_of

PNG = Base64("image/png", "aGk=")
PDF = Base64("application/pdf", "aGk=")


def test_text_is_a_text_part() -> None:
    assert parts(Text("hi")) == [{"type": "text", "text": "hi"}]


@pytest.mark.parametrize("block", [Text(""), Text(" \n"), ToolUse("i", "n"), Thinking("t"), RedactedThinking("d")])
def test_what_has_no_words_is_no_part(block: Block) -> None:
    assert parts(block) == []


def test_an_image_goes_by_data_url_or_by_address() -> None:
    assert parts(Image(PNG)) == [{"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}]
    assert parts(Image(Url("https://a.test/i"))) == [{"type": "image_url", "image_url": {"url": "https://a.test/i"}}]


def test_a_pdf_is_a_file() -> None:
    file = {"filename": "a.pdf", "file_data": "data:application/pdf;base64,aGk="}
    assert parts(Document(PDF, "a.pdf")) == [{"type": "file", "file": file}]


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (Document(PlainText("body"), "Title"), "Title\n\nbody"),
        (Document(PlainText("body")), "body"),
        (Document(Url("https://a.test/d"), "T"), '[A document "T" is at https://a.test/d]'),
        (Document(FileId("f1")), "[The document f1 is stored with another provider.]"),
        (Image(FileId("f1")), "[The image f1 is stored with another provider.]"),
    ],
)
def test_what_the_wire_has_no_part_for_is_said(block: Block, said: str) -> None:
    assert texts_of(parts(block)) == [said]


def test_a_document_of_blocks_is_its_title_and_its_blocks() -> None:
    found = parts(Document(Blocks((Text("one"), Image(PNG))), "T"))
    assert texts_of(found) == ["T", "one"]
    assert found[2]["type"] == "image_url"


def test_a_model_that_reads_text_only_is_told_what_it_misses() -> None:
    block = ToolResult("c", (Text("one"), Image(PNG), Document(PDF, "a.pdf")))
    assert joined(parts(block, images=False)) == (
        "one\n\n[An image was here. This model reads text only.]"
        '\n\n[A document "a.pdf" was here. This model reads text only.]'
    )


def test_text_alone_is_one_string() -> None:
    assert joined(parts(Text("a")) + parts(Text("b"))) == "a\n\nb"
    assert isinstance(joined(parts(Text("a")) + parts(Image(PNG))), list)


def test_sound_goes_through() -> None:
    raw = {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}}
    assert parts(Opaque(raw)) == [raw]
