import pytest

from ccr.cli.models import cells, figures, known, targets
from ccr.config.schema import Config, Model, Price, Provider, Routes
from ccr.ids import ModelName, ProviderName, Target
from tests.cli.conftest import Ccr
from tests.support.pages import Pages

UNKNOWN: dict[str, object] = {"context": None, "output": None, "price": None}


@pytest.mark.usefixtures("config")
def test_every_model_is_listed_with_its_routes(ccr: Ccr) -> None:
    assert ccr("models").out == (
        "MODEL  WINDOW  ANSWER  INPUT  OUTPUT  ROUTES\n"
        "or,a   -       -       -      -       default\n"
        "or,b   -       -       -      -       think, background\n"
    )


def test_what_is_known_of_a_model_is_shown() -> None:
    assert cells(Model(1_048_576, 65_536, Price(0.3, 15))) == ("1M", "66k", "$0.3", "$15")
    assert cells(Model(131_072, price=Price(0, 0))) == ("131k", "-", "$0", "$0")
    config = Config(providers=(Provider(ProviderName("openai"), ""),))
    assert known(config, "openai,gpt-4o") == Model(128_000, 16_384, Price(2.5, 10, 1.25))
    assert known(config, "gpt-4o") == known(config, "other,gpt-4o") == Model()


@pytest.mark.usefixtures("config")
def test_models_are_json_for_programs(ccr: Ccr) -> None:
    assert ccr("models", "--json").json == [
        {"target": "or,a", "routes": ["default"], **UNKNOWN},
        {"target": "or,b", "routes": ["think", "background"], **UNKNOWN},
    ]
    price = {"input": 1, "output": 2, "cache_read": None, "cache_write": None}
    assert figures(Model(9, 5, Price(1, 2))) == {"context": 9, "output": 5, "price": price}


def test_a_subagents_type_is_a_route_too() -> None:
    fast = Target(ProviderName("or"), ModelName("fast"))
    assert targets(Config(routes=Routes(agents={"Explore": fast}))) == {"or,fast": ["Explore"]}


def test_a_model_that_only_a_route_names_is_listed_too() -> None:
    other = Target(ProviderName("or"), ModelName("c"))
    config = Config(providers=(Provider(ProviderName("or"), "", models=("a",)),), routes=Routes({"think": other}))
    assert targets(config) == {"or,a": [], "or,c": ["think"]}


@pytest.mark.usefixtures("elsewhere")
def test_a_router_elsewhere_tells_its_models(ccr: Ccr) -> None:
    assert [line.split()[::5] for line in ccr("models").out.splitlines()[1:]] == [
        ["or,a", "default"],
        ["or,b", "background"],
    ]


def test_so_does_litellm_without_routes(ccr: Ccr, elsewhere: Pages) -> None:
    elsewhere.litellm("gpt", "claude-sonnet")
    assert ccr("models", "--json").json == [
        {"target": "gpt", "routes": [], **UNKNOWN},
        {"target": "claude-sonnet", "routes": [], **UNKNOWN},
    ]
