import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from ccr.config.schema import Config, Provider, Routes
from ccr.env import restored
from ccr.errors import ServiceProblem
from ccr.ids import ModelName, ProviderName, Target
from ccr.service.client import BACKGROUND_MODEL, environment, find_claude, with_programs

BACKGROUND = Config(routes=Routes({"background": Target(ProviderName("a"), ModelName("b"))}))
URL = "http://127.0.0.1:3456"


NO_ENV: dict[str, str] = {}
PLAIN = Config()


def values(config: Config = PLAIN, env: Mapping[str, str] = NO_ENV, context: str | None = None) -> dict[str, str]:
    return dict(environment(config, URL, "key", env, context).set)


def test_claude_is_pointed_at_the_router() -> None:
    said = values()
    assert said["ANTHROPIC_BASE_URL"] == URL
    assert said["ANTHROPIC_AUTH_TOKEN"] == "key"
    assert said["API_TIMEOUT_MS"] == "600000"
    assert said["CLAUDE_CODE_GATEWAY_HINT_HEADERS"] == "1"


def test_what_would_lead_past_the_router_is_unset() -> None:
    applied = environment(Config(), URL, "key", {}).applied({"ANTHROPIC_API_KEY": "x", "HOME": "/h"})
    assert "ANTHROPIC_API_KEY" not in applied
    assert applied["HOME"] == "/h"


LOGIN = Provider(ProviderName("claude"), "", auth="client")
OTHER = Provider(ProviderName("deepseek"), "")


def test_where_a_login_is_sent_on_no_token_stands_before_it() -> None:
    env = {"ANTHROPIC_CUSTOM_HEADERS": "a: b\nX-CCR-Key: old", "ANTHROPIC_AUTH_TOKEN": "another"}
    applied = environment(Config(providers=(LOGIN, OTHER)), URL, "key", env, "think").applied(env)
    assert "ANTHROPIC_AUTH_TOKEN" not in applied
    assert applied["ANTHROPIC_CUSTOM_HEADERS"] == "a: b\nx-ccr-key: key\nx-ccr-route: think"


@pytest.mark.parametrize(
    ("providers", "env", "expected"),
    [
        ((), {}, "0"),
        ((OTHER,), {}, "0"),
        ((LOGIN, OTHER), {}, "0"),
        ((LOGIN,), {}, None),
        ((OTHER,), {"CLAUDE_CODE_AUTO_MODE_SERVER": "1"}, None),
    ],
)
def test_claude_checks_risky_actions_itself_where_not_all_providers_can(
    providers: tuple[Provider, ...], env: dict[str, str], expected: str | None
) -> None:
    assert values(Config(providers=providers), env).get("CLAUDE_CODE_AUTO_MODE_SERVER") == expected


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({}, {"NO_PROXY": "127.0.0.1,localhost"}),
        ({"NO_PROXY": "corp, localhost"}, {"NO_PROXY": "corp,localhost,127.0.0.1"}),
        ({"no_proxy": "corp"}, {"no_proxy": "corp,127.0.0.1,localhost"}),
        (
            {"NO_PROXY": "a", "no_proxy": "b"},
            {"NO_PROXY": "a,127.0.0.1,localhost", "no_proxy": "b,127.0.0.1,localhost"},
        ),
    ],
)
def test_no_proxy_is_extended_and_never_replaced(env: dict[str, str], expected: dict[str, str]) -> None:
    assert {name: value for name, value in values(env=env).items() if name.lower() == "no_proxy"} == expected


def test_background_requests_get_a_name_where_a_route_waits_for_them() -> None:
    assert "ANTHROPIC_SMALL_FAST_MODEL" not in values()
    name = values(BACKGROUND)["ANTHROPIC_SMALL_FAST_MODEL"]
    assert name == BACKGROUND_MODEL
    assert "claude" in name
    assert "haiku" in name


def test_the_users_own_small_model_stays() -> None:
    assert values(BACKGROUND, {"ANTHROPIC_SMALL_FAST_MODEL": "mine"})["ANTHROPIC_SMALL_FAST_MODEL"] == "mine"
    assert "ANTHROPIC_SMALL_FAST_MODEL" not in values(BACKGROUND, {"ANTHROPIC_DEFAULT_HAIKU_MODEL": "mine"})


def test_the_client_lists_the_routers_models() -> None:
    assert values()["CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY"] == "1"


def test_a_context_travels_as_a_header_beside_the_users_own() -> None:
    said = values(env={"ANTHROPIC_CUSTOM_HEADERS": "x-mine: 1\nX-CCR-Route: old"}, context="think")
    assert said["ANTHROPIC_CUSTOM_HEADERS"] == "x-mine: 1\nx-ccr-route: think"


def test_non_interactive_mode_keeps_the_terminal_plain() -> None:
    said = values(Config(non_interactive=True))
    assert (said["CI"], said["FORCE_COLOR"], said["TERM"]) == ("true", "0", "dumb")
    assert "CI" not in values()


def program(folder: Path, name: str = "claude") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_claude_is_found_where_the_user_says(tmp_path: Path) -> None:
    chosen, filed = program(tmp_path / "a"), program(tmp_path / "b")
    on_path, ours = program(tmp_path / "c"), program(tmp_path / "d")
    config = Config(claude_path=str(filed))
    assert find_claude(config, {"CLAUDE_PATH": str(chosen), "PATH": ""}, ours.parent) == chosen
    assert find_claude(config, {"PATH": str(on_path.parent)}, ours.parent) == filed
    assert find_claude(Config(), {"PATH": str(on_path.parent)}, ours.parent) == on_path
    assert find_claude(Config(), {"PATH": ""}, ours.parent) == ours


def test_a_claude_path_may_be_a_name(tmp_path: Path) -> None:
    path = program(tmp_path, "claude-next")
    assert find_claude(Config(), {"CLAUDE_PATH": "claude-next", "PATH": str(tmp_path)}) == path


def test_a_claude_path_that_is_wrong_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ServiceProblem, match="CLAUDE_PATH is /no/claude, and that is no program"):
        find_claude(Config(), {"CLAUDE_PATH": "/no/claude"}, tmp_path)


def test_without_claude_the_remedy_is_named(tmp_path: Path) -> None:
    with pytest.raises(ServiceProblem, match="npm install -g @anthropic-ai/claude-code"):
        find_claude(Config(), {"PATH": ""}, tmp_path)


def test_a_shell_keeps_what_it_hides_for_a_router_started_in_it() -> None:
    own = {"ANTHROPIC_API_KEY": "theirs", "PATH": "/bin"}
    inside = with_programs(Config(), "http://127.0.0.1:1", "key", own).applied(own)
    assert "ANTHROPIC_API_KEY" not in inside
    again = restored(inside)
    assert again["ANTHROPIC_API_KEY"] == "theirs"
    assert "ANTHROPIC_BASE_URL" not in again
    twice = with_programs(Config(), "http://127.0.0.1:1", "key", again).applied(again)
    assert twice == inside


def test_ccr_is_on_the_path_of_a_shell_and_of_what_claude_runs() -> None:
    folder = str(Path(sys.executable).parent)
    assert folder in with_programs(Config(), "", "", {"PATH": "/bin"}).path
    assert folder not in with_programs(Config(), "", "", {"PATH": folder}).path


def test_what_is_applied_can_be_undone() -> None:
    own = {"API_TIMEOUT_MS": "", "ANTHROPIC_API_KEY": "theirs", "PATH": "/bin", "HOME": "/h"}
    ours = with_programs(Config(), URL, "key", own)
    assert restored(ours.applied(own)) == own
    assert ours.applied({})["PATH"] == ":".join(ours.path)
