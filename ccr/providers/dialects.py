"""A dialect's name, as settings give it -> who speaks it."""

from ccr.config.schema import DialectName
from ccr.config.vendors import Vendor
from ccr.providers.catalogue import chat
from ccr.providers.lookalikes import anthropic
from ccr.wire.dialect import UpstreamDialect
from ccr.wire.gemini import GeminiUpstream
from ccr.wire.openai_responses import ResponsesUpstream
from ccr.wire.searxng import SearchUpstream


def spoken(dialect: DialectName, vendor: Vendor | None) -> UpstreamDialect:
    match dialect:
        case "anthropic":
            return anthropic(vendor)
        case "gemini" | "vertex-gemini":
            return GeminiUpstream(vertex=dialect == "vertex-gemini")
        case "responses":
            return ResponsesUpstream()
        case "search":
            return SearchUpstream()
        case _:
            return chat(vendor)
