"""AWS's credentials and signature (SigV4): keys in the environment, a profile, SSO, a role of the machine."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import botocore.exceptions
import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from ccr.upstream.failures import CredentialsRefused
from ccr.wire.dialect import UpstreamRequest

LOGIN = "run `aws configure` or `aws sso login`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
REGION = "set AWS_REGION"
UNPRINTABLE = "a key, the session token or the region holds what a header cannot, such as the end of a line"
# What botocore would take from the process's environment.
SETTINGS = {
    "profile": "AWS_PROFILE",
    "credentials_file": "AWS_SHARED_CREDENTIALS_FILE",
    "config_file": "AWS_CONFIG_FILE",
}


class Aws:
    """May block: to be called in a thread, one call at a time."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._credentials: Credentials | None = None

    def sign(self, request: UpstreamRequest) -> Mapping[str, str]:
        """The headers to add. Only those that no proxy on the way changes are signed."""
        region = region_of(request.url) or self._env.get("AWS_REGION") or self._env.get("AWS_DEFAULT_REGION")
        if not region:
            raise CredentialsRefused(f"the region is not known; {REGION}")
        kept = {"content-type": request.headers["content-type"]}
        signed = AWSRequest(method="POST", url=request.url, headers=kept, data=request.body)
        try:
            credentials = self._credentials or self._loaded()
            keys = credentials.get_frozen_credentials()
            if not all(part.isascii() and part.isprintable() for part in (*keys, region) if part):
                raise botocore.exceptions.InvalidConfigError(error_msg=UNPRINTABLE)
            SigV4Auth(keys, service_of(request.url), region).add_auth(signed)
        except CredentialsRefused:
            raise
        except Exception as failure:  # noqa: BLE001 - the library takes what files and programs give as it comes
            self._credentials = None
            raise CredentialsRefused(f"AWS credentials cannot be used ({_cause(failure)}); {LOGIN}") from None
        self._credentials = credentials
        return {name.lower(): value for name, value in signed.headers.items() if name.lower() not in kept}

    def _loaded(self) -> Credentials:
        key, secret = self._env.get("AWS_ACCESS_KEY_ID"), self._env.get("AWS_SECRET_ACCESS_KEY")
        if key and secret:
            return Credentials(key, secret, self._env.get("AWS_SESSION_TOKEN"))
        session = botocore.session.Session()
        for name, variable in SETTINGS.items():
            if value := self._env.get(variable):
                session.set_config_variable(name, value)
        credentials = session.get_credentials()
        if credentials is None:
            raise CredentialsRefused(f"no AWS credentials are found; {LOGIN}")
        return credentials


def region_of(url: str) -> str | None:
    """bedrock-mantle.us-east-1.api.aws, bedrock-runtime.us-east-1.amazonaws.com"""
    match (urlsplit(url).hostname or "").split("."):
        case [service, region, *_] if service.startswith("bedrock-"):
            return region
        case _:
            return None


def service_of(url: str) -> str:
    path = urlsplit(url).path
    return "bedrock" if path.endswith(("/invoke", "/invoke-with-response-stream")) else "bedrock-mantle"


def _cause(failure: Exception) -> str:
    """What others than the library say may quote a secret: of that, the kind is told."""
    match failure:
        case botocore.exceptions.BotoCoreError():
            return " ".join(str(failure).split())[:200]
        case OSError(strerror=str(text), filename=file):
            return f"{file}: {text}"
        case _:
            return f"what gives them is set up or answers wrongly: {type(failure).__name__}"
