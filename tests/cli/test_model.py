import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ccr import env
from ccr.cli.main import run
from ccr.service import state
from tests.cli.conftest import Ccr, Terminal
from tests.support.pages import Pages

FILE = """{
  // mine
  "Providers": [{"name": "or", "api_base_url": "http://or.test/v1", "api_key": "k", "models": ["a", "b", "both"],
                 "limits": {"a": {"context": 128000, "price": {"input": 1, "output": 2.5}}}},
                {"name": "local", "api_base_url": "http://127.0.0.1:1/v1", "models": ["c", "both"]}],
  "Router": {
    "default": "or,a", // usual
    "think": "or,b"
  }
}
"""


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def file(home: Path) -> Path:
    home.mkdir()
    path = home / "config.json"
    path.write_text(FILE)
    return path


def test_the_routes_are_shown_with_window_and_price(ccr: Ccr, file: Path) -> None:
    lines = [line.split() for line in ccr("model").out.splitlines()]
    assert lines == [
        ["ROUTE", "MODEL", "WINDOW", "ANSWER", "INPUT", "OUTPUT"],
        ["default", "or,a", "128k", "-", "$1", "$2.5"],
        ["think", "or,b", "-", "-", "-", "-"],
    ]


def test_programs_get_them_as_json(ccr: Ccr, file: Path) -> None:
    said: Any = ccr("model", "--json").json
    assert said["source"] == str(file)
    assert [(each["route"], each["target"], each["context"]) for each in said["routes"]] == [
        ("default", "or,a", 128_000),
        ("think", "or,b", None),
    ]


def test_one_route_is_one_line(ccr: Ccr, file: Path) -> None:
    assert ccr("model", "think").out == "or,b\n"
    missing = ccr("model", "image")
    assert (missing.code, missing.err) == (1, "ccr: image is not set; there are default, think\n")
    assert ccr("model", "imge").err == "ccr: imge is no route; there are default, think\n"
    assert ccr("model", "Think").out == "or,b\n"


def test_several_targets_are_shown_as_they_are_asked(ccr: Ccr, file: Path) -> None:
    assert ccr("model", "think", "or,b | local,c").out.startswith("think: or,b -> or,b | local,c (")
    assert ccr("model", "think").out == "or,b | local,c\n"
    assert ccr("model").out.splitlines()[-1].startswith("think    or,b | local,c  -")
    told: Any = ccr("model", "--json").json
    assert (told["routes"][1]["target"], told["routes"][1]["way"]) == ("or,b", "or,b | local,c")


def test_the_model_of_an_agent_is_printed_too(ccr: Ccr, file: Path) -> None:
    file.write_text(FILE.replace('"think"', '"agents": {"Explore": "local,c"}, "think"'))
    assert ccr("model", "agents.Explore").out == "local,c\n"


def test_a_new_route_of_ones_own_is_noted_as_it_may_be_a_slip(ccr: Ccr, file: Path) -> None:
    done = ccr("model", "mine", "or,a")
    assert (done.code, done.err.startswith("ccr: note: mine is a route of your own")) == (0, True)
    assert ccr("model", "mine", "or,b").err == ""
    assert ccr("model", "opus", "or,b").err == ""
    assert ccr("model", "backgruond", "or,b").err.count("route of your own") == 1


@pytest.mark.parametrize(("name", "text"), [("config.json", "{"), ("config.yaml", "Router: [")])
def test_what_cannot_be_read_is_named(ccr: Ccr, home: Path, name: str, text: str) -> None:
    home.mkdir()
    (home / name).write_text(text)
    assert ccr("model", "default", "or,a").err.startswith(f"ccr: {home / name}: line 1, column ")


def test_a_route_is_set_where_it_stands(ccr: Ccr, file: Path) -> None:
    file.chmod(0o640)
    done = ccr("model", "default", "local,c")
    assert (done.code, done.out) == (0, f"default: or,a -> local,c ({file})\n")
    assert file.read_text() == FILE.replace('"or,a"', '"local,c"')
    assert file.stat().st_mode & 0o777 == 0o640


def test_a_model_that_one_provider_has_needs_no_provider(ccr: Ccr, file: Path) -> None:
    ccr("model", "web-search", "C")
    assert '"webSearch": "local,c"' in file.read_text()
    assert "several providers have both: or,both; local,both" in ccr("model", "think", "both").err


def test_a_route_is_taken_out(ccr: Ccr, file: Path) -> None:
    assert ccr("model", "--unset", "think").out.startswith("think: or,b -> none")
    assert "think" not in file.read_text()
    assert ccr("model", "--unset", "think").out == f"{file} has no route think\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("default", "nobody,x"), 'Router.default: there is no provider "nobody"'),
        (("default", "x"), '"x" is not a target'),
        (("or,a",), "is no name of a route"),
        (("longContextThreshold", "5"), "longContextThreshold is no route; there are default, think"),
        (("agents.Explore", "or,a"), "are changed in the file itself, in Router.agents"),
        (("think", "or,a", "--unset", "think"), "either set a route or take one out"),
    ],
)
def test_what_would_not_be_valid_is_not_written(ccr: Ccr, file: Path, words: tuple[str, ...], said: str) -> None:
    done = ccr("model", *words)
    assert done.code == 1
    assert said in done.err
    assert file.read_text() == FILE


def test_a_model_that_is_not_listed_is_taken_and_told(ccr: Ccr, file: Path) -> None:
    assert ccr("model", "default", "or,new").err == "ccr: or does not list new; it is asked all the same\n"


@pytest.mark.parametrize("nothing", ["", " "])
def test_an_empty_model_takes_nothing_out(ccr: Ccr, file: Path, nothing: str) -> None:
    done = ccr("model", "think", nothing)
    assert (done.code, "`ccr model --unset think` takes the route out" in done.err) == (1, True)
    assert file.read_text() == FILE


def test_of_two_at_once_neither_is_lost(ccr: Ccr, file: Path) -> None:
    begin = "import sys; from ccr.cli.main import run; sys.exit(run(sys.argv[1:]))"
    environment = {**env.changed(), "PYTHONPATH": str(Path(__file__).parents[2])}
    names = [f"mine{number}" for number in range(4)]
    started = [
        subprocess.Popen([sys.executable, "-c", begin, "model", name, "or,a"], env=environment, stdout=-3, stderr=-3)
        for name in names
    ]
    assert [each.wait(30) for each in started] == [0, 0, 0, 0]
    assert all(f'"{name}"' in file.read_text() for name in names)


def test_setting_what_holds_already_writes_nothing(ccr: Ccr, file: Path) -> None:
    before = file.stat().st_ino
    assert ccr("model", "default", "or,a").out == "default is or,a already\n"
    assert file.stat().st_ino == before


def test_a_fault_in_a_route_can_be_mended(ccr: Ccr, file: Path) -> None:
    file.write_text(FILE.replace('"or,a"', '"gone,a"'))
    assert ccr("model", "default", "or,b").code == 0


def test_line_ends_of_another_system_stay(ccr: Ccr, file: Path) -> None:
    file.write_bytes(FILE.replace("\n", "\r\n").encode())
    ccr("model", "background", "or,b")
    assert b"\n" not in file.read_bytes().replace(b"\r\n", b"")


def test_without_a_file_one_is_made_that_keeps_the_other_routes(
    ccr: Ccr, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEEPSEEK_API_KEY", "k")
    said: Any = ccr("model", "--json").json
    usual = {each["route"]: each["target"] for each in said["routes"]}
    assert ccr("model", "think", usual["default"]).code == 0
    assert json.loads((home / "config.json").read_text()) == {"Router": {**usual, "think": usual["default"]}}


def test_without_a_file_and_without_keys_it_says_how_to_make_one(ccr: Ccr) -> None:
    assert "`ccr config init` makes a configuration" in ccr("model", "default", "or,a").err


def test_where_the_file_is_out_of_reach_it_says_where_to_change_it(ccr: Ccr, elsewhere: Pages) -> None:
    done = ccr("model", "default", "or,a")
    assert done.code == 1
    assert "change ~/.claude-code-router/config.json on the host" in done.err


def test_no_router_is_started_for_it(ccr: Ccr, file: Path, home: Path) -> None:
    ccr("model", "default", "or,b")
    assert state.running(home) is None


def test_on_a_terminal_it_asks(file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("nothing", "think", "zzz", "or bot", "default", "o", "4"))
    monkeypatch.setattr("sys.stdout", Screen())
    assert run(["model"]) == 0
    assert file.read_text() == FILE.replace('"or,b"', '"or,both"')
    assert 'no route is named "nothing"' in capsys.readouterr().err


def test_who_changes_nothing_leaves_by_an_empty_answer(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("default", "", ""))
    monkeypatch.setattr("sys.stdout", Screen())
    assert run(["model"]) == 0
    assert file.read_text() == FILE


def test_the_models_of_agents_are_shown(ccr: Ccr, file: Path) -> None:
    file.write_text(FILE.replace('"think"', '"agents": {"Explore": "or,b"}, "think"'))
    assert ccr("model").out.splitlines()[-1].split()[0] == "agents.Explore"


def test_a_file_elsewhere_needs_no_folder_of_ours(ccr: Ccr, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "its").mkdir()
    path = tmp_path / "its" / "config.json"
    path.write_text(FILE)
    monkeypatch.setenv("CCR_HOME", "/proc/nowhere")  # where not even root makes a folder
    monkeypatch.setenv("CCR_CONFIG_PATH", str(path))
    assert ccr("model", "default", "or,b").code == 0
    assert '"default": "or,b"' in path.read_text()
    assert [each.name for each in path.parent.iterdir()] == ["config.json"]
