import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from ccr.config.parse import parse
from ccr.service import client
from ccr.service.configured import Configured
from ccr.service.conflicts import Conflict, conflicts, remaining

URL = "http://127.0.0.1:3456"
CONFIG = parse(
    {
        "Providers": [{"name": "Or", "api_base_url": "http://127.0.0.1:9/v1", "api_key": "k", "models": ["q/w", "m"]}],
        "Router": {"default": "Or,m"},
        "aliases": {"quick": "Or,m"},
    },
    {},
)
HERE = Configured(CONFIG, "key", URL, None)
EMPTY: Mapping[str, object] = {}


@pytest.fixture(autouse=True)
def _folders(tmp_path: Path) -> None:
    for name in ("home/.claude", "work/.claude", "managed/managed-settings.d"):
        (tmp_path / name).mkdir(parents=True)


def found(tmp_path: Path, env: Mapping[str, str] | None = None, given: str = "") -> tuple[Conflict, ...]:
    own = {"HOME": str(tmp_path / "home"), **(env or {})}
    said = json.loads(given) if given else None
    return conflicts(own, tmp_path / "work", HERE, said, tmp_path / "managed")


def write(path: Path, settings: object) -> Path:
    path.write_text(json.dumps(settings))
    return path


def test_where_nothing_contradicts_nothing_is_found(tmp_path: Path) -> None:
    write(tmp_path / "home/.claude/settings.json", {"model": "opus", "env": {"MINE": "1", "ANTHROPIC_BASE_URL": URL}})
    assert found(tmp_path) == ()


@pytest.mark.parametrize(
    ("name", "value", "effect"),
    [
        ("ANTHROPIC_API_KEY", "sk-secret", "has claude send this key beside the router's"),
        ("CLAUDE_CODE_USE_BEDROCK", "1", "leads claude to a cloud's service instead of the router"),
        ("CLAUDE_CODE_USE_ANTHROPIC_AWS", "true", "leads claude to a cloud's service instead of the router"),
        ("CLAUDE_CODE_USE_GATEWAY", "1", "has claude ask for other models, with fewer tools"),
        ("ANTHROPIC_UNIX_SOCKET", "/s", "leads claude to a socket instead of the router"),
    ],
)
def test_a_variable_is_named_and_healed(tmp_path: Path, name: str, value: str, effect: str) -> None:
    (conflict,) = found(tmp_path, {name: value})
    assert conflict.line == f"{name} in the environment {effect}; unset {name}"
    assert "secret" not in conflict.line
    assert remaining([conflict], "code") == remaining([conflict], "activate") == ()


@pytest.mark.parametrize("env", [{"CLAUDE_CODE_USE_BEDROCK": "0"}, {"ANTHROPIC_API_KEY": ""}])
def test_what_claude_takes_for_unset_is_none(tmp_path: Path, env: dict[str, str]) -> None:
    assert found(tmp_path, env) == ()


@pytest.mark.parametrize("excepted", [{}, {"NO_PROXY": "corp"}])
@pytest.mark.parametrize("name", ["HTTP_PROXY", "all_proxy"])
def test_a_proxy_stands_between(tmp_path: Path, name: str, excepted: dict[str, str]) -> None:
    (conflict,) = found(tmp_path, {name: "http://proxy", **excepted})
    assert conflict.place == f"{name} in the environment"
    assert conflict.healed_by == ("code", "activate")


@pytest.mark.parametrize("excepted", ["*", "corp, 127.0.0.1"])
def test_a_proxy_that_is_kept_out_does_not(tmp_path: Path, excepted: str) -> None:
    assert found(tmp_path, {"HTTP_PROXY": "http://proxy", "no_proxy": excepted}) == ()


@pytest.mark.parametrize("place", ["home/.claude/settings.json", "work/.claude/settings.local.json"])
def test_settings_that_lead_past_the_router_are_healed_by_code_alone(tmp_path: Path, place: str) -> None:
    path = write(tmp_path / place, {"env": {"ANTHROPIC_BASE_URL": "http://elsewhere", "ANTHROPIC_API_KEY": "x"}})
    said = [conflict.line for conflict in remaining(found(tmp_path), "activate")]
    assert said == [
        f"env.ANTHROPIC_BASE_URL in {path} leads claude past the router; take it out there, or use `ccr code`",
        f"env.ANTHROPIC_API_KEY in {path} has claude send this key beside the router's; "
        "take it out there, or use `ccr code`",
    ]
    assert remaining(found(tmp_path), "code") == ()


def test_settings_that_are_given_count_too(tmp_path: Path) -> None:
    (conflict,) = found(tmp_path, given='{"env": {"CLAUDE_CODE_USE_VERTEX": "1"}}')
    assert conflict.place == "env.CLAUDE_CODE_USE_VERTEX in --settings"


def test_what_counts_more_is_what_is_found(tmp_path: Path) -> None:
    write(tmp_path / "home/.claude/settings.json", {"model": "no,where", "env": {"ANTHROPIC_BASE_URL": "http://a"}})
    write(tmp_path / "work/.claude/settings.json", {"model": "opus", "env": {"ANTHROPIC_BASE_URL": URL}})
    assert found(tmp_path) == ()


def test_managed_settings_are_healed_by_nobody(tmp_path: Path) -> None:
    settings = {"env": {"ANTHROPIC_BASE_URL": "http://corp"}, "apiKeyHelper": "helper"}
    path = write(tmp_path / "managed/managed-settings.d/1.json", settings)
    said = [conflict.line for conflict in remaining(found(tmp_path), "code")]
    remedy = "whoever manages this machine can take it out there"
    assert said == [
        f"env.ANTHROPIC_BASE_URL in {path} leads claude past the router; {remedy}",
        f"apiKeyHelper in {path} has claude send another key beside the router's; {remedy}",
    ]


def test_a_helper_is_switched_off_by_code(tmp_path: Path) -> None:
    write(tmp_path / "home/.claude/settings.json", {"apiKeyHelper": "helper"})
    (conflict,) = found(tmp_path)
    assert conflict.healed_by == ("code",)
    assert found(tmp_path, given='{"apiKeyHelper": ""}') == ()


@pytest.mark.parametrize(
    ("model", "then"),
    [("gpt-9", "the routes decide"), ("no,where", "the router refuses it"), ("elsewhere/m", "the routes decide")],
)
@pytest.mark.parametrize("name", ["ANTHROPIC_MODEL", "ANTHROPIC_DEFAULT_OPUS_MODEL", "ANTHROPIC_SMALL_FAST_MODEL"])
def test_a_model_that_nobody_has_is_told_with_what_comes_of_it(
    tmp_path: Path, name: str, model: str, then: str
) -> None:
    (conflict,) = remaining(found(tmp_path, {name: model}), "code")
    begins = f"{name} in the environment names {model}, which the configuration does not have: {then}"
    assert conflict.line.startswith(begins)
    assert conflict.line.endswith("; take it out, or name one that `ccr models` lists")
    write(tmp_path / "home/.claude/settings.json", {"env": {name: model}})
    (conflict,) = found(tmp_path)
    assert conflict.place.startswith(f"env.{name} in ")


def test_the_settings_model_is_looked_at(tmp_path: Path) -> None:
    path = write(tmp_path / "home/.claude/settings.json", {"model": "no,where"})
    (conflict,) = found(tmp_path)
    assert conflict.place == f"model in {path}"


@pytest.mark.parametrize(
    "model", ["or,anything", "m", "q/w", "OR/x", "quick", "opus", "sonnet[1m]", "claude-opus-5-5", "default"]
)
def test_a_model_that_somebody_has_is_none(tmp_path: Path, model: str) -> None:
    assert found(tmp_path, {"ANTHROPIC_MODEL": model}) == ()


def activated(here: Configured, tmp_path: Path) -> dict[str, str]:
    own = {"HOME": str(tmp_path / "home"), "PATH": "/bin"}
    return client.with_programs(here.config, here.address, here.key, own).applied(own)


def test_an_activation_that_is_over_is_told(tmp_path: Path) -> None:
    def said(env: Mapping[str, str]) -> str:
        (conflict,) = conflicts(env, tmp_path / "work", HERE, None, tmp_path / "managed")
        assert conflict.place == "this shell"
        return conflict.effect

    env = activated(HERE, tmp_path)
    assert said(env) == f"was activated for the router at {URL}, which has ended"
    assert said({**env, "ANTHROPIC_BASE_URL": "http://127.0.0.1:1"}).startswith("was activated for http://127.0.0.1:1,")
    elsewhere = {**env, "CCR_ROUTER": URL}
    assert conflicts(elsewhere, tmp_path / "work", HERE, None, tmp_path / "managed") == ()
    assert said({**elsewhere, "ANTHROPIC_AUTH_TOKEN": "old"}).startswith("was activated with a key")
