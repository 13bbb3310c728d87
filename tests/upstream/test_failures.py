import errno
import re
import socket
import ssl
from collections.abc import Iterator

import aiohttp
import pytest
from aiohttp import RequestInfo
from aiohttp.client_reqrep import ConnectionKey
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from ccr.errors import UpstreamCut, UpstreamProblem, UpstreamTimeout, UpstreamUnreachable
from ccr.upstream.failures import RENAMED, renamed


def tree(kind: type[BaseException]) -> Iterator[type[BaseException]]:
    yield kind
    for below in kind.__subclasses__():
        yield from tree(below)


@pytest.mark.parametrize("kind", sorted(set(tree(aiohttp.ClientError)), key=str))
def test_every_exception_of_the_library_is_renamed(kind: type[BaseException]) -> None:
    failure = kind.__new__(kind)
    failure.args = ("detail",)
    assert any(isinstance(failure, theirs) for theirs, *_ in RENAMED)


@pytest.mark.parametrize(
    ("failure", "kind", "words"),
    [
        (TimeoutError(), UpstreamTimeout, "silent for too long"),
        (ssl.SSLError(1, "wrong version number"), UpstreamUnreachable, "TLS fails"),
        (aiohttp.ServerDisconnectedError(), UpstreamCut, "closed the connection before it answered"),
        (ConnectionResetError(104, "Connection reset by peer"), UpstreamCut, "Connection reset by peer"),
        (aiohttp.ClientPayloadError("short"), UpstreamCut, "in the middle of its answer"),
    ],
)
def test_a_failure_says_provider_place_and_cause(failure: Exception, kind: type[UpstreamProblem], words: str) -> None:
    problem = renamed(failure, "acme", "http://acme.test/v1")
    assert type(problem) is kind
    assert problem.message.startswith("provider acme at http://acme.test/v1: ")
    assert words in problem.message


def test_the_cause_comes_before_the_remedy() -> None:
    said = renamed(aiohttp.InvalidURL("htp:/x"), "acme", "htp:/x").message
    assert said == "provider acme at htp:/x: its URL is not usable (htp:/x); check api_base_url"


@pytest.mark.parametrize("login", ["us:zzz", "us:%2Fzzz", "us:@zzz", ":zzz", "us:" + "zzz" * 80])
def test_a_proxys_password_is_nobodys_business(login: str) -> None:
    proxy = URL(f"http://{login}@127.0.0.1:1/")
    request = RequestInfo(proxy, "CONNECT", CIMultiDictProxy(CIMultiDict()), proxy)
    refused = aiohttp.ClientHttpProxyError(request, (), status=407, message="no")
    for failure in (refused, aiohttp.InvalidURL(f"http://{login}@127.0.0.1:1/")):
        assert "z" not in renamed(failure, "acme", "http://acme.test").message


def test_the_client_need_not_retry_what_cannot_be_reached() -> None:
    assert renamed(aiohttp.InvalidURL("htp:/x"), "acme", "htp:/x").retry is False
    assert renamed(TimeoutError(), "acme", "http://x").retry is None


def test_a_server_that_refuses_may_be_back_soon() -> None:
    key = ConnectionKey("x", 80, False, True, None, None, None)
    assert renamed(aiohttp.ClientConnectorError(key, OSError("no")), "acme", "http://x").retry is None


NAME = ConnectionKey("x", 443, True, True, None, None, None)


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (
            aiohttp.ClientConnectorDNSError(NAME, socket.gaierror(socket.EAI_AGAIN, "Temporary failure")),
            "cannot be looked up for now .Temporary failure.; is this machine online",
        ),
        (
            aiohttp.ClientConnectorDNSError(NAME, socket.gaierror(socket.EAI_NONAME, "Name not known")),
            "name is not known .Name not known.; check api_base_url",
        ),
        (aiohttp.ClientConnectorError(NAME, OSError(errno.ENETUNREACH, "Network is unreachable")), "no way to it"),
        (aiohttp.ClientConnectorError(NAME, OSError(errno.EHOSTUNREACH, "No route to host")), "no way to it"),
        (aiohttp.ClientConnectorError(NAME, OSError(errno.EMFILE, "Too many open files")), "as many files .*ulimit -n"),
        (aiohttp.ClientConnectorError(NAME, ConnectionResetError()), "breaks the connection off before TLS"),
        (aiohttp.ClientConnectorError(NAME, OSError("Multiple exceptions")), "refuses the connection"),
    ],
)
def test_what_passes_by_itself_is_told_apart_from_what_does_not(failure: Exception, words: str) -> None:
    problem = renamed(failure, "acme", "https://acme.test")
    assert re.search(words, problem.message)
    assert problem.retry is None
