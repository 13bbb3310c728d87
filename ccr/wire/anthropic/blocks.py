"""Content blocks <-> JSON.

What is not known here is carried: unknown blocks as Opaque, unknown fields in the block's `extra`, and unknown fields
of an inner object (a source) in `extra` under that object's name, where `merged` finds them again.
"""

from collections.abc import Mapping
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
from ccr.messages.json import NOTHING, Json, JsonObject, read
from ccr.wire.fields import Fields

DEEPEST = 8  # blocks in blocks: a document in a tool's result is the deepest that there is

SOURCES: dict[str, tuple[str, ...]] = {
    "base64": ("type", "media_type", "data"),
    "url": ("type", "url"),
    "file": ("type", "file_id"),
    "text": ("type", "media_type", "data"),
    "content": ("type", "content"),
}


def merged(known: JsonObject, extra: JsonObject) -> dict[str, Json]:
    """`extra` on top of what is known, object into object."""
    body = dict(known)
    for name, value in extra.items():
        own = body.get(name)
        body[name] = merged(own, value) if isinstance(own, Mapping) and isinstance(value, Mapping) else value
    return body


def tool_input(value: Json) -> JsonObject:
    """A tool's input is an object; models and lookalikes also send nothing, JSON in a string, or something else."""
    match value:
        case dict():
            return value
        case None | "":
            return {}
        case str(text):
            try:
                return tool_input(cast(Json, read(text)))
            except ValueError:
                return {"value": text}
        case _:
            return {"value": value}


def decode_content(fields: Fields, name: str, depth: int = 0) -> tuple[Block, ...]:
    """Content is a string or a list of blocks; absent or null is no content."""
    if depth > DEEPEST:
        raise fields.fault(f"{fields.at(name)}: blocks are nested more than {DEEPEST} deep")
    match fields.raw.get(name):
        case None | "":
            return ()
        case str(text):
            return (Text(text),)
        case list():
            return tuple([decode(block, depth) for block in fields.objects(name)])
        case _:
            raise fields.wrong(name, "a string or a list")


def decode(fields: Fields, depth: int = 0) -> Block:
    match fields.string("type"):
        case "text":
            return Text(fields.string("text"), fields.extra(("type", "text")))
        case "tool_use":
            extra = fields.extra(("type", "id", "name", "input"))
            return ToolUse(fields.string("id"), fields.string("name"), tool_input(fields.raw.get("input")), extra)
        case "tool_result":
            return ToolResult(
                fields.string("tool_use_id"),
                decode_content(fields, "content", depth + 1),
                fields.maybe_boolean("is_error") or False,
                fields.extra(("type", "tool_use_id", "content", "is_error")),
            )
        case "thinking":
            extra = fields.extra(("type", "thinking", "signature"))
            return Thinking(fields.maybe_string("thinking") or "", fields.maybe_string("signature") or "", extra)
        case "redacted_thinking":
            return RedactedThinking(fields.string("data"), fields.extra(("type", "data")))
        case "image":
            return _image(fields, depth)
        case "document":
            return _document(fields, depth)
        case _:
            return Opaque(fields.raw)


def _image(fields: Fields, depth: int) -> Block:
    inner = fields.object("source")
    match _source(inner, depth):
        case Base64() | Url() | FileId() as source:
            return Image(source, _rest(fields, inner, ("type", "source")))
        case _:
            return Opaque(fields.raw)


def _document(fields: Fields, depth: int) -> Block:
    inner = fields.object("source")
    source = _source(inner, depth)
    if source is None:
        return Opaque(fields.raw)
    return Document(source, fields.maybe_string("title"), _rest(fields, inner, ("type", "source", "title")))


def _source(fields: Fields, depth: int) -> Source | None:
    match fields.string("type"):
        case "base64":
            return Base64(fields.string("media_type"), fields.string("data"))
        case "url":
            return Url(fields.string("url"))
        case "file":
            return FileId(fields.string("file_id"))
        case "text":
            return PlainText(fields.string("data"))
        case "content":
            return Blocks(decode_content(fields, "content", depth + 1))
        case _:
            return None


def _rest(fields: Fields, source: Fields, known: tuple[str, ...]) -> JsonObject:
    extra = fields.extra(known)
    rest = source.extra(SOURCES[source.string("type")])
    return {**extra, "source": rest} if rest else extra


def encode_content(content: tuple[Block, ...]) -> Json:
    """One plain text is a string: the form that every lookalike takes."""
    match content:
        case (Text(text, extra),) if not extra:
            return text
        case _:
            return [encode(block) for block in content]


def encode(block: Block) -> JsonObject:
    match block:
        case Text(text, extra):
            return {"type": "text", "text": text, **extra}
        case ToolUse(id, name, input, extra):
            return {"type": "tool_use", "id": id, "name": name, "input": input, **extra}
        case ToolResult(id, content, is_error, extra):
            body: dict[str, Json] = {"type": "tool_result", "tool_use_id": id}
            if content:
                body["content"] = encode_content(content)
            if is_error:
                body["is_error"] = True
            return {**body, **extra}
        case Thinking(text, signature, extra):
            return {"type": "thinking", "thinking": text, "signature": signature, **extra}
        case RedactedThinking(data, extra):
            return {"type": "redacted_thinking", "data": data, **extra}
        case Image(source, extra):
            return merged({"type": "image", "source": _encode_source(source)}, extra)
        case Document(source, title, extra):
            named: JsonObject = NOTHING if title is None else {"title": title}
            return merged({"type": "document", "source": _encode_source(source), **named}, extra)
        case _:
            return cast(JsonObject, block.raw)


def _encode_source(source: Source) -> JsonObject:
    match source:
        case Base64(media_type, data):
            return {"type": "base64", "media_type": media_type, "data": data}
        case Url(url):
            return {"type": "url", "url": url}
        case FileId(id):
            return {"type": "file", "file_id": id}
        case PlainText(text):
            return {"type": "text", "media_type": "text/plain", "data": text}
        case _:
            return {"type": "content", "content": encode_content(source.content)}
