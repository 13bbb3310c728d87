"""Everything that can go wrong, as a tree, and the one table that answers it.

CcrError
├── ConfigInvalid             the configuration has faults
├── ServiceProblem            the router's process cannot be started, found or stopped
└── RequestProblem            a request cannot be answered; REPLIES says with which status
    ├── BadRequest            the client's fault
    │   ├── UnknownTarget     a provider or route that is not configured
    │   └── ContextOverflow   the prompt does not fit the model's window
    ├── Unauthorized          no key, or a wrong one
    ├── Forbidden             a foreign Host or Origin
    ├── NotFound              no such path, no such model
    ├── TooLarge              the body is over the limit
    ├── Unread                the body is compressed
    ├── TooSlow               the body does not come
    ├── Loop                  the router has sent it itself
    ├── Draining              the router is stopping
    ├── Overloaded            as many requests are under way as the user allows
    └── UpstreamProblem       the provider's fault; always says which
        ├── UpstreamSaid      what it reported, not yet classified (policy.failures does that)
        ├── UpstreamRefused   it rejects the request: a 4xx that repeating does not heal
        │   └── UpstreamLoginRefused   it rejects the caller's own login
        ├── UpstreamKeyRefused    it rejects our key
        │   └── UpstreamPlaceRefused   it does not serve the country that we ask from, whatever the key
        ├── UpstreamUnpaid    the account has no balance
        │   └── UpstreamUnaffordable   for this request; smaller ones it pays
        ├── UpstreamModelUnknown, UpstreamTooLarge, UpstreamToolless
        ├── UpstreamLimited   its rate limit is reached
        │   └── UpstreamBeyondLimit   this request alone is more than the limit
        ├── UpstreamBusy      overloaded
        │   └── UpstreamFull      as many requests to it are under way as the user allows
        ├── UpstreamFailed    a 5xx
        ├── UpstreamTimeout   silent for too long
        │   ├── UpstreamUnconnected   already while connecting
        │   └── UpstreamHurried   not as long as it may: the client, or others before it, left no more time
        ├── UpstreamUnreachable   no connection: DNS, refused, TLS, proxy
        ├── UpstreamGarbled   an answer outside the grammar
        ├── UpstreamEmpty     an answer without content
        └── UpstreamCut       the answer ended before its end
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ccr.ids import Target

ErrorKind = Literal[
    "invalid_request_error",
    "authentication_error",
    "billing_error",
    "permission_error",
    "not_found_error",
    "request_too_large",
    "rate_limit_error",
    "timeout_error",
    "overloaded_error",
    "api_error",
]

LackKind = Literal[
    "system",  # a system message in the middle of the conversation
    "cache",  # the field cache_control
    "signature",  # the thoughts of earlier turns
    "thinking",  # a value of thinking.type
    "structured",  # an answer by a schema
    "effort",
    "images",  # so many, or such large ones
    "image",
    "document",
    "beta",  # a value of anthropic-beta
    "output",  # an answer as long as max_tokens allows
]


@dataclass(frozen=True, slots=True)
class Lack:
    """What a target cannot take, and a client can do without."""

    kind: LackKind
    value: str = ""  # the thinking type, the beta
    limit: int | None = None  # of tokens in an answer


class CcrError(Exception):
    """Base of all errors that are meant to be read by people."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ConfigInvalid(CcrError):
    """The configuration has faults; the message has one line for each."""


class ServiceProblem(CcrError):
    """The router's process cannot be started, found or stopped."""


class RequestProblem(CcrError):
    """A request cannot be answered."""

    def __init__(self, message: str, *, retry_after: float | None = None, retry: bool | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.retry = retry  # what `x-should-retry` says; None leaves it to the client
        self.told: Mapping[str, str] = {}  # headers that tell the client of its login


class Loop(RequestProblem):
    """The request was sent by the router itself."""


class BadRequest(RequestProblem):
    """The client's request is malformed; the message names the place."""


class UnknownTarget(BadRequest):
    """The request or a route names a provider that is not configured."""


class ContextOverflow(BadRequest):
    """The prompt, or the prompt and the answer that is asked for, does not fit the model's window. In the provider's
    words; the numbers are tokens, None where nobody has said them yet."""

    def __init__(
        self, message: str, *, had: int | None = None, asked: int | None = None, limit: int | None = None
    ) -> None:
        super().__init__(message)
        self.had = had
        self.asked = asked  # max_tokens, where it is counted too
        self.limit = limit


class Unauthorized(RequestProblem):
    """No key, or a wrong one."""


class Forbidden(RequestProblem):
    """The Host or Origin header is not ours."""


class NotFound(RequestProblem):
    """There is no such path, or no such model."""


class TooLarge(RequestProblem):
    """The body is over the limit."""


class Unread(RequestProblem):
    """The body is in an encoding that the router does not read."""


class TooSlow(RequestProblem):
    """The body does not come, or not in time."""


class Draining(RequestProblem):
    """The router is stopping."""


class Overloaded(RequestProblem):
    """As many requests are under way as the user allows."""


class UpstreamProblem(RequestProblem):
    """The provider's fault."""

    def __init__(
        self,
        message: str,
        *,
        target: Target | None = None,
        retry_after: float | None = None,
        retry: bool | None = None,
    ) -> None:
        super().__init__(message, retry_after=retry_after, retry=retry)
        self.target = target


class UpstreamSaid(UpstreamProblem):
    """An error as the provider reported it, by status or inside its stream, before it is classified."""

    def __init__(self, message: str, *, status: int | None = None, code: str = "", retry_after: float | None = None):
        super().__init__(message, retry_after=retry_after)
        self.status = status
        self.code = code


class UpstreamRefused(UpstreamProblem):
    """The provider rejects the request; repeating it does not heal it. Without what is lacking it may pass."""

    def __init__(
        self,
        message: str,
        *,
        target: Target | None = None,
        retry: bool | None = None,
        lack: Lack | None = None,
    ) -> None:
        super().__init__(message, target=target, retry=retry)
        self.lack = lack


class UpstreamLoginRefused(UpstreamRefused):
    """The provider rejects the caller's own login, which Claude Code then renews."""


class UpstreamKeyRefused(UpstreamProblem):
    """The provider rejects our key."""


class UpstreamPlaceRefused(UpstreamKeyRefused):
    """The provider does not serve the country that we ask from."""


class UpstreamUnpaid(UpstreamProblem):
    """The provider's account has no balance."""


class UpstreamUnaffordable(UpstreamUnpaid):
    """The provider's account has too little balance for a request of this size."""


class UpstreamModelUnknown(UpstreamProblem):
    """The provider has no such model."""


class UpstreamTooLarge(UpstreamProblem):
    """The request has more bytes than the provider takes."""


class UpstreamToolless(UpstreamProblem):
    """The model takes no tools, or its server reads no calls."""


class UpstreamLimited(UpstreamProblem):
    """The provider's rate limit is reached."""


class UpstreamBeyondLimit(UpstreamLimited):
    """The request alone is more than the provider's rate limit."""


class UpstreamBusy(UpstreamProblem):
    """The provider is overloaded."""


class UpstreamFull(UpstreamBusy):
    """As many requests to the provider are under way as the user allows: it was not asked."""


class UpstreamFailed(UpstreamProblem):
    """The provider failed on its side."""


class UpstreamTimeout(UpstreamProblem):
    """The provider was silent for too long."""


class UpstreamHurried(UpstreamTimeout):
    """There was no time to wait for the provider as long as one would."""


class UpstreamUnconnected(UpstreamTimeout):
    """No connection to the provider within the time for one."""


class UpstreamUnreachable(UpstreamProblem):
    """No connection to the provider."""


class UpstreamGarbled(UpstreamProblem):
    """The provider's answer is outside the grammar."""


class UpstreamEmpty(UpstreamProblem):
    """The provider's answer ended without content, for no reason that it gives."""


class UpstreamCut(UpstreamProblem):
    """The provider's answer ended before its end."""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    kind: ErrorKind


REPLIES: dict[type[CcrError], Reply] = {
    CcrError: Reply(500, "api_error"),
    BadRequest: Reply(400, "invalid_request_error"),
    Unauthorized: Reply(401, "authentication_error"),
    Forbidden: Reply(403, "permission_error"),
    NotFound: Reply(404, "not_found_error"),
    TooLarge: Reply(413, "request_too_large"),
    Unread: Reply(415, "invalid_request_error"),
    TooSlow: Reply(408, "timeout_error"),
    Loop: Reply(508, "api_error"),
    Draining: Reply(503, "overloaded_error"),
    Overloaded: Reply(529, "overloaded_error"),
    UpstreamRefused: Reply(400, "invalid_request_error"),
    UpstreamLoginRefused: Reply(401, "authentication_error"),
    # Not 401 and 403: Claude Code would tell the user to log in. Not 404: it would ask again, and drop our message. A
    # 424 it shows word by word, and goes to its --fallback-model.
    UpstreamKeyRefused: Reply(424, "permission_error"),
    UpstreamUnpaid: Reply(402, "billing_error"),
    UpstreamModelUnknown: Reply(424, "not_found_error"),
    UpstreamTooLarge: Reply(413, "request_too_large"),
    UpstreamToolless: Reply(400, "invalid_request_error"),
    UpstreamLimited: Reply(429, "rate_limit_error"),
    UpstreamBusy: Reply(529, "overloaded_error"),
    UpstreamTimeout: Reply(504, "timeout_error"),
    UpstreamProblem: Reply(502, "api_error"),
}


def reply_for(error: CcrError) -> Reply:
    return next(REPLIES[cls] for cls in type(error).__mro__ if cls in REPLIES)
