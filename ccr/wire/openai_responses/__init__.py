"""OpenAI Responses, both ways."""

from ccr.wire.openai_responses.client import ResponsesClient
from ccr.wire.openai_responses.upstream import ResponsesUpstream

__all__ = ["ResponsesClient", "ResponsesUpstream"]
