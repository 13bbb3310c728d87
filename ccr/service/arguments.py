"""The arguments of `ccr code`: claude's, but for two things that are ours.

`--context NAME`, before any `--`, names a route; a prompt that begins with `/model provider,model` chooses a model.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ccr.errors import ServiceProblem

CHOICE = re.compile(r"/model\s+([^\s,]+,\S+)(?:\s+(.*))?", re.DOTALL)
# What follows these is a text of its own, however it begins.
TEXTS = ("--append-system-prompt", "--system-prompt", "--mcp-config", "--settings", "--agents", "--json-schema")


@dataclass(frozen=True, slots=True)
class Arguments:
    claude: tuple[str, ...]
    context: str | None = None


def understand(arguments: Sequence[str]) -> Arguments:
    words, context = _without_context(arguments)
    return Arguments(_with_choice(words), context)


def _without_context(arguments: Sequence[str]) -> tuple[tuple[str, ...], str | None]:
    words: list[str] = []
    context: str | None = None
    remaining = iter(arguments)
    for word in remaining:
        if word == "--":
            return (*words, word, *remaining), context
        if words and words[-1] in TEXTS:
            words.append(word)
            continue
        if word == "--context":
            context = next(remaining, "")
        elif word.startswith("--context="):
            context = word.removeprefix("--context=")
        else:
            words.append(word)
            continue
        if not re.fullmatch(r"[\w.-]+", context):
            raise ServiceProblem("--context needs the name of a route: ccr code --context background …")
    return tuple(words), context


def _with_choice(words: tuple[str, ...]) -> tuple[str, ...]:
    for index, word in enumerate(words):
        choice = CHOICE.fullmatch(word)
        if choice and (index == 0 or words[index - 1] not in TEXTS):
            prompt = _prompt(choice[2], plain="--" in words[:index])
            return ("--model", choice[1], *words[:index], *prompt, *words[index + 1 :])
    return words


def _prompt(text: str | None, *, plain: bool) -> tuple[str, ...]:
    if not text:
        return ()
    return (text,) if plain or not text.startswith("-") else (f" {text}",)  # claude would take it for an option
