import pytest

from ccr.cli.models import targets
from ccr.config.schema import Config, Provider, Routes
from ccr.ids import ModelName, ProviderName, Target
from tests.cli.conftest import Ccr


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
