import pytest

from ccr.config.problems import Place, Report
from ccr.config.routes import Names, fallback, names, routes, target
from ccr.config.schema import Provider, Routes
from ccr.ids import ProviderName
from ccr.messages.json import Json

PROVIDERS = (Provider(ProviderName("OpenRouter"), "", models=("a/b:free",)), Provider(ProviderName("local"), ""))


def known(aliases: Json = None) -> Names:
    return names(PROVIDERS, Place(aliases, "aliases", Report()))


@pytest.mark.parametrize(
    "text", ["OpenRouter,a/b:free", "openrouter,a/b:free", " OPENROUTER , a/b:free ", "openrouter/a/b:free", "short"]
)
def test_a_target_has_many_spellings(text: str) -> None:
    found = target(Place(text, "x", Report()), known({"short": "openrouter,a/b:free"}))
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
    assert str(report.notices[0]) == 'x: ",high" is ignored: a target is "provider,model"'


def test_routes_are_found_in_any_spelling() -> None:
    raw: Json = {"long_context": "local,m", "LONGCONTEXTTHRESHOLD": "9000", "image": "", "opus": "local/m"}
    found = routes(Place(raw, "Router", Report()), known())
    assert set(found.targets) == {"longContext", "opus"}
    assert found.long_context_threshold == 9000


def test_agents_have_routes_of_their_own() -> None:
    report = Report()
    raw: Json = {"AGENTS": {"Explore": "local,fast", "reviewer": "openrouter/a/b:free", "lost": "nobody,x"}}
    found = routes(Place(raw, "Router", report), known())
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
    own = Routes({"webSearch": next(iter(known({"s": "local,m"}).aliases.values()))})
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
