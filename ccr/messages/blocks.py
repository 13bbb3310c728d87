"""Content blocks. Each keeps in `extra` the fields that this version does not know."""

from collections.abc import Mapping
from dataclasses import dataclass

from ccr.messages.json import NOTHING, JsonObject


@dataclass(frozen=True, slots=True)
class Base64:
    media_type: str
    data: str


@dataclass(frozen=True, slots=True)
class Url:
    url: str


@dataclass(frozen=True, slots=True)
class FileId:
    file_id: str


@dataclass(frozen=True, slots=True)
class PlainText:
    """A document given as text."""

    text: str


@dataclass(frozen=True, slots=True)
class Blocks:
    """A document given as blocks."""

    content: tuple["Block", ...]


Source = Base64 | Url | FileId | PlainText | Blocks


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    extra: JsonObject = NOTHING


@dataclass(frozen=True, slots=True)
class Image:
    source: Base64 | Url | FileId
    extra: JsonObject = NOTHING


@dataclass(frozen=True, slots=True)
class Document:
    source: Source
    title: str | None = None
    extra: JsonObject = NOTHING


@dataclass(frozen=True, slots=True)
class ToolUse:
    id: str
    name: str
    input: JsonObject = NOTHING
    extra: JsonObject = NOTHING


@dataclass(frozen=True, slots=True)
class ToolResult:
    tool_use_id: str
    content: tuple["Block", ...] = ()
    is_error: bool = False
    extra: JsonObject = NOTHING


@dataclass(frozen=True, slots=True)
class Thinking:
    """What a model thought. The signature is its provider's, or one of ours that names the origin (wire.origin)."""

    text: str
    signature: str = ""
    extra: JsonObject = NOTHING


@dataclass(frozen=True, slots=True)
class RedactedThinking:
    data: str
    extra: JsonObject = NOTHING


@dataclass(frozen=True, slots=True)
class Opaque:
    """A block this version does not know (server tools, future types). Carried through untouched."""

    raw: Mapping[str, object]

    @property
    def type(self) -> str:
        return str(self.raw.get("type", ""))


Block = Text | Image | Document | ToolUse | ToolResult | Thinking | RedactedThinking | Opaque
