import pytest

from ccr.cli.models import targets
from ccr.config.schema import Config, Provider, Routes
from ccr.ids import ModelName, ProviderName, Target
from tests.cli.conftest import Ccr
from tests.support.pages import Pages


@pytest.mark.usefixtures("config")
def test_every_model_is_listed_with_its_routes(ccr: Ccr) -> None:
    assert ccr("models").out == "MODEL  ROUTES\nor,a   default\nor,b   think, background\n"


@pytest.mark.usefixtures("config")
def test_models_are_json_for_programs(ccr: Ccr) -> None:
    assert ccr("models", "--json").json == [
        {"target": "or,a", "routes": ["default"]},
        {"target": "or,b", "routes": ["think", "background"]},
    ]


def test_a_model_that_only_a_route_names_is_listed_too() -> None:
    other = Target(ProviderName("or"), ModelName("c"))
    config = Config(providers=(Provider(ProviderName("or"), "", models=("a",)),), routes=Routes({"think": other}))
    assert targets(config) == {"or,a": [], "or,c": ["think"]}


@pytest.mark.usefixtures("elsewhere")
def test_a_router_elsewhere_tells_its_models(ccr: Ccr) -> None:
    assert ccr("models").out == "MODEL  ROUTES\nor,a   default\nor,b   background\n"


def test_so_does_litellm_without_routes(ccr: Ccr, elsewhere: Pages) -> None:
    elsewhere.litellm("gpt", "claude-sonnet")
    assert ccr("models", "--json").json == [{"target": "gpt", "routes": []}, {"target": "claude-sonnet", "routes": []}]
