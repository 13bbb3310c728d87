import pytest

from ccr.errors import Lack, LackKind
from ccr.policy.lacks import lack_of

SAID: list[tuple[LackKind, str]] = [
    ("system", 'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter'),
    ("system", "Unexpected role 'system' after role 'user'"),  # Mistral
    ("system", "messages[1].role: unknown variant `system`, expected `user` or `assistant`"),  # DeepSeek
    ("system", "messages.1.role: Input should be 'user' or 'assistant'"),
    ("system", "System role not supported"),  # Gemma's template
    ("system", "Conversation roles must alternate user/assistant/user/assistant/..."),  # Mistral's template
    ("system", "System message must be at the beginning."),  # Qwen's template
    ("system", "Expected last role User or Tool (or Assistant with prefix True) for serving but got system"),
    ("cache", "messages.0.content.0.text.cache_control: Extra inputs are not permitted"),
    ("cache", "Extra inputs are not permitted, field: 'messages[0].content[0].cache_control'"),  # Fireworks
    (
        "cache",
        "'messages.0' : for 'role:system' the following must be satisfied[property 'cache_control' is unsupported]",
    ),
    ("signature", "messages.1.content.0: Invalid `signature` in `thinking` block"),
    ("signature", "messages.1.content.0.thinking.signature: Field required"),
    ("signature", "messages.3.content.0: Invalid `data` in `redacted_thinking` block"),
    ("signature", "`thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified."),
    ("signature", "The encrypted content gAAA could not be verified. Reason: Encrypted content could not be decrypted"),
    ("signature", "Item 'rs_1' of type 'reasoning' was provided without its required following item."),
    ("signature", "Corrupted thought signature."),  # Gemini
    ("structured", "output_config.format: Extra inputs are not permitted"),
    ("structured", "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model."),
    ("structured", "This response_format type is unavailable now"),  # DeepSeek
    ("structured", "This model does not support response format `json_schema`."),  # Groq
    ("structured", "Function calling with a response mime type: 'application/json' is unsupported"),  # Gemini
    ("effort", "This model does not support the effort parameter."),
    ("effort", "output_config: Extra inputs are not permitted"),
    ("effort", "Unsupported parameter: 'reasoning_effort' is not supported with this model."),  # OpenAI
    ("effort", "Unsupported value: 'reasoning.effort' does not support 'xhigh' with this model."),
    ("effort", "Model grok-4 does not support parameter reasoningEffort."),  # xAI
    ("images", "At most 4 image(s) may be provided in one prompt."),  # vLLM
    ("images", "Too many images provided. This model supports up to 5 images"),  # Groq
    ("image", "messages.0.content.1.image.source.base64: image exceeds 5 MB maximum: 6789012 bytes > 5242880 bytes"),
    ("image", "Failed to deserialize the JSON body: messages[2]: unknown variant `image_url`, expected `text`"),
    ("image", "Invalid content type. image_url is only supported by certain models."),  # OpenAI
    ("image", "No endpoints found that support image input"),  # OpenRouter
    ("image", "At most 0 image(s) may be provided in one prompt."),  # vLLM
    ("image", "this model is missing data required for image input"),  # Ollama
    ("image", "image input is not supported - hint: you may need to provide the mmproj"),  # llama.cpp
    ("image", "This model doesn't support the image content block that you provided."),  # Bedrock
    ("image", "Unable to process input image. Please retry or report"),  # Gemini
    ("document", "This model does not support PDF input"),
    ("document", "A maximum of 100 PDF pages may be provided."),
    ("document", "messages[1]: unknown variant `file`, expected `text`"),  # DeepSeek
    ("document", "This model doesn't support the document content block that you provided."),  # Bedrock
    ("document", "The document has no pages."),  # Gemini
]


@pytest.mark.parametrize(("kind", "text"), SAID)
def test_a_lack_is_known_by_the_providers_words(kind: LackKind, text: str) -> None:
    assert lack_of(text) == Lack(kind)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("adaptive thinking is not supported on this model", "adaptive"),
        ('"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive"', "enabled"),
        ("thinking: Input tag 'adaptive' found using 'type' does not match any of the expected tags", "adaptive"),
        ("thinking.type: unknown variant `adaptive`, expected `enabled` or `disabled`", "adaptive"),
    ],
)
def test_of_thinking_the_refused_type_is_known(text: str, value: str) -> None:
    assert lack_of(text) == Lack("thinking", value)


def test_of_a_beta_its_value_is_known() -> None:
    text = "Unexpected value(s) `context-management-2025-06-27` for the `anthropic-beta` header. Please consult our"
    assert lack_of(text) == Lack("beta", "context-management-2025-06-27")


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("max_tokens: 128000 > 64000, which is the maximum allowed number of output tokens for claude-x", 64000),
        ("max_tokens is too large: 64000. This model supports at most 16384 completion tokens", 16384),  # OpenAI
        ("Invalid 'max_output_tokens': integer above maximum value. Expected a value <= 16384, but got 64000", 16384),
        ("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", 8192),  # DeepSeek
        ("Range of max_tokens should be [1, 8192]", 8192),  # Alibaba
        ("The maximum tokens you requested exceeds the model limit of 8192. Try again with a lower value", 8192),
        ("`max_tokens` must be less than or equal to `8192`, the maximum value for `max_tokens`", 8192),  # Groq
        (
            "Unable to submit request because it has a maxOutputTokens value of 128000 but the supported range is from "
            "1 (inclusive) to 65537 (exclusive).",
            65536,
        ),  # Vertex
    ],
)
def test_of_a_long_answer_the_limit_is_known(text: str, limit: int) -> None:
    assert lack_of(text) == Lack("output", limit=limit)


@pytest.mark.parametrize(
    "text",
    [
        "messages.0.content.0.cache_control.ephemeral.ttl: Extra inputs are not permitted",
        "A maximum of 4 blocks with cache_control may be provided. Found 5.",
        "Developer instruction is not enabled for models/gemma-3-27b-it",  # the prompt that stands first: not healed
        "The reasoning_content in the thinking mode must be passed back to the API.",  # DeepSeek: stripping makes it worse
        '"qwen2.5" does not support thinking',  # Ollama: neither type of it
        "Too much media: 0 document pages + 101 images > 100",  # Anthropic's own: the client knows it
        "messages.2: `tool_use` ids were found without `tool_result` blocks immediately after",
        "tool_choice: model does not support it",
    ],
)
def test_what_the_client_cannot_heal_is_no_lack(text: str) -> None:
    assert lack_of(text) is None
