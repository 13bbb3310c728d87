"""What a whole file comes to is in cases/litellm*.case."""

from ccr.config.litellm import is_litellm, translated
from ccr.config.parse import parse
from ccr.config.schema import Model, Price
from ccr.messages.json import Json, JsonObject
from ccr.providers.resolve import resolve


def ours(*deployments: Json, **sections: Json) -> JsonObject:
    return translated({"model_list": list(deployments), **sections})[0]


def deployment(name: str, **params: Json) -> Json:
    return {"model_name": name, "litellm_params": params}


def test_a_litellm_file_is_known_by_its_model_list() -> None:
    assert is_litellm({"model_list": []})
    assert not is_litellm({"model_list": [], "Providers": []})
    assert not is_litellm({"Router": {}})


def test_variables_stay_variables() -> None:
    found = ours(deployment("m", model="groq/x", api_key="os.environ/MY_KEY"))
    assert found["Providers"] == [{"name": "groq", "api_key": "${MY_KEY}", "models": ["x"]}]


def test_deployments_that_differ_in_the_model_alone_share_a_provider() -> None:
    found = ours(
        deployment("a", model="openai/x", api_key="k1"),
        deployment("b", model="openai/y", api_key="k1"),
        deployment("c", model="openai/x", api_key="k1"),
        deployment("d", model="openai/x", api_key="k2"),
    )
    assert found["Providers"] == [
        {"name": "openai", "api_key": "k1", "models": ["x", "y"]},
        {
            "name": "openai-2",
            "api_base_url": "https://api.openai.com/v1",
            "dialect": "responses",
            "api_key": "k2",
            "models": ["x"],
        },
    ]


def test_a_second_provider_of_a_vendor_is_asked_as_the_first() -> None:
    for vendor in ("openai", "gemini", "deepseek", "moonshot", "groq", "ollama"):
        raw = ours(
            deployment("a", model=f"{vendor}/x", api_key="k1"), deployment("b", model=f"{vendor}/x", api_key="k2")
        )
        (first, second), _ = resolve(parse(raw, {}))
        assert (second.url, second.dialect.name) == (first.url, first.dialect.name)


def test_a_vendors_usual_address_may_come_after_another() -> None:
    found = ours(
        deployment("a", model="openai/x", api_base="http://mine.test/v1", api_key="k"),
        deployment("b", model="openai/x", api_key="k"),
    )
    (first, second), _ = resolve(parse(found, {}))
    assert (first.url, second.url) == ("http://mine.test/v1/chat/completions", "https://api.openai.com/v1/responses")


def test_a_model_may_ask_for_the_responses_api() -> None:
    found = provider(deployment("a", model="openai/responses/gpt-5.5", api_key="k"))
    assert found == {"name": "openai", "dialect": "responses", "api_key": "k", "models": ["gpt-5.5"]}
    there = provider(deployment("a", model="azure/responses/d", api_base="https://x.openai.azure.com", api_key="k"))
    assert (there["dialect"], there["models"]) == ("responses", ["d"])


def test_deployments_of_one_name_are_equal() -> None:
    found = ours(deployment("a", model="openai/x"), deployment("a", model="groq/y"))
    equal: Json = {"balance": "weighted", "targets": ["openai,x", "groq,y"]}
    assert (found["aliases"], found["Router"], found.get("fallback")) == ({"a": equal}, {"default": equal}, None)


def test_what_overflows_goes_behind_what_else_there_is() -> None:
    found = ours(
        *(deployment(name, model=f"openai/{name}") for name in "abcd"),
        router_settings={"fallbacks": [{"a": ["b"]}], "context_window_fallbacks": [{"a": ["c", "b"]}]},
        litellm_settings={"default_fallbacks": ["d"], "context_window_fallbacks": [{"b": ["c"]}]},
    )
    assert found["fallback"] == {
        "default": ["openai,b", "openai,c"],
        "a": ["openai,b", "openai,c"],
        "b": ["openai,d", "openai,c"],
        "c": ["openai,d"],
    }


def test_how_often_and_how_long_is_tried_is_carried_over() -> None:
    found = ours(
        deployment("a", model="openai/x", stream_timeout=20, max_retries=4),
        deployment("b", model="openai/y", max_retries=4),
        deployment("c", model="ollama/z", api_base="http://l.test", max_parallel_requests=2, rpm=3),
        router_settings={
            "num_retries": 30,
            "allowed_fails": 2,
            "cooldown_time": 9,
            "stream_timeout": 60,
            "timeout": 99,
        },
        litellm_settings={"num_retries": 1, "request_timeout": 60},
        general_settings={"global_max_parallel_requests": 7},
    )
    config = parse(found, {})
    assert (config.retries, config.concurrency, config.timeouts.first_byte, config.timeouts.total) == (10, 7, 60, 99)
    assert (config.breaker.failures, config.breaker.pause) == (3, 9)
    openai, ollama = config.providers
    assert (openai.retries, openai.model_timeouts["x"].first_byte, [*openai.model_timeouts]) == (4, 20, ["x"])
    assert ollama.concurrency == 2


def test_without_a_time_of_the_routers_that_of_all_holds() -> None:
    found = ours(deployment("a", model="openai/x"), litellm_settings={"request_timeout": 60, "timeout": 70})
    assert parse(found, {}).timeouts.total == 60


def test_cooldowns_can_be_off() -> None:
    found = ours(deployment("a", model="openai/x"), router_settings={"disable_cooldowns": True})
    assert parse(found, {}).breaker.failures == 0


def test_limits_without_a_key_and_other_strategies_are_told() -> None:
    raw: JsonObject = {
        "model_list": [deployment("a", model="ollama/z", api_base="http://l.test", tpm=3)],
        "router_settings": {"routing_strategy": "usage-based-routing-v2", "retry_policy": {"TimeoutErrorRetries": 2}},
    }
    assert [str(notice) for notice in translated(raw)[1]] == [
        "router_settings.routing_strategy: not carried over: requests are spread by weight; usage-based-routing-v2 has no "
        "like here",
        "model_list[0].litellm_params.tpm: not carried over: only keys have such limits, and there is none",
        "router_settings.retry_policy: not carried over: what failed says whether it is asked again; `retries` says how often",
    ]


def test_a_group_for_long_prompts_that_is_asked_after_any_failure_is_told() -> None:
    raw: JsonObject = {
        "model_list": [deployment("gpt", model="openai/x"), deployment("wide", model="openai/y")],
        "router_settings": {"context_window_fallbacks": [{"gpt": ["wide"]}]},
    }
    (told,) = map(str, translated(raw)[1])
    assert told.startswith(
        "router_settings.context_window_fallbacks[0].gpt: is part of `fallback`, which is asked after any"
    )


def test_what_has_its_like_under_another_name_is_told_with_that_name() -> None:
    raw: JsonObject = {
        "model_list": [deployment("a", model="openai/x", fallbacks=["b"])],
        "router_settings": {"enable_weighted_failover": True, "deployment_affinity_ttl_seconds": 60},
        "general_settings": {"max_in_flight_requests_per_worker": 9, "max_queued_requests_per_worker": 9},
    }
    told = {str(notice).partition(": not carried over: ")[0]: str(notice) for notice in translated(raw)[1]}
    assert "write `fallback`" in told["model_list[0].litellm_params.fallbacks"]
    assert "tried one after the other" in told["router_settings.enable_weighted_failover"]
    assert "stays with who answered it last" in told["router_settings.deployment_affinity_ttl_seconds"]
    assert "write `concurrency`" in told["general_settings.max_in_flight_requests_per_worker"]
    assert "up to `queue` seconds" in told["general_settings.max_queued_requests_per_worker"]


def test_azure_is_asked_by_its_versionless_api() -> None:
    found = ours(deployment("a", model="azure/dep", api_base="https://x.openai.azure.com/", api_key="k"))
    again = ours(deployment("a", model="azure/dep", api_base="https://x.openai.azure.com/openai/v1", api_key="k"))
    assert found == again


def test_an_unknown_prefix_with_an_address_is_a_provider_of_that_name() -> None:
    found = ours(deployment("a", model="acme/x", api_base="https://acme.test/v1"))
    assert found["Providers"] == [{"name": "acme", "api_base_url": "https://acme.test/v1", "models": ["x"]}]


def test_faults_are_told_with_the_rest() -> None:
    _, notices = translated({"model_list": "x"})
    assert [str(notice) for notice in notices] == ["model_list: expected a list, not text"]


def test_a_name_with_a_prefix_stays_a_name() -> None:
    raw, _ = translated({"model_list": [{"model_name": "openrouter/x", "litellm_params": {"model": "openrouter/x"}}]})
    assert raw["aliases"] == {"openrouter/x": "openrouter,x"}


def provider(*deployments: Json) -> JsonObject:
    found = ours(*deployments)["Providers"]
    assert isinstance(found, list)
    (only,) = found
    assert isinstance(only, dict)
    return only


def test_vertex_has_two_kinds_of_models_each_with_its_dialect() -> None:
    where: JsonObject = {"vertex_project": "p", "vertex_location": "eu-west1"}
    found = ours(
        deployment("a", model="vertex_ai/gemini-3", **where), deployment("b", model="vertex_ai/claude-x", **where)
    )
    base = "https://eu-west1-aiplatform.googleapis.com/v1/projects/p/locations/eu-west1"
    assert found["Providers"] == [
        {"name": "vertex", "api_base_url": base, "dialect": "vertex-gemini", "models": ["gemini-3"]},
        {"name": "vertex-2", "api_base_url": base, "dialect": "vertex-claude", "models": ["claude-x"]},
    ]


def test_vertex_may_be_global_or_left_to_the_environment() -> None:
    found = provider(
        deployment("a", model="vertex_ai/gemini-3", vertex_project="os.environ/P", vertex_location="global")
    )
    assert found["api_base_url"] == "https://aiplatform.googleapis.com/v1/projects/${P}/locations/global"
    assert "api_base_url" not in provider(deployment("a", model="vertex_ai/gemini-3"))


def test_bedrock_offers_anthropics_models() -> None:
    found = provider(deployment("a", model="bedrock/converse/us.anthropic.claude-x", aws_region_name="eu-west-1"))
    assert found == {
        "name": "bedrock",
        "api_base_url": "https://bedrock-runtime.eu-west-1.amazonaws.com",
        "dialect": "bedrock-claude",
        "models": ["us.anthropic.claude-x"],
    }
    assert "${AWS_REGION:-us-west-2}" in str(provider(deployment("a", model="bedrock/anthropic.claude-x")))


def test_what_the_clouds_have_besides_and_their_keys_are_told() -> None:
    secret = deployment("a", model="bedrock/meta.llama", aws_secret_access_key="s", vertex_credentials="/c.json")
    _, notices = translated({"model_list": [secret]})
    assert [str(notice).rpartition("litellm_params.")[2] for notice in notices] == [
        "aws_secret_access_key: not carried over: set AWS_ACCESS_KEY_ID and its like where the router is started",
        "vertex_credentials: not carried over: credentials are the machine's: log in where the router is started",
        "model: not carried over: of Bedrock's models only Anthropic's are supported",
    ]


def test_what_stands_in_for_anthropic_speaks_its_dialect() -> None:
    found = provider(deployment("a", model="anthropic/claude-x", api_base="http://mine.test", api_key="k"))
    assert found["dialect"] == "anthropic"


def test_what_is_written_otherwise_here_is_told_with_the_words_for_it() -> None:
    entry = deployment("a", model="openai/x", max_tokens=9, temperature=0.2)
    _, notices = translated({"model_list": [entry], "search_tools": [{"search_tool_name": "s"}]})
    assert [str(notice) for notice in notices] == [
        "model_list[0].litellm_params.max_tokens: not carried over: "
        'write {"use": [["maxtoken", {"max_tokens": N}]]} as the provider\'s transformer',
        "model_list[0].litellm_params.temperature: not carried over: "
        'write {"use": [["sampling", {"temperature": N}]]} as the provider\'s transformer',
        'search_tools: not carried over: write a provider with "dialect": "search" and the address of a SearXNG as its '
        "api_base_url",
    ]


def test_what_is_known_of_a_model_is_carried_over() -> None:
    params: JsonObject = {"model": "openai/a", "input_cost_per_token": "5e-7", "output_cost_per_token": 2e-6}
    info: JsonObject = {"max_input_tokens": 100_000, "max_output_tokens": "8000", "cache_read_input_token_cost": 0}
    other: JsonObject = {"model": "openai/b", "input_cost_per_token": 1, "max_input_tokens": True}
    odd: JsonObject = {"model": "openai/c", "max_output_tokens": "many", "max_input_tokens": 9}
    ours, notices = translated(
        {
            "model_list": [
                {"model_name": "x", "litellm_params": params, "model_info": info},
                {"model_name": "y", "litellm_params": other},
                {"model_name": "z", "litellm_params": odd},
            ]
        }
    )
    (provider,) = parse(ours, {"OPENAI_API_KEY": "k"}).providers
    assert provider.limits["a"] == Model(100_000, 8_000, Price(0.5, 2, cache_read=0))
    assert provider.limits["c"] == Model(9)
    assert provider.limits.keys() == {"a", "c"}
    assert not notices
