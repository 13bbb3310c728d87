"""Google's credentials: a service account's file, `gcloud auth application-default login`, or the machine's own."""

import os.path
from collections.abc import Mapping

import google.auth
import google.auth.exceptions
from google.auth.compute_engine import Credentials as MachineCredentials
from google.auth.credentials import Credentials, TokenState
from google.auth.transport.requests import Request

from ccr.upstream.refused import CredentialsRefused
from ccr.wire.dialect import UpstreamRequest

SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
FILE = "GOOGLE_APPLICATION_CREDENTIALS"
LOGIN = "run `gcloud auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS to a service account's file"


class Google:
    """All of it blocks: to be called in a thread, one call at a time."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._credentials: Credentials | None = None

    def sign(self, request: UpstreamRequest) -> Mapping[str, str]:
        """The headers to add. A token is fetched anew a few minutes before it expires."""
        credentials = self._credentials or self._loaded()
        if credentials.token_state is not TokenState.FRESH:
            try:
                credentials.refresh(Request())
            except google.auth.exceptions.GoogleAuthError as failure:
                self._credentials = None  # the file may be another one by the next request
                if credentials.token_state is TokenState.INVALID:
                    raise CredentialsRefused(f"{self._source()} give no token ({_cause(failure)}); {LOGIN}") from None
            else:
                self._credentials = credentials
        headers: dict[str, str] = {}
        credentials.apply(headers)
        return headers

    def _loaded(self) -> Credentials:
        path = self._path()
        if path is None:
            return MachineCredentials(scopes=SCOPES)
        try:
            credentials: Credentials = google.auth.load_credentials_from_file(path, scopes=SCOPES)[0]
        except google.auth.exceptions.GoogleAuthError as failure:
            raise CredentialsRefused(f"{self._source()} cannot be used ({_cause(failure)}); {LOGIN}") from None
        return credentials

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


def _cause(failure: Exception) -> str:
    return str(failure.args[0] if failure.args else failure).split("\n", 1)[0][:200]
