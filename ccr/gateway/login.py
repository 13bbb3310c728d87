"""The caller's own login: with what they prove to a provider who they are where its `auth` is "client". It goes there,
and nowhere else.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import blake2b

from ccr.config.schema import Secret
from ccr.errors import RequestProblem, UpstreamKeyRefused, UpstreamLoginRefused, UpstreamSaid
from ccr.gateway.inbound import Inbound
from ccr.ids import Target
from ccr.providers.resolve import Upstream

HEADERS = ("authorization", "x-api-key")
KEY = "x-ccr-key"  # where the router's own key travels when the others hold a login

# How much of a subscription is used. Claude Code shows it as the user's own.
LIMITS = "anthropic-ratelimit-unified-"
BETA = "oauth-"  # belongs to a login as other betas do to their fields


def apart(inbound: Inbound, key: str) -> Inbound:
    """With the login beside the other headers, which go to many places, and without the router's own key."""
    given = {name: inbound.headers[name] for name in HEADERS if inbound.headers.get(name)}
    login = {name: Secret(value) for name, value in given.items() if _token(name, value) not in ("", key)}
    headers = {name: value for name, value in inbound.headers.items() if name not in (*HEADERS, KEY)}
    return replace(inbound, headers=headers, login=login)


def caller(inbound: Inbound) -> str:
    """By which a login is known, and cannot be found out."""
    proofs = "\n".join(tokens(inbound)).encode("utf-8", "surrogatepass")
    return blake2b(proofs, digest_size=8).hexdigest() if proofs else ""


def tokens(inbound: Inbound) -> Iterator[str]:
    return (_token(name, value.reveal()) for name, value in inbound.login.items())


def _token(name: str, value: str) -> str:
    """Without the scheme and blanks of any kind; none where the value is of another form, in which the router's own key
    may hide."""
    match name, value.split():
        case "authorization", [scheme, token] if scheme.lower() == "bearer":
            return token
        case "x-api-key", [token]:
            return token
        case _:
            return ""


def proof(inbound: Inbound, target: Target) -> Mapping[str, str]:
    """What goes out in place of a key. Who does not speak as Claude Code does has another's login, if any."""
    if inbound.client.name != "anthropic" or not inbound.login:
        raise UpstreamKeyRefused(
            f"{target} is asked with your own Claude login, and this request has none: "
            "log in with `claude /login` and start Claude Code with `ccr code`",
            target=target,
            retry=False,
        )
    return {name: value.reveal() for name, value in inbound.login.items()}


def without_beta(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers for a provider that does not get the login."""
    betas = headers.get("anthropic-beta", "")
    if BETA not in betas:
        return dict(headers)
    kept = ",".join(beta for beta in betas.split(",") if not beta.strip().startswith(BETA))
    return {name: kept if name == "anthropic-beta" else value for name, value in headers.items()}


def told(headers: Mapping[str, str], upstream: Upstream, *, copy: bool) -> dict[str, str]:
    """Of a provider's headers those that may be for the client. The limits of a key of ours are not the caller's."""
    own = upstream.auth == "client"
    return {name: value for name, value in headers.items() if (own if name.startswith(LIMITS) else copy)}


def explained(said: UpstreamSaid, problem: RequestProblem, target: Target) -> RequestProblem:
    """A login is its owner's to mend: at a 401 Claude Code renews it, and of limits it speaks in its own words."""
    if isinstance(problem, UpstreamKeyRefused):
        kind = UpstreamLoginRefused if said.status == 401 else UpstreamKeyRefused
        words = f"{said.message.strip()} [{target}]: {target.provider} refused your login; `claude /login` renews it"
        problem = kind(words, target=target, retry=False)
    problem.told = said.told
    return problem
