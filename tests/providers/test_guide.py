from ccr.providers.guide import guide


def test_the_guide_says_which_key_to_set_and_how() -> None:
    text = guide()
    for needed in ("export GEMINI_API_KEY=", "export OPENROUTER_API_KEY=", "ccr restart", "ccr config init"):
        assert needed in text


def test_in_a_container_it_speaks_of_the_host() -> None:
    text = guide(contained=True)
    assert "Set a provider's key on the host" in text
    assert "make shell-router" in text
    assert "ccr restart" not in text
