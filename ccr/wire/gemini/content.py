"""Blocks -> parts. None is ever empty: "contents.parts must not be empty", "Unable to submit request because it must
have a text parameter". What has no part becomes a visible note or its text."""

from urllib.parse import urlsplit

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
from ccr.messages.json import JsonObject
from ccr.wire.wording import words

_FILES = "generativelanguage.googleapis.com"
_MEDIA = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "pdf": "application/pdf",
}
_FILMS = ("www.youtube.com", "youtube.com", "youtu.be")


def parts(block: Block) -> list[JsonObject]:
    match block:
        case Text(text):
            return said(text)
        case Image(source):
            return shown(source, "image", "")
        case Document(source, title):
            return shown(source, "document", title or "")
        case ToolResult(_, content):
            return [part for inner in content for part in parts(inner)]
        case Opaque({"type": "input_audio", "input_audio": {"data": str(data), "format": str(form)}}):
            return [inline(f"audio/{form}", data)]  # a client of Chat Completions says it so
        case Opaque():
            return said(words(block))
        case ToolUse() | Thinking() | RedactedThinking():
            return []


def said(text: str) -> list[JsonObject]:
    return [{"text": text}] if text.strip() else []


def shown(source: Source, what: str, title: str) -> list[JsonObject]:
    named = f' "{title}"' if title else ""
    match source:
        case Base64(media_type, data):
            return [*said(title), inline(media_type, data)]
        case PlainText(text):
            return said(f"{title}\n\n{text}" if title else text)
        case Blocks(content):
            return [*said(title), *(part for inner in content for part in parts(inner))]
        case Url(url):
            there = file(url)
            return [*said(title), there] if there else said(f"[The {what}{named} is at {url} and was not loaded.]")
        case FileId(file_id):
            return said(f"[The {what} {file_id}{named} is stored with another provider.]")


def inline(media_type: str, data: str) -> JsonObject:
    return {"inlineData": {"mimeType": media_type, "data": data}}


def file(url: str) -> JsonObject | None:
    """What Google can fetch: its own files and films, and addresses that tell what they hold (a mimeType is wanted)."""
    there = urlsplit(url)
    if media_type := _MEDIA.get(there.path.rpartition(".")[2].lower()):
        return {"fileData": {"mimeType": media_type, "fileUri": url}}
    return {"fileData": {"fileUri": url}} if there.hostname in (_FILES, *_FILMS) else None


def texts(found: list[JsonObject]) -> list[str]:
    return [str(part["text"]) for part in found if "text" in part]
