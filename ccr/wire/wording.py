"""What is said in words where a wire has no form for it, and JSON that is written the same way each time."""

import re

import msgspec

from ccr.messages.blocks import Opaque

# Claude Code's first system block. It differs per conversation and stands at byte 0, where it defeats prefix caches.
ATTRIBUTION = "x-anthropic-billing-header:"

# What a block of a type we do not know may say, in this order. Encrypted and encoded content is not among it.
_SAYING = ("title", "url", "source", "text", "context", "stdout", "stderr", "error_code", "content", "data")

_LONGEST = 1000
_HEAD = 4096  # how much of a text is looked at: patterns are slow on long ones
_TITLE = re.compile(r"<title[^<>]*>([^<]*)</title>", re.IGNORECASE)
_MARKUP = re.compile(r"<(script|style)\b.*?(</\1>|$)|<[^>]*(>|$)", re.IGNORECASE | re.DOTALL)


def plain(text: str) -> str:
    """Readable and short; of a web page the title."""
    text = text.lstrip()[:_HEAD]
    if re.match(r"\s*<(!doctype|html|head|body|\?xml)", text, re.IGNORECASE):
        title = _TITLE.search(text)
        text = title.group(1) if title and title.group(1).strip() else _MARKUP.sub(" ", text)
        text = f"a web page: {text.strip()}" if text.strip() else "a web page"
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def prompt(text: str) -> str:
    """A system text without the attribution line, which Anthropic alone has a use for."""
    return text.partition("\n")[2].strip() if text.startswith(ATTRIBUTION) else text


def words(block: Opaque) -> str:
    """What a block of another API says, as far as it can be read; "" for one that says nothing."""
    match block.raw:
        case {"type": "server_tool_use" | "mcp_tool_use", "name": str(name), "input": asked}:
            return f"[{name}: {compact(asked)}]"
        case {"type": "tool_reference", "tool_name": str(name)}:
            return f"[The tool {name} is available.]"
        case {"type": "compaction", "content": str(summary)}:
            return summary
        case {"type": str(kind)} if kind.endswith("_result"):
            return gathered(block.raw)
        case _:
            return ""


def gathered(value: object) -> str:
    match value:
        case str():
            return value
        case list():
            return "\n".join(filter(None, map(gathered, value)))
        case {"type": "base64"}:
            return ""
        case dict():
            return "\n".join(filter(None, (gathered(value[name]) for name in _SAYING if name in value)))
        case _:
            return ""


def compact(value: object) -> str:
    """JSON that is the same each time, with the keys in the order that they came in."""
    return msgspec.json.encode(value).decode()
