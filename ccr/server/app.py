"""The doors. Every path in one table; every answer, also a refusal, in the caller's dialect."""

import secrets
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from ccr.errors import NotFound, RequestProblem, TooSlow
from ccr.gateway.call import refusal
from ccr.gateway.inbound import Answer, Inbound
from ccr.gateway.login import apart
from ccr.gateway.pipeline import answer
from ccr.gateway.runtime import Current
from ccr.server.answering import ClientGone, gone, headers_of, send_answer, stopping, time_over, unless, whole_body
from ccr.server.guard import check_encoding, check_key, check_origin
from ccr.server.pages import health, models, root, tokens
from ccr.server.sessions import session, sessions
from ccr.server.stubs import OTLP, none_set, telemetry
from ccr.wire.anthropic import AnthropicClient
from ccr.wire.dialect import ClientDialect
from ccr.wire.openai_chat import ChatClient
from ccr.wire.openai_responses import ResponsesClient

ANTHROPIC = AnthropicClient()
CHAT = ChatClient()

SHOWN = 200  # characters of a path that is none

Ask = Callable[[Inbound, Current], Awaitable[Answer]]


def app(current: Current) -> Starlette:
    async def ask(inbound: Inbound, current: Current) -> Answer:
        return await answer(inbound, current.runtime)

    def route(path: str, ask: Ask, methods: list[str], dialect: ClientDialect | None, *, guarded: bool = True) -> Route:
        return Route(path, Door(ask, current, dialect, guarded=guarded), methods=methods)

    started = current.runtime.clock.time()
    doors = Starlette(
        routes=[
            route("/v1/messages", ask, ["POST"], ANTHROPIC),
            route("/v1/messages/count_tokens", tokens, ["POST"], ANTHROPIC),
            route("/v1/chat/completions", ask, ["POST"], ChatClient(current.runtime.clock.time)),
            route("/v1/responses", ask, ["POST"], ResponsesClient(current.runtime.clock.time)),
            route("/v1/responses/input_tokens", tokens, ["POST"], ResponsesClient()),
            route("/responses", ask, ["POST"], ResponsesClient(current.runtime.clock.time)),
            route("/v1/models", models, ["GET"], None),
            route("/models", models, ["GET"], None),
            route("/ccr/sessions", sessions, ["GET"], None),
            route("/ccr/sessions/{named:path}", session, ["GET"], None),
            *(route(path, telemetry, ["POST"], None) for path in OTLP),
            route("/managed/settings", none_set, ["GET"], ANTHROPIC),
            route("/api/oauth/usage", none_set, ["GET"], ANTHROPIC),
            route("/health", partial(health, started=started), ["GET", "HEAD"], None, guarded=False),
            route("/", root, ["GET", "HEAD"], None, guarded=False),
        ],
        exception_handlers={HTTPException: nothing_here},
    )
    # A redirect would name whatever host the caller says.
    doors.router.redirect_slashes = False
    return doors


async def nothing_here(request: Request, problem: Exception) -> Response:
    """404 and 405, in the caller's dialect."""
    headers = headers_of(request.scope)
    what = f"{request.method} {request.scope['path'][:SHOWN]} is not served"
    error = NotFound(f"{what}; see GET / for what is")
    answer = refusal(error, Inbound(dialect_of(headers), b"", headers, "", new_id()), {})
    assert isinstance(problem, HTTPException)
    assert isinstance(answer.body, bytes)
    return Response(answer.body, problem.status_code, answer.headers)


def new_id() -> str:
    return f"req_{secrets.token_hex(12)}"


def dialect_of(headers: Mapping[str, str]) -> ClientDialect:
    """Which dialect a caller speaks on a path that both share."""
    anthropic = "anthropic-version" in headers or "x-api-key" in headers or "claude" in headers.get("user-agent", "")
    return ANTHROPIC if anthropic else CHAT


class Door:
    """One path: reads the request, lets it in or not, asks, and sends the answer."""

    def __init__(self, ask: Ask, current: Current, dialect: ClientDialect | None, *, guarded: bool) -> None:
        self._ask = ask
        self._current = current
        self._dialect = dialect
        self._guarded = guarded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = headers_of(scope)
        inbound = Inbound(
            client=self._dialect or dialect_of(headers),
            body=b"",
            headers=headers,
            query=scope["query_string"].decode("latin-1"),
            request_id=new_id(),
            named=scope.get("path_params", {}).get("named", ""),
        )
        try:
            answer = await self._answer(inbound, receive)
            if self._current.parting:
                answer = replace(answer, headers={**answer.headers, "connection": "close"})
            await send_answer(answer, receive, send, self._current.over)
        except ClientGone:
            pass
        except Exception:  # noqa: BLE001 - the client was told in its stream, or cannot be told any more
            traceback.print_exc(file=sys.stderr)

    async def _answer(self, inbound: Inbound, receive: Receive) -> Answer:
        server = self._current.runtime.config.server
        try:
            check_origin(inbound.headers, server.host)
            if self._current.draining and self._guarded:
                raise stopping()
            if self._guarded and server.key:
                check_key(inbound.headers, server.key.reveal())
            if self._guarded:
                inbound = apart(inbound, server.key.reveal() if server.key else "")
            check_encoding(inbound.headers)
            body = await whole_body(receive, server.max_body)
            asked = self._ask(replace(inbound, body=body), self._current)
            return await unless(asked, gone(receive), time_over(self._current.over))
        except RequestProblem as problem:
            unread = {"connection": "close"} if isinstance(problem, TooSlow) else {}
            return refusal(problem, inbound, {"x-ccr-request-id": inbound.request_id, **unread})
        except ClientGone:
            raise
        except Exception:  # noqa: BLE001 - the last wall: a fault of ours must not show its stack to a client
            traceback.print_exc(file=sys.stderr)
            return refusal(inbound.fault, inbound, {"x-ccr-request-id": inbound.request_id})
