import json
from pathlib import Path
from typing import Any

import pytest

from ccr.config.schema import Config, Provider, Routes
from ccr.ids import ModelName, ProviderName, Target
from ccr.service.menu import MOST, write

URL = "http://127.0.0.1:3456"
CONFIG = Config(
    providers=(
        Provider(ProviderName("deepseek"), "", models=("chat",)),
        Provider(ProviderName("web"), "", models=("search",), dialect="search"),
    ),
    routes=Routes({"default": Target(ProviderName("deepseek"), ModelName("chat"))}),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / ".claude" / "cache" / "gateway-models.json"


def written(file: Path, config: Config = CONFIG, address: str = URL) -> Any:
    write(config, address, {"HOME": str(file.parents[2])})
    return json.loads(file.read_text())


def test_every_model_stands_in_the_menu(file: Path) -> None:
    said = written(file)
    assert said["baseUrl"] == URL
    assert said["models"] == [
        {"id": "claude:deepseek,chat", "display_name": "chat (deepseek)", "description": "Router: default"}
    ]


def test_what_is_gone_from_the_configuration_goes_from_the_menu(file: Path) -> None:
    written(file)
    assert written(file, Config(), "http://127.0.0.1:9")["models"] == []


def test_what_the_client_has_written_of_this_router_is_brought_up_to_date(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"baseUrl": URL, "fetchedAt": 7, "models": []}))
    assert written(file)["models"]


@pytest.mark.parametrize("theirs", ['{"baseUrl": "https://gateway.test", "models": []}', "[]", "{"])
def test_what_is_not_ours_stays(file: Path, theirs: str) -> None:
    file.parent.mkdir(parents=True)
    file.write_text(theirs)
    write(CONFIG, URL, {"HOME": str(file.parents[2])})
    assert file.read_text() == theirs


def test_a_menu_that_is_right_is_not_written_again(file: Path) -> None:
    written(file)
    before = file.stat().st_mtime_ns, file.stat().st_ino
    written(file)
    assert (file.stat().st_mtime_ns, file.stat().st_ino) == before


def test_the_menu_is_bounded(file: Path) -> None:
    many = Provider(ProviderName("many"), "", models=tuple(f"m{n}" for n in range(MOST + 9)))
    assert len(written(file, Config(providers=(many,)))["models"]) == MOST


def test_where_it_cannot_be_written_there_is_none(tmp_path: Path) -> None:
    (tmp_path / ".claude").write_text("a file")
    write(CONFIG, URL, {"HOME": str(tmp_path)})
    assert (tmp_path / ".claude").read_text() == "a file"
