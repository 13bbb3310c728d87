import pytest

from ccr.errors import ContextOverflow
from ccr.policy.overflows import overflow_of


def overflow(text: str, code: str = "") -> ContextOverflow:
    found = overflow_of(text, code, text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "had", "limit"),
    [
        ("prompt is too long: 213462 tokens > 200000 maximum", 213462, 200000),  # Anthropic
        (
            "The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).",
            1048577,
            1048576,
        ),  # Gemini
        (
            "Unable to submit request because the input token count is 32835 but model only supports up to 32768.",
            32835,
            32768,
        ),  # Vertex
        (
            "This model's maximum prompt length is 131072 but the request contains 140000 tokens.",
            140000,
            131072,
        ),  # xAI
        (
            "This model's maximum context length is 128,000 tokens. However, your messages resulted in 130,001 tokens.",
            130001,
            128000,
        ),  # OpenAI
        (
            "Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300000 tokens.",
            300000,
            272000,
        ),  # OpenAI, GPT-5
        ("prompt token count of 70000 exceeds the limit of 64000", 70000, 64000),  # Copilot
        (
            "Please reduce the length of the messages or completion. Current length is 9001 while limit is 8192",
            9001,
            8192,
        ),  # Cerebras
        (
            "request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it",
            5000,
            4096,
        ),  # llama.cpp
        (
            "Invalid request: Your request exceeded model token limit: 131072 (requested: 140000)",
            140000,
            131072,
        ),  # Moonshot
        (
            "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
            40000,
            32768,
        ),  # Mistral
        (
            "The decoder prompt (length 40000) is longer than the maximum model length of 32768.",
            40000,
            32768,
        ),  # vLLM
        (
            "The input (40000 tokens) is longer than the model's context length (32768 tokens).",
            40000,
            32768,
        ),  # SGLang
        (
            "Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context "
            "length of only 4096 tokens, which is not enough.",
            5000,
            4096,
        ),  # LM Studio
        ("Range of input length should be [1, 129024]", None, 129024),  # Alibaba
        ("This model's maximum context length is 8192 tokens. Please reduce your prompt.", None, 8192),
        ("Input is too long for requested model.", None, None),  # Bedrock
        ("Prompt exceeds max length", None, None),  # Zhipu
        ("invalid params, context window exceeds limit (2013)", None, None),  # MiniMax
        ("Your input exceeds the context window of this model.", None, None),  # OpenAI Responses
        ("prompt too long; exceeded max context length by 123 tokens", None, None),  # Ollama
        ("the request exceeds the available context size, try increasing it", None, None),  # llama.cpp
        ("litellm.ContextWindowExceededError: upstream", None, None),  # LiteLLM
        ("Please reduce the length of the messages or completion.", None, None),  # Groq
    ],
)
@pytest.mark.trap(95)
def test_a_prompt_that_is_too_long_is_known_with_its_numbers(text: str, had: int | None, limit: int | None) -> None:
    found = overflow(text)
    assert (found.had, found.asked, found.limit) == (had, None, limit)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        (
            "input length and `max_tokens` exceed context limit: 190000 + 64000 > 200000, decrease input length",
            (190000, 64000, 200000),
        ),  # Anthropic
        (
            "This model's maximum context length is 131072 tokens. However, you requested 137564 tokens "
            "(9564 in the messages, 128000 in the completion). Please reduce the length of the messages or completion.",
            (9564, 128000, 131072),
        ),  # DeepSeek
        (
            "This model's maximum context length is 16385 tokens. However, you requested 16500 tokens (12104 in the "
            "messages, 300 in the functions, and 4096 in the completion). Please reduce the length of the messages, "
            "functions, or completion.",
            (12404, 4096, 16385),
        ),  # OpenAI
        (
            "This model's maximum context length is 4097 tokens, however you requested 4500 tokens (3500 in your prompt; "
            "1000 for the completion). Please reduce your prompt; or completion length.",
            (3500, 1000, 4097),
        ),  # OpenAI, completions
        (
            "Requested token count exceeds the model's maximum context length of 32768 tokens. You requested a total of "
            "96000 tokens: 32000 tokens from the input messages and 64000 tokens for the completion.",
            (32000, 64000, 32768),
        ),  # SGLang
        (
            "This endpoint's maximum context length is 131072 tokens. However, you requested about 140000 tokens (2000 "
            "of text input, 10000 of tool input, 128000 in the output). Please reduce the length of either one.",
            (12000, 128000, 131072),
        ),  # OpenRouter
        (
            "'max_tokens' or 'max_completion_tokens' is too large: 64000. This model's maximum context length is 32768 "
            "tokens and your request has 2000 input tokens (64000 > 32768 - 2000).",
            (2000, 64000, 32768),
        ),  # vLLM
        (
            "This model's maximum context length is 32768 tokens. However, you requested 64000 output tokens and your "
            "prompt contains at least 2000 input tokens, for a total of at least 66000 tokens.",
            (2000, 64000, 32768),
        ),  # vLLM
        (
            "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000 `inputs` tokens and "
            "512 `max_new_tokens`",
            (9000, 512, 8193),
        ),  # Together
    ],
)
def test_prompt_and_answer_together_are_told_apart_from_the_prompt_alone(
    text: str, numbers: tuple[int, int, int]
) -> None:
    found = overflow(text)
    assert (found.had, found.asked, found.limit) == numbers


@pytest.mark.parametrize(
    "text",
    [
        "prompt is too long: 10 tokens > 200000 maximum",
        "input length and `max_tokens` exceed context limit: 190000 + 10000 > 200000",
    ],
)
def test_numbers_that_fit_are_no_overflow(text: str) -> None:
    assert overflow_of(text, "", text) is None
    found = overflow(text, "context_length_exceeded")
    assert (found.had, found.asked, found.limit) == (None, None, 200000)


def test_a_prompt_as_long_as_the_window_leaves_no_room_for_an_answer() -> None:
    # vLLM refuses it in these words.
    found = overflow("This model's maximum context length is 4096 tokens. However, your request has 4096 input tokens.")
    assert (found.had, found.limit) == (None, 4096)


@pytest.mark.parametrize("code", ["context_length_exceeded", "exceed_context_size_error", "1261"])
def test_an_overflow_is_known_by_its_code(code: str) -> None:
    assert overflow("too much", code).message == "too much"


@pytest.mark.parametrize("text", ["model not found", "the parameter max_tokens is too large", "string too long"])
def test_other_words_are_no_overflow(text: str) -> None:
    assert overflow_of(text, "", text) is None


@pytest.mark.parametrize("piece", ["1,", "9", "maximum context length is 8 ", "keep the first 5 tokens ", "(1 in the "])
def test_a_long_text_is_read_at_once(piece: str) -> None:
    text = "prompt is too long " + piece * (64_000 // len(piece))
    assert overflow(text).asked is None
