import pytest

from ccr.config.problems import Place, Report
from ccr.config.routes import Names, behind, fallback, names, routes, target, way
from ccr.config.schema import Group, Provider, Routes
from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.json import Json

PROVIDERS = (Provider(ProviderName("OpenRouter"), "", models=("a/b:free",)), Provider(ProviderName("local"), ""))


def known(aliases: Json = None) -> Names:
    return names(PROVIDERS, Place(aliases, "aliases", Report()))


@pytest.mark.parametrize(
    "text", ["OpenRouter,a/b:free", "openrouter,a/b:free", " OPENROUTER , a/b:free ", "openrouter/a/b:free"]
)
def test_a_target_has_many_spellings(text: str) -> None:
    found = target(Place(text, "x", Report()), known())
    assert str(found) == "OpenRouter,a/b:free"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("openrouter", '"openrouter" is not a target; expected "provider,model", such as "OpenRouter,a/b:free"'),
        ("local,", '"local," is not a target'),
        (
            "opnrouter,x",
            'there is no provider "opnrouter"; configured are OpenRouter, local; did you mean "OpenRouter"?',
        ),
    ],
)
def test_what_is_no_target_is_told(text: str, said: str) -> None:
    report = Report()
    assert target(Place(text, "x", report), known()) is None
    assert str(report.faults[0]).startswith(f"x: {said}")


def test_the_example_of_a_target_needs_no_models() -> None:
    report = Report()
    target(Place("x", "x", report), names(PROVIDERS[1:], Place(None, "aliases", report)))
    assert 'such as "local,model"' in str(report.faults[0])


def test_where_no_provider_can_be_used_a_target_is_still_explained() -> None:
    report = Report()
    none = names((), Place(None, "aliases", report))
    target(Place("x", "x", report), none)
    target(Place("x,y", "x", report), none)
    assert [fault.text for fault in report.faults] == [
        '"x" is not a target; expected "provider,model", such as "openrouter,openai/gpt-5.5"',
        'there is no provider "x"; none in Providers can be used',
    ]


def test_a_search_engine_needs_no_model() -> None:
    engine = Provider(ProviderName("Searx"), "http://s.test", dialect="search")
    report = Report()
    assert str(target(Place("searx", "x", report), names((engine,), Place(None, "aliases", report)))) == "Searx,search"
    assert report.faults == []


def test_a_third_part_is_told_and_ignored() -> None:
    report = Report()
    assert str(target(Place("local,m,high", "x", report), known())) == "local,m"
    assert str(report.notices[0]) == 'x: ",high" is ignored: a target is "provider,model"; several are parted by " | "'


def test_routes_are_found_in_any_spelling() -> None:
    raw: Json = {"long_context": "local,m", "LONGCONTEXTTHRESHOLD": "9000", "image": "", "opus": "local/m"}
    found, _ = routes(Place(raw, "Router", Report()), known())
    assert set(found.targets) == {"longContext", "opus"}
    assert found.long_context_threshold == 9000


def test_agents_have_routes_of_their_own() -> None:
    report = Report()
    raw: Json = {"AGENTS": {"Explore": "local,fast", "reviewer": "openrouter/a/b:free", "lost": "nobody,x"}}
    found, _ = routes(Place(raw, "Router", report), known())
    assert {agent: str(target) for agent, target in found.agents.items()} == {
        "Explore": "local,fast",
        "reviewer": "OpenRouter,a/b:free",
    }
    assert str(report.faults[0]).startswith('Router.AGENTS.lost: there is no provider "nobody"')
    assert found.targets == {}


def test_what_ccr_3_has_in_its_router_is_told() -> None:
    report = Report()
    routes(Place({"rules": [{}], "fallback": {"mode": "off"}, "custom": ""}, "Router", report), known())
    assert [notice.path for notice in report.notices] == ["Router.rules", "Router.fallback"]


def test_a_fallback_belongs_to_a_route_an_alias_or_a_target() -> None:
    report = Report()
    own = Routes({"webSearch": Target(ProviderName("local"), ModelName("m"))})
    raw: Json = {
        "web_search": "local,a",
        "s": ["local,b", "x,y"],
        "LOCAL,m": ["local,c"],
        "nope": ["local,d"],
        "x,y": [],
    }
    found = fallback(Place(raw, "fallback", report), known({"s": "local,m"}), own)
    assert {name: [str(each) for each in chain] for name, chain in found.items()} == {
        "webSearch": ["local,a"],
        "s": ["local,b"],
        "local,m": ["local,c"],
        "nope": ["local,d"],
    }
    assert [notice.path for notice in report.notices] == ["fallback.nope"]
    assert [fault.path for fault in report.faults] == ["fallback.s[1]", 'fallback["x,y"]']


def read(raw: Json, aliases: Json = None) -> tuple[list[str], Group | None, list[str]]:
    """Targets, what is equal, and what is said."""
    report = Report()
    found = way(Place(raw, "x", report), known(aliases))
    said = [str(each) for each in (*report.faults, *report.strays, *report.notices)]
    return [str(each) for each in found.targets] if found else [], found.group if found else None, said


@pytest.mark.parametrize(
    "raw",
    [
        "local,a | openrouter,b",
        "local,a|openrouter/b|",
        ["local,a", "openrouter,b"],
        ["local,a | openrouter,b", "local,a", ""],
        [{"target": "local,a"}, ["openrouter,b"]],
        {"target": "local,a | openrouter,b"},
    ],
)
def test_several_targets_are_tried_in_their_order(raw: Json) -> None:
    assert read(raw) == (["local,a", "OpenRouter,b"], None, [])


def test_a_model_that_is_called_so_is_no_chain() -> None:
    odd = Provider(ProviderName("odd"), "", models=("a|b",))
    found = way(Place("odd,a|b", "x", Report()), names((odd,), Place(None, "aliases", Report())))
    assert found is not None
    assert list(map(str, found.targets)) == ["odd,a|b"]


@pytest.mark.parametrize("raw", [None, "", [], "|", [""]])
def test_nothing_is_no_target(raw: Json) -> None:
    assert read(raw) == ([], None, [])


def test_an_alias_in_a_chain_stands_for_all_of_its_own() -> None:
    assert read("s | local,c", {"s": "local,a | local,b"})[0] == ["local,a", "local,b", "local,c"]
    assert read(["local,c", "s"], {"s": ["local,a", "local,c"]})[0] == ["local,c", "local,a"]


def weights(group: Group | None) -> dict[str, float]:
    assert group is not None
    return {str(target): weight for target, weight in group.weights.items()}


def test_equal_targets_are_said_to_be_so() -> None:
    raw: Json = {"balance": "least-busy", "targets": ["local,a", {"target": "local,b", "weight": 2}]}
    targets, group, said = read(raw)
    assert (targets, said) == (["local,a", "local,b"], [])
    assert weights(group) == {"local,a": 1.0, "local,b": 2.0}
    assert group is not None
    assert group.balance == "least_busy"


def test_what_is_tried_when_none_of_the_equals_answers_stands_behind_them() -> None:
    targets, group, said = read([{"targets": ["local,a", "local,b"]}, "local,c"])
    assert (targets, said) == (["local,a", "local,b", "local,c"], [])
    assert weights(group) == {"local,a": 1.0, "local,b": 1.0}


def test_an_alias_among_equals_shares_its_weight_and_what_it_has_besides_stands_behind() -> None:
    aliases: Json = {"two": {"targets": ["local,a", "local,b"]}, "chain": "local,c | local,d"}
    targets, group, _ = read({"targets": [{"target": "two", "weight": 3}, "chain", "local,a"]}, aliases)
    assert targets == ["local,a", "local,b", "local,c", "local,d"]
    assert weights(group) == {"local,a": 2.5, "local,b": 1.5, "local,c": 1.0}
    assert weights(read("two", aliases)[1]) == {"local,a": 1.0, "local,b": 1.0}


def test_one_that_has_no_equal_is_no_group() -> None:
    assert read({"balance": "fastest", "targets": ["local,a"]}) == (["local,a"], None, [])


def test_what_stands_behind_is_not_balanced_and_its_writer_is_told() -> None:
    targets, group, said = read(["local,c", {"targets": ["local,a", "local,b"]}])
    assert (targets, group) == (["local,c", "local,a", "local,b"], None)
    assert said == ["x[1]: is tried in this order: only what stands first is balanced"]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"balance": "random", "targets": ["local,a"]}, 'x.balance: expected one of weighted, least_busy, fastest, not "random"'),
        ({"balance": "fastest"}, "x.targets: missing; expected a list of targets"),
        ({"targets": "local,a"}, "x.targets: expected a list, not text"),
        ({"targets": []}, "x.targets: expected at least one target"),
        ({"targets": [{"weight": 2}]}, "x.targets[0].target: missing; expected a target"),
        ({"targets": [{"target": "local,a", "weight": -1}]}, "x.targets[0].weight: expected a weight, more than 0, not -1"),
        ({"targets": ["gone,a"]}, 'x.targets[0]: there is no provider "gone"'),
        ({"targets": ["local,a"], "wight": 1}, "x.wight: is not a setting and is ignored"),
        ({"target": "local,a", "targets": ["local,b"]}, "x.target: is ignored beside targets"),
        (["local,a", "gone,b"], 'x[1]: there is no provider "gone"'),
        ("local,a | gone,b", 'x: there is no provider "gone"'),
        ([True], "x[0]: expected text in quotes, not true or false"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_several_is_told_with_its_place(raw: Json, said: str) -> None:
    assert read(raw)[2][0].startswith(said)


def test_routes_and_agents_have_ways_by_name() -> None:
    raw: Json = {"default": "local,a | local,b", "agents": {"Explore": ["local,c", "local,a"]}}
    found, ways = routes(Place(raw, "Router", Report()), known())
    assert str(found.targets["default"]) == "local,a"
    assert str(found.agents["Explore"]) == "local,c"
    assert {name: list(map(str, each.targets)) for name, each in ways.items()} == {
        "default": ["local,a", "local,b"],
        "agents.Explore": ["local,c", "local,a"],
    }


def test_an_alias_stands_for_no_other() -> None:
    report = Report()
    names((), Place({"one": "local,a", "two": "local,b | one"}, "aliases", report))
    assert 'aliases.two: "one" is an alias, and an alias stands for targets alone: write those of "one" here' in map(
        str, report.faults
    )


def test_a_model_that_is_listed_under_another_name_is_told() -> None:
    provider = Provider(ProviderName("p"), "", models=("deepseek-v4-flash",))
    report = Report()
    listed = names((provider,), Place(None, "aliases", report))
    for model in ("deepseek-v4-flash", "deepseek-v4-flsh", "quite-another"):
        assert way(Place(f"p,{model}", "x", report), listed)
    assert list(map(str, report.notices)) == [
        'x: p does not list deepseek-v4-flsh, and is asked for it all the same; did you mean "deepseek-v4-flash"?'
    ]


@pytest.mark.parametrize("raw", ["local,a", ["local,a"]])
def test_a_fallback_without_an_owner_is_told_how_it_is_written(raw: Json) -> None:
    report = Report()
    assert fallback(Place(raw, "fallback", report), known(), Routes()) == {}
    assert str(report.faults[0]).startswith('fallback: expected an object, such as {"default": "')


def test_a_fallback_that_says_nothing_is_nobodys_slip() -> None:
    report = Report()
    assert fallback(Place({"webSearch": [], "image": ""}, "fallback", report), known(), Routes()) == {}
    assert (report.faults, report.notices) == ([], [])


def test_a_fallback_is_a_chain_like_any_other_but_has_no_equals() -> None:
    report = Report()
    raw: Json = {"default": "s | local,c", "s": {"targets": ["local,c", "local,d"]}}
    own = Routes({"default": Target(ProviderName("local"), ModelName("m"))})
    found = fallback(Place(raw, "fallback", report), known({"s": "local,a | local,b"}), own)
    assert {name: [str(each) for each in chain] for name, chain in found.items()} == {
        "default": ["local,a", "local,b", "local,c"],
        "s": ["local,c", "local,d"],
    }
    assert [notice.path for notice in report.notices] == ["fallback.s"]


def test_a_ways_own_others_come_before_what_fallback_says() -> None:
    a, b, c, d = (Target(ProviderName("p"), ModelName(name)) for name in "abcd")
    by_route, by_target = {"default": (d, b)}, {"default": (d,), "p,a": (c, a)}
    assert behind(a, (b,), ["default"], by_route) == (b, d)
    assert behind(a, (b,), ["default"], by_target) == (b, c)
    assert behind(a, (), ["other"], by_route) == ()
