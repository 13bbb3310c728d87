import pytest

from ccr.config.problems import folded
from ccr.wire.quirks import DIALECTS, INSTEAD, QUIRKS, known

# As CCR 2 lists them, and the files that circulate beside it.
NAMES = """
Anthropic OpenAI gemini vertex-gemini vertex-claude openai-responses deepseek openrouter vercel groq cerebras maxtoken
maxcompletiontokens sampling reasoning forcereasoning tooluse enhancetool cleancache streamoptions customparams
gemini-cli qwen-cli chutes-glm rovo-cli
""".split()


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_ccr_means_something(name: str) -> None:
    assert name in {**QUIRKS, **DIALECTS, **INSTEAD}


def test_no_name_means_two_things() -> None:
    names = [folded(name) for name in (*QUIRKS, *DIALECTS, *INSTEAD)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", [name for name in QUIRKS if name != "maxtoken"])
def test_no_quirk_needs_options_but_a_cap(name: str) -> None:
    assert folded(QUIRKS[name]({}).name) == folded(name)


def test_names_are_known_in_any_spelling() -> None:
    assert known(DIALECTS)[folded("OpenAI_Responses")] == "openai-responses"
