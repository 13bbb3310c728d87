"""Blocks -> content parts of a message. What the wire has no part for becomes a visible note or its text."""

from collections.abc import Iterable, Sequence
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
from ccr.wire.openai_chat.differences import Cache
from ccr.wire.wording import words


def parts(block: Block, images: bool = True) -> list[JsonObject]:
    match block:
        case Text(text):
            return said(text)
        case Image(source):
            return [picture(source)] if images else said("[An image was here. This model reads text only.]")
        case Document(source, title):
            return paper(source, title or "", images)
        case ToolResult(_, content):
            return [part for inner in content for part in parts(inner, images)]
        case Opaque(raw) if block.type == "input_audio":
            return [cast(JsonObject, raw)]  # a client of this wire sent it, and gets it through
        case Opaque():
            return said(words(block))
        case ToolUse() | Thinking() | RedactedThinking():
            return []


def said(text: str) -> list[JsonObject]:
    """A text part; empty ones are refused by many hosts."""
    return [{"type": "text", "text": text}] if text.strip() else []


def picture(source: Base64 | Url | FileId) -> JsonObject:
    match source:
        case Base64():
            return {"type": "image_url", "image_url": {"url": data_url(source)}}
        case Url(url):
            return {"type": "image_url", "image_url": {"url": url}}
        case FileId(file_id):
            return {"type": "text", "text": f"[The image {file_id} is stored with another provider.]"}


def paper(source: Source, title: str, images: bool) -> list[JsonObject]:
    match source:
        case PlainText(text):
            return said(f"{title}\n\n{text}" if title else text)
        case Blocks(content):
            return [*said(title), *(part for inner in content for part in parts(inner, images))]
        case Base64() if not images:
            return said(f"[A document{named(title)} was here. This model reads text only.]")
        case Base64():
            return [{"type": "file", "file": {"filename": title or "document.pdf", "file_data": data_url(source)}}]
        case Url(url):
            return said(f"[A document{named(title)} is at {url}]")
        case FileId(file_id):
            return said(f"[The document {file_id}{named(title)} is stored with another provider.]")


def named(title: str) -> str:
    return f' "{title}"' if title else ""


def data_url(source: Base64) -> str:
    return f"data:{source.media_type};base64,{source.data}"


def marked(found: list[JsonObject], block: Block, cache: Cache | None) -> list[JsonObject]:
    """With the block's cache_control at its last part, for hosts that keep caches by it."""
    mark = None if cache is None or isinstance(block, Opaque) else block.extra.get("cache_control")
    if not found or not isinstance(mark, dict):
        return found
    kept = {"type": "ephemeral"} if cache == "plain" else {k: v for k, v in mark.items() if k in ("type", "ttl")}
    return [*found[:-1], {**found[-1], "cache_control": kept}]


def joined(found: Sequence[JsonObject], cache: Cache | None = None) -> Json:
    """One string where it can be: every host takes that. Where a part may be marked later, all are parts from the start."""
    texts = texts_of(found)
    return "\n\n".join(texts) if cache is None and len(texts) == len(found) else list(found)


def texts_of(found: Iterable[JsonObject]) -> list[str]:
    return [str(part["text"]) for part in found if part["type"] == "text"]
