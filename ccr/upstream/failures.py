"""The HTTP library's exceptions, in our words. The table is total: a test walks the library's tree."""

import re
import ssl

import aiohttp

from ccr.errors import UpstreamCut, UpstreamGarbled, UpstreamProblem, UpstreamTimeout, UpstreamUnreachable

LONGEST = 2000  # characters of a cause that are looked at
LOGIN = re.compile(r"(?<=//)\S*@")  # in a URL; aiohttp quotes the proxy's


class CredentialsRefused(Exception):
    """There is nothing to sign with. One line: which credentials, and what to do; no secret."""


# First match wins, so a subclass stands before its base. What happened, and what to do.
RENAMED: tuple[tuple[type[BaseException], type[UpstreamProblem], str, str], ...] = (
    (aiohttp.ClientProxyConnectionError, UpstreamUnreachable, "the proxy cannot be reached", "check PROXY_URL"),
    (aiohttp.ClientHttpProxyError, UpstreamUnreachable, "the proxy refuses the connection", "check PROXY_URL"),
    (aiohttp.ClientConnectorDNSError, UpstreamUnreachable, "its host name is not known", "check api_base_url"),
    (
        aiohttp.ClientConnectorCertificateError,
        UpstreamUnreachable,
        "its certificate is not trusted",
        "`ccr doctor` says why",
    ),
    (aiohttp.ClientSSLError, UpstreamUnreachable, "TLS fails", "check whether api_base_url should begin with http"),
    (ssl.SSLError, UpstreamUnreachable, "TLS fails", ""),
    (aiohttp.ServerFingerprintMismatch, UpstreamUnreachable, "its certificate is not the expected one", ""),
    (aiohttp.ConnectionTimeoutError, UpstreamTimeout, "no connection in time", "check that the host is up"),
    (aiohttp.SocketTimeoutError, UpstreamTimeout, "silent for too long", ""),
    (TimeoutError, UpstreamTimeout, "silent for too long", ""),
    (aiohttp.ClientConnectorError, UpstreamUnreachable, "it refuses the connection", "start it, or check api_base_url"),
    (aiohttp.InvalidURL, UpstreamUnreachable, "its URL is not usable", "check api_base_url"),
    (aiohttp.ServerDisconnectedError, UpstreamCut, "it closed the connection before it answered", ""),
    (aiohttp.ClientPayloadError, UpstreamCut, "it closed the connection in the middle of its answer", ""),
    (aiohttp.ClientOSError, UpstreamCut, "the connection broke", ""),
    (OSError, UpstreamCut, "the connection broke", ""),
    (aiohttp.ClientResponseError, UpstreamGarbled, "its answer is not HTTP as it should be", ""),
    (aiohttp.ClientError, UpstreamUnreachable, "the request could not be sent", ""),
    (ValueError, UpstreamGarbled, "its answer is not HTTP as it should be", ""),
)


def renamed(failure: BaseException, provider: str, url: str) -> UpstreamProblem:
    kind, happened, remedy = next(row[1:] for row in RENAMED if isinstance(failure, row[0]))
    # A network comes back, and a server that restarts; a wrong certificate, URL or protocol does not mend itself.
    passes = isinstance(failure, aiohttp.ClientConnectorError) and not isinstance(failure, aiohttp.ClientSSLError)
    retry = False if kind is UpstreamUnreachable and not passes else None
    message = f"provider {provider} at {url}: {happened} ({_cause(failure)})"
    return kind(f"{message}; {remedy}" if remedy else message, retry=retry)


def _cause(failure: BaseException) -> str:
    inner = getattr(failure, "os_error", None) or failure
    text = str(getattr(inner, "strerror", None) or inner).split("\n", 1)[0][:LONGEST]
    return LOGIN.sub("***@", text)[:200] or type(failure).__name__
