from typing import Any

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
from ccr.wire.gemini.content import parts

PNG, PDF = Base64("image/png", "aWk="), Base64("application/pdf", "cGQ=")
FILM = "https://www.youtube.com/watch?v=1"


def inline(source: Base64) -> dict[str, Any]:
    return {"inlineData": {"mimeType": source.media_type, "data": source.data}}


@pytest.mark.parametrize(
    ("block", "found"),
    [
        (Text("hi"), [{"text": "hi"}]),
        (Image(PNG), [inline(PNG)]),
        (Document(PDF), [inline(PDF)]),
        (Document(PDF, "Report"), [{"text": "Report"}, inline(PDF)]),
        (Document(PlainText("words")), [{"text": "words"}]),
        (Document(PlainText("words"), "Report"), [{"text": "Report\n\nwords"}]),
        (Document(Blocks((Text("a"), Image(PNG)))), [{"text": "a"}, inline(PNG)]),
        (ToolResult("x", (Text("a"), Image(PNG))), [{"text": "a"}, inline(PNG)]),
        (
            Opaque({"type": "input_audio", "input_audio": {"data": "d", "format": "wav"}}),
            [inline(Base64("audio/wav", "d"))],
        ),
        (Opaque({"type": "tool_reference", "tool_name": "Grep"}), [{"text": "[The tool Grep is available.]"}]),
    ],
)
def test_a_block_becomes_parts(block: Block, found: object) -> None:
    assert parts(block) == found


@pytest.mark.trap(51)
@pytest.mark.parametrize(
    "block",
    [Text(""), Text(" \n"), ToolUse("a", "b"), Thinking("hm"), RedactedThinking("x"), Opaque({"type": "unknown"})],
)
def test_what_says_nothing_here_has_no_part(block: Block) -> None:
    assert parts(block) == []


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("https://a.test/b.PNG?c", {"mimeType": "image/png", "fileUri": "https://a.test/b.PNG?c"}),
        ("gs://bucket/b.pdf", {"mimeType": "application/pdf", "fileUri": "gs://bucket/b.pdf"}),
        (FILM, {"fileUri": FILM}),
        (
            "https://generativelanguage.googleapis.com/v1beta/files/1",
            {"fileUri": "https://generativelanguage.googleapis.com/v1beta/files/1"},
        ),
    ],
)
def test_google_fetches_what_it_can(url: str, file: object) -> None:
    assert parts(Image(Url(url))) == [{"fileData": file}]


def test_what_nobody_fetches_is_told() -> None:
    assert parts(Image(Url("https://a.test/b"))) == [{"text": "[The image is at https://a.test/b and was not loaded.]"}]
    there = Document(Url("https://a.test/b"), "Report")
    assert parts(there) == [{"text": '[The document "Report" is at https://a.test/b and was not loaded.]'}]
    assert parts(Image(FileId("file_1"))) == [{"text": "[The image file_1 is stored with another provider.]"}]
