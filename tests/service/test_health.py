import subprocess
import sys

import pytest

from ccr.messages.json import JsonObject
from ccr.service import health
from ccr.service.health import Details
from tests.support.upstream import Upstream, reply


def test_details_are_what_health_says() -> None:
    said: JsonObject = {
        "pid": 1,
        "routes": {"default": "a,b"},
        "providers": [{"name": "a", "key": "set", "more": 1}],
        "new": 1,
    }
    found = health.details(said)
    assert found.routes == {"default": "a,b"}
    assert found.providers[0].key == "set"


def test_details_of_another_shape_are_none() -> None:
    assert health.details({"pid": "x"}) == Details()


def test_where_nothing_answers_nothing_is_described() -> None:
    assert health.described("http://127.0.0.1:1", "key") == Details()


def test_a_page_is_its_status_and_its_object() -> None:
    with Upstream([reply(503, {"a": 1})]) as upstream:
        assert health.ask(upstream.url, "k", path="/v1/models") == health.Health(False, 503, {"a": 1})
    assert upstream.requests[0].path == "/v1/models"
    assert upstream.requests[0].headers["authorization"] == "Bearer k"


def test_a_key_that_no_header_can_hold_is_no_stack_trace() -> None:
    assert health.ask("http://127.0.0.1:1", "schlüssel…") is None


@pytest.mark.parametrize("library", ["http.client", "ssl", "email", "yaml", "secrets"])
def test_ccr_env_does_without_what_is_slow(library: str) -> None:
    imports = f"import sys; from ccr.service import client, shells, configured; sys.exit({library!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", imports]).returncode == 0
