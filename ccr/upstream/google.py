"""Google's credentials: a service account's file, `gcloud auth application-default login`, or the machine's own."""

import os.path
from collections.abc import Callable, Mapping

import msgspec
from google.auth import identity_pool, impersonated_credentials
from google.auth.compute_engine import Credentials as MachineCredentials
from google.auth.credentials import Credentials, TokenState
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request
from google.oauth2 import credentials as user
from google.oauth2 import service_account

from ccr.upstream.failures import CredentialsRefused
from ccr.wire.dialect import UpstreamRequest

SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
FILE = "GOOGLE_APPLICATION_CREDENTIALS"
LOGIN = "run `gcloud auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS to a service account's file"

# What a file may hold, by its type.
KINDS: Mapping[str, Callable[[dict[str, object]], Credentials]] = {
    "service_account": lambda info: service_account.Credentials.from_service_account_info(info, scopes=SCOPES),
    "authorized_user": lambda info: user.Credentials.from_authorized_user_info(info, scopes=SCOPES),
    "external_account": lambda info: identity_pool.Credentials.from_info(info, scopes=SCOPES),
    "impersonated_service_account": lambda info: (
        impersonated_credentials.Credentials.from_impersonated_service_account_info(info, scopes=SCOPES)
    ),
}


class Google:
    """All of it blocks: to be called in a thread, one call at a time."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._credentials: Credentials | None = None

    def sign(self, request: UpstreamRequest) -> Mapping[str, str]:
        """The headers to add. A token is fetched anew a few minutes before it expires."""
        credentials = self._credentials or self._loaded()
        self._credentials = None  # where this fails, the file may be another one by the next request
        try:
            headers = _headers(credentials)
        except Exception as failure:  # noqa: BLE001 - the library takes what the token endpoint answers as it comes
            raise CredentialsRefused(f"{self._source()} give no token ({_cause(failure)}); {LOGIN}") from None
        self._credentials = credentials
        return headers

    def _loaded(self) -> Credentials:
        path = self._path()
        if path is None:
            return MachineCredentials(scopes=SCOPES)
        try:
            with open(path, "rb") as file:
                info = msgspec.json.decode(file.read(), type=dict[str, object])
            if info.get("type") not in KINDS:
                raise ValueError(f"its type is none of {', '.join(KINDS)}")
            return KINDS[str(info["type"])](info)
        except Exception as failure:  # noqa: BLE001 - the library takes the file's fields as they come
            raise CredentialsRefused(f"{self._source()} cannot be used ({_cause(failure)}); {LOGIN}") from None

    def _path(self) -> str | None:
        """The file that is named, or the one that gcloud writes; None: the machine's metadata server is asked."""
        if named := self._env.get(FILE):
            return named
        folder = self._env.get("CLOUDSDK_CONFIG") or os.path.join(self._env.get("HOME", ""), ".config", "gcloud")
        path = os.path.join(folder, "application_default_credentials.json")
        return path if os.path.isfile(path) else None

    def _source(self) -> str:
        path = self._path()
        return f"Google's credentials in {path}" if path else "this machine's own Google credentials"


def _headers(credentials: Credentials) -> dict[str, str]:
    if credentials.token_state is not TokenState.FRESH:
        try:
            credentials.refresh(Request())
        except Exception:
            if credentials.token_state is TokenState.INVALID:
                raise
    if not (isinstance(credentials.token, str) and credentials.token):
        raise ValueError("the token is no text")
    headers: dict[str, str] = {}
    credentials.apply(headers)
    if not all(value.isascii() and value.isprintable() for value in headers.values()):
        raise ValueError("the token holds what a header cannot")
    return headers


def _cause(failure: Exception) -> str:
    """What others than the library and we say may quote a secret: of that, the kind is told."""
    match failure:
        case OSError(strerror=str(text)):
            return text
        case UnicodeError():
            return "it is not UTF-8"
        case GoogleAuthError() | ValueError():
            said: object = failure
            while (parts := getattr(said, "args", said)) and isinstance(parts, tuple):
                said = parts[0]
            return " ".join(str(said).split())[:200]
        case _:
            return f"unexpected content: {type(failure).__name__}"
