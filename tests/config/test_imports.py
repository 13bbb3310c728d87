from ccr.config.imports import import_text
from ccr.config.parse import parse


def test_a_ccr_file_comes_in_our_spelling_and_order() -> None:
    text = """{router: {default: "a,m", long_context: "a,m", longContextThreshold: 5, image: "", mine: "a,m"},
               providers: [{models: ["m"], baseUrl: "https://a.test", name: "a", apiKey: "$KEY"}], port: 1, api_key: ""}"""
    raw, notices = import_text(text)
    assert raw == {
        "PORT": 1,
        "Providers": [{"name": "a", "api_base_url": "https://a.test", "api_key": "$KEY", "models": ["m"]}],
        "Router": {"default": "a,m", "longContext": "a,m", "longContextThreshold": 5, "mine": "a,m"},
    }
    assert list(raw) == ["PORT", "Providers", "Router"]
    assert notices == ()
    parse(raw, {"KEY": "k"})


def test_what_is_not_carried_over_is_told() -> None:
    text = """{plugins: [1], Router: {rules: [1]}, wat: 2, Providers: [{name: "a", tokenizer: {b: 1}, nmae: 1}, "x"]}"""
    raw, notices = import_text(text)
    assert raw == {"Providers": [{"name": "a"}, "x"], "Router": {}}
    assert [notice.path for notice in notices] == [
        "wat", "Providers[0].nmae", "plugins", "Providers[0].tokenizer", "Router.rules",
    ]  # fmt: skip


def test_a_file_without_providers_stays_one() -> None:
    assert import_text("{PORT: 1}") == ({"PORT": 1}, ())


def test_a_litellm_file_comes_in_our_spelling() -> None:
    raw, notices = import_text(
        "model_list: [{model_name: a, litellm_params: {model: groq/x, rpm: 1, tags: [a]}}]", ".yaml"
    )
    assert raw["aliases"] == {"a": "groq,x"}
    assert [notice.path for notice in notices] == ["model_list[0].litellm_params.tags"]
