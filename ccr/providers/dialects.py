"""A dialect's name, as settings give it -> who speaks it."""

from ccr.config.schema import DialectName
from ccr.config.vendors import Vendor
from ccr.providers.catalogue import chat
from ccr.wire.anthropic import AnthropicUpstream
from ccr.wire.dialect import UpstreamDialect


def spoken(dialect: DialectName, vendor: Vendor | None) -> UpstreamDialect:
    match dialect:
        case "anthropic":
            return AnthropicUpstream()
        case _:
            return chat(vendor)
