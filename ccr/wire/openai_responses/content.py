"""Blocks -> parts of a message or of a tool's output. What the wire has no part for becomes a visible note or its text."""

from collections.abc import Iterable
from typing import cast

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
    Source,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
    Url,
)
from ccr.messages.json import Json, JsonObject
from ccr.wire.wording import words

_OWN_FILE = "file-"  # how OpenAI's ids of files begin; Anthropic's begin with file_


def parts(block: Block) -> list[JsonObject]:
    match block:
        case Text(text):
            return said(text)
        case Image(source):
            return picture(source)
        case Document(source, title):
            return paper(source, title or "")
        case ToolResult(_, content):
            return parts_of(content)
        case Opaque() if block.type == "input_audio":
            return [cast(JsonObject, block.raw)]  # a client of this wire sent it, and gets it through
        case Opaque():
            return said(words(block))
        case ToolUse() | Thinking() | RedactedThinking():
            return []


def parts_of(content: Iterable[Block]) -> list[JsonObject]:
    return [part for block in content for part in parts(block)]


def said(text: str) -> list[JsonObject]:
    return [{"type": "input_text", "text": text}] if text.strip() else []


def picture(source: Base64 | Url | FileId) -> list[JsonObject]:
    where: JsonObject
    match source:
        case Base64():
            where = {"image_url": data_url(source)}
        case Url(url):
            where = {"image_url": url}
        case FileId(file_id) if file_id.startswith(_OWN_FILE):
            where = {"file_id": file_id}
        case FileId(file_id):
            return said(f"[The image {file_id} is stored with another provider.]")
    return [{"type": "input_image", "detail": "auto", **where}]


def paper(source: Source, title: str) -> list[JsonObject]:
    match source:
        case PlainText(text):
            return said(f"{title}\n\n{text}" if title else text)
        case Blocks(content):
            return [*said(title), *parts_of(content)]
        case Base64():
            return [{"type": "input_file", "filename": title or "document.pdf", "file_data": data_url(source)}]
        case Url(url):
            return [{"type": "input_file", "file_url": url}]
        case FileId(file_id) if file_id.startswith(_OWN_FILE):
            return [{"type": "input_file", "file_id": file_id}]
        case FileId(file_id):
            named = f' "{title}"' if title else ""
            return said(f"[The document {file_id}{named} is stored with another provider.]")


def data_url(source: Base64) -> str:
    return f"data:{source.media_type};base64,{source.data}"


def texts_of(block: Block) -> list[str]:
    return [str(part["text"]) for part in parts(block) if part["type"] == "input_text"]


def joined(found: list[JsonObject]) -> Json:
    """One string where it can be: every host takes that."""
    if any(part["type"] != "input_text" for part in found):
        return found
    return "\n\n".join(str(part["text"]) for part in found)
