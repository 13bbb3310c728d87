import json
from dataclasses import replace

import pytest

from ccr.config.schema import Config, Routes, Secret, Server
from ccr.wire.quirks.limits import maxtoken
from tests.support.asking import ASKED, HI, STREAMED, error_of
from tests.support.canned import canned
from tests.support.wiring import Wired, read, target, upstream_at


async def test_a_body_of_the_same_dialect_keeps_its_bytes_but_for_the_model() -> None:
    wired = Wired(canned(HI))
    body = b'{ "model":"claude-opus" , "max_tokens":1e2, "unknown": {"a":1.50},"stream":true,"messages":[{"role":"user","content":"hi"}]}'
    await read(await wired.ask(body, query="beta=true", anthropic_beta="new-thing", authorization="Bearer ours"))
    (sent,) = wired.sent
    assert sent.body == body.replace(b"claude-opus", b"m")
    assert sent.url == "http://acme.test/v1/messages?beta=true"
    assert sent.headers["anthropic-beta"] == "new-thing"
    assert "Bearer ours" not in sent.headers.values()


async def test_the_key_goes_out_in_the_way_the_provider_takes_it() -> None:
    for auth, name, value in (
        ("bearer", "authorization", "Bearer sk-1"),
        ("x-api-key", "x-api-key", "sk-1"),
        ("api-key", "api-key", "sk-1"),
    ):
        upstream = upstream_at("http://acme.test", auth=auth, key=Secret("sk-1"), headers={"x-title": "mine"})
        wired = Wired(canned(HI), upstreams=[upstream])
        await read(await wired.ask(STREAMED))
        assert wired.sent[0].headers[name] == value
        assert wired.sent[0].headers["x-title"] == "mine"


async def test_no_key_goes_out_where_none_is_wanted() -> None:
    wired = Wired(canned(HI), upstreams=[upstream_at("http://acme.test", auth="none", key=Secret("sk-1"))])
    await read(await wired.ask(STREAMED))
    assert "sk-1" not in str(dict(wired.sent[0].headers))


async def test_a_query_joins_the_one_that_the_provider_has() -> None:
    wired = Wired(canned(HI), upstreams=[upstream_at("http://acme.test/messages?api-version=1")])
    await read(await wired.ask(STREAMED, query="beta=true"))
    assert wired.sent[0].url == "http://acme.test/messages?api-version=1&beta=true"


async def test_the_route_that_the_caller_names_is_not_sent_on() -> None:
    wired = Wired(canned(HI))
    await read(await wired.ask(STREAMED | {"context": "default"}))
    assert "context" not in json.loads(wired.sent[0].body)
    assert wired.seen.only.rule == "route"


async def test_a_field_of_that_name_that_means_something_else_is() -> None:
    wired = Wired(canned(HI))
    await read(await wired.ask(STREAMED | {"context": {"edits": []}}))
    assert json.loads(wired.sent[0].body)["context"] == {"edits": []}


@pytest.mark.trap(88)
async def test_with_quirks_the_betas_and_the_query_still_go_with_their_fields() -> None:
    upstream = upstream_at("http://acme.test/v1/messages", quirks=(maxtoken({"max_tokens": 50}),))
    wired = Wired(canned(HI), upstreams=[upstream])
    asked = STREAMED | {"context_management": {"edits": []}}
    await read(await wired.ask(asked, query="beta=true", anthropic_beta="context-management-2025-06-27"))
    (sent,) = wired.sent
    assert json.loads(sent.body)["max_tokens"] == 50
    assert json.loads(sent.body)["context_management"] == {"edits": []}
    assert (sent.headers["anthropic-beta"], sent.url[-9:]) == ("context-management-2025-06-27", "beta=true")


@pytest.mark.parametrize("host", ["localhost", "192.168.1.2", "devbox", "devbox.local"])
async def test_a_request_that_leads_back_to_the_router_is_seen_as_such(host: str) -> None:
    wired = Wired(canned(HI), upstreams=[upstream_at(f"http://{host}:3456/v1/messages")])
    wired.runtime = replace(wired.runtime, instance="i1")
    await read(await wired.ask(STREAMED))
    assert wired.sent[0].headers["x-ccr-via"] == "i1"
    status, _, message = error_of(await wired.ask(STREAMED, x_ccr_via="i1"))
    assert status == 508
    assert "leads back" in message


async def test_a_provider_that_leads_back_is_followed_by_another() -> None:
    upstreams = [upstream_at(f"http://{name}.test/v1/messages", name=name) for name in ("acme", "other")]
    back = canned(b'{"error":{"message":"leads back"}}', 508)
    wired = Wired(back, canned(HI), upstreams=upstreams, fallback={"default": ("other,m",)})
    assert (await wired.ask(ASKED)).headers["x-ccr-model"] == "other,m"


async def test_where_there_is_no_other_the_loop_is_the_answer_and_final() -> None:
    answer = await Wired(canned(b'{"error":{"message":"leads back"}}', 508)).ask(ASKED)
    status, _, message = error_of(answer)
    assert (status, answer.headers["x-should-retry"]) == (502, "false")
    assert message == "leads back [acme,m]: the way to acme is a loop; check its api_base_url"


async def test_a_provider_elsewhere_is_told_nothing_of_us() -> None:
    wired = Wired(canned(HI))
    await read(await wired.ask(STREAMED))
    assert not [name for name in wired.sent[0].headers if name.startswith("x-ccr")]


async def test_whoever_is_asked_with_the_routers_own_key_is_told_of_it_wherever_that_is() -> None:
    config = Config(routes=Routes({"default": target("acme,m")}), server=Server(key=Secret("router-key")))
    for key, via in (("router-key", "i1"), ("another-key", None)):
        upstream = upstream_at("https://tunnel.example/v1/messages", key=Secret(key))
        wired = Wired(canned(HI), upstreams=[upstream], config=config)
        wired.runtime = replace(wired.runtime, instance="i1")
        await read(await wired.ask(STREAMED))
        assert wired.sent[0].headers.get("x-ccr-via") == via
