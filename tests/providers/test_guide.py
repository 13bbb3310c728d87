from ccr.providers.guide import guide


def test_the_guide_says_which_key_to_set_and_how() -> None:
    text = guide()
    for needed in ("export GEMINI_API_KEY=", "export OPENROUTER_API_KEY=", "ccr restart", "ccr config init"):
        assert needed in text
