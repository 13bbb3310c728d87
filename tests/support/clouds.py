"""Stand-ins for Google's and AWS's authentication. They check signatures by themselves, not with the clouds' libraries.

google = GoogleCloud()
with Upstream(google) as upstream:              # its token endpoint is upstream.url + "/token"
    path.write_text(google.account(upstream.url))
"""

import base64
import hashlib
import hmac
import json
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote
from zlib import crc32

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.support.upstream import Answer, Received, reply

EMAIL = "router@made-up.iam.gserviceaccount.com"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
AUDIENCE = "https://oauth2.googleapis.com/token"  # also where the file names another endpoint
ANSWER = {"type": "message", "content": [{"type": "text", "text": "hi"}], "stop_reason": "end_turn", "usage": {}}


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=1024)  # to load one of 2048 takes 60 ms


@dataclass
class GoogleCloud:
    """A token endpoint, a metadata server, and models that answer who has a token of either."""

    lifetime: int = 3600
    refuses: bool = False
    answer: Answer | None = None
    tokens: list[str] = field(default_factory=list)  # all that were issued

    def account(self, url: str) -> str:
        """The file of a service account."""
        pem = _key().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        account = {"type": "service_account", "client_email": EMAIL, "private_key": pem.decode()}
        return json.dumps({**account, "private_key_id": "k1", "token_uri": f"{url}/token"})

    def login(self) -> str:
        """The file that gcloud writes for a user."""
        user = {"type": "authorized_user", "client_id": "i", "client_secret": "s", "refresh_token": "made-up-refresh"}
        return json.dumps({**user, "quota_project_id": "payer"})

    def __call__(self, request: Received) -> Answer:
        if request.path == "/token":
            return self._token(request)
        if request.path == "/computeMetadata/v1/instance/service-accounts/default/token":
            return self._issued() if request.headers.get("metadata-flavor") == "Google" else reply(403, {})
        if request.path == "/computeMetadata/v1/instance/service-accounts/default/":
            return reply(200, {"email": EMAIL, "scopes": [SCOPE]}, {"metadata-flavor": "Google"})
        if request.headers.get("authorization", "") not in {f"Bearer {token}" for token in self.tokens}:
            return reply(401, {"error": {"code": 401, "message": "Request had invalid authentication credentials."}})
        return self.answer or reply(200, ANSWER)

    def _token(self, request: Received) -> Answer:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        fault = "account disabled" if self.refuses else _fault(form)
        if fault:
            return reply(400, {"error": "invalid_grant", "error_description": fault})
        return self._issued()

    def _issued(self) -> Answer:
        self.tokens.append(f"made-up-token-{len(self.tokens)}")
        answer = {"access_token": self.tokens[-1], "expires_in": self.lifetime, "token_type": "Bearer"}
        return reply(200, answer, {"metadata-flavor": "Google"})


def _fault(form: dict[str, str]) -> str:
    if form["grant_type"] == "refresh_token":
        return "" if form["refresh_token"] == "made-up-refresh" else "Token has been expired or revoked."
    head, claims, signature = form["assertion"].split(".")
    try:
        _key().public_key().verify(
            _decoded(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256()
        )
    except InvalidSignature:
        return "Invalid JWT Signature."
    said: dict[str, Any] = json.loads(_decoded(claims))
    expected = {"iss": EMAIL, "scope": SCOPE, "aud": AUDIENCE}
    wrong = [name for name in expected if said.get(name) != expected[name]]
    if json.loads(_decoded(head))["alg"] != "RS256" or not said["iat"] <= _now() + 10 < said["exp"]:
        wrong.append("alg, iat or exp")
    return f"Invalid JWT: {', '.join(wrong)}" if wrong else ""


def _now() -> float:
    return datetime.now(UTC).timestamp()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(\w+)/(\d{8})/([\w-]+)/([\w-]+)/aws4_request, "
    r"SignedHeaders=([\w;-]+), Signature=([0-9a-f]{64})"
)


@dataclass
class AwsCloud:
    """Models that answer who signs with the secret. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html"""

    access: str = "AKIAMADEUP"
    secret: str = "made-up-secret"
    token: str = ""
    region: str = "eu-test-1"
    services: list[str] = field(default_factory=list)  # for which it was asked
    answer: Answer | None = None

    def __call__(self, request: Received) -> Answer:
        if fault := self._fault(request):
            return reply(403, {"message": fault})
        return self.answer or reply(200, ANSWER)

    def _fault(self, request: Received) -> str:
        found = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        if not found:
            return "Missing Authentication Token"
        access, day, region, service, names, signature = found.groups()
        self.services.append(service)
        if access != self.access or request.headers.get("x-amz-security-token", "") != self.token:
            return "The security token included in the request is invalid."
        if region != self.region:
            return f"Credential should be scoped to a valid region: {self.region}"
        if abs(datetime.strptime(f"{day}Z", "%Y%m%d%z").timestamp() - _now()) > 86400 + 60:
            return "Signature expired"
        path, _, query = request.target.partition("?")
        signed = names.split(";")
        if not {"host", "x-amz-date"} <= set(signed):
            return "'Host' or 'x-amz-date' must be a 'SignedHeader' in the AWS Authorization."
        canonical = "\n".join(
            [
                request.method,
                quote(path, safe="/-_.~"),
                "&".join(sorted(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in parse_qsl(query))),
                *(f"{name}:{' '.join(request.headers[name].split())}" for name in signed),
                "",
                names,
                hashlib.sha256(request.body).hexdigest(),
            ]
        )
        scope = f"{day}/{region}/{service}/aws4_request"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        key = f"AWS4{self.secret}".encode()
        for part in (day, region, service, "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        text = f"AWS4-HMAC-SHA256\n{request.headers['x-amz-date']}\n{scope}\n{digest}"
        if not hmac.compare_digest(hmac.digest(key, text.encode(), "sha256").hex(), signature):
            return "The request signature we calculated does not match the signature you provided."
        return ""


def message(headers: bytes | Mapping[str, str], payload: bytes) -> bytes:
    """One message of AWS's event stream; headers that are text are written, others are given as bytes."""
    if not isinstance(headers, bytes):
        headers = b"".join(
            bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value.encode())) + value.encode()
            for name, value in headers.items()
        )
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    body = prelude + struct.pack(">I", crc32(prelude)) + headers + payload
    return body + struct.pack(">I", crc32(body))


def chunk(event: object) -> bytes:
    """An event of Anthropic's stream, as bedrock-runtime sends it."""
    data = base64.b64encode(json.dumps(event).encode()).decode()
    headers = {":event-type": "chunk", ":content-type": "application/json", ":message-type": "event"}
    return message(headers, json.dumps({"bytes": data, "p": "abcdefgh"}).encode())


def exception(kind: str, text: str) -> bytes:
    headers = {":exception-type": kind, ":content-type": "application/json", ":message-type": "exception"}
    return message(headers, json.dumps({"message": text}).encode())
