"""What LiteLLM is told. That the real claude works through a LiteLLM that was told so is for the image's tests."""

from typing import Any

import pytest
import yaml

from ccr.config.imports import import_text
from ccr.config.parse import parse
from ccr.config.schema import Config
from ccr.errors import ConfigInvalid
from ccr.ids import ModelName, Target
from ccr.messages.json import Json, JsonObject
from ccr.providers.litellm_export import exported
from ccr.providers.resolve import resolve
from ccr.routing.decision import Facts, Table
from ccr.routing.rules import decide

OR: JsonObject = {"name": "openrouter", "api_key": "$OPENROUTER_API_KEY", "models": ["a/b", "c"]}
LOCAL: JsonObject = {"name": "local", "api_base_url": "http://gpu:8000/v1", "models": ["q"]}
VARIABLES = {"OPENROUTER_API_KEY": "or-secret", "KEY": "secret"}


def file(*providers: Json, **settings: Json) -> Config:
    return parse({"Providers": list(providers), **settings}, VARIABLES)


def told(*providers: Json, **settings: Json) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(exported(file(*providers, **settings))[0])
    return found


def lost(*providers: Json, **settings: Json) -> list[str]:
    return [str(notice) for notice in exported(file(*providers, **settings))[1]]


def answering(raw: dict[str, Any], name: str) -> list[str]:
    """The deployments of a name, in the order in which they are asked."""
    found = [entry["litellm_params"] for entry in raw["model_list"] if entry["model_name"] == name]
    return [params["model"] for params in sorted(found, key=lambda params: params.get("order", 1))]


def params(*providers: Json, **settings: Json) -> dict[str, Any]:
    """Of the first deployment."""
    found: dict[str, Any] = told(*providers, **settings)["model_list"][0]["litellm_params"]
    return found


def test_all_models_can_be_asked_for_by_target_and_by_name() -> None:
    raw = told(OR, LOCAL)
    assert [answering(raw, name) for name in ("openrouter,a/b", "openrouter/a/b", "a/b")] == [["openrouter/a/b"]] * 3
    assert [answering(raw, name) for name in ("local,q", "local/q", "q")] == [["hosted_vllm/q"]] * 3


def test_a_model_wins_over_a_target_that_is_spelled_like_it_as_with_us() -> None:
    raw = told({**OR, "models": ["local/q"]}, LOCAL)
    assert answering(raw, "local/q") == ["openrouter/local/q"]


def test_a_name_that_two_providers_have_is_no_name() -> None:
    raw = told(OR, {**LOCAL, "models": ["c"]})
    assert answering(raw, "c") == []
    assert answering(raw, "local,c") == ["hosted_vllm/c"]


def test_names_of_claude_take_the_routes_as_with_us() -> None:
    anthropic = {"name": "anthropic", "api_key": "$KEY", "models": ["claude-opus-4-8"]}
    raw = told(OR, anthropic, Router={"default": "openrouter,c"})
    assert answering(raw, "claude-opus-4-8") == []
    assert answering(raw, "claude-*") == ["openrouter/c"]


def test_the_default_answers_what_claude_code_asks_for() -> None:
    raw = told(OR, LOCAL, Router={"default": "openrouter,c", "background": "local,q"})
    assert [answering(raw, name) for name in ("claude-sonnet", "claude-*", "*")] == [["openrouter/c"]] * 3
    assert [answering(raw, name) for name in ("claude-haiku", "claude-*haiku*")] == [["hosted_vllm/q"]] * 2


def test_a_family_is_a_pattern() -> None:
    raw = told(OR, LOCAL, Router={"default": "openrouter,c", "Opus": "local,q"})
    assert answering(raw, "claude-*opus*") == ["hosted_vllm/q"]


def test_background_wins_over_a_family_of_that_name() -> None:
    raw = told(OR, LOCAL, Router={"default": "openrouter,c", "background": "local,q", "haiku": "openrouter,c"})
    assert answering(raw, "claude-*haiku*") == ["hosted_vllm/q"]


def test_an_alias_wins_over_what_it_is_called_after() -> None:
    raw = told(OR, LOCAL, Router={"default": "openrouter,c"}, aliases={"claude-sonnet": "local,q", "q": "openrouter,c"})
    assert answering(raw, "claude-sonnet") == ["hosted_vllm/q"]
    assert answering(raw, "q") == ["openrouter/c"]


def test_targets_that_no_provider_lists_can_be_asked_for() -> None:
    raw = told(OR, Router={"default": "openrouter,new"}, fallback={"default": ["openrouter,newer"]})
    assert answering(raw, "openrouter,new") == ["openrouter/new"]
    assert answering(raw, "openrouter,newer") == ["openrouter/newer"]


def test_a_pattern_falls_back_in_the_order_of_its_deployments_and_a_name_by_the_list() -> None:
    raw = told(OR, LOCAL, Router={"default": "openrouter,c"}, fallback={"default": ["local,q", "openrouter,a/b"]})
    assert answering(raw, "claude-*") == ["openrouter/c", "hosted_vllm/q", "openrouter/a/b"]
    assert answering(raw, "claude-sonnet") == ["openrouter/c"]
    assert raw["router_settings"] == {"fallbacks": [{"claude-sonnet": ["local,q", "openrouter,a/b"]}]}


def test_a_targets_own_fallback_wins_over_the_routes() -> None:
    own = {"default": ["openrouter,a/b"], "openrouter,c": ["local,q", "openrouter,c"]}
    raw = told(OR, LOCAL, Router={"default": "openrouter,c"}, fallback=own)
    assert answering(raw, "claude-*") == ["openrouter/c", "hosted_vllm/q"]
    assert {"openrouter,c": ["local,q"]} in raw["router_settings"]["fallbacks"]


def test_without_fallbacks_nothing_is_said_of_them() -> None:
    raw = told(OR)
    assert "router_settings" not in raw
    assert "order" not in str(raw["model_list"])


def test_what_claude_code_needs_is_set() -> None:
    raw = told(OR, timeouts={"total": 90})
    assert raw["litellm_settings"] == {
        "drop_params": True,
        "use_chat_completions_url_for_anthropic_messages": True,
        "disable_anthropic_gemini_context_caching_transform": True,
        "request_timeout": 90,
    }
    assert raw["general_settings"]["master_key"] == "os.environ/LITELLM_MASTER_KEY"


def test_keys_from_variables_stay_variables_even_where_they_are_not_set() -> None:
    assert params(OR)["api_key"] == "os.environ/OPENROUTER_API_KEY"
    assert params({**OR, "api_key": "$ELSEWHERE"})["api_key"] == "os.environ/ELSEWHERE"


def test_a_key_that_stands_in_the_file_is_told() -> None:
    provider = {**OR, "api_key": "sk-literal"}
    assert params(provider)["api_key"] == "sk-literal"
    assert lost(provider) == ["Providers[0].api_key: stands in the file as it is; better: $NAME of a variable"]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"name": "gemini"}, {"model": "gemini/m"}),
        (
            {"name": "x", "api_base_url": "https://generativelanguage.googleapis.com/v1beta/models/"},
            {"model": "gemini/m"},
        ),
        ({"name": "together"}, {"model": "together_ai/m"}),
        (
            {"name": "moonshot", "api_base_url": "https://api.moonshot.cn/v1"},
            {"model": "moonshot/m", "api_base": "https://api.moonshot.cn/v1"},
        ),
        ({"name": "siliconflow"}, {"model": "hosted_vllm/m", "api_base": "https://api.siliconflow.com/v1"}),
        ({"name": "ollama"}, {"model": "hosted_vllm/m", "api_base": "http://localhost:11434/v1"}),
        (
            {"name": "mine", "api_base_url": "http://mine.test/v1/chat/completions"},
            {"model": "hosted_vllm/m", "api_base": "http://mine.test/v1"},
        ),
        (
            {"name": "azure", "api_base_url": "https://x.openai.azure.com/openai/v1"},
            {"model": "azure/m", "api_base": "https://x.openai.azure.com", "api_version": "v1"},
        ),
        ({"name": "anthropic"}, {"model": "anthropic/m"}),
        ({"name": "openai"}, {"model": "openai/m"}),
        ({"name": "gemini", "dialect": "openai"}, {"model": "gemini/m"}),
        (
            {"name": "mine", "api_base_url": "https://mine.test/v1/responses"},
            {"model": "openai/m", "api_base": "https://mine.test/v1"},
        ),
        ({"name": "deepseek"}, {"model": "anthropic/m", "api_base": "https://api.deepseek.com/anthropic"}),
        ({"name": "deepseek", "dialect": "openai"}, {"model": "deepseek/m"}),
        (
            {"name": "mine", "api_base_url": "http://mine.test/v1/messages"},
            {"model": "anthropic/m", "api_base": "http://mine.test"},
        ),
    ],
)
def test_each_provider_is_reached_where_we_reach_it(entry: dict[str, Json], expected: dict[str, Json]) -> None:
    found = params({**entry, "api_key": "$KEY", "models": ["m"]})
    assert found == {"api_key": "os.environ/KEY", **expected}


def test_anthropics_dialect_with_a_bearer_key_is_passed_through() -> None:
    kimi = {"name": "kimi", "api_base_url": "https://api.moonshot.ai/anthropic", "api_key": "$KEY", "models": ["k"]}
    assert told(kimi)["model_list"][0] == {
        "model_name": "claude-sonnet",
        "litellm_params": {
            "model": "hosted_vllm/k",
            "api_base": "https://api.moonshot.ai/anthropic",
            "api_key": "os.environ/KEY",
        },
        "model_info": {"supported_endpoints": ["/v1/messages"]},
    }


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "https://eu-west1-aiplatform.googleapis.com/v1/projects/p/locations/eu-west1",
            {"model": "vertex_ai/m", "vertex_project": "p", "vertex_location": "eu-west1"},
        ),
        (
            "https://bedrock-runtime.eu-west-1.amazonaws.com",
            {"model": "bedrock/m", "aws_region_name": "eu-west-1"},
        ),
        ("https://aiplatform.googleapis.com/v1", {"model": "vertex_ai/m"}),
    ],
)
def test_a_cloud_is_known_by_its_region_and_project(url: str, expected: dict[str, Json]) -> None:
    assert params({"name": "cloud", "api_base_url": url, "models": ["m"]}) == expected
    signed = {"name": "cloud", "api_base_url": url, "models": ["m"], "api_key": "$KEY", "auth": "google"}
    assert params(signed) == expected


def test_a_key_that_goes_elsewhere_is_a_header() -> None:
    found = params({**LOCAL, "api_key": "$KEY", "auth": "api-key", "headers": {"x-team": "blue"}})
    assert found["extra_headers"] == {"x-team": "blue", "api-key": "os.environ/KEY"}
    assert "api_key" not in found


def test_what_is_added_to_bodies_goes_along() -> None:
    both: JsonObject = {"use": [["customparams", {"a": 1}]], "c": {"use": [["customparams", {"b": 2}]]}}
    raw = told({**OR, "transformer": both})
    bodies = {entry["model_name"]: entry["litellm_params"]["extra_body"] for entry in raw["model_list"]}
    assert (bodies["openrouter,a/b"], bodies["openrouter,c"]) == ({"a": 1}, {"a": 1, "b": 2})


def test_a_providers_time_goes_along() -> None:
    assert params({**LOCAL, "timeouts": {"total": 30}})["timeout"] == 30


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"Router": {"think": "local,q"}},
            'Router.think: not carried over: LiteLLM has no such rule; ask for "local,q"',
        ),
        ({"CUSTOM_ROUTER_PATH": "/r.js"}, "CUSTOM_ROUTER_PATH: not carried over"),
        ({"transformers": ["a.py"]}, "transformers[0]: not carried over: LiteLLM runs no such file as a.py"),
        ({"APIKEY": "k"}, "APIKEY: not carried over: clients send LITELLM_MASTER_KEY"),
        ({"PROXY_URL": "http://p.test:3128"}, "PROXY_URL: not carried over: set HTTPS_PROXY"),
        ({"recovery": "continue"}, "recovery: not carried over"),
        ({"timeouts": {"idle": 5}}, "timeouts.idle: not carried over: LiteLLM has one time for all"),
    ],
)
def test_settings_that_litellm_does_not_know_are_told(settings: dict[str, Json], said: str) -> None:
    (line,) = lost(LOCAL, **settings)
    assert line.startswith(said)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"headers": {"x-api-token": "t"}}, "Providers[0].headers.x-api-token: stands in the file as it is"),
        ({"proxy": "http://p.test:3128"}, "Providers[0].proxy: not carried over: set HTTPS_PROXY"),
        ({"api_base_url": "http://gpu/v1?v=2"}, "Providers[0].api_base_url: not carried over: what follows"),
        ({"api_key": "$KEY", "concurrency": 2}, "Providers[0].concurrency: not carried over: LiteLLM has such a limit"),
        ({"timeouts": {"connect": 1}}, "Providers[0].timeouts.connect: not carried over"),
        ({"transformer": {"use": ["maxtoken"]}}, "Providers[0].transformer: not carried over: maxtoken"),
        ({"transformer": {"q": {"use": ["tooluse"]}}}, "Providers[0].transformer: not carried over: tooluse"),
    ],
)
def test_what_litellm_does_not_know_of_a_provider_is_told(entry: dict[str, Json], said: str) -> None:
    (line,) = lost({**LOCAL, **entry})
    assert line.startswith(said)


def test_what_litellm_knows_itself_is_not_told() -> None:
    uses: list[Json] = ["openrouter", "OpenAI", ["customparams", {"a": 1}]]
    assert lost({**OR, "headers": {"x-team": "blue"}, "transformer": {"use": uses}}) == []


def test_without_a_provider_there_is_nothing_to_export() -> None:
    for empty in (Config(), parse({}, {})):
        with pytest.raises(ConfigInvalid, match="nothing to export"):
            exported(empty)


def test_without_a_default_only_names_are_told() -> None:
    raw = yaml.safe_load(exported(Config(providers=file(LOCAL).providers))[0])
    assert [entry["model_name"] for entry in raw["model_list"]] == ["local,q", "local/q", "q"]


def there(config: Config, target: Target | None) -> tuple[str, str | None, str]:
    """Where a target leads, whatever its provider is called."""
    assert target
    upstream = next(each for each in resolve(config)[0] if each.name == target.provider)
    return upstream.url, upstream.key_source, target.model


def test_there_and_back_again_the_same_is_asked() -> None:
    ours = file(
        OR,
        {**LOCAL, "timeouts": {"total": 30}},
        {"name": "azure", "api_base_url": "https://x.openai.azure.com/openai/v1", "api_key": "$KEY", "models": ["dep"]},
        {"name": "kimi", "api_base_url": "https://api.moonshot.ai/anthropic", "api_key": "$KEY", "models": ["k"]},
        {"name": "gemini", "api_key": "$KEY", "models": ["g"]},
        Router={"default": "openrouter,c", "background": "local,q"},
        aliases={"fast": "gemini,g"},
        fallback={"default": ["local,q", "kimi,k"], "fast": ["azure,dep"], "kimi,k": ["gemini,g"]},
    )
    back = parse(import_text(exported(ours)[0], ".yaml")[0], {**VARIABLES, "LITELLM_MASTER_KEY": "sk-1"})
    targets = [Target(each.name, model) for each in resolve(ours)[0] for model in each.models]
    again = [Target(each.name, model) for each in resolve(back)[0] for model in each.models]
    assert {there(back, target) for target in again} == {there(ours, target) for target in targets}
    assert len(back.providers) == len(ours.providers)
    for route in ("default", "background"):
        assert there(back, back.routes.get(route)) == there(ours, ours.routes.get(route))
    assert there(back, back.aliases["fast"]) == there(ours, ours.aliases["fast"])
    for name in ("default", "fast", "kimi,k"):
        kept = back.fallback[str(back.aliases[name]) if "," in name else name]
        assert [there(back, each) for each in kept] == [there(ours, each) for each in ours.fallback[name]]


def test_there_and_back_again_each_target_is_named_once() -> None:
    ours = file(
        {**OR, "models": ["c"]}, Router={"default": "openrouter,c"}, fallback={"openrouter,c": ["openrouter,d"]}
    )
    back = parse(import_text(exported(ours)[0], ".yaml")[0], {**VARIABLES, "LITELLM_MASTER_KEY": "sk-1"})
    assert [each.models for each in back.providers] == [("c", "d")]
    assert back.aliases.keys() == {"claude-sonnet", "c"}
    assert back.fallback["openrouter,c"] == ours.fallback["openrouter,c"]
    assert back.notices == ()


POOL: JsonObject = {
    **OR,
    "models": ["c"],
    "api_key": [
        "$OPENROUTER_API_KEY",
        {"key": "$KEY", "weight": 3, "rpm": 60, "tpm": 9000, "concurrency": 2},
        {"key": "$SPARE", "priority": 2},
    ],
    "retries": 4,
    "timeouts": {"total": 30, "models": {"c": {"first_byte": 20}}},
}


def back_again(config: Config) -> Config:
    return parse(
        import_text(exported(config)[0], ".yaml")[0], {**VARIABLES, "SPARE": "s", "LITELLM_MASTER_KEY": "sk-1"}
    )


def test_each_key_is_a_deployment_with_its_limits() -> None:
    found = [entry["litellm_params"] for entry in told(POOL)["model_list"] if entry["model_name"] == "c"]
    names = ("api_key", "weight", "order", "rpm", "tpm", "max_parallel_requests", "max_retries", "stream_timeout")
    assert [[params.get(name) for name in names] for params in found] == [
        ["os.environ/OPENROUTER_API_KEY", 1.0, 1, None, None, None, 4, 20],
        ["os.environ/KEY", 3.0, 1, 60, 9000, 2, 4, 20],
        ["os.environ/SPARE", 1.0, 2, None, None, None, 4, 20],
    ]


def test_there_and_back_again_keys_are_the_same() -> None:
    ours = parse({"Providers": [POOL]}, {**VARIABLES, "SPARE": "s"})
    (provider,), (back,) = ours.providers, back_again(ours).providers
    assert (back.name, back.models, back.keys, back.retries) == (
        provider.name,
        provider.models,
        provider.keys,
        provider.retries,
    )
    assert resolve(back_again(ours))[0][0].timeouts_for(provider.models[0]).first_byte == 20  # type: ignore[arg-type]
    plain = file({**OR, "api_key": ["$OPENROUTER_API_KEY", "$KEY"]})
    assert [each.keys for each in back_again(plain).providers] == [each.keys for each in plain.providers]


def test_there_and_back_again_equals_are_the_same() -> None:
    keyed: JsonObject = {**OR, "models": ["c"], "api_key": ["$OPENROUTER_API_KEY", "$KEY"]}
    equal: JsonObject = {"balance": "least_busy", "targets": ["openrouter,c", {"target": "gemini,g", "weight": 2}]}
    ours = file(
        keyed,
        {"name": "gemini", "api_key": "$KEY", "models": ["g", "h"]},
        Router={"default": [equal, "gemini,h"]},
        aliases={"any": equal, "chain": "gemini,h | openrouter,c"},
        fallback={"any": ["gemini,h"]},
        retries=3,
        concurrency=9,
        breaker={"failures": 2, "pause": 7},
        timeouts={"first_byte": 44},
    )
    back = back_again(ours)
    assert [(each.name, each.models, each.keys) for each in back.providers] == [
        (each.name, each.models, each.keys) for each in ours.providers
    ]
    assert back.groups["default"] == ours.groups["default"]
    assert back.groups["aliases.any"] == ours.groups["aliases.any"]
    asked = [decide(Facts(name), table_of(config)).chain for config in (ours, back) for name in ("m", "any", "chain")]
    assert asked[:3] == asked[3:]
    assert (back.retries, back.concurrency, back.timeouts.first_byte) == (3, 9, 44)
    assert (back.breaker.failures, back.breaker.pause) == (2, 7)
    off = back_again(file(OR, breaker=False))
    assert off.breaker.failures == 0


def table_of(config: Config) -> Table:
    models = {each.name: tuple(map(ModelName, each.models)) for each in config.providers}
    return Table(config.routes, models, config.aliases, config.fallback, config.chains, config.groups)


def test_equals_behind_a_pattern_stand_first_in_its_order() -> None:
    equal: JsonObject = {"targets": ["openrouter,c", "local,q"]}
    raw = told(OR, LOCAL, Router={"default": [equal, "openrouter,a/b"]})
    orders = {
        entry["litellm_params"]["model"]: entry["litellm_params"]["order"]
        for entry in raw["model_list"]
        if entry["model_name"] == "claude-*"
    }
    assert orders == {"openrouter/c": 1, "hosted_vllm/q": 1, "openrouter/a/b": 2}
    assert {"claude-sonnet": ["openrouter,a/b"]} in raw["router_settings"]["fallbacks"]


def test_of_balances_the_first_holds_for_all() -> None:
    first: JsonObject = {"balance": "fastest", "targets": ["openrouter,c", "local,q"]}
    routes: JsonObject = {"default": first, "opus": {**first, "balance": "weighted"}}
    assert told(OR, LOCAL, Router=routes)["router_settings"]["routing_strategy"] == "latency-based-routing"
    assert "opus: not carried over: weighted; LiteLLM has one strategy for all" in lost(OR, LOCAL, Router=routes)


def test_a_search_engine_is_none_of_the_equals() -> None:
    engine: JsonObject = {"name": "searx", "dialect": "search", "api_base_url": "http://s.test"}
    equal: JsonObject = {"targets": ["local,q", "openrouter,c", "searx,any"]}
    raw = told(engine, LOCAL, OR, Router={"default": [equal, "searx,x"]})
    assert answering(raw, "claude-*") == ["hosted_vllm/q", "openrouter/c"]


def test_a_search_engine_is_no_model_of_litellm() -> None:
    engine: JsonObject = {"name": "searx", "dialect": "search", "api_base_url": "http://s.test"}
    routes: JsonObject = {"default": "local,q", "webSearch": "searx,any"}
    fallback: JsonObject = {"default": ["searx,any"]}
    found = exported(file(engine, LOCAL, Router=routes, fallback=fallback, aliases={"find": "searx,any"}))
    assert "searx" not in found[0]
    assert 'Providers: not carried over: "searx" is a search engine' in map(str, found[1])
