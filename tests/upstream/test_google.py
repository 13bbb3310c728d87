import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ccr.errors import UpstreamKeyRefused
from ccr.upstream.failures import CredentialsRefused
from ccr.upstream.google import Google
from ccr.upstream.http import Http
from ccr.upstream.signing import Signing
from ccr.wire.dialect import UpstreamRequest
from tests.support.clouds import GoogleCloud
from tests.support.upstream import Answer, Received, Upstream, reply
from tests.support.wiring import upstream_at

REQUEST = UpstreamRequest("https://aiplatform.googleapis.com/v1/x", {"content-type": "application/json"}, b"{}")


@pytest.fixture
def cloud() -> GoogleCloud:
    return GoogleCloud()


@pytest.fixture
def server(cloud: GoogleCloud) -> Iterator[Upstream]:
    with Upstream(cloud) as server:
        yield server


@pytest.fixture
def file(cloud: GoogleCloud, server: Upstream, tmp_path: Path) -> Path:
    path = tmp_path / "account.json"
    path.write_text(cloud.account(server.url))
    return path


def signer(file: Path) -> Google:
    return Google({"GOOGLE_APPLICATION_CREDENTIALS": str(file)})


async def test_a_service_account_is_let_in(server: Upstream, file: Path) -> None:
    http = Http(lambda url, own: None)
    signing = Signing(http.send, {"GOOGLE_APPLICATION_CREDENTIALS": str(file)})
    provider = upstream_at(f"{server.url}/models", auth="google")
    exchange = await signing.send(provider, UpstreamRequest(f"{server.url}/models", REQUEST.headers, b"{}"))
    await http.close()
    assert exchange.status == 200


def test_a_token_is_kept_until_shortly_before_it_expires(cloud: GoogleCloud, file: Path) -> None:
    google = signer(file)
    assert google.sign(REQUEST) == google.sign(REQUEST) == {"authorization": "Bearer made-up-token-0"}
    cloud.lifetime = 60
    google = signer(file)
    first, second = google.sign(REQUEST), google.sign(REQUEST)
    assert first != second


def test_a_token_that_still_holds_is_used_when_no_newer_one_comes(cloud: GoogleCloud, file: Path) -> None:
    cloud.lifetime = 120
    google = signer(file)
    first = google.sign(REQUEST)
    cloud.refuses = True
    assert google.sign(REQUEST) == google.sign(REQUEST) == first


def test_a_refused_account_is_named_with_the_remedy_and_without_its_key(cloud: GoogleCloud, file: Path) -> None:
    cloud.refuses = True
    with pytest.raises(CredentialsRefused) as refused:
        signer(file).sign(REQUEST)
    assert str(refused.value).startswith(f"Google's credentials in {file} give no token (")
    assert "account disabled" in str(refused.value)
    assert "gcloud auth application-default login" in str(refused.value)
    assert "PRIVATE KEY" not in str(refused.value)
    cloud.refuses = False
    assert signer(file).sign(REQUEST)


def test_a_forged_account_gets_no_token(cloud: GoogleCloud, server: Upstream, tmp_path: Path) -> None:
    text = cloud.account(server.url).replace("router@", "robber@")
    (tmp_path / "forged.json").write_text(text)
    with pytest.raises(CredentialsRefused, match="Invalid JWT: iss"):
        signer(tmp_path / "forged.json").sign(REQUEST)


@pytest.mark.parametrize("content", [None, "not JSON", '{"type": "unheard of"}', "{}"])
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "bad.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CredentialsRefused, match=r"Google's credentials in .*bad\.json cannot be used .*gcloud auth"):
        signer(path).sign(REQUEST)


def test_a_login_of_gcloud_is_found_and_names_who_pays(
    cloud: GoogleCloud, server: Upstream, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("google.oauth2.credentials._GOOGLE_OAUTH2_TOKEN_ENDPOINT", f"{server.url}/token")
    folder = tmp_path / ".config" / "gcloud"
    folder.mkdir(parents=True)
    (folder / "application_default_credentials.json").write_text(cloud.login())
    headers = Google({"HOME": str(tmp_path)}).sign(REQUEST)
    assert headers == {"authorization": "Bearer made-up-token-0", "x-goog-user-project": "payer"}


def test_a_machine_of_google_has_credentials_of_its_own(
    server: Upstream, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("google.auth.compute_engine._metadata._GCE_METADATA_HOST", server.url.removeprefix("http://"))
    assert Google({"HOME": str(tmp_path)}).sign(REQUEST) == {"authorization": "Bearer made-up-token-0"}


async def test_a_guessed_token_is_refused(server: Upstream) -> None:
    http = Http(lambda url, own: None)
    provider = upstream_at(server.url, auth="google")
    answer = await http.send(provider, UpstreamRequest(server.url, {"authorization": "Bearer guessed"}, b"{}"))
    await http.close()
    assert answer.status == 401


async def test_nothing_is_sent_without_credentials(server: Upstream, tmp_path: Path) -> None:
    http = Http(lambda url, own: None)
    signing = Signing(http.send, {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "none.json")})
    with pytest.raises(UpstreamKeyRefused, match="provider acme: Google's credentials in"):
        await signing.send(upstream_at(server.url, auth="google"), REQUEST)
    await http.close()
    assert server.requests == []


TOKEN = b'"access_token": "made-up-secret"'


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, b"<html>sign in</html>", "unexpected content: TypeError"),
        (200, b"[]", "unexpected content: TypeError"),
        (200, b"null", "unexpected content: TypeError"),
        (200, b"\xff\xfe", "it is not UTF-8"),
        (200, b'{%s, "expires_in": "x"}' % TOKEN, "invalid literal"),
        (200, b'{%s, "expires_in": 1e400}' % TOKEN, "unexpected content: OverflowError"),
        (200, b'{%s, "expires_in": 100000000000000000}' % TOKEN, "unexpected content: OverflowError"),
        (200, b'{"access_token": "made-up-secret\\r\\nx-evil: 1"}', "the token holds what a header cannot"),
        (200, '{"access_token": "made-up-secret-é"}'.encode(), "the token holds what a header cannot"),
        (200, b'{"access_token": ""}', "the token is no text"),
        (200, b'{"access_token": 5}', "the token is no text"),
        (400, b"[1]", "unexpected content: TypeError"),
    ],
)
def test_a_token_endpoint_that_answers_anything_else_is_told_with_the_remedy(
    cloud: GoogleCloud, tmp_path: Path, status: int, body: bytes, said: str
) -> None:
    def answer(request: Received) -> Answer:
        return reply(status, body)

    with Upstream(answer) as server:
        (tmp_path / "a.json").write_text(cloud.account(server.url))
        google = signer(tmp_path / "a.json")
        for _ in range(2):  # what is of no use is not kept
            with pytest.raises(CredentialsRefused, match=rf"a\.json give no token \({said}.*\); run `gc") as refused:
                google.sign(REQUEST)
            assert "made-up-secret" not in str(refused.value)
            assert "\n" not in str(refused.value)


@pytest.mark.parametrize("source", [[], "x", {"type": 5}, None])
def test_a_file_of_another_form_is_told_with_the_remedy(tmp_path: Path, source: object) -> None:
    file = tmp_path / "a.json"
    file.write_text(json.dumps({"type": "impersonated_service_account", "source_credentials": source}))
    with pytest.raises(CredentialsRefused, match=r"a\.json cannot be used \(.+\); run `gcloud"):
        signer(file).sign(REQUEST)
