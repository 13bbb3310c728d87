"""How providers say that a prompt is too long, and the numbers that they give."""

import re

from ccr.errors import ContextOverflow

CODES = ("context_length_exceeded", "exceed_context_size_error", "1261")  # OpenAI, llama.cpp, Zhipu
TOLD = re.compile(
    r"prompt is too long|input is too long|exceed context limit|context_length_exceeded|maximum context length"
    r"|maximum prompt length|exceeds? the context window|context window exceeds limit|exceeded model token limit"
    r"|exceeds the maximum number of tokens allowed|longer than the model's context length"
    r"|longer than the maximum model length|maximum allowed input length|reduce the length of the messages"
    r"|exceeds the available context size|greater than the context length|exceeded max context length"
    r"|model is loaded with context length|prompt token count of \d+ exceeds|current length is \d+ while limit is"
    r"|input too long:|content_length_exceeds_threshold|contextwindowexceedederror|prompt exceeds max length"
    r"|input tokens? exceed(s|ed)? (the )?(configured|maximum|limit)|number of input tokens exceeds"
    r"|range of input length should be|token count is \d+ but model only supports up to"
    r"|`inputs` tokens \+ `max_new_tokens` must be|input token length too long|maximum context limit",
    re.I,
)


def _row(pattern: str) -> re.Pattern[str]:
    def number(name: re.Match[str]) -> str:
        return rf"(?<!\d)(?P<{name[1]}>\d[\d,]{{0,15}})(?!,?\d)"

    return re.compile(re.sub(r"<(\w+)>", number, pattern), re.I | re.S)


# Prompt and answer counted together: `had` and `asked`, or what both are and `asked`. They come first: some of them read
# like a prompt that is too long alone.
BOTH = (
    _row(r"exceed context limit: <had> \+ <asked> > <limit>"),  # Anthropic
    # OpenAI and DeepSeek "you requested 9300 tokens (5000 in the messages, 300 in the functions, and 4000 in the completion)"
    # OpenRouter "requested about 140000 tokens (2000 of text input, 10000 of tool input, 128000 in the output)"
    # SGLang "requested a total of 96000 tokens: 32000 tokens from the input messages and 64000 tokens for the completion"
    _row(
        r"maximum context length (?:is|of) <limit>.{0,400}?requested (?:about |a total of )?<both> tokens.{0,400}?"
        r"<asked> (?:in|(?:tokens )?for) the (?:completion|output)"
    ),
    # vLLM "maximum context length is 32768 tokens and your request has 2000 input tokens (64000 > 32768 - 2000)"
    _row(r"maximum context length is <limit> tokens and your request has <had> input tokens \(<asked> >"),
    # vLLM "you requested 64000 output tokens and your prompt contains 2000 input tokens"
    _row(
        r"maximum context length is <limit> tokens.{0,400}?requested <asked> output tokens and your prompt contains "
        r"(?:at least )?<had> input tokens"
    ),
    # Together and TGI "must be <= 8193. Given: 9000 `inputs` tokens and 512 `max_new_tokens`"
    _row(r"`max_new_tokens` must be <= <limit>\. Given: <had> `inputs` tokens and <asked> `max_new_tokens`"),
)
ALONE = (
    _row(r"<had> tokens > <limit>"),  # Anthropic
    _row(
        r"input token count (?:is )?\(?<had>\)? (?:exceeds|but model only supports up to) .{0,400}?\(?<limit>\)?"
    ),  # Google
    _row(r"token count is <had> but model only supports up to <limit>"),
    _row(r"prompt token count of <had> exceeds the limit of <limit>"),  # Copilot
    _row(r"current length is <had> while limit is <limit>"),  # Cerebras
    _row(r"request \(<had> tokens\) exceeds the available context size \(<limit> tokens\)"),  # llama.cpp
    _row(r"exceeded model token limit: <limit> \(requested: <had>\)"),  # Moonshot
    _row(r"prompt contains <had> tokens .{0,400}?too large for model with <limit> maximum context length"),  # Mistral
    _row(r"\(length <had>\) is longer than the maximum model length of <limit>"),  # vLLM
    _row(r"input \(<had> tokens\) is longer than the model's context length \(<limit> tokens\)"),  # SGLang
    # LM Studio "Trying to keep the first 5000 tokens … However, the model is loaded with context length of only 4096"
    _row(r"keep the first <had> tokens.{0,400}?context length of only <limit>"),
    _row(r"configured limit of <limit> tokens\. Your messages resulted in <had> tokens"),  # OpenAI, GPT-5
    _row(r"maximum (?:context|prompt) length (?:is|of) <limit>.{0,400}?<had> (?:input )?tokens"),  # OpenAI, xAI
)
ONLY_LIMIT = (
    _row(r"range of input length should be \[\d+, <limit>\]"),  # Alibaba
    _row(r"configured limit of <limit> tokens"),
    _row(r"maximum (?:context|prompt) length (?:is|of) <limit>"),
)


def overflow_of(text: str, code: str, words: str) -> ContextOverflow | None:
    """What the provider's text says of a window that is too small; `words` are what people will read."""
    if not TOLD.search(text) and code not in CODES:
        return None
    found = next((found for pattern in (*BOTH, *ALONE, *ONLY_LIMIT) if (found := pattern.search(text))), None)
    said = {name: int(number.replace(",", "")) for name, number in found.groupdict().items()} if found else {}
    had, asked, both = said.get("had"), said.get("asked"), said.get("both")
    if both is not None and asked is not None:
        had = both - asked
    limit = said.get("limit")
    if had is not None and limit is not None and had + (asked or 0) <= limit:
        # A prompt as long as the window leaves no room for an answer: vLLM refuses it.
        if code not in CODES and (asked is not None or had < limit):
            return None
        had = asked = None
    return ContextOverflow(words, had=had, asked=asked, limit=limit)
