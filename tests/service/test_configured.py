import dataclasses
import json
import os
from pathlib import Path

import pytest

from ccr.errors import ConfigInvalid
from ccr.service import configured, state
from tests.service.test_state import HERE


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"CCR_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)}


def write(path: Path, **settings: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(settings))
    return path


def test_without_a_router_the_file_says_where_it_would_be(tmp_path: Path, env: dict[str, str]) -> None:
    write(tmp_path / "home" / "config.json", PORT=4000, APIKEY="mine")
    here = configured.load(env)
    assert (here.address, here.key, here.router) == ("http://127.0.0.1:4000", "mine", None)


def test_without_a_key_in_the_file_one_is_made_and_kept(env: dict[str, str]) -> None:
    key = configured.load(env).key
    assert len(key) > 20
    assert configured.load(env).key == key


def test_a_running_router_is_asked_where_it_is(tmp_path: Path, env: dict[str, str]) -> None:
    other = write(tmp_path / "other.json", PORT=5000, APIKEY="other")
    write(tmp_path / "home" / "config.json", PORT=4000, APIKEY="mine")
    state.write(tmp_path / "home", dataclasses.replace(HERE, pid=os.getpid(), port=6000, config=str(other)))
    here = configured.load(env)
    assert (here.address, here.key) == ("http://127.0.0.1:6000", "other")


def test_a_file_that_is_named_comes_first(tmp_path: Path, env: dict[str, str]) -> None:
    write(tmp_path / "home" / "config.json", PORT=4000)
    assert configured.load(env, write(tmp_path / "named.json", PORT=4001)).address == "http://127.0.0.1:4001"
    with pytest.raises(ConfigInvalid, match="--config names it"):
        configured.load(env, tmp_path / "none.json")


def test_while_the_file_is_broken_the_running_router_counts(tmp_path: Path, env: dict[str, str]) -> None:
    state.write(tmp_path / "home", dataclasses.replace(HERE, pid=os.getpid(), port=1, key="as-it-started"))
    (tmp_path / "home" / "config.json").write_text("{")
    here = configured.load(env)
    assert (here.address, here.key) == ("http://127.0.0.1:1", "as-it-started")
    assert here.rejected
    assert "ccr config validate" in str(here.warning)


def test_without_a_router_a_broken_file_is_an_error(tmp_path: Path, env: dict[str, str]) -> None:
    write(tmp_path / "home" / "config.json").write_text("{")
    with pytest.raises(ConfigInvalid):
        configured.load(env)
