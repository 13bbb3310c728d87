"""By which words providers say what they cannot take. The first row that fits counts; a wrong one heals the wrong thing.

Each row is a text that was seen. `value` and `limit` are what the client has to know of it.
"""

import re

from ccr.errors import Lack, LackKind


def _row(kind: LackKind, *patterns: str) -> tuple[LackKind, re.Pattern[str]]:
    text = "|".join(f"(?:{pattern})" for pattern in patterns)
    return kind, re.compile(text.replace(r"\d+", r"\d{1,12}(?!\d)"), re.I | re.S)


ROWS: tuple[tuple[LackKind, re.Pattern[str]], ...] = (
    _row(
        "system",
        r"unexpected role .{0,3}system",  # Anthropic, Bedrock; Mistral "Unexpected role 'system' after role 'user'"
        r"role .{0,3}system.{0,3} (?:is )?not supported",
        r"system role not supported",  # the chat template of Gemma
        r"unknown variant .system., expected .user",  # DeepSeek's Anthropic door
        r"\.role: input should be .user. or .assistant",  # Anthropic, before it knew them
        r"conversation roles must alternate user/assistant",  # the chat templates of Llama and Mistral
        r"system message must be at the beginning",  # the chat template of Qwen
        r"system messages? (?:must be|(?:is|are) only allowed|should be) .{0,12}(?:first|beginning|start)",
        r"expected last role user or tool .{0,60}but got system",  # Mistral
        r"mid-conversation-system-\d",
    ),
    _row(
        "cache",
        # Not where a field of it is refused (ttl, scope), nor where it stands wrongly: that another place heals.
        r"cache_control.{0,3}: extra inputs are not permitted",  # Anthropic, Bedrock
        r"extra inputs are not permitted, field: '[^']*cache_control'",  # Fireworks
        r"property '[^']*cache_control' is unsupported",  # Groq
        r"unknown (?:name|field|parameter):? .{0,80}cache_control\b(?!\.)",  # Gemini, OpenAI
        r"unrecognized (?:request )?(?:argument|field|key).{0,60}cache_control\b(?!\.)",
    ),
    _row(
        "signature",
        r"invalid .?signature.? in .?thinking.? block",  # Anthropic
        r"thinking\.signature: field required",
        r"invalid .?data.? in .?redacted_thinking.? block",
        r"redacted_thinking.? blocks? .{0,60}cannot be modified",
        r"encrypted content .{0,400}could not be (?:verified|decrypted)",  # OpenAI: of another account, or too old
        r"invalid_encrypted_content",
        r"of type 'reasoning' was provided without its required following item",  # OpenAI
        r"(?:corrupted|invalid) thought.signature|thought.signature is (?:not valid|invalid)",  # Gemini
    ),
    _row(
        "thinking",
        r"thinking\.type.{1,8}(?P<a>enabled|adaptive).{0,80}not supported",  # Anthropic, Claude Opus 4.7
        r"(?P<b>adaptive) thinking is not supported",
        r"input tag .(?P<c>enabled|adaptive). found using .type. does not match",  # Bedrock, Vertex: older models
        r"thinking.{0,40}unknown variant .(?P<d>enabled|adaptive)., expected",  # DeepSeek, Zhipu
    ),
    _row(
        "structured",
        r"output_config\.format: extra inputs are not permitted",  # Bedrock, Vertex
        r"response_format.{0,60}(?:not supported|unavailable|unsupported)",  # OpenAI; DeepSeek "is unavailable now"
        r"not support response.?format",  # Groq
        r"text\.format.{0,60}not supported",  # OpenAI Responses
        r"function calling with a response mime type: .{0,30} is unsupported",  # Gemini
        r"not support structured outputs?",
    ),
    _row(
        "effort",
        r"not support the effort parameter",  # Anthropic
        r"output_config(?:\.effort)?: extra inputs are not permitted",
        r"output_config.{0,40}requires a model that supports",
        r"(?:reasoning[._]effort|reasoning_effort).{0,3} (?:is )?(?:not supported|does not support|unsupported)",  # OpenAI
        r"not support (?:the )?(?:parameter )?.?reasoning.?effort",  # xAI
    ),
    _row(
        "images",
        r"at most [1-9]\d* image\(?s?\)? may be provided",  # vLLM
        r"too many images",  # OpenAI, Groq
        r"exceeds? the (?:maximum|max) number of images",
    ),
    _row(
        "image",
        r"could not process image|image exceeds \d+|image dimensions exceed",  # Anthropic
        r"image does not match the provided media type|image cannot be empty",
        r"unknown variant .image_url., expected .text",  # DeepSeek
        r"image_url is only supported by certain models",  # OpenAI
        r"support image input|image inputs? (?:is|are) not (?:supported|enabled)",  # OpenRouter, llama.cpp, Mistral, xAI
        r"at most 0 image\(?s?\)? may be provided|is not a multimodal model",  # vLLM
        r"missing data required for image input",  # Ollama
        r"support the image content block",  # Bedrock
        r"unable to process input image|image data you provided does not represent a valid image",  # Gemini, OpenAI
        r"uploaded an unsupported image",
        r"not support (?:image|vision|multimodal)s?(?: input)?\b",
    ),
    _row(
        "document",
        r"not support pdfs?(?: input)?\b|could not process pdf|the pdf specified|pdf cannot be empty",  # Anthropic
        r"maximum of \d+ pdf pages",
        r"support the document content block",  # Bedrock
        r"unknown variant .(?:file|document)., expected .text",  # DeepSeek
        r"the document has no pages|unable to process input document",  # Gemini
        r"(?:document|file|pdf) inputs? (?:is|are) not (?:supported|enabled)|support file input",
    ),
    _row("beta", r"unexpected value\(s\) .(?P<e>[a-z][a-z0-9-]{4,80}). for the .anthropic-beta. header"),  # Anthropic
    _row(
        "output",
        r"max_tokens: \d+ > (?P<f>\d+), which is the maximum allowed number of output",  # Anthropic
        r"supports at most (?P<g>\d+) completion tokens",  # OpenAI
        r"max_(?:output_|completion_)?tokens.{0,90}expected a value <= (?P<h>\d+)",  # OpenAI Responses, Volcengine
        r"(?:valid )?range of .?max_tokens.? (?:is|should be) \[\d+, ?(?P<i>\d+)\]",  # DeepSeek, Alibaba
        r"maximum tokens you requested exceeds the model limit of (?P<j>\d+)",  # Bedrock
        r"max_(?:output_|completion_)?tokens.{0,3} must be less than or equal to .?(?P<k>\d+)",  # Groq
        r"maxOutputTokens.{0,80}supported range is from \d+ \(inclusive\) to (?P<below>\d+) \(exclusive\)",  # Google
    ),
)


def lack_of(text: str) -> Lack | None:
    found = next(((kind, found) for kind, pattern in ROWS if (found := pattern.search(text))), None)
    if not found:
        return None
    kind, said = found
    value = next((group for group in said.groups() if group), "")
    if kind != "output":
        return Lack(kind, value.lower())
    return Lack(kind, limit=int(value) - (said.lastgroup == "below"))
