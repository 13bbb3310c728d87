from ccr.config.schema import Key, Provider, Secret
from ccr.config.zero import GUIDE, providers, routes
from ccr.ids import ProviderName


def test_keys_in_the_environment_make_providers() -> None:
    found = providers({"OPENROUTER_API_KEY": " or-key ", "GOOGLE_API_KEY": "g", "GROQ_API_KEY": " "})
    assert [(each.name, each.key_source, each.key and each.key.reveal()) for each in found] == [
        ("gemini", "GOOGLE_API_KEY", "g"),
        ("openrouter", "OPENROUTER_API_KEY", "or-key"),
    ]


def test_a_key_without_a_usual_model_makes_none() -> None:
    assert providers({"AZURE_API_KEY": "k"}) == (GUIDE,)


def test_an_anthropic_key_for_another_address_is_not_anthropics() -> None:
    environment = {"ANTHROPIC_API_KEY": "k"}
    assert providers(environment)[0].name == "anthropic"
    assert providers({**environment, "ANTHROPIC_BASE_URL": "http://127.0.0.1:3456"}) == (GUIDE,)


def test_a_local_ollama_is_taken_with_what_it_has() -> None:
    (found,) = providers({}, ("qwen3:8b", "llama3"))
    assert (found.name, found.models) == ("ollama", ("qwen3:8b", "llama3"))
    assert {route: str(target) for route, target in routes((found,)).items()} == {"default": "ollama,qwen3:8b"}


def test_with_nothing_the_guide_answers_everything() -> None:
    found = providers({})
    assert found == (GUIDE,)
    assert str(routes(found)["default"]) == "guide,guide"


def test_the_first_that_can_be_asked_is_the_default() -> None:
    unready = Provider(ProviderName("openai"), "", unset=(Key(Secret(""), "1", "OPENAI_API_KEY"),), models=("gpt",))
    found = routes((unready, Provider(ProviderName("deepseek"), "")))
    assert {route: target.provider for route, target in found.items()} == {
        "default": "deepseek",
        "background": "deepseek",
    }


def test_a_provider_without_models_that_nobody_knows_is_no_default() -> None:
    assert routes((Provider(ProviderName("mine"), "http://mine.test"),)) == {}


def test_a_search_engine_is_no_default() -> None:
    engine = Provider(ProviderName("search"), "http://s.test", dialect="search", models=("x",))
    assert routes((engine,)) == {}
    assert str(routes((engine, Provider(ProviderName("p"), "", models=("m",))))["default"]) == "p,m"
