"""A dialect's name, as settings give it -> who speaks it."""

from urllib.parse import urlsplit

from ccr.config.schema import DialectName
from ccr.config.vendors import Vendor
from ccr.providers.catalogue import chat, responses
from ccr.providers.lookalikes import anthropic
from ccr.wire.anthropic import BedrockClaude, BedrockRuntimeClaude, VertexClaude
from ccr.wire.dialect import UpstreamDialect
from ccr.wire.gemini import GeminiUpstream
from ccr.wire.searxng import SearchUpstream


def spoken(dialect: DialectName, vendor: Vendor | None, url: str = "") -> UpstreamDialect:
    match dialect:
        case "anthropic":
            return anthropic(vendor)
        case "vertex-claude":
            return VertexClaude()
        case "bedrock-claude":
            older = "bedrock-runtime" in url or urlsplit(url).path.startswith("/model")
            return BedrockRuntimeClaude() if older else BedrockClaude()
        case "gemini" | "vertex-gemini":
            return GeminiUpstream(vertex=dialect == "vertex-gemini")
        case "responses":
            return responses(vendor)
        case "search":
            return SearchUpstream()
        case _:
            return chat(vendor)
