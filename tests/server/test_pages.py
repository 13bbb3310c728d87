import json
from dataclasses import replace

import pytest

from ccr.config.schema import Config, Key, Notice, Provider, Routes, Secret, Server
from ccr.errors import ConfigInvalid
from ccr.gateway.inbound import Answer, Inbound
from ccr.gateway.runtime import Current
from ccr.ids import ProviderName
from ccr.providers.resolve import Upstream
from ccr.server.pages import health, key_state, models
from ccr.wire.anthropic import AnthropicClient
from tests.support.wiring import Wired, target, upstream_at


def asking(**headers: str) -> Inbound:
    return Inbound(AnthropicClient(), b"", headers, "", "req_1")


def said(answer: Answer) -> dict[str, object]:
    assert isinstance(answer.body, bytes)
    page: dict[str, object] = json.loads(answer.body)
    return page


async def test_health_says_why_the_newest_file_is_not_in_force() -> None:
    current = Current(replace(Wired().runtime, notices=(Notice("Router.think", "unused"),)))
    current.rejected = ConfigInvalid("config.json: Providers: not a list")
    page = said(await health(asking(), current, started=7.0))
    assert page["rejected"] == "config.json: Providers: not a list"
    assert page["notices"] == ["Router.think: unused"]
    assert page["routes"] == {"default": "acme,m"}


async def test_health_shows_a_route_with_all_that_it_names() -> None:
    routes = Routes({"default": target("acme,m")}, agents={"Explore": target("acme,small")})
    chains = {"default": (target("acme,b"),)}
    page = said(
        await health(asking(), Current(Wired(config=Config(routes=routes, chains=chains)).runtime), started=7.0)
    )
    assert page["routes"] == {"default": "acme,m | acme,b", "agents.Explore": "acme,small"}


async def test_health_tells_a_client_elsewhere_what_holds_and_since_when() -> None:
    page = said(await health(asking(), Current(Wired(config=Config(client_timeout_ms=9)).runtime), started=7.0))
    assert page["started"] == 7.0
    assert page["settings"]["API_TIMEOUT_MS"] == 9  # type: ignore[index]


async def test_strangers_are_told_only_that_it_lives() -> None:
    config = Config(server=Server(key=Secret("router-secret")))
    page = said(await health(asking(authorization="Bearer other"), Current(Wired(config=config).runtime), started=7.0))
    assert set(page) == {"status", "version"}


async def test_health_says_that_the_router_is_about_to_end() -> None:
    current = Current(Wired().runtime)
    assert said(await health(asking(), current, started=7.0))["status"] == "ok"
    current.draining = True
    assert said(await health(asking(), current, started=7.0))["status"] == "draining"


async def test_health_shows_no_key() -> None:
    config = Config(
        providers=(
            Provider(
                ProviderName("acme"),
                "http://acme.test",
                keys=(Key(Secret("provider-secret"), "1"),),
                headers={"x-team": "secret"},
            ),
        ),
        server=Server(key=Secret("router-secret")),
    )
    wired = Wired(upstreams=[upstream_at("http://acme.test", key=Secret("provider-secret"))], config=config)
    page = await health(asking(authorization="Bearer router-secret"), Current(wired.runtime), started=7.0)
    assert b"secret" not in page.body if isinstance(page.body, bytes) else False


@pytest.mark.parametrize(
    ("upstream", "state"),
    [
        (upstream_at("http://a"), "none"),
        (upstream_at("http://a", key=Secret("k")), "set"),
        (upstream_at("http://a", auth="client"), "each caller's own login"),
        (upstream_at("http://a", key_missing=True, key_source="ACME_KEY"), "missing: ACME_KEY"),
    ],
)
def test_whether_a_key_is_set_is_said(upstream: Upstream, state: str) -> None:
    assert key_state(upstream) == state


async def test_aliases_are_models_too_and_patterns_are_not() -> None:
    runtime = Wired().runtime
    table = replace(runtime.table, aliases={"fast": target("acme,m"), "gpt-*": target("acme,m")})
    page = said(await models(asking(), Current(replace(runtime, table=table))))
    assert [model["id"] for model in page["data"]] == ["acme,m", "fast"]  # type: ignore[attr-defined]


async def test_claude_codes_menu_gets_ids_that_it_keeps() -> None:
    page = said(await models(asking(**{"user-agent": "claude-code/2.1.329"}), Current(Wired().runtime)))
    assert page["data"] == [
        {"type": "model", "id": "claude:acme,m", "display_name": "m (acme)", "description": "Router: default"}
    ]


async def test_an_empty_list_is_a_list() -> None:
    runtime = Wired().runtime
    page = said(
        await models(asking(), Current(replace(runtime, table=replace(runtime.table, providers={}, routes=Routes()))))
    )
    assert (page["data"], page["first_id"], page["last_id"]) == ([], None, None)
