"""The HTTP library's exceptions, in our words. The table is total: a test walks the library's tree."""

import errno
import re
import socket
import ssl
from collections.abc import Callable
from typing import NamedTuple

import aiohttp

from ccr.errors import (
    UpstreamCut,
    UpstreamFull,
    UpstreamGarbled,
    UpstreamProblem,
    UpstreamTimeout,
    UpstreamUnconnected,
    UpstreamUnreachable,
)

LONGEST = 2000  # characters of a cause that are looked at
LOGIN = re.compile(r"(?<=//)\S*@")  # in a URL; aiohttp quotes the proxy's


class CredentialsRefused(Exception):
    """There is nothing to sign with. One line: which credentials, and what to do; no secret."""


class ProxyUnusable(Exception):
    """A proxy's address that cannot be used. One line: why, and what to do; no secret."""


def _always(failure: BaseException) -> bool:
    return True


def _errno(*numbers: int) -> Callable[[BaseException], bool]:
    return lambda failure: getattr(_inner(failure), "errno", None) in numbers


def _broken(failure: BaseException) -> bool:
    return isinstance(_inner(failure), ConnectionError) and not isinstance(_inner(failure), ConnectionRefusedError)


def _status(*numbers: int) -> Callable[[BaseException], bool]:
    return lambda failure: getattr(failure, "status", None) in numbers


def _verified(*codes: int) -> Callable[[BaseException], bool]:
    return lambda failure: getattr(_inner(failure), "verify_code", None) in codes


def _encoding(failure: BaseException) -> bool:
    return "ContentEncodingError" in repr(failure) or type(failure.__cause__).__name__ == "ContentEncodingError"


class Row(NamedTuple):
    theirs: type[BaseException]
    ours: type[UpstreamProblem]
    happened: str
    remedy: str = ""
    only: Callable[[BaseException], bool] = _always
    passes: bool = True  # a network comes back, and a server that restarts; a wrong certificate or URL does not


PROXY = "check the provider's proxy, or PROXY_URL"
URL = "check api_base_url"
AUTHORITY = "set NODE_EXTRA_CA_CERTS or SSL_CERT_FILE to its file; `ccr doctor` says more"
UNTRUSTED = "its certificate is not trusted"
# https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/
NOT_YET, EXPIRED, SELF_SIGNED, UNKNOWN, NAMES = 9, 10, 18, (19, 20, 21), (62, 64)
NO_WAY = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN)
OVERLOADED = (502, 503, 504)

# First match wins, so a subclass stands before its base.
RENAMED: tuple[Row, ...] = (
    Row(ProxyUnusable, UpstreamUnreachable, "its proxy cannot be used", passes=False),
    Row(aiohttp.ClientProxyConnectionError, UpstreamUnreachable, "the proxy cannot be reached", PROXY),
    Row(
        aiohttp.ClientHttpProxyError,
        UpstreamUnreachable,
        "the proxy wants a login, or another one",
        "write it into the proxy's address: http://user:password@host:port",
        _status(407),
        passes=False,
    ),
    Row(aiohttp.ClientHttpProxyError, UpstreamUnreachable, "the proxy cannot get there", PROXY, _status(*OVERLOADED)),
    Row(aiohttp.ClientHttpProxyError, UpstreamUnreachable, "the proxy refuses the connection", PROXY, passes=False),
    Row(
        aiohttp.ClientConnectorDNSError,
        UpstreamUnreachable,
        "its host name cannot be looked up for now",
        "is this machine online?",
        _errno(socket.EAI_AGAIN),
    ),
    Row(aiohttp.ClientConnectorDNSError, UpstreamUnreachable, "its host name is not known", URL),
    Row(
        aiohttp.ClientConnectorCertificateError,
        UpstreamUnreachable,
        "its certificate has expired, or begins later",
        "is this machine's clock right?",
        _verified(EXPIRED, NOT_YET),
        passes=False,
    ),
    Row(
        aiohttp.ClientConnectorCertificateError,
        UpstreamUnreachable,
        "its certificate is for another name",
        URL,
        _verified(*NAMES),
        passes=False,
    ),
    Row(
        aiohttp.ClientConnectorCertificateError,
        UpstreamUnreachable,
        "nobody known has signed its certificate",
        AUTHORITY,
        _verified(SELF_SIGNED, *UNKNOWN),
        passes=False,
    ),
    Row(aiohttp.ClientConnectorCertificateError, UpstreamUnreachable, UNTRUSTED, AUTHORITY, passes=False),
    Row(
        aiohttp.ClientSSLError,
        UpstreamUnreachable,
        "TLS fails",
        "check whether api_base_url should begin with http",
        passes=False,
    ),
    Row(ssl.SSLError, UpstreamUnreachable, "TLS fails", passes=False),
    Row(
        aiohttp.ServerFingerprintMismatch,
        UpstreamUnreachable,
        "its certificate is not the expected one",
        passes=False,
    ),
    Row(
        aiohttp.ConnectionTimeoutError,
        UpstreamUnconnected,
        "no connection in time",
        "check that the host is up, speaks TLS if its address is https, and no firewall is in between",
    ),
    Row(aiohttp.SocketTimeoutError, UpstreamTimeout, "silent for too long"),
    Row(TimeoutError, UpstreamTimeout, "silent for too long"),
    Row(
        aiohttp.ClientConnectorError,
        UpstreamFull,
        "the router has as many files open as it may",
        "raise its limit: ulimit -n",
        _errno(errno.EMFILE, errno.ENFILE),
    ),
    Row(
        aiohttp.ClientConnectorError,
        UpstreamUnreachable,
        "there is no way to it",
        "is this machine online?",
        _errno(*NO_WAY),
    ),
    Row(
        aiohttp.ClientConnectorError,
        UpstreamUnreachable,
        "it breaks the connection off before TLS is set up",
        "check api_base_url, and whether a firewall or proxy is in between",
        _broken,
    ),
    Row(
        aiohttp.ClientConnectorError,
        UpstreamUnreachable,
        "it refuses the connection",
        "start it, or check api_base_url",
    ),
    Row(aiohttp.InvalidURL, UpstreamUnreachable, "its URL is not usable", URL, passes=False),
    Row(aiohttp.ServerDisconnectedError, UpstreamCut, "it closed the connection before it answered"),
    Row(
        aiohttp.ClientPayloadError,
        UpstreamGarbled,
        "its answer is not compressed as it says",
        only=_encoding,
    ),
    Row(aiohttp.ClientPayloadError, UpstreamCut, "it closed the connection in the middle of its answer"),
    Row(aiohttp.ClientOSError, UpstreamCut, "the connection broke"),
    Row(OSError, UpstreamCut, "the connection broke"),
    Row(aiohttp.ClientResponseError, UpstreamGarbled, "its answer is not HTTP as it should be"),
    Row(aiohttp.ClientError, UpstreamUnreachable, "the request could not be sent", passes=False),
    Row(ValueError, UpstreamGarbled, "its answer is not HTTP as it should be"),
)


def renamed(failure: BaseException, provider: str, url: str) -> UpstreamProblem:
    row = next(row for row in RENAMED if isinstance(failure, row.theirs) and row.only(failure))
    message = f"provider {provider} at {url}: {row.happened}"
    if cause := _cause(failure):
        message += f" ({cause})"
    return row.ours(f"{message}; {row.remedy}" if row.remedy else message, retry=None if row.passes else False)


def _inner(failure: BaseException) -> BaseException:
    return getattr(failure, "certificate_error", None) or getattr(failure, "os_error", None) or failure


def _cause(failure: BaseException) -> str:
    """One line, without a login. What the library says of an answer that it cannot read quotes the answer from its second
    line on, and calls it a 400 of its own."""
    match failure:
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientPayloadError():
            return ""
        case aiohttp.ClientHttpProxyError(status=status, message=message):
            return LOGIN.sub("***@", f"{status} {message}")[:200]
        case aiohttp.ClientResponseError(message=message):
            return message.split("\n", 1)[0].split(": b'", 1)[0].rstrip(":")[:200]
        case _:
            pass
    inner = _inner(failure)
    text = str(getattr(inner, "strerror", None) or inner).split("\n", 1)[0][:LONGEST]
    return LOGIN.sub("***@", text)[:200] or type(failure).__name__
