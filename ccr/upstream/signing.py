"""Requests to the clouds are signed here, once they are whole. The clouds' libraries are extras."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Generic, Protocol, TypeVar

from ccr.config.schema import AuthStyle
from ccr.errors import UpstreamKeyRefused, UpstreamTimeout
from ccr.providers.resolve import Upstream
from ccr.upstream.failures import CredentialsRefused
from ccr.wire.dialect import UpstreamRequest

# A token endpoint or a metadata server that takes longer than this is not there.
PATIENCE = 30.0

Exchange = TypeVar("Exchange")


class Signer(Protocol):
    def sign(self, request: UpstreamRequest) -> Mapping[str, str]:
        """The headers to add. May block; raises CredentialsRefused."""
        ...


Makes = Callable[[Mapping[str, str]], Signer]


def google(env: Mapping[str, str]) -> Signer:
    try:
        from ccr.upstream.google import Google
    except ImportError:
        raise CredentialsRefused("Google's authentication is not installed; run `pip install 'ccr[vertex]'`") from None
    return Google(env)


def aws(env: Mapping[str, str]) -> Signer:
    try:
        from ccr.upstream.aws import Aws
    except ImportError:
        raise CredentialsRefused("AWS's authentication is not installed; run `pip install 'ccr[bedrock]'`") from None
    return Aws(env)


MADE: Mapping[AuthStyle, Makes] = {"google": google, "aws": aws}


class Signing(Generic[Exchange]):
    """A transport in front of another."""

    def __init__(
        self,
        send: Callable[[Upstream, UpstreamRequest], Awaitable[Exchange]],
        env: Mapping[str, str],
        made: Mapping[AuthStyle, Makes] = MADE,
        patience: float = PATIENCE,
    ) -> None:
        self._send = send
        self._turns = {style: Turns(makes, env, patience) for style, makes in made.items()}

    async def send(self, upstream: Upstream, request: UpstreamRequest) -> Exchange:
        if turns := self._turns.get(upstream.auth):
            signed = await turns.sign(request, upstream)
            request = replace(request, headers={**request.headers, **signed})
        return await self._send(upstream, request)


class Turns:
    """One signer, off the event loop and one request at a time: who waits finds the token that another has fetched."""

    def __init__(self, makes: Makes, env: Mapping[str, str], patience: float) -> None:
        self._makes = makes
        self._env = env
        self._patience = patience
        self._signer: Signer | None = None
        self._turn = asyncio.Lock()

    async def sign(self, request: UpstreamRequest, upstream: Upstream) -> Mapping[str, str]:
        try:
            async with asyncio.timeout(self._patience), self._turn:
                return await asyncio.to_thread(self._sign, request)
        except CredentialsRefused as refused:
            raise UpstreamKeyRefused(f"provider {upstream.name}: {refused}", retry=False) from None
        except TimeoutError:
            raise UpstreamTimeout(
                f"provider {upstream.name}: its credentials were not there in {self._patience:g} s"
            ) from None

    def _sign(self, request: UpstreamRequest) -> Mapping[str, str]:
        self._signer = self._signer or self._makes(self._env)
        return self._signer.sign(request)
