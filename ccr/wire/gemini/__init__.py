"""Gemini's own API, of Google AI and of Vertex: generateContent and streamGenerateContent."""

from ccr.wire.gemini.upstream import GeminiUpstream

__all__ = ["GeminiUpstream"]
