"""What travels to which upstream, and how. Each cell is a test (test_matrix.py); docs/dialects.md is printed from here."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ccr.ids import ModelName, ProviderName, Target
from ccr.wire.anthropic import AnthropicUpstream
from ccr.wire.dialect import UpstreamDialect
from ccr.wire.gemini import GeminiUpstream
from ccr.wire.openai_chat import ChatUpstream
from ccr.wire.openai_responses import ResponsesUpstream
from tests.support import chat, gemini, messages, responses
from tests.support.strict import chat as strict_chat
from tests.support.strict import gemini as strict_gemini
from tests.support.strict import responses as strict_responses

Json = dict[str, Any]
Fault = tuple[int, Json]

FEATURES = (
    "text",
    "tools",
    "parallel tools",
    "images",
    "images in results",
    "documents",
    "thinking",
    "structured output",
    "web search",
    "errors",
    "usage",
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of upstream: who speaks to it, how it answers, what it takes."""

    title: str
    upstream: UpstreamDialect
    body: Callable[..., bytes]  # a stream of these parts
    fault: Callable[[str, Json], Fault | None]  # what the real one would say against a request
    limited: Fault  # how it says: too many requests
    overflow: Fault  # how it says: the prompt is too long
    how: Mapping[str, str]  # feature -> how it travels; what begins with a dash does not
    model: str = "m"
    sees: str = ""  # what comes back of a thought: its text, or its signature

    @property
    def target(self) -> Target:
        return Target(ProviderName("acme"), ModelName(self.model))

    @property
    def path(self) -> str:
        return self.upstream.address(self.upstream.endpoint("https://acme.test"), self.target, stream=True)


def _chat_fault(path: str, body: Json) -> Fault | None:
    """What all hosts of Chat Completions have in common; thoughts in the history are not everybody's."""
    return strict_chat.fault(path, body, "any")


def _no_fault(path: str, body: Json) -> Fault | None:
    return None


def _anthropic(kind: str, words: str) -> Json:
    return {"type": "error", "error": {"type": kind, "message": words}}


def _openai(code: str, words: str) -> Json:
    return {"error": {"message": words, "type": "invalid_request_error", "code": code}}


OPENAI_LIMITED = (429, _openai("rate_limit_exceeded", "Rate limit reached for requests"))
OPENAI_OVERFLOW = (
    400,
    _openai("context_length_exceeded", "Your input exceeds the context window of this model."),
)

KINDS: Mapping[str, Kind] = {
    "anthropic": Kind(
        "Anthropic Messages",
        AnthropicUpstream(),
        messages.body,
        _no_fault,
        (429, _anthropic("rate_limit_error", "Too many requests.")),
        (400, _anthropic("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum")),
        {
            "text": "`text` blocks; byte for byte from Claude Code",
            "tools": "`tool_use`, `tool_result`",
            "parallel tools": "in one message; results first",
            "images": "`image` blocks",
            "images in results": "`image` blocks",
            "documents": "`document` blocks",
            "thinking": "`thinking` blocks with Anthropic's signatures; other providers' are dropped",
            "structured output": "`output_config.format`",
            "web search": "`web_search` server tool",
            "errors": "Anthropic's own",
            "usage": "with cache reads and writes",
        },
        model="claude-opus-5-5",
        sees="c2lnbmVk",
    ),
    "openai": Kind(
        "OpenAI Chat Completions",
        ChatUpstream(web_search="web_search_options"),
        chat.body,
        _chat_fault,
        OPENAI_LIMITED,
        OPENAI_OVERFLOW,
        {
            "text": "`messages`; mid-conversation system turns in place, as the user's",
            "tools": "`tool_calls`, `tool` messages",
            "parallel tools": "in the order of the calls",
            "images": "`image_url` data URLs; a visible note for text-only models",
            "images in results": "in a user message after the results",
            "documents": "`file` parts; text documents as text",
            "thinking": "`reasoning_content`, `reasoning`, `reasoning_details`, back in the field they came in",
            "structured output": "`response_format`",
            "web search": "OpenRouter's plugin, `web_search_options`; else a search engine",
            "errors": "in any envelope that vendors use, inside a stream as well",
            "usage": "cached tokens taken out of the input",
        },
        sees="let me see",
    ),
    "responses": Kind(
        "OpenAI Responses",
        ResponsesUpstream(),
        partial(responses.body, model="gpt-5.5"),
        strict_responses.fault,
        OPENAI_LIMITED,
        OPENAI_OVERFLOW,
        {
            "text": "`message` items; system turns as `developer`",
            "tools": "`function_call`, `function_call_output`",
            "parallel tools": "in the order of the calls",
            "images": "`input_image`",
            "images in results": "`input_image` in the output",
            "documents": "`input_file`",
            "thinking": "reasoning items with their encrypted content, right before what they led to",
            "structured output": "`text.format`",
            "web search": "`web_search`, sources as citations",
            "errors": "by status, in the stream, as a failed response",
            "usage": "cached tokens taken out of the input",
        },
        model="gpt-5.5",
        sees='"encrypted_content":"',
    ),
    "gemini": Kind(
        "Gemini",
        GeminiUpstream(),
        partial(gemini.body, model="gemini-3-pro-preview"),
        strict_gemini.fault,
        (429, {"error": {"code": 429, "message": "Resource has been exhausted.", "status": "RESOURCE_EXHAUSTED"}}),
        (
            400,
            {
                "error": {
                    "code": 400,
                    "message": "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
                    "status": "INVALID_ARGUMENT",
                }
            },
        ),
        {
            "text": "`contents`; system turns in place, as the user's",
            "tools": "`functionCall`, `functionResponse`; schemas cleaned",
            "parallel tools": "one content, in the order of the calls",
            "images": "`inlineData`",
            "images in results": "`inlineData` with the response",
            "documents": "`inlineData`",
            "thinking": "thought parts; thought signatures back at their parts",
            "structured output": "`responseJsonSchema`",
            "web search": "`googleSearch`, grounding as citations",
            "errors": "objects and lists; retry delays",
            "usage": "cached tokens taken out, thoughts added",
        },
        model="gemini-3-pro-preview",
        sees=base64.b64encode(b"gemini-3-pro-preview calls").decode()[:32],
    ),
    "lookalike": Kind(
        "Anthropic's lookalikes",
        AnthropicUpstream(genuine=False, documents=True),
        messages.body,
        _no_fault,
        (429, _anthropic("rate_limit_error", "Too many requests.")),
        (400, _anthropic("invalid_request_error", "Your request exceeded model token limit: 262144")),
        {
            "text": "`text` blocks; system turns in place, as the user's, where the host takes none",
            "tools": "`tool_use`, `tool_result`",
            "parallel tools": "in one message; results first",
            "images": "`image` blocks; a visible note for text-only models",
            "images in results": "`image` blocks",
            "documents": "`document` blocks, or a visible note",
            "thinking": "`thinking` blocks; the host's signatures wrapped in ours, back to it alone",
            "structured output": "`output_config.format`, or the schema in words at the end",
            "web search": "– a search engine, or `Router.webSearch`",
            "errors": "in any envelope that they use",
            "usage": "with cache reads and writes",
        },
        sees="let me see",
    ),
}
