import json
from dataclasses import replace
from typing import Any

import pytest

from ccr.config.schema import Routes
from ccr.gateway.inbound import Answer
from tests.support.asking import HI, error_of
from tests.support.canned import canned
from tests.support.wiring import Wired, read, target, upstream_at

PROBE = {"max_tokens": 1, "messages": [{"role": "user", "content": "Hi"}]}


async def ask(wired: Wired, model: str, body: dict[str, Any] = PROBE) -> Answer:
    return await wired.ask({**body, "model": model}, user_agent="claude-cli/2.1.329 (external, cli)")


@pytest.mark.parametrize("model", ["acme,m", "acme/m", "m", "acme,m[1m]", "claude-opus-4-8"])
async def test_a_model_that_is_listed_is_there_without_being_asked(model: str) -> None:
    wired = Wired()
    answer = await ask(wired, model)
    said = json.loads(await read(answer))
    assert (answer.status, said["model"], said["stop_reason"]) == (200, model, "max_tokens")
    assert said["content"] == [{"type": "text", "text": "Hi"}]
    assert answer.headers["x-ccr-model"] == "acme,m"
    assert wired.sent == []


async def test_the_record_says_that_it_was_a_probe() -> None:
    wired = Wired()
    await ask(wired, "acme,m")
    record = wired.seen.only
    assert (record.request_class, record.status, record.attempts) == ("probe", 200, ())
    assert (record.rule, str(record.target)) == ("explicit", "acme,m")


async def test_what_the_routes_and_aliases_name_is_listed_too() -> None:
    wired = Wired()
    routes = Routes({"default": target("acme,one")}, agents={"Explore": target("acme,two")})
    wired.runtime = replace(
        wired.runtime, table=replace(wired.runtime.table, routes=routes, aliases={"fast": target("acme,three")})
    )
    for model in ("acme,one", "acme,two", "fast"):
        assert (await ask(wired, model)).status == 200
    assert wired.sent == []


async def test_any_other_model_is_asked_of_its_provider() -> None:
    wired = Wired(canned(HI))
    answer = await ask(wired, "acme,new")
    await read(answer)
    assert answer.status == 200
    assert len(wired.sent) == 1


async def test_a_provider_without_a_key_is_told() -> None:
    wired = Wired(upstreams=[upstream_at("http://acme.test", key_missing=True, key_source="ACME_KEY")])
    status, _, message = error_of(await ask(wired, "acme,m"))
    assert status == 424
    assert "ACME_KEY" in message


async def test_what_is_no_model_is_not_found_and_there_is_said_what_is() -> None:
    answer = await ask(Wired(), "gpt-none")
    assert error_of(answer) == (404, "not_found_error", "there is no model 'gpt-none'; there are acme,m")
    assert answer.headers["x-should-retry"] == "false"


async def test_what_is_nobodys_model_is_not_found() -> None:
    status, _, message = error_of(await ask(Wired(), "nobody,m"))
    assert status == 404
    assert "not configured; configured: acme" in message


async def test_of_many_models_a_few_are_named() -> None:
    models = tuple(f"m{n}" for n in range(10))
    message = error_of(await ask(Wired(upstreams=[upstream_at("http://a.test", models=models)]), "x"))[2]
    assert message.endswith("acme,m6, acme,m7 and 2 more (`ccr models`)")
    none = Wired(upstreams=[upstream_at("http://a.test", models=())])
    assert error_of(await ask(none, "x"))[2].endswith("there are none")


@pytest.mark.parametrize(
    "more", [{"stream": True}, {"max_tokens": 500}, {"tools": [{"name": "a", "input_schema": {}}]}]
)
async def test_what_is_called_a_probe_and_is_none_is_asked_of_its_provider(more: dict[str, Any]) -> None:
    wired = Wired(canned(HI))
    answer = await wired.ask({**PROBE, **more, "model": "acme,m"}, x_claude_code_request_class="probe")
    assert b"hi there" in await read(answer)


async def test_other_requests_for_an_unknown_name_take_the_default_route() -> None:
    wired = Wired(canned(HI))
    answer = await ask(wired, "gpt-none", {**PROBE, "max_tokens": 2})
    await read(answer)
    assert answer.headers["x-ccr-route"] == "default"
