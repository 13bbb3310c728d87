"""The transport: the only place with a socket to a provider."""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from io import BytesIO
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import aiohttp
from aiohttp.tracing import Trace
from multidict import CIMultiDictProxy

from ccr.providers.resolve import Upstream
from ccr.upstream.failures import RENAMED, renamed
from ccr.wire.dialect import UpstreamRequest

# Silence of this length is told by an empty chunk, so that the client can be sent a sign of life.
TICK = 15.0

# A model may think for minutes without a byte, and what is on the way forgets a connection that is silent: AWS after
# 350 s (https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html). Also, who is gone is noticed.
KEPT_ALIVE = (("TCP_KEEPIDLE", 60), ("TCP_KEEPALIVE", 60), ("TCP_KEEPINTVL", 30), ("TCP_KEEPCNT", 4))

# aiohttp writes larger bodies in pieces when they come as a file.
LARGE = 1024 * 1024

# Seconds in which a connection that was closed while it was idle is found out. Later, the request was being worked on.
RACE = 2.0

# uvloop: "File descriptor 21 is used by transport <TCPTransport closed=False reading=True 0x…>", while it connects.
TAKEN = "is used by transport"

FAILURES = tuple(row.theirs for row in RENAMED)


class Http:
    """One pool of connections for all providers and all generations of the configuration."""

    def __init__(
        self,
        proxy_for: Callable[[str, str | None], str | None],
        trust: ssl.SSLContext | bool = True,
        tick: float = TICK,
    ) -> None:
        self._proxy_for = proxy_for
        self._trust = trust
        self._tick = tick
        self._pooled: aiohttp.ClientSession | None = None
        self._fresh: aiohttp.ClientSession | None = None  # each of its connections is used once

    async def send(self, upstream: Upstream, request: UpstreamRequest) -> "HttpExchange":
        """Until the answer's head is here. But for the connection, who asks bounds the time. What was wrong with a connection
        before it was used again, is no failure of the provider's: then another one is made, which has no such past."""
        self._pooled = self._pooled or self._session(Pool(keepalive_timeout=30, **self._settings()))
        trace = SimpleNamespace(reused=None)
        try:
            return await self._send(upstream, request, self._pooled, trace)
        except FAILURES as failure:
            if not (trace.reused and time.monotonic() - trace.reused < RACE and _had_ended(failure)):
                raise renamed(failure, upstream.name, _shown(request.url)) from failure
        self._fresh = self._fresh or self._session(aiohttp.TCPConnector(force_close=True, **self._settings()))
        try:
            return await self._send(upstream, request, self._fresh, trace)
        except FAILURES as failure:
            raise renamed(failure, upstream.name, _shown(request.url)) from failure

    async def _send(
        self, upstream: Upstream, request: UpstreamRequest, session: aiohttp.ClientSession, trace: SimpleNamespace
    ) -> "HttpExchange":
        try:
            response = await session.post(
                request.url,
                data=request.body if len(request.body) < LARGE else BytesIO(request.body),
                headers={"accept-encoding": "identity", **request.headers},
                proxy=self._proxy_for(request.url, upstream.proxy),
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None, connect=upstream.timeouts.connect),
                trace_request_ctx=trace,
            )
        except RuntimeError as failure:
            if TAKEN not in str(failure):
                raise
            raise aiohttp.ClientOSError(str(failure)) from failure
        return HttpExchange(response, upstream.name, _shown(request.url), self._tick)

    def _settings(self) -> dict[str, Any]:
        return {"limit": 0, "socket_factory": _kept_alive, "ssl": self._trust}

    def _session(self, connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
        watch = aiohttp.TraceConfig()
        watch.on_connection_reuseconn.append(_note_reuse)
        return aiohttp.ClientSession(
            connector=connector,
            trace_configs=[watch],
            skip_auto_headers=("user-agent",),
            cookie_jar=aiohttp.DummyCookieJar(),
            max_line_size=64 * 1024,
            max_field_size=64 * 1024,
        )

    async def close(self) -> None:
        for session in filter(None, (self._pooled, self._fresh)):
            await session.close()


class Pool(aiohttp.TCPConnector):
    """What came behind an answer is no beginning of the next: aiohttp looks for it when a connection is given back only."""

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp's own
    ) -> aiohttp.connector.Connection:
        while True:
            connection = await super().connect(req, traces, timeout)
            if not (connection.protocol and connection.protocol.should_close):
                return connection
            connection.close()


class HttpExchange:
    def __init__(self, response: aiohttp.ClientResponse, provider: str, url: str, tick: float) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = _lowered(response.headers)
        self._response = response
        self._provider = provider
        self._url = url
        self._tick = tick

    async def chunks(self) -> AsyncIterator[bytes]:
        content = self._response.content
        while True:
            tick = asyncio.timeout(self._tick)
            try:
                async with tick:
                    chunk = await content.readany()
            except TimeoutError as silent:
                if not tick.expired():
                    raise renamed(silent, self._provider, self._url) from silent
                yield b""
                continue
            except FAILURES as failure:
                if content._size:  # aiohttp tells the failure before what has arrived
                    yield content._read_nowait(-1)
                raise renamed(failure, self._provider, self._url) from failure
            except RuntimeError as closed:  # aiohttp's "Connection closed.", after chunks that it could not read
                raise renamed(aiohttp.ClientPayloadError(), self._provider, self._url) from closed
            if not chunk:
                return
            yield chunk

    async def close(self) -> None:
        if self._response.content.at_eof():
            self._response.release()
        else:
            self._response.close()


def _had_ended(failure: BaseException) -> bool:
    """A provider may close an idle connection just when we take it from the pool, or have sent there what belongs to no
    answer. But where an answer had begun, the request was read."""
    match failure:
        case aiohttp.ServerDisconnectedError(message=message):
            return isinstance(message, str)
        case aiohttp.ClientConnectorError():
            return False
        case _:
            return isinstance(failure, aiohttp.ClientOSError | aiohttp.ClientResponseError | ConnectionError)


def _kept_alive(address: aiohttp.AddrInfoType) -> socket.socket:
    family, kind, protocol, *_ = address
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEPT_ALIVE:
        if option := getattr(socket, name, None):  # each system has its own
            made.setsockopt(socket.IPPROTO_TCP, option, value)
    return made


async def _note_reuse(session: aiohttp.ClientSession, context: SimpleNamespace, params: object) -> None:
    context.trace_request_ctx.reused = time.monotonic()


def _lowered(headers: CIMultiDictProxy[str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _shown(url: str) -> str:
    """A URL without what may be secret in it."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
