"""How much a model shall think, and what OpenAI's models can be told of it. A wish that a model does not know is a 400:
"Unsupported value: 'minimal' is not supported with the 'gpt-5.1' model. Supported values are: …"."""

import re

from ccr.messages.request import Effort, Request

RISING: tuple[Effort, ...] = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
USUAL: tuple[Effort, ...] = ("low", "medium", "high")

# The first row that fits the name counts; no effort at all: the model does not think, and refuses `reasoning`.
# https://platform.openai.com/docs/guides/reasoning and the models' own pages
GPT: tuple[tuple[str, tuple[Effort, ...]], ...] = (
    (r"gpt-[34]|chatgpt-4|gpt-5-chat|codex-mini-chat", ()),
    (r"gpt-5\.\d+-chat", ("medium",)),
    (r"gpt-5-pro", ("high",)),
    (r"gpt-\d+\.\d+-pro", ("medium", "high", "xhigh")),
    (r"gpt-5\.1-codex-max|gpt-(5\.[2-9]|5\.\d\d|[6-9]).*-codex", ("low", "medium", "high", "xhigh")),
    (r"o\d|gpt-5.*-codex|codex", USUAL),
    (r"gpt-5\.1", ("none", "low", "medium", "high")),
    (r"gpt-(5\.|[6-9])", ("none", "low", "medium", "high", "xhigh")),
    (r"gpt-5", ("minimal", "low", "medium", "high")),
)
_TABLE = tuple((re.compile(pattern), efforts) for pattern, efforts in GPT)


def known(model: str) -> tuple[Effort, ...] | None:
    """The efforts of a model, in rising order; None for a model that is not OpenAI's."""
    name = model.lower().rpartition("/")[2]
    return next((efforts for pattern, efforts in _TABLE if pattern.match(name)), None)


def fitting(wish: Effort, efforts: tuple[Effort, ...]) -> Effort:
    """The highest that is not above the wish; where all are above it, the lowest."""
    below = [effort for effort in efforts if RISING.index(effort) <= RISING.index(wish)]
    return below[-1] if below else efforts[0]


def wanted(request: Request) -> Effort | None:
    """How much the model shall think, `none` for not at all; None: as it pleases."""
    reasoning = request.reasoning
    if reasoning and reasoning.mode == "disabled":
        return "none"
    if request.effort or reasoning is None:
        return request.effort
    if reasoning.budget is None:
        return "medium"
    if reasoning.budget < 4096:
        return "low"
    return "medium" if reasoning.budget < 16384 else "high"
