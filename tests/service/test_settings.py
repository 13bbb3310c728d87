import json
from pathlib import Path
from typing import Any

import pytest

from ccr.messages.json import JsonObject
from ccr.service import settings
from ccr.service.client import Environment

OURS = Environment({"ANTHROPIC_BASE_URL": "http://127.0.0.1:3456", "API_TIMEOUT_MS": "600000"}, ("ANTHROPIC_API_KEY",))


def test_settings_lie_with_the_user_and_with_the_project(tmp_path: Path) -> None:
    user, project, local = settings.files({"HOME": "/h"}, tmp_path)
    assert user == Path("/h/.claude/settings.json")
    assert (project, local) == (tmp_path / ".claude/settings.json", tmp_path / ".claude/settings.local.json")
    assert settings.files({"HOME": "/h", "CLAUDE_CONFIG_DIR": "/c"}, tmp_path)[0] == Path("/c/settings.json")


def test_at_home_the_same_file_is_not_read_twice() -> None:
    assert len(settings.files({"HOME": "/h"}, Path("/h"))) == 2


@pytest.mark.parametrize(
    ("words", "others"),
    [
        (("--settings", '{"model":"x"}', "hi"), ("hi",)),
        (("-p", '--settings={"model":"x"}', "hi"), ("-p", "hi")),
        (("hi", "--settings", '{"model":"x"}', "--", "--settings"), ("hi", "--", "--settings")),
        (("--settings={}", "hi", "--settings", '{"model":"x"}'), ("hi",)),
    ],
)
def test_the_users_own_settings_are_found(words: tuple[str, ...], others: tuple[str, ...]) -> None:
    assert settings.given(words) == settings.Given({"model": "x"}, others)


def test_settings_may_be_a_file(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_text('{"model": "x"}')
    assert settings.given(["--settings", str(path)]) == settings.Given({"model": "x"}, ())


@pytest.mark.parametrize(
    "words", [(), ("--settings",), ("--settings", "{broken"), ("--settings", "/no/file"), ("--", "--settings", "{}")]
)
def test_what_cannot_be_read_is_left_to_claude(words: tuple[str, ...]) -> None:
    assert settings.given(words) is None


def test_a_list_is_no_settings(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text("[]")
    assert settings.read(tmp_path / "s.json") is None


def test_later_settings_win() -> None:
    said: list[JsonObject | None] = [{"env": {"A": "1", "B": 1}}, None, {"env": "odd"}, {"env": {"A": "2"}}]
    assert settings.environment_in(said) == {"A": "2", "B": "1"}


def test_only_what_contradicts_is_said_again() -> None:
    said = {"ANTHROPIC_BASE_URL": "https://elsewhere", "API_TIMEOUT_MS": "1", "ANTHROPIC_API_KEY": "sk-x", "MINE": "1"}
    assert settings.overlay(said, OURS) == {"ANTHROPIC_BASE_URL": "http://127.0.0.1:3456", "ANTHROPIC_API_KEY": ""}


def test_where_nothing_contradicts_nothing_is_said() -> None:
    assert settings.overlay({"ANTHROPIC_BASE_URL": "http://127.0.0.1:3456", "ANTHROPIC_API_KEY": ""}, OURS) == {}


def test_the_users_settings_are_kept_beside_ours() -> None:
    merged = settings.with_environment({"model": "x", "env": {"MINE": "1", "A": "old"}}, {"A": "new"})
    assert json.loads(json.dumps(merged)) == {"model": "x", "env": {"MINE": "1", "A": "new"}}


def test_settings_nested_beyond_reason_are_no_settings(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text("[" * 100_000)
    assert settings.read(tmp_path / "settings.json") is None


def test_the_status_line_is_ours_unless_the_user_has_one() -> None:
    line: Any = settings.status_line([None, {"env": {}}])
    assert line["statusLine"]["type"] == "command"
    assert line["statusLine"]["refreshInterval"] == 5
    assert line["statusLine"]["command"].endswith("ccr statusline")
    assert settings.status_line([{"statusLine": {"type": "command", "command": "mine"}}]) == {}


def test_without_the_program_the_line_is_drawn_by_the_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/no where/python")
    line: Any = settings.status_line([])
    assert line["statusLine"]["command"] == "'/no where/python' -m ccr statusline"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([None, {}], False),
        ([{"apiKeyHelper": "a"}, None, {}], True),
        ([{"apiKeyHelper": "a"}, {"apiKeyHelper": ""}], False),
    ],
)
def test_a_helper_counts_where_the_last_word_names_one(said: list[JsonObject | None], expected: bool) -> None:
    assert settings.helped(said) is expected


def test_what_counts_more_comes_later(tmp_path: Path) -> None:
    (tmp_path / "managed-settings.d").mkdir()
    for name in ("b", "a"):
        (tmp_path / "managed-settings.d" / f"{name}.json").write_text("{}")
    layers = settings.layers({"HOME": "/h"}, tmp_path, {"model": "x"}, tmp_path)
    names = [Path(layer.place).name for layer in layers]
    assert names[2:] == ["settings.local.json", "--settings", "managed-settings.json", "a.json", "b.json"]
    assert [layer.managed for layer in layers] == [False] * 4 + [True] * 3
    assert (layers[3].remedy, layers[0].remedy) == ("take it out there", "take it out there, or use `ccr code`")
