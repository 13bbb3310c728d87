"""All quirks by the names that CCR's files know, and its names that mean something else here."""

from collections.abc import Callable, Mapping

from ccr.config.problems import folded
from ccr.messages.json import JsonObject
from ccr.wire.quirks.forcing import tooluse
from ccr.wire.quirks.limits import deepseek, maxcompletiontokens, maxtoken
from ccr.wire.quirks.params import cerebras, cleancache, customparams, groq, openrouter, sampling, streamoptions, vercel
from ccr.wire.quirks.quirk import Quirk
from ccr.wire.quirks.tags import forcereasoning
from ccr.wire.quirks.thinking import reasoning
from ccr.wire.quirks.toolprompt import enhancetool, texttools, toolprompt

Makes = Callable[[JsonObject], Quirk]  # raises ValueError for options that it cannot use

QUIRKS: Mapping[str, Makes] = {
    "maxtoken": maxtoken,
    "maxcompletiontokens": maxcompletiontokens,
    "sampling": sampling,
    "customparams": customparams,
    "reasoning": reasoning,
    "forcereasoning": forcereasoning,
    "tooluse": tooluse,
    "enhancetool": enhancetool,
    "texttools": texttools,
    "toolprompt": toolprompt,
    "cleancache": cleancache,
    "streamoptions": streamoptions,
    "openrouter": openrouter,
    "vercel": vercel,
    "deepseek": deepseek,
    "groq": groq,
    "cerebras": cerebras,
}

# Names that say what a provider speaks (providers.resolve), and the options that they know.
DIALECTS: Mapping[str, tuple[str, ...]] = {
    "Anthropic": ("UseBearer",),
    "OpenAI": (),
    "gemini": (),
    "openai-responses": (),
    "vertex-gemini": (),
    "vertex-claude": (),
}

# Transformers that circulate as JavaScript, and what to use instead.
INSTEAD: Mapping[str, str] = {
    "gemini-cli": "signs in as Gemini CLI does, which is not supported; set up the provider gemini with an API key of Google AI Studio",
    "qwen-cli": "signs in as Qwen Code does, which is not supported; set up the provider dashscope with an API key",
    "chutes-glm": 'is not needed: thinking is read in every form; use ["reasoning", {"enable": true}] to ask for it',
    "rovo-cli": "signs in as Rovo Dev does, which is not supported; set up a provider that has an API key",
}


def known(table: Mapping[str, object]) -> Mapping[str, str]:
    """Folded name -> the name in the table: case, `-` and `_` do not matter."""
    return {folded(name): name for name in table}
