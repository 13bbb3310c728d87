"""Anthropic Messages, from both sides. This is the door: nothing else in here is imported from outside."""

from ccr.wire.anthropic.bedrock import BedrockClaude, BedrockRuntimeClaude
from ccr.wire.anthropic.client import AnthropicClient
from ccr.wire.anthropic.events import decode_event, encode_event
from ccr.wire.anthropic.upstream import AnthropicUpstream
from ccr.wire.anthropic.vertex import VertexClaude

__all__ = [
    "AnthropicClient",
    "AnthropicUpstream",
    "BedrockClaude",
    "BedrockRuntimeClaude",
    "VertexClaude",
    "decode_event",
    "encode_event",
]
