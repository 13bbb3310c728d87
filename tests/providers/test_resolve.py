from dataclasses import replace

import pytest

from ccr.config.parse import parse
from ccr.config.schema import Model, Price, Secret, Timeouts
from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.json import Json
from ccr.messages.request import Request
from ccr.providers.catalogue import CHAT
from ccr.providers.resolve import Upstream, logins, resolve
from ccr.wire.quirks.mending import Mending


def resolved(**entry: Json) -> tuple[Upstream, list[str]]:
    upstreams, notices = resolve(parse({"Providers": [{"name": "p", "models": ["m"], **entry}]}, {}))
    return upstreams[0], [str(notice) for notice in notices]


@pytest.mark.parametrize(
    ("url", "dialect", "endpoint"),
    [
        ("https://p.test", "openai", "https://p.test/v1/chat/completions"),
        ("https://p.test/v1", "openai", "https://p.test/v1/chat/completions"),
        ("https://p.test/v1/chat/completions", "openai", "https://p.test/v1/chat/completions"),
        ("https://p.test/v1/messages", "anthropic", "https://p.test/v1/messages"),
        ("https://p.test/anthropic", "anthropic", "https://p.test/anthropic/v1/messages"),
        ("https://api.anthropic.com", "anthropic", "https://api.anthropic.com/v1/messages"),
        ("https://api.deepseek.com/anthropic", "anthropic", "https://api.deepseek.com/anthropic/v1/messages"),
        ("http://localhost:11434", "openai", "http://localhost:11434/v1/chat/completions"),
        ("http://localhost:11434/v1", "openai", "http://localhost:11434/v1/chat/completions"),
    ],
)
def test_base_and_endpoint_reach_the_right_path_in_the_right_dialect(url: str, dialect: str, endpoint: str) -> None:
    upstream, notices = resolved(api_base_url=url)
    assert (upstream.dialect.name, upstream.url, notices) == (dialect, endpoint, [])


def test_the_address_wins_over_the_transformer_and_the_file_over_both() -> None:
    url = "https://p.test/v1/chat/completions"
    assert resolved(api_base_url=url, transformers=["Anthropic"])[0].dialect.name == "openai"
    assert resolved(api_base_url="https://p.test", dialect="anthropic")[0].url == "https://p.test/v1/messages"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_in_a_container_localhost_means_the_host(host: str) -> None:
    providers: list[Json] = [{"name": "p", "api_base_url": f"http://{host}:1234/v1", "models": ["m"]}]
    (upstream,), notices = resolve(parse({"Providers": providers}, {"CCR_LOCALHOST": "the-host"}))
    assert upstream.url == "http://the-host:1234/v1/chat/completions"
    assert [str(notice) for notice in notices] == [
        "Providers[0].api_base_url: localhost is the container here: the-host is asked"
    ]


def test_in_a_container_a_port_may_be_missing_and_other_hosts_stay() -> None:
    providers: list[Json] = [
        {"name": "a", "api_base_url": "http://localhost/v1", "models": ["m"]},
        {"name": "b", "api_base_url": "https://b.test/v1", "models": ["m"]},
    ]
    upstreams, _ = resolve(parse({"Providers": providers}, {"CCR_LOCALHOST": "the-host"}))
    assert [each.url for each in upstreams] == [
        "http://the-host/v1/chat/completions",
        "https://b.test/v1/chat/completions",
    ]


def test_a_known_vendor_needs_no_address() -> None:
    upstream, notices = resolved(name="anthropic", api_key="k")
    assert (upstream.url, upstream.auth, notices) == ("https://api.anthropic.com/v1/messages", "x-api-key", [])


def test_a_vendor_in_the_dialect_of_another_address_is_told() -> None:
    _, notices = resolved(name="groq", dialect="anthropic")
    assert notices == ["Providers[0].dialect: the usual address of Groq speaks openai"]


def test_an_address_of_another_dialect_is_told() -> None:
    upstream, notices = resolved(api_base_url="https://api.deepseek.com/v1/chat/completions", dialect="anthropic")
    assert upstream.url == "https://api.deepseek.com/anthropic/v1/messages"
    said = "anthropic is spoken at https://api.deepseek.com/anthropic, which is asked instead"
    assert notices == [f"Providers[0].api_base_url: {said}"]


@pytest.mark.parametrize(
    ("entry", "auth"),
    [
        ({"api_base_url": "https://p.test"}, "none"),
        ({"api_base_url": "https://p.test", "auth": "bearer"}, "bearer"),
        ({"api_base_url": "https://p.test", "api_key": "k"}, "bearer"),
        ({"api_base_url": "https://p.test/v1/messages", "api_key": "k"}, "x-api-key"),
        (
            {
                "api_base_url": "https://p.test/v1/messages",
                "api_key": "k",
                "transformer": {"use": [["Anthropic", {"UseBearer": True}]]},
            },
            "bearer",
        ),
        ({"api_base_url": "https://openrouter.ai/api/v1/messages", "api_key": "k"}, "bearer"),
        ({"api_base_url": "https://x.openai.azure.com/openai/v1", "api_key": "k"}, "api-key"),
        ({"api_base_url": "https://p.test", "api_key": "k", "auth": "api-key"}, "api-key"),
        ({"api_base_url": "https://p.test/v1beta/models", "api_key": "k"}, "x-goog-api-key"),
        ({"api_base_url": "https://p.test/v1/responses", "api_key": "k"}, "bearer"),
        ({"name": "gemini", "dialect": "openai", "api_key": "k"}, "bearer"),
        ({"name": "deepseek", "api_key": "k"}, "x-api-key"),
        ({"name": "kimi", "api_key": "k"}, "bearer"),
        ({"api_base_url": "https://eu-aiplatform.googleapis.com/v1/projects/a/locations/eu"}, "google"),
        ({"api_base_url": "https://p.test/publishers/anthropic"}, "google"),
        ({"api_base_url": "https://bedrock-mantle.eu-west-1.api.aws/anthropic"}, "aws"),
        ({"api_base_url": "https://bedrock-runtime.eu-west-1.amazonaws.com", "api_key": "k"}, "bearer"),
    ],
)
def test_the_key_goes_where_the_host_looks_for_it(entry: dict[str, Json], auth: str) -> None:
    assert resolved(**entry)[0].auth == auth


def test_a_missing_key_is_carried_for_the_request_to_say_so() -> None:
    upstream, _ = resolved(api_base_url="https://p.test", api_key="$P_KEY")
    assert (upstream.key, upstream.key_source, upstream.key_missing) == (None, "P_KEY", True)


def test_transformers_become_quirks_for_all_models_or_one() -> None:
    transformer: Json = {"use": [["maxtoken", {"max_tokens": 5}], "OpenAI"], "a/b": {"use": ["CleanCache"]}}
    upstream, notices = resolved(api_base_url="https://p.test", transformer=transformer)
    assert [quirk.name for quirk in upstream.quirks_for(ModelName("a/b"))] == ["maxtoken", "cleancache"]
    assert [quirk.name for quirk in upstream.quirks_for(ModelName("m"))] == ["maxtoken"]
    assert notices == []


def test_transformers_without_effect_are_told_by_name() -> None:
    transformer: Json = {"use": ["mine"], "m": {"use": [["maxtoken", {}]]}}
    _, notices = resolved(api_base_url="https://p.test", transformer=transformer)
    assert notices == [
        'Providers[0].transformer.use[0]: "mine" is not a known transformer and has no effect',
        'Providers[0].transformer["m"].use[0]: "maxtoken" needs max_tokens, a whole number above 0; it has no effect',
    ]


def test_a_provider_on_this_machine_is_local() -> None:
    raw: dict[str, Json] = {
        "Providers": [{"name": "a", "url": "http://localhost:11434/v1"}, {"name": "b", "url": "https://b.test/v1"}]
    }
    assert [upstream.local for upstream in resolve(parse(raw, {}))[0]] == [True, False]


def test_a_model_may_have_times_of_its_own() -> None:
    slow = Timeouts(idle=99)
    (a,), _ = resolve(parse({"Providers": [{"name": "a", "url": "https://a.test"}]}, {}))
    a = replace(a, model_timeouts={ModelName("slow"): slow})
    assert a.timed_for(ModelName("slow")).timeouts == slow
    assert a.timed_for(ModelName("other")).timeouts == Timeouts()


def test_what_a_provider_does_not_set_is_as_for_all() -> None:
    raw: dict[str, Json] = {
        "PROXY_URL": "http://proxy.test:1",
        "timeouts": {"idle": 7},
        "Providers": [
            {"name": "a", "url": "https://a.test"},
            {"name": "b", "url": "https://b.test", "proxy": "http://other.test:1", "timeouts": {"connect": 3}},
        ],
    }
    (a, b), _ = resolve(parse(raw, {}))
    assert (a.proxy, a.timeouts) == ("http://proxy.test:1", Timeouts(idle=7))
    assert (b.proxy, b.timeouts) == ("http://other.test:1", Timeouts(idle=7, connect=3))


def test_the_guide_is_asked_at_no_address() -> None:
    (guide,), notices = resolve(parse({}, {}))
    assert (guide.url, guide.auth, notices) == ("guide:", "none", ())


def test_a_vendors_differences_come_with_its_address() -> None:
    upstream, _ = resolved(name="mine", api_base_url="https://api.mistral.ai/v1/chat/completions")
    assert upstream.dialect == CHAT["mistral"]


def test_a_search_engine_needs_no_key_and_has_no_models() -> None:
    upstream, notices = resolved(api_base_url="http://localhost:8888", dialect="search", models=["x"])
    assert (upstream.url, upstream.auth, upstream.models) == ("http://localhost:8888/search", "none", ())
    assert notices == []
    guarded, _ = resolved(api_base_url="http://localhost:8888", dialect="search", api_key="k")
    assert guarded.auth == "bearer"


@pytest.mark.parametrize(("dialect", "noted"), [("openai", True), ("anthropic", False), ("search", False)])
def test_a_web_search_route_to_what_may_not_search_is_noted(dialect: str, noted: bool) -> None:
    provider: Json = {"name": "p", "api_base_url": "http://p.test/v1", "models": ["m"], "dialect": dialect}
    other: Json = {"name": "q", "api_base_url": "http://q.test/v1", "models": ["m"]}
    config = parse({"Providers": [other, provider], "Router": {"default": "q,m", "webSearch": "p,m"}}, {})
    notices = [str(notice) for notice in resolve(config)[1]]
    assert ("Router.webSearch: p,m is not known to search the web; it is asked all the same" in notices) == noted


def test_calls_are_mended_before_any_quirk_sees_them() -> None:
    upstream, _ = resolved(api_base_url="https://p.test")
    stages = upstream.stages_for(Request("m", ()), Target(ProviderName("acme"), ModelName("m")))
    assert [type(stage) for stage in stages] == [Mending]


def test_what_a_model_takes_is_known_from_its_vendor_and_the_file_counts_more() -> None:
    upstream, _ = resolved(name="groq", limits={"openai/gpt-oss-120b": {"output": 9}, "*": 32_768})
    assert upstream.model_for(ModelName("openai/gpt-oss-20b")).context == 32_768
    mine = upstream.model_for(ModelName("openai/gpt-oss-120b"))
    assert (mine.context, mine.output, mine.price) == (131_072, 9, Price(0.15, 0.6, 0.075))
    assert upstream.stated(ModelName("openai/gpt-oss-120b")) == Model(output=9)


@pytest.mark.parametrize(
    ("entry", "context"),
    [
        ({"name": "openai"}, 128_000),
        ({"api_base_url": "https://models.acme.test/v1"}, 128_000),
        ({"name": "openai", "api_base_url": "http://localhost:9/v1"}, None),
        ({"name": "ollama"}, None),
        ({"name": "vllm", "api_base_url": "http://gpu.acme.test:8000/v1"}, None),
        ({"name": "github"}, None),
        ({"name": "ollama", "limits": {"gpt-4o": 32_768}}, 32_768),
    ],
)
def test_a_local_servers_window_is_what_the_file_says(entry: dict[str, Json], context: int | None) -> None:
    assert resolved(**entry)[0].model_for(ModelName("gpt-4o")).context == context


def test_a_cloud_offers_its_makers_models() -> None:
    upstream, _ = resolved(name="bedrock", api_base_url="https://bedrock-runtime.eu-west-1.amazonaws.com")
    assert upstream.model_for(ModelName("eu.anthropic.claude-haiku-4-5-20251001-v1:0")).output == 64_000


def of_keys(api_key: Json, **env: str) -> Upstream:
    ((only,), _) = resolve(parse({"Providers": [{"name": "a", "url": "https://a.test", "api_key": api_key}]}, env))
    return only


def test_a_provider_is_asked_with_one_of_its_keys() -> None:
    a = of_keys(["$FIRST", "sk-second"], FIRST="sk-first")
    assert (a.key, a.key_source, a.with_key(None)) == (Secret("sk-first"), "FIRST", a)
    second = a.with_key(a.keys[1])
    assert (second.key, second.key_source) == (Secret("sk-second"), None)
    assert set(second.secrets) == {"sk-first", "sk-second"}


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (None, "none"),
        ("sk-1", "set"),
        (["sk-1", "sk-2"], "2 set"),
        (["sk-1", "$A", "$B"], "1 set, missing: A, B"),
        (["$A", "$B"], "missing: A, B"),
    ],
)
def test_which_keys_are_set_is_told(keys: Json, said: str) -> None:
    assert of_keys(keys).key_state == said


def test_the_login_of_a_proxy_is_a_secret_in_all_its_forms() -> None:
    coded = "dTpwQHNz"  # u:p@ss
    assert {"u:p@ss", "u:p%40ss", "p@ss", "p%40ss", "u", coded} <= set(logins("http://u:p%40ss@proxy.test:3128"))
    assert coded in set(logins("u:p@ss@proxy.test"))
    assert not [*logins("http://proxy.test:3128"), *logins("")]
    (upstream,), _ = resolve(
        parse(
            {"PROXY_URL": "http://u:secret@p.test", "Providers": [{"name": "a", "api_base_url": "https://a.test"}]}, {}
        )
    )
    assert "secret" in upstream.secrets
