"""The arguments of `ccr code`: claude's, but for what is ours.

Before any `--`, and not behind `mcp`, which takes other programs' command lines: `--context NAME` names a route,
`--isolated` and `--trust` are for claude's first questions. A prompt that begins with `/model provider,model` chooses a
model.
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
    isolated: bool = False  # claude gets a configuration folder of ours
    trust: bool = False  # claude's first questions are answered


def understand(arguments: Sequence[str]) -> Arguments:
    words: list[str] = []
    context: str | None = None
    isolated = trust = False
    remaining = iter(arguments)
    for word in remaining:
        if word == "--" or (word == "mcp" and not words):
            words += [word, *remaining]
        elif words and words[-1] in TEXTS:
            words.append(word)
        elif word == "--isolated":
            isolated = True
        elif word == "--trust":
            trust = True
        elif word == "--context" or word.startswith("--context="):
            context = _route(word.partition("=")[2] if "=" in word else next(remaining, ""))
        else:
            words.append(word)
    return Arguments(_with_choice(tuple(words)), context, isolated, trust)


def _route(name: str) -> str:
    if not re.fullmatch(r"[\w.-]+", name):
        raise ServiceProblem("--context needs the name of a route: ccr code --context background …")
    return name


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
