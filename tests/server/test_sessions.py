import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from ccr.config.schema import Config, Model, Module, Price, Routes, StatusLine
from ccr.errors import UpstreamTimeout
from ccr.gateway.inbound import Answer, Inbound
from ccr.gateway.runtime import Current
from ccr.server.sessions import session, sessions
from ccr.wire.anthropic import AnthropicClient
from tests.support.asking import ASKED, HI, STREAMED
from tests.support.canned import canned
from tests.support.wiring import Wired, read, target, upstream_at

MODEL = Model(context=1000, price=Price(input=2.0, output=10.0, cache_read=0.2))
PRICED = upstream_at("http://acme.test/v1/messages", limits={"m": MODEL})


def asking(name: str = "") -> Inbound:
    return Inbound(AnthropicClient(), b"", {}, "", "req_1", named=name)


def said(answer: Answer) -> Any:
    assert isinstance(answer.body, bytes)
    return json.loads(answer.body)


async def told(wired: Wired, name: str = "s1") -> Any:
    return said(await session(asking(name), Current(wired.runtime)))


async def talked(wired: Wired, body: Mapping[str, Any] = STREAMED) -> Wired:
    await read(await wired.ask(body, x_claude_code_session_id="s1", x_claude_code_request_class="main"))
    return wired


async def test_it_tells_who_really_answered_and_by_which_rule() -> None:
    page = await told(await talked(Wired(canned(HI))))
    last = page["last"]["main"]
    assert (last["asked_for"], last["target"], last["rule"], last["status"]) == (
        "claude-opus",
        "acme,m",
        "default",
        200,
    )
    assert (last["prompt"], last["tokens"]["output"], last["estimated"]) == (10, 3, False)
    assert (page["requests"], page["failed"], page["default"]) == (1, 0, "acme,m")


async def test_sums_have_a_cost_where_the_price_is_known() -> None:
    page = await told(await talked(await talked(Wired(canned(HI), canned(HI), upstreams=[PRICED]))))
    assert page["cost"] == pytest.approx(2 * (10 * 2 + 3 * 10) / 1e6)
    assert (page["saved"], page["unpriced"], page["tokens"]["input"]) == (0.0, [], 20)
    assert page["targets"]["acme,m"]["cost"] == page["cost"]
    assert page["last"]["main"]["window"] == 1000


async def test_an_unknown_price_is_no_price() -> None:
    page = await told(await talked(Wired(canned(HI))))
    assert (page["cost"], page["saved"], page["unpriced"]) == (None, None, ["acme,m"])


async def test_a_failure_is_told_with_every_attempt() -> None:
    wired = Wired(UpstreamTimeout("silent"), UpstreamTimeout("silent"), fallback={"default": ("acme,n",)})
    page = await told(await talked(wired, ASKED))
    last = page["last"]["main"]
    assert last["error"].startswith("silent")
    assert [tried["target"] for tried in last["attempts"]] == ["acme,m", "acme,n"]
    assert (page["failed"], page["answers"], page["targets"]) == (1, 0, {})


async def test_a_session_that_nothing_is_known_of_has_its_default() -> None:
    page = await told(Wired(), "nobody")
    assert (page["session"], page["requests"], page["default"], page["last"]) == ("nobody", 0, "acme,m", {})


async def test_a_model_whose_provider_is_gone_has_no_window() -> None:
    wired = await talked(Wired(canned(HI), upstreams=[PRICED]))
    page = said(await session(asking("s1"), Current(replace(wired.runtime, upstreams={}))))
    assert (page["last"]["main"]["window"], page["cost"]) == (None, None)


async def test_the_line_is_as_the_configuration_wants_it() -> None:
    wanted = StatusLine(True, "powerline", (Module("model", "", "{{model}}", "cyan", ""),))
    config = Config(routes=Routes({"default": target("acme,m")}), status_line=wanted)
    page = await told(Wired(config=config))
    assert (page["line"]["style"], page["line"]["modules"][0]["text"]) == ("powerline", "{{model}}")
    assert (await told(Wired()))["line"] is None


async def test_sessions_are_listed_the_newest_first() -> None:
    wired = await talked(Wired(canned(HI), canned(HI)))
    await read(await wired.ask(STREAMED, x_claude_code_session_id="s2"))
    page = said(await sessions(asking(), Current(wired.runtime)))
    assert [(each["session"], each["target"]) for each in page["sessions"]] == [("s2", "acme,m"), ("s1", "acme,m")]
    assert page["default"] == "acme,m"
