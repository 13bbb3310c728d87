import httpx
import pytest

from ccr.config.schema import Config, Secret, Server
from ccr.gateway.runtime import Current
from ccr.server.app import app
from tests.support.wiring import Wired

CLAUDE = {"x-api-key": "k", "user-agent": "claude-cli/2.1.329 (external, cli)"}


async def answer(method: str, path: str, **headers: str) -> httpx.Response:
    current = Current(Wired(config=Config(server=Server(key=Secret("k")))).runtime)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app(current)), base_url="http://127.0.0.1") as client:
        return await client.request(method, path, headers=headers)


@pytest.mark.parametrize("path", ["/v1/metrics", "/v1/logs", "/v1/traces"])
async def test_telemetry_is_taken_and_dropped(path: str) -> None:
    taken = await answer("POST", path, **CLAUDE)
    assert (taken.status_code, taken.json()) == (200, {})
    assert (await answer("POST", path)).status_code == 401


@pytest.mark.parametrize("path", ["/managed/settings", "/api/oauth/usage", "/api/oauth/usage?skip_spend=1"])
async def test_that_no_caps_and_no_settings_are_set_is_said_in_the_contracts_form(path: str) -> None:
    none = await answer("GET", path, **CLAUDE)
    assert (none.status_code, none.json()["error"]["type"]) == (404, "not_found_error")
