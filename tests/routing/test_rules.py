from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from ccr.config.parse import parse
from ccr.config.schema import Group, Routes
from ccr.errors import UnknownTarget
from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.json import JsonObject
from ccr.routing.decision import Facts, Table
from ccr.routing.rules import RULES, SCENARIOS, decide

PROVIDERS = {
    "openrouter": ("qwen/qwen3:free", "anthropic/claude-sonnet-4.5", "shared"),
    "DeepSeek": ("deepseek-chat", "shared"),
    "anthropic": ("claude-opus-4-8",),
}


def target(text: str) -> Target:
    provider, _, model = text.partition(",")
    return Target(ProviderName(provider), ModelName(model))


def table(
    routes: Mapping[str, str] | None = None,
    aliases: Mapping[str, str] | None = None,
    fallback: Mapping[str, tuple[str, ...]] | None = None,
    providers: Mapping[str, tuple[str, ...]] = PROVIDERS,
    agents: Mapping[str, str] | None = None,
    **able: Any,
) -> Table:
    """Each scenario goes to the DeepSeek model of its own name, if nothing else is said."""
    named = {name: f"DeepSeek,{name}" for name in SCENARIOS} if routes is None else routes
    return Table(
        Routes(
            {name: target(text) for name, text in named.items()},
            agents={name: target(text) for name, text in (agents or {}).items()},
        ),
        {ProviderName(name): tuple(map(ModelName, models)) for name, models in providers.items()},
        {name: target(text) for name, text in (aliases or {}).items()},
        {name: tuple(map(target, chain)) for name, chain in (fallback or {}).items()},
        **able,
    )


def chosen(asked_for: str = "claude-opus-4-8", routes: Table | None = None, **facts: Any) -> tuple[str, str]:
    """The rule and the target."""
    decision = decide(Facts(asked_for, **facts), routes or table())
    return decision.rule, str(decision.target)


def refusal(asked_for: str = "claude-opus-4-8", routes: Table | None = None, **facts: Any) -> str:
    with pytest.raises(UnknownTarget) as caught:
        decide(Facts(asked_for, **facts), routes or table())
    return caught.value.message


# --- each rule


@pytest.mark.parametrize(
    ("facts", "route"),
    [
        ({"has_image": True}, "image"),
        ({"tokens": 60_001}, "longContext"),
        ({"tokens": 20_001, "last_input": 60_001}, "longContext"),
        ({"request_class": "subagent"}, "subagent"),
        ({"request_class": "workflow", "asked_for": "claude-haiku-4-5", "thinks": True}, "subagent"),
        ({"request_class": "auxiliary"}, "background"),
        ({"asked_for": "claude-haiku-4-5-20251001"}, "background"),
        ({"request_class": "compaction"}, "compaction"),
        ({"request_class": "side_reply"}, "default"),
        ({"request_class": "search", "asked_for": "claude-haiku-4-5", "has_web_search": True}, "webSearch"),
        ({"has_web_search": True, "has_tools": True}, "webSearch"),
        ({"thinks": True}, "think"),
        ({"has_tools": True, "has_editing_tools": True}, "coder"),
        ({"has_tools": True}, "tool"),
        ({}, "default"),
        ({"tokens": 60_000, "last_input": 60_000}, "default"),
        ({"tokens": 20_000, "last_input": 60_001}, "default"),
        ({"asked_for": "claude-sonnet-5"}, "default"),
    ],
)
def test_a_scenario_has_its_route(facts: dict[str, Any], route: str) -> None:
    assert chosen(**facts) == (route, f"DeepSeek,{route}")


@pytest.mark.parametrize(
    "facts",
    [
        {"has_image": True},
        {"tokens": 60_001},
        {"tokens": 20_001, "last_input": 60_001},
        {"request_class": "auxiliary"},
        {"asked_for": "claude-haiku-4-5-20251001"},
        {"request_class": "compaction"},
        {"has_web_search": True},
        {"thinks": True},
        {"has_tools": True, "has_editing_tools": True},
    ],
)
def test_a_scenario_without_a_route_is_like_any_other(facts: dict[str, Any]) -> None:
    assert chosen(routes=table({"default": "openrouter,x"}), **facts) == ("default", "openrouter,x")


def test_the_order_is_the_one_that_is_documented() -> None:
    everything: dict[str, Any] = {
        "scripted": "openrouter,script",
        "asked_for": "openrouter,claude-haiku",
        "route": "think",
        "has_image": True,
        "tokens": 60_001,
        "tagged": "openrouter,tagged",
        "request_class": "workflow",
        "agent": "Explore",
        "has_web_search": True,
        "thinks": True,
        "has_editing_tools": True,
        "has_tools": True,
    }
    less: tuple[dict[str, Any], ...] = (
        {"scripted": None},
        {"asked_for": "claude-haiku-opus"},
        {"route": None},
        {"has_image": False},
        {"tokens": 0},
        {"tagged": None},
        {"agent": None},
        {"request_class": "compaction"},
        {"asked_for": "claude-opus"},
        {"request_class": "main"},
        {"has_web_search": False},
        {"thinks": False},
        {"has_editing_tools": False},
        {"has_tools": False},
        {"asked_for": "claude-sonnet"},
    )
    routes = table(dict.fromkeys((*SCENARIOS, "opus"), "openrouter,x"), agents={"explore": "openrouter,x"})
    order = [chosen(routes=routes, **everything)[0]]
    for change in less:
        everything |= change
        order.append(chosen(routes=routes, **everything)[0])
    assert order == [name for name, _ in RULES]


AGENTS = table({"default": "openrouter,x", "background": "openrouter,b"}, agents={"Explore": "DeepSeek,fast"})


@pytest.mark.parametrize("agent", ["Explore", "explore", "EXPLORE"])
@pytest.mark.parametrize("kind", ["subagent", "workflow", "compaction"])
def test_a_subagent_goes_where_its_type_says_and_its_compactions_with_it(kind: str, agent: str) -> None:
    assert chosen("claude-haiku-4-5", AGENTS, request_class=kind, agent=agent) == ("agents", "DeepSeek,fast")


def test_a_subagent_of_another_type_is_like_any_other() -> None:
    assert chosen(routes=AGENTS, request_class="subagent", agent="Plan") == ("default", "openrouter,x")


def test_what_a_subagent_asks_on_the_side_is_background_work() -> None:
    assert chosen(routes=AGENTS, request_class="auxiliary", agent="Explore") == ("background", "openrouter,b")


def test_an_agents_route_to_nobody_is_an_error() -> None:
    routes = table(agents={"Plan": "gone,x"})
    said = refusal(routes=routes, request_class="subagent", agent="plan")
    assert said.startswith("Router.agents.Plan goes to provider 'gone'")


@pytest.mark.parametrize("asked_for", ["claude-haiku-4-5", "claude-opus-4-8"])
def test_the_judge_of_risky_commands_is_never_background_work(asked_for: str) -> None:
    assert chosen(asked_for, request_class="safety") == ("default", "DeepSeek,default")


def test_the_judge_of_risky_commands_goes_to_the_model_that_it_names() -> None:
    routes = table({"default": "openrouter,x", "background": "openrouter,b", "sonnet": "anthropic,s"})
    assert chosen("claude-sonnet-5", routes, request_class="safety") == ("family", "anthropic,s")


def test_a_haiku_that_is_not_claudes_is_not_for_the_background() -> None:
    assert chosen("my-haiku")[0] == "default"


def test_another_threshold_counts() -> None:
    routes = Table(Routes({"longContext": target("anthropic,big")}, 100), {ProviderName("anthropic"): ()})
    assert decide(Facts("m", tokens=101), routes).reason == "101 tokens, over 100"


@pytest.mark.parametrize("rule", [rule for _, rule in RULES], ids=[name for name, _ in RULES])
def test_every_rule_has_a_line_for_the_documentation(rule: object) -> None:
    assert (rule.__doc__ or "").partition("\n")[0].endswith((".", "lists."))


# --- the model names its target


@pytest.mark.parametrize(
    ("asked_for", "goes_to"),
    [
        ("openrouter,qwen/qwen3:online", "openrouter,qwen/qwen3:online"),
        ("OpenRouter,qwen/qwen3:free", "openrouter,qwen/qwen3:free"),
        ("deepseek , deepseek-chat ", "DeepSeek,deepseek-chat"),
        ("openrouter,a,b", "openrouter,a,b"),
        ("openrouter,not/listed", "openrouter,not/listed"),
        ("openrouter/qwen/qwen3:free", "openrouter,qwen/qwen3:free"),
        ("anthropic/claude-opus-4-8", "anthropic,claude-opus-4-8"),
        ("anthropic/claude-sonnet-4.5", "openrouter,anthropic/claude-sonnet-4.5"),
        ("deepseek-chat", "DeepSeek,deepseek-chat"),
        ("anthropic,claude-haiku-4-5", "anthropic,claude-haiku-4-5"),
    ],
)
def test_a_target_is_taken_as_it_is_written(asked_for: str, goes_to: str) -> None:
    assert chosen(asked_for) == ("explicit", goes_to)


@pytest.mark.parametrize("asked_for", ["shared", "gpt-5", "nobody/gpt-5", "openrouter/", "claude-opus-4-8", ""])
def test_what_names_no_target_takes_the_routes(asked_for: str) -> None:
    assert chosen(asked_for) == ("default", "DeepSeek,default")


def test_a_provider_is_found_as_written_before_it_is_found_by_any_case() -> None:
    routes = table(providers={"Local": (), "local": ()})
    assert chosen("local,x", routes) == ("explicit", "local,x")


def test_an_alias_is_a_target() -> None:
    routes = table(aliases={"claude-opus-4-8": "deepseek,deepseek-chat", "fast,one": "openrouter,q"})
    assert chosen(routes=routes) == ("explicit", "DeepSeek,deepseek-chat")
    assert chosen("fast,one", routes) == ("explicit", "openrouter,q")


def test_an_unknown_provider_is_an_error_that_names_the_configured_ones() -> None:
    assert refusal("mistral,large") == (
        "'mistral,large' goes to provider 'mistral', which is not configured; "
        "configured: openrouter, DeepSeek, anthropic"
    )


def test_a_target_without_a_model_is_an_error() -> None:
    assert "names no model" in refusal("openrouter, ")


@pytest.mark.parametrize("fact", ["scripted", "tagged"])
@pytest.mark.parametrize("name", ["openrouter,a\r\nb", "openrouter/a\x00", "a\x1b[2J", "openrouter,a\ud800"])
def test_a_name_with_control_characters_never_becomes_a_target(fact: str, name: str) -> None:
    assert refusal(name) == refusal(**facts(fact, name)) == f"{name!r} holds characters that no model's name has"


def test_a_route_with_control_characters_never_becomes_a_target() -> None:
    assert refusal(route="back\x00ground").startswith("no route is named 'back\\x00ground'")


def test_an_alias_to_an_unknown_provider_is_an_error() -> None:
    assert refusal("a", table(aliases={"a": "gone,x"})).startswith("alias 'a' goes to provider 'gone'")


# --- custom router and subagent tag


def facts(name: str, value: str) -> dict[str, Any]:
    return {name: value}


@pytest.mark.parametrize(("fact", "rule"), [("scripted", "custom"), ("tagged", "tag")])
def test_what_a_script_or_a_tag_names_is_a_target(fact: str, rule: str) -> None:
    assert chosen(**facts(fact, "openrouter/m")) == (rule, "openrouter,m")
    assert chosen(**facts(fact, "claude-opus-4-8")) == (rule, "anthropic,claude-opus-4-8")


@pytest.mark.parametrize("fact", ["scripted", "tagged"])
def test_what_a_script_or_a_tag_says_must_be_a_target(fact: str) -> None:
    assert "'gpt-5' is no \"provider,model\"" in refusal(**facts(fact, "gpt-5"))
    assert "'gone'" in refusal(**facts(fact, "gone,gpt-5"))


# --- a route by name


@pytest.mark.parametrize("name", ["longContext", "long-context", "LONG_CONTEXT"])
def test_a_caller_names_a_route(name: str) -> None:
    assert chosen(route=name) == ("route", "DeepSeek,longContext")


def test_a_caller_may_name_a_route_of_the_users_own() -> None:
    assert chosen(routes=table({"cheap": "openrouter,q"}), route="cheap") == ("route", "openrouter,q")


def test_a_scenario_that_is_not_configured_passes() -> None:
    assert chosen(routes=table({"default": "openrouter,q"}), route="think") == ("default", "openrouter,q")


def test_a_route_that_does_not_exist_is_an_error_that_names_the_configured_ones() -> None:
    routes = table({"default": "openrouter,q", "opus": "anthropic,o"})
    assert refusal(routes=routes, route="thonk") == "no route is named 'thonk'; configured in Router: default, opus"
    assert refusal(routes=table({}), route="thonk").endswith("configured in Router: none")


# --- families, and the end


def test_a_family_is_a_part_of_the_models_name() -> None:
    routes = table({"default": "openrouter,d", "Opus": "anthropic,o", "opus-4-8": "anthropic,o48"})
    assert chosen("claude-opus-4-1", routes) == ("family", "anthropic,o")
    assert chosen("claude-opus-4-8", routes) == ("family", "anthropic,o48")


def test_a_route_to_an_unknown_provider_is_an_error() -> None:
    assert refusal(routes=table({"default": "gone,x"})).startswith("Router.default goes to provider 'gone'")


def test_without_a_default_the_error_names_the_remedy() -> None:
    message = refusal("gpt-5", table({}, providers={}))
    assert "no route for model 'gpt-5': set Router.default" in message
    assert message.endswith("configured providers: none")


# --- fallback


def fallback(routes: Table, asked_for: str = "claude-opus-4-8", **facts: Any) -> list[str]:
    return [str(following) for following in decide(Facts(asked_for, **facts), routes).fallback]


def test_a_route_has_a_fallback() -> None:
    routes = table(fallback={"think": ("openrouter,a", "anthropic,b"), "default": ("openrouter,c",)})
    assert fallback(routes, thinks=True) == ["openrouter,a", "anthropic,b"]
    assert fallback(routes, has_image=True) == []


def test_an_alias_has_a_fallback() -> None:
    routes = table(aliases={"fast": "DeepSeek,f"}, fallback={"fast": ("openrouter,a",)})
    assert fallback(routes, "fast") == ["openrouter,a"]


def test_a_targets_own_fallback_goes_before_its_routes() -> None:
    routes = table(fallback={"DeepSeek,think": ("openrouter,own",), "think": ("openrouter,a",)})
    assert fallback(routes, thinks=True) == ["openrouter,own"]


def test_what_was_asked_for_falls_back_as_the_default_does() -> None:
    assert fallback(table(fallback={"default": ("openrouter,c",)}), "DeepSeek,x") == ["openrouter,c"]


def test_a_fallback_holds_neither_the_target_nor_anything_twice_nor_what_is_not_configured() -> None:
    chain = ("deepseek,default", "openrouter,a", "gone,x", "OpenRouter,a", "anthropic,b")
    assert fallback(table(fallback={"default": chain})) == ["openrouter,a", "anthropic,b"]


# --- several targets in one place


def many(**raw: Any) -> Table:
    """As a file says it."""
    own: JsonObject = {"Providers": [{"name": name, "url": f"https://{name}.test"} for name in "abcd"], **raw}
    config = parse(own, {})
    names = tuple(ProviderName(name) for name in "abcd")
    return Table(config.routes, dict.fromkeys(names, ()), config.aliases, config.fallback, config.chains, config.groups)


EQUAL = {"balance": "fastest", "targets": ["a,1", {"target": "b,1", "weight": 2}]}


def decided(routes: Table, asked_for: str = "claude-opus-4-8", **facts: Any) -> tuple[list[str], list[str]]:
    """Who is asked, one after the other; and who of them are equal."""
    found = decide(Facts(asked_for, **facts), routes)
    return list(map(str, found.chain)), list(map(str, found.group.weights)) if found.group else []


def test_a_routes_own_others_come_before_its_fallback() -> None:
    routes = many(Router={"default": "a,1 | b,1", "think": "a,1"}, fallback={"default": "c,1", "a,1": "d,1 | b,1"})
    assert decided(routes) == (["a,1", "b,1", "d,1"], [])
    assert decided(routes, thinks=True) == (["a,1", "d,1", "b,1"], [])


def test_what_the_caller_names_has_its_own_chain() -> None:
    routes = many(
        Router={"default": "d,1", "think": "a,1 | b,1", "agents": {"Explore": ["b,1", "c,1"]}, "subagent": "a,1"},
        aliases={"fast": "c,1 | a,1"},
        fallback={"fast": "b,1", "subagent": "d,1"},
    )
    assert decided(routes, route="THINK") == (["a,1", "b,1"], [])
    assert decided(routes, "fast") == (["c,1", "a,1", "b,1"], [])
    assert decided(routes, tagged="fast") == (["c,1", "a,1", "b,1"], [])
    assert decided(routes, scripted="fast") == (["c,1", "a,1", "b,1"], [])
    assert decided(routes, request_class="subagent", agent="explore") == (["b,1", "c,1", "d,1"], [])
    assert decided(routes, request_class="subagent", agent="Plan") == (["a,1", "d,1"], [])


def test_equals_are_told_with_what_is_behind_them() -> None:
    agents = {"Plan": EQUAL}
    routes = many(Router={"default": [EQUAL, "c,1"], "agents": agents}, aliases={"any": EQUAL}, fallback={"any": "d,1"})
    assert decided(routes) == (["a,1", "b,1", "c,1"], ["a,1", "b,1"])
    assert decided(routes, "any") == (["a,1", "b,1", "d,1"], ["a,1", "b,1"])
    assert decided(routes, request_class="subagent", agent="plan") == (["a,1", "b,1"], ["a,1", "b,1"])
    group = decide(Facts("any"), routes).group
    assert group is not None
    assert (group.balance, group.weights[target("b,1")]) == ("fastest", 2.0)


def test_who_asks_for_the_usual_target_gets_it_and_not_its_equal_unless_it_fails() -> None:
    routes = many(Router={"default": [EQUAL, "c,1"]})
    assert decided(routes, "a,1") == (["a,1", "b,1", "c,1"], [])
    assert decided(routes, "b,1") == (["b,1"], [])


def test_an_alias_and_a_route_of_one_name_have_each_their_own() -> None:
    routes = many(Router={"default": "d,1", "opus": "a,1 | b,1"}, aliases={"opus": "c,1 | d,1"})
    assert decided(routes) == (["a,1", "b,1"], [])
    assert decided(routes, "opus") == (["c,1", "d,1"], [])


def test_a_prompt_too_long_for_all_may_go_to_the_long_route() -> None:
    routes = many(
        Router={"default": "a,1", "longContext": "b,1 | a,1 | c,1"}, fallback={"default": "c,1", "b,1": "d,1"}
    )
    assert [str(each) for each in decide(Facts("m"), routes).larger] == ["b,1", "d,1"]
    assert decide(Facts("m", tokens=60_001), routes).larger == ()
    assert decide(Facts("m"), many(Router={"default": "a,1"})).larger == ()


# --- a web search: DeepSeek cannot, openrouter can, searx does nothing else

WITH_ENGINE = {**PROVIDERS, "searx": ()}
ABLE: dict[str, Any] = {"searching": frozenset({"openrouter", "searx"}), "engines": ("searx",)}
SEARCHES: dict[str, Any] = {"has_web_search": True, "has_tools": True, "only_searches": True}


def searching(routes: Mapping[str, str], fallback: Mapping[str, tuple[str, ...]] | None = None) -> Table:
    return table({"default": "DeepSeek,m", **routes}, None, fallback, WITH_ENGINE, **ABLE)


def test_a_target_that_searches_keeps_its_search() -> None:
    assert chosen(routes=searching({"default": "openrouter,m"}), **SEARCHES) == ("default", "openrouter,m")


def test_a_search_engine_takes_the_search_of_a_target_that_cannot() -> None:
    assert chosen(routes=searching({}), **SEARCHES) == ("search", "searx,search")


def test_a_model_that_was_asked_for_and_cannot_search_leaves_it_to_the_route() -> None:
    routes = searching({"webSearch": "openrouter,sonar"})
    assert chosen("DeepSeek,m", routes, **SEARCHES) == ("search", "openrouter,sonar")


def test_the_web_search_route_is_taken_at_its_word() -> None:
    assert chosen(routes=searching({"webSearch": "DeepSeek,online"}), **SEARCHES) == ("webSearch", "DeepSeek,online")


def test_an_engine_that_the_route_names_answers_searches() -> None:
    assert chosen(routes=searching({"webSearch": "searx,any"}), **SEARCHES) == ("webSearch", "searx,any")


def test_an_engine_answers_no_request_with_other_tools() -> None:
    facts = {**SEARCHES, "only_searches": False}
    assert chosen(routes=searching({"webSearch": "searx,any"}), **facts) == ("default", "DeepSeek,m")


def test_of_equals_only_those_are_left_that_search() -> None:
    equal = {target("openrouter,m"): 1.0, target("DeepSeek,m"): 1.0, target("openrouter,n"): 3.0}
    routes = searching({"default": "openrouter,m"})
    behind = {"default": tuple(equal)[1:]}
    routes = replace(routes, chains=behind, groups={"default": Group(equal, "least_busy")})
    found = decide(Facts("m", **SEARCHES), routes).group
    assert found == Group({target("openrouter,m"): 1.0, target("openrouter,n"): 3.0}, "least_busy")
    one = replace(routes, groups={"default": Group(dict.fromkeys(tuple(equal)[:2], 1.0))})
    assert decide(Facts("m", **SEARCHES), one).group is None


def test_an_engine_is_no_model() -> None:
    assert "a search engine, which answers web searches alone" in refusal("searx,any", searching({}))


def test_where_nothing_searches_the_refusal_names_both_remedies() -> None:
    message = refusal(routes=table({"default": "DeepSeek,m"}), **SEARCHES)
    assert message.startswith("DeepSeek,m cannot search the web: set Router.webSearch")
    assert '"dialect": "search"' in message


@pytest.mark.parametrize(
    ("facts", "routes", "chain"),
    [
        (SEARCHES, {"default": "openrouter,m"}, ["searx,x"]),
        (SEARCHES, {"webSearch": "openrouter,m"}, ["DeepSeek,b", "searx,x"]),
        ({}, {"default": "openrouter,m"}, ["DeepSeek,b"]),
    ],
)
def test_fallbacks_are_able_to_answer(facts: dict[str, Any], routes: dict[str, str], chain: list[str]) -> None:
    tried = ("DeepSeek,b", "searx,x")
    found = decide(Facts("m", **facts), searching(routes, {"default": tried, "webSearch": tried}))
    assert [str(each) for each in found.fallback] == chain
