"""Anthropic Messages, from both sides. This is the door: nothing else in here is imported from outside."""

from ccr.wire.anthropic.client import AnthropicClient
from ccr.wire.anthropic.upstream import AnthropicUpstream

__all__ = ["AnthropicClient", "AnthropicUpstream"]
