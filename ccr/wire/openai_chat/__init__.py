"""OpenAI Chat Completions, both ways."""

from ccr.wire.openai_chat.client import ChatClient
from ccr.wire.openai_chat.upstream import ChatUpstream

__all__ = ["ChatClient", "ChatUpstream"]
