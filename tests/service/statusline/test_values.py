import os
from pathlib import Path
from typing import Any

import pytest

from ccr.service.statusline.values import Values, branch, dollars, duration, session, tokens, values, variables

LAST: dict[str, Any] = {
    "target": "deepseek,deepseek-chat", "rule": "think", "status": 200, "error": None, "prompt": 23_000,
    "tokens": {"output": 400}, "window": 128_000, "first_token": 0.81, "speed": 52.4, "attempts": [{}],
}  # fmt: skip
PAGE: dict[str, Any] = {
    "default": "ollama,llama", "last": {"subagent": {"target": "x,y"}, "main": LAST}, "cost": 0.031, "unpriced": [],
    "tokens": {"input": 1000, "output": 2100, "cache_read": 3000, "cache_write": 0},
}  # fmt: skip
CLAUDE: dict[str, Any] = {
    "session_id": "s1", "workspace": {"current_dir": "/home/me/project"}, "version": "2.1.329",
    "cost": {"total_duration_ms": 125_000, "total_lines_added": 12, "total_lines_removed": 20},
}  # fmt: skip


def test_it_is_the_model_that_answered_the_person_and_no_subagents() -> None:
    seen = values(PAGE, CLAUDE)
    assert (seen.provider, seen.model, seen.rule, seen.status) == ("deepseek", "deepseek-chat", "think", None)
    assert (seen.prompt, seen.output, seen.window, seen.used) == (23_000, 400, 128_000, 23_400)
    assert (seen.all_input, seen.all_output, seen.cache_share) == (4000, 2100, 0.75)


@pytest.mark.parametrize("tries", [1, 2, 3])
def test_every_attempt_is_a_try_whichever_key_it_had(tries: int) -> None:
    failed = {"target": "deepseek,deepseek-chat", "key": "2", "kind": "limited", "failure": "slow down", "seconds": 0.1}
    last = {**LAST, "attempts": [*[failed] * (tries - 1), {}]}
    assert values({**PAGE, "last": {"main": last}}, CLAUDE).tries == tries


def test_before_the_first_answer_it_is_the_default() -> None:
    seen = values({"default": "ollama,llama"}, {})
    assert (seen.model, seen.rule, seen.prompt, seen.fullness, seen.cost) == ("llama", "", None, None, None)


def test_before_the_first_answer_it_is_the_model_that_the_user_has_chosen() -> None:
    seen = values({"default": "ollama,llama"}, {"model": {"id": "or,qwen[1m]"}})
    assert (seen.provider, seen.model) == ("or", "qwen")
    assert values({"default": "ollama,llama"}, {"model": {"id": "claude-opus-5-5"}}).model == "llama"
    assert values(PAGE, {"model": {"id": "or,qwen"}}).model == "deepseek-chat"


def test_an_error_shows_its_status() -> None:
    assert values({"last": {"other": {**LAST, "status": 529, "error": "overloaded"}}}, {}).status == 529


def test_a_cost_of_some_models_only_says_so() -> None:
    assert dollars(values(PAGE, {})) == "$0.031"
    assert dollars(values({**PAGE, "unpriced": ["x,y"]}, {})) == "$0.031+"
    assert dollars(values({**PAGE, "estimated": 1}, {})) == "$0.031+"


@pytest.mark.parametrize(("cost", "shown"), [(None, ""), (0.00001, "<$0.001"), (0.0123, "$0.012"), (1.005, "$1.00")])
def test_dollars(cost: float | None, shown: str) -> None:
    assert dollars(Values(cost=cost)) == shown


@pytest.mark.parametrize("garbage", [None, 1, "x", [1], {"a": 1}, True, float("nan"), float("inf")])
def test_garbage_is_not_known(garbage: Any) -> None:
    page = dict.fromkeys(PAGE, garbage)
    said = dict.fromkeys(CLAUDE, garbage)
    variables(values(page, said))
    variables(values({"last": {"main": dict.fromkeys(LAST, garbage)}, "tokens": {"input": garbage}}, {"cost": said}))
    assert session(said) in ("", "x")


def test_every_variable_of_a_template() -> None:
    assert variables(values(PAGE, CLAUDE)) == {
        "workDirName": "project", "model": "deepseek-chat", "provider": "deepseek", "rule": "think",
        "inputTokens": "23k", "outputTokens": "400", "totalInputTokens": "4k", "totalOutputTokens": "2.1k",
        "cacheShare": "75%", "contextPercent": "18%", "contextWindowSize": "128k", "cost": "$0.031",
        "tokenSpeed": "52", "timeToFirstToken": "810", "duration": "2m05s", "linesAdded": "12", "linesRemoved": "20",
        "netLines": "-8", "version": "2.1.329", "sessionId": "s1",
    }  # fmt: skip


def test_what_is_not_known_is_empty() -> None:
    assert set(variables(Values()).values()) == {""}


def test_names_hold_no_orders_for_the_terminal_or_a_shells_prompt() -> None:
    assert values({"default": "a,m\033[31m%n$(x)`y`\\u"}, {}).model == "m[31mn(x)yu"


@pytest.mark.parametrize(
    ("number", "shown"),
    [(None, ""), (0, "0"), (950, "950"), (1000, "1k"), (2150, "2.1k"), (12_345, "12k"), (1_048_576, "1M")],
)
def test_tokens_have_three_figures_at_most(number: int | None, shown: str) -> None:
    assert tokens(number) == shown


@pytest.mark.parametrize(
    ("milliseconds", "shown"), [(None, ""), (900, "0s"), (59_000, "59s"), (61_000, "1m01s"), (3_725_000, "1h02m")]
)
def test_duration(milliseconds: float | None, shown: str) -> None:
    assert duration(milliseconds) == shown


def test_the_branch_is_read_from_the_folder_or_one_above(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("ref: refs/heads/feature/x\n")
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert branch(str(tmp_path / "a" / "b")) == "feature/x"


def test_a_pipe_in_the_branchs_place_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    os.mkfifo(tmp_path / ".git" / "HEAD")
    assert branch(str(tmp_path)) == ""


def test_without_a_branch_it_is_the_commit(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("0123456789abcdef\n")
    assert branch(str(tmp_path)) == "0123456"


def test_a_worktrees_branch_is_found(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "HEAD").write_text("ref: refs/heads/w\n")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / ".git").write_text("gitdir: ../real\n")
    assert branch(str(tmp_path / "tree")) == "w"


@pytest.mark.parametrize("folder", ["", "/", "/nowhere/at/all", "\0"])
def test_elsewhere_there_is_none(folder: str) -> None:
    assert branch(folder) == ""
