from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from ccr.upstream.aws import Aws, region_of, service_of
from ccr.upstream.failures import CredentialsRefused
from ccr.upstream.http import Http
from ccr.upstream.signing import Signing
from ccr.wire.dialect import UpstreamRequest
from tests.support.clouds import AwsCloud
from tests.support.upstream import Upstream
from tests.support.wiring import upstream_at

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAMADEUP", "AWS_SECRET_ACCESS_KEY": "made-up-secret", "AWS_REGION": "eu-test-1"}
HEADERS = {"content-type": "application/json", "anthropic-version": "2023-06-01"}
BODY = '{"messages": "ä"}'.encode()


@pytest.fixture
def cloud() -> AwsCloud:
    return AwsCloud()


@pytest.fixture
def server(cloud: AwsCloud) -> Iterator[Upstream]:
    with Upstream(cloud) as server:
        yield server


async def status(server: Upstream, path: str, env: Mapping[str, str], body: bytes = BODY) -> int:
    http = Http(lambda url, own: None)
    provider = upstream_at(server.url, auth="aws")
    exchange = await Signing(http.send, env).send(provider, UpstreamRequest(server.url + path, HEADERS, body))
    await http.close()
    return exchange.status


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/anthropic/v1/messages", "bedrock-mantle"),
        ("/model/anthropic.claude-x-v1:0/invoke", "bedrock"),
        ("/model/arn:aws:bedrock:eu:1:profile%2Fa/invoke-with-response-stream", "bedrock"),
        ("/anthropic/v1/messages?beta=true&a=b%20c", "bedrock-mantle"),
    ],
)
async def test_a_signature_holds_at_both_doors(server: Upstream, cloud: AwsCloud, path: str, service: str) -> None:
    assert await status(server, path, KEYS) == 200
    assert cloud.services == [service]


async def test_a_large_body_is_signed_as_it_goes_out(server: Upstream) -> None:
    assert await status(server, "/anthropic/v1/messages", KEYS, b'"' + b"x" * 2_000_000 + b'"') == 200


async def test_a_session_token_is_signed_and_sent(server: Upstream, cloud: AwsCloud) -> None:
    cloud.token = "made-up-session"
    assert await status(server, "/x", {**KEYS, "AWS_SESSION_TOKEN": "made-up-session"}) == 200
    assert await status(server, "/x", {**KEYS, "AWS_SESSION_TOKEN": "another"}) == 403


async def test_a_wrong_secret_is_refused(server: Upstream) -> None:
    assert await status(server, "/x", {**KEYS, "AWS_SECRET_ACCESS_KEY": "guessed"}) == 403


async def test_what_was_changed_on_the_way_is_refused(server: Upstream) -> None:
    request = UpstreamRequest(f"{server.url}/x", HEADERS, BODY)
    headers = {**HEADERS, **Aws(KEYS).sign(request)}
    http = Http(lambda url, own: None)
    answer = await http.send(upstream_at(server.url), replace(request, headers=headers, body=BODY + b" "))
    await http.close()
    assert answer.status == 403


async def test_a_profile_is_read_from_its_file(server: Upstream, tmp_path: Path) -> None:
    file = tmp_path / "credentials"
    file.write_text("[work]\naws_access_key_id = AKIAMADEUP\naws_secret_access_key = made-up-secret\n")
    env = {"AWS_SHARED_CREDENTIALS_FILE": str(file), "AWS_PROFILE": "work", "AWS_REGION": "eu-test-1"}
    assert await status(server, "/x", env) == 200


def request(url: str = "https://bedrock-mantle.eu-test-1.api.aws/anthropic/v1/messages") -> UpstreamRequest:
    return UpstreamRequest(url, HEADERS, BODY)


def test_credentials_are_looked_for_once(tmp_path: Path) -> None:
    file = tmp_path / "credentials"
    file.write_text("[work]\naws_access_key_id = AKIAMADEUP\naws_secret_access_key = made-up-secret\n")
    signer = Aws({"AWS_SHARED_CREDENTIALS_FILE": str(file), "AWS_PROFILE": "work"})
    assert signer.sign(request()).keys() == {"authorization", "x-amz-date"}
    file.unlink()
    assert signer.sign(request())


def test_a_profile_that_is_not_there_is_told_with_the_remedy() -> None:
    with pytest.raises(
        CredentialsRefused, match=r"AWS credentials cannot be used \(.*nowhere.*\); run `aws configure`"
    ):
        Aws({"AWS_PROFILE": "nowhere"}).sign(request())


def test_no_credentials_at_all_are_told_with_the_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")  # the library asks the machine otherwise
    empty = str(tmp_path / "none")
    with pytest.raises(
        CredentialsRefused, match="no AWS credentials are found; run `aws configure` or `aws sso login`"
    ):
        Aws({"AWS_SHARED_CREDENTIALS_FILE": empty, "AWS_CONFIG_FILE": empty}).sign(request())


def test_a_region_that_nobody_names_is_asked_for() -> None:
    with pytest.raises(CredentialsRefused, match="the region is not known; set AWS_REGION"):
        Aws({**KEYS, "AWS_REGION": ""}).sign(request("http://127.0.0.1/x"))


@pytest.mark.parametrize(
    ("url", "region"),
    [
        ("https://bedrock-mantle.us-east-1.api.aws/anthropic", "us-east-1"),
        ("https://bedrock-runtime.eu-west-1.amazonaws.com/model", "eu-west-1"),
        ("http://127.0.0.1:1/x", None),
    ],
)
def test_the_address_says_the_region(url: str, region: str | None) -> None:
    assert region_of(url) == region


def test_the_path_says_the_service() -> None:
    assert service_of("https://a.test/model/x/invoke") == "bedrock"
    assert service_of("https://a.test/anthropic/v1/messages") == "bedrock-mantle"


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ('echo "<html>made-up-secret"', "what gives them is set up or answers wrongly: JSONDecodeError"),
        ("echo [1]", "what gives them is set up or answers wrongly: AttributeError"),
        ("/nonexistent/program", "/nonexistent/program: No such file or directory"),
        ('"unbalanced', "what gives them is set up or answers wrongly: ValueError"),
    ],
)
def test_a_program_that_gives_no_credentials_is_told_with_the_remedy(tmp_path: Path, program: str, said: str) -> None:
    file = tmp_path / "config"
    file.write_text(f"[default]\ncredential_process = {program}\n")
    none = str(tmp_path / "none")
    with pytest.raises(CredentialsRefused) as refused:
        Aws({"AWS_CONFIG_FILE": str(file), "AWS_SHARED_CREDENTIALS_FILE": none}).sign(request())
    assert str(refused.value).startswith(f"AWS credentials cannot be used ({said}); run `aws configure`")
    assert "made-up-secret" not in str(refused.value)


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
@pytest.mark.parametrize("value", ["made-up\nx", "made-up-é"])
def test_keys_with_the_end_of_a_line_are_not_signed_with(name: str, value: str) -> None:
    with pytest.raises(CredentialsRefused, match="holds what a header cannot, such as the end of a line") as refused:
        Aws({**KEYS, name: value}).sign(request())
    assert "made-up" not in str(refused.value)
