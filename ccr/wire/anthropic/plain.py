"""Blocks without what a lookalike does not know. What has no form there is said in words, at its place."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ccr.messages.blocks import (
    Base64,
    Block,
    Blocks,
    Document,
    FileId,
    Image,
    Opaque,
    PlainText,
    Source,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
    Url,
)
from ccr.messages.json import NOTHING, JsonObject
from ccr.messages.request import Turn
from ccr.wire.anthropic.differences import Differences
from ccr.wire.anthropic.foreign import reminder
from ccr.wire.names import shortened
from ccr.wire.wording import prompt, words

CACHED: JsonObject = {"cache_control": {"type": "ephemeral"}}


@dataclass(frozen=True, slots=True)
class Plain:
    host: Differences

    def system(self, blocks: Iterable[Block]) -> Iterator[Block]:
        for block in self.blocks(blocks):
            yield replace(block, text=prompt(block.text)) if isinstance(block, Text) else block

    def turns(self, turns: Iterable[Turn]) -> Iterator[Turn]:
        for turn in turns:
            content = tuple(self.blocks(turn.content))
            if turn.role == "system" and not self.host.system_turns:
                if any(isinstance(block, Text) for block in content):
                    yield Turn("user", (reminder(content),))
            else:
                yield Turn(turn.role, content)

    def blocks(self, content: Iterable[Block]) -> Iterator[Block]:
        return (plain for block in content for plain in self._plain(block))

    def extra(self, extra: JsonObject) -> JsonObject:
        return CACHED if self.host.cache and "cache_control" in extra else NOTHING

    def _plain(self, block: Block) -> Iterable[Block]:
        match block:
            case Opaque():
                return said(words(block))
            case Thinking():
                return (block,)  # as the host had it
            case Image(source):
                note = self._unseen(source)
                return said(note) if note else (Image(source, self.extra(block.extra)),)
            case Document(source, title):
                return self._paper(source, title, self.extra(block.extra))
            case ToolUse(id, name, input):
                return (ToolUse(id, shortened(name), input, self.extra(block.extra)),)
            case ToolResult(id, content, is_error):
                return (ToolResult(id, tuple(self.blocks(content)), is_error, self.extra(block.extra)),)
            case _:
                return (replace(block, extra=self.extra(block.extra)),)

    def _unseen(self, source: Base64 | Url | FileId) -> str:
        """What stands for an image that the host does not take; "" for one that it does."""
        match source:
            case FileId(id):
                return f"[The image {id} is stored with another provider.]"
            case _ if not self.host.images:
                return "[An image was here. This model reads text only.]"
            case Url(url) if not self.host.image_urls:
                return f"[An image is at {url}]"
            case _:
                return ""

    def _paper(self, source: Source, title: str | None, extra: JsonObject) -> Iterable[Block]:
        named = f' "{title}"' if title else ""
        match source:
            case PlainText(text):
                return said(f"{title}\n\n{text}" if title else text)
            case Blocks(content):
                return (*said(title or ""), *self.blocks(content))
            case FileId(id):
                return said(f"[The document {id}{named} is stored with another provider.]")
            case Base64() if self.host.documents:
                return (Document(source, title, extra),)
            case Url(url):
                return said(f"[A document{named} is at {url}]")
            case Base64():
                return said(f"[A document{named} was here. This model reads none.]")


def said(text: str) -> tuple[Block, ...]:
    return (Text(text),) if text.strip() else ()
