import asyncio
import sys
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from ccr.config.schema import Secret
from ccr.errors import UpstreamKeyRefused, UpstreamTimeout
from ccr.providers.resolve import Upstream as Provider
from ccr.upstream.failures import CredentialsRefused
from ccr.upstream.signing import Signing
from ccr.wire.dialect import UpstreamRequest
from tests.support.wiring import upstream_at

REQUEST = UpstreamRequest("http://a.test/x", {"content-type": "application/json"}, b"{}")
CLOUD = upstream_at("http://a.test/x", auth="google", name="cloud")


async def echo(upstream: Provider, request: UpstreamRequest) -> UpstreamRequest:
    return request


class Numbered:
    """Signs by counting; notes how many do so at once."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.made = 0
        self.at_once = 0
        self._busy = threading.Semaphore(1)

    def sign(self, request: UpstreamRequest) -> Mapping[str, str]:
        if not self._busy.acquire(blocking=False):
            self.at_once += 1
        self.made += 1
        self._busy.release()
        return {"authorization": f"Bearer {self.made}"}


def refusing(env: Mapping[str, str]) -> Any:
    raise CredentialsRefused("no credentials are found; do this")


async def test_only_what_the_provider_wants_signed_is_signed() -> None:
    signing = Signing(echo, {}, {"google": Numbered})
    assert await signing.send(replace(CLOUD, auth="bearer", key=Secret("k")), REQUEST) == REQUEST
    signed = await signing.send(CLOUD, REQUEST)
    assert signed.headers == {"content-type": "application/json", "authorization": "Bearer 1"}


async def test_one_signer_serves_all_one_at_a_time() -> None:
    signer = Numbered({})
    signing = Signing(echo, {}, {"google": lambda env: signer})
    await asyncio.gather(*(signing.send(CLOUD, REQUEST) for _ in range(8)))
    assert (signer.made, signer.at_once) == (8, 0)


async def test_who_has_nothing_to_sign_with_is_told_what_to_do() -> None:
    with pytest.raises(UpstreamKeyRefused, match="provider cloud: no credentials are found; do this") as refused:
        await Signing(echo, {}, {"google": refusing}).send(CLOUD, REQUEST)
    assert refused.value.retry is False


async def test_credentials_that_do_not_come_are_not_waited_for() -> None:
    never = threading.Event()

    class Slow(Numbered):
        def sign(self, request: UpstreamRequest) -> Mapping[str, str]:
            never.wait(5)
            return {}

    with pytest.raises(UpstreamTimeout, match=r"provider cloud: its credentials were not there in 0\.05 s"):
        await Signing(echo, {}, {"google": Slow}, patience=0.05).send(CLOUD, REQUEST)
    never.set()


@pytest.mark.parametrize(("auth", "module", "extra"), [("google", "google", "vertex"), ("aws", "aws", "bedrock")])
async def test_without_the_extra_the_command_is_named(
    auth: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, f"ccr.upstream.{module}", None)
    with pytest.raises(UpstreamKeyRefused, match=rf"run `pip install 'ccr\[{extra}\]'`"):
        await Signing(echo, {}).send(upstream_at("http://a.test/x", auth=auth), REQUEST)
