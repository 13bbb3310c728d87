from ccr.config.parse import parse
from ccr.config.scaffold import Answers, scaffold
from ccr.config.text import read


def test_a_known_vendor_needs_nothing_more() -> None:
    raw = read(scaffold(Answers("openrouter")))
    config = parse(raw, {"OPENROUTER_API_KEY": "k"})
    assert config.notices == ()
    assert set(config.routes.targets) == {"default", "background"}
    (provider,) = config.providers
    assert (provider.url, provider.key_source) == ("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY")


def test_what_is_answered_holds() -> None:
    answers = Answers("acme", "sk-1", "https://acme.test/v1", ("m1", "m2"), "router-key")
    assert read(scaffold(answers)) == {
        "APIKEY": "router-key",
        "Providers": [
            {"name": "acme", "api_base_url": "https://acme.test/v1", "api_key": "sk-1", "models": ["m1", "m2"]}
        ],
        "Router": {"default": "acme,m1"},
    }


def test_a_local_server_has_no_key() -> None:
    raw = read(scaffold(Answers("ollama", models=("qwen3",))))
    assert raw["Providers"] == [{"name": "ollama", "api_base_url": "http://localhost:11434/v1", "models": ["qwen3"]}]


def test_an_unknown_vendor_without_answers_is_left_to_be_filled_in() -> None:
    assert read(scaffold(Answers("acme"))) == {"Providers": [{"name": "acme", "models": []}], "Router": {}}
