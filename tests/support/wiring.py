"""A Runtime with fakes at its ports, and providers that need no configuration file."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ccr.config.schema import Config, Routes, Timeouts
from ccr.gateway.inbound import Answer, Inbound
from ccr.gateway.login import apart
from ccr.gateway.pipeline import answer
from ccr.gateway.runtime import Runtime
from ccr.gateway.sessions import Sessions
from ccr.ids import ModelName, ProviderName, Target
from ccr.providers.resolve import Upstream
from ccr.routing.decision import Table
from ccr.wire.anthropic import AnthropicClient, AnthropicUpstream
from ccr.wire.dialect import ClientDialect, UpstreamDialect, UpstreamRequest
from tests.support.canned import Canned, CannedExchange, Collected, FakeClock, FixedCounter, FixedScript

DEFAULT_TIMEOUTS = Timeouts()


def upstream_at(
    url: str,
    dialect: UpstreamDialect | None = None,
    name: str = "acme",
    *,
    timeouts: Timeouts = DEFAULT_TIMEOUTS,
    **changes: Any,
) -> Upstream:
    upstream = Upstream(
        name=ProviderName(name),
        dialect=dialect or AnthropicUpstream(),
        url=url,
        auth="bearer",
        key=None,
        key_source=None,
        models=(ModelName("m"),),
        quirks=(),
        model_quirks={},
        headers={},
        proxy=None,
        timeouts=timeouts,
        retries=0,
    )
    return replace(upstream, **changes)


class Wired:
    """A gateway with fakes at its ports: what it sends, what it is answered, what it writes down."""

    def __init__(
        self,
        *answers: CannedExchange | Exception,
        upstreams: Sequence[Upstream] = (),
        routes: Mapping[str, str] = {},
        fallback: Mapping[str, tuple[str, ...]] = {},
        script: FixedScript | None = None,
        config: Config | None = None,
        transport: Canned | None = None,
        clock: FakeClock | None = None,
    ) -> None:
        upstreams = upstreams or (upstream_at("http://acme.test/v1/messages"),)
        targets = {name: target(text) for name, text in (routes or {"default": "acme,m"}).items()}
        self.transport = transport or Canned(*answers)
        self.seen = Collected()
        self.clock = clock or FakeClock()
        self.sessions = Sessions()
        self.counter = FixedCounter()
        self.runtime = Runtime(
            config=config or Config(routes=Routes(targets)),
            upstreams={upstream.name: upstream for upstream in upstreams},
            table=Table(
                routes=Routes(targets),
                providers={upstream.name: upstream.models for upstream in upstreams},
                fallback={name: tuple(map(target, chain)) for name, chain in fallback.items()},
                searching=frozenset(upstream.name for upstream in upstreams if upstream.dialect.searches),
                engines=tuple(upstream.name for upstream in upstreams if upstream.dialect.name == "search"),
            ),
            transport=self.transport,
            counter=self.counter,
            script=script,
            sessions=self.sessions,
            observers=(self.seen, self.sessions),
            clock=self.clock,
        )

    @property
    def sent(self) -> list[UpstreamRequest]:
        return [request for _, request in self.transport.sent]

    async def ask(self, body: object, client: ClientDialect | None = None, query: str = "", **headers: str) -> Answer:
        """Underscores in a header's name stand for dashes."""
        inbound = Inbound(
            client=client or AnthropicClient(),
            body=body if isinstance(body, bytes) else json.dumps(body).encode(),
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            query=query,
            request_id="req_test",
        )
        return await answer(apart(inbound, ""), self.runtime)


async def read(answer: Answer) -> bytes:
    """The whole body, streamed or not, and closed as a door does it."""
    if isinstance(answer.body, bytes):
        return answer.body
    try:
        return b"".join([chunk async for chunk in answer.body])
    finally:
        await answer.body.aclose()


def target(text: str) -> Target:
    provider, _, model = text.partition(",")
    return Target(ProviderName(provider), ModelName(model))
