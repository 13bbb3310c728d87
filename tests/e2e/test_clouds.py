"""The router as a process, in front of stand-ins for the clouds that check who asks."""

from pathlib import Path

import pytest

from tests.support import messages, upstream
from tests.support.clouds import AwsCloud, GoogleCloud, chunk
from tests.support.parts import text, usage
from tests.support.running import running_router
from tests.support.upstream import Upstream

pytestmark = pytest.mark.e2e

ASK = {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 100}
VERTEX = {"name": "vertex", "models": ["claude-x"], "transformer": {"use": ["vertex-claude"]}}
BEDROCK = {"name": "aws", "models": ["anthropic.claude-x-v1:0"], "dialect": "bedrock-claude"}
SAID = (text("hi there"), usage(10, 3))


def test_a_service_account_asks_claude_on_vertex(tmp_path: Path) -> None:
    cloud = GoogleCloud(answer=messages.stream(*SAID))
    with Upstream(cloud) as server:
        (tmp_path / "account.json").write_text(cloud.account(server.url))
        provider = {**VERTEX, "api_base_url": f"{server.url}/v1/projects/p/locations/l"}
        variables = {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "account.json")}
        config = {"Providers": [provider], "Router": {"default": "vertex,claude-x"}}
        with running_router(config, tmp_path, variables) as router:
            assert [router.hear({**ASK, "model": "m"}).text for _ in range(2)] == ["hi there"] * 2
    asked = [request for request in server.requests if request.path != "/token"]
    assert len(server.requests) - len(asked) == 1
    assert asked[0].path == "/v1/projects/p/locations/l/publishers/anthropic/models/claude-x:streamRawPredict"
    assert asked[0].json["anthropic_version"] == "vertex-2023-10-16"
    assert "x-api-key" not in asked[0].headers


def test_keys_of_aws_ask_claude_at_bedrocks_older_door(tmp_path: Path) -> None:
    frames = b"".join(chunk(event) for event in messages.events(*SAID))
    cloud = AwsCloud(answer=upstream.stream(frames, headers={"content-type": "application/vnd.amazon.eventstream"}))
    variables = {"AWS_ACCESS_KEY_ID": cloud.access, "AWS_SECRET_ACCESS_KEY": cloud.secret, "AWS_REGION": cloud.region}
    with Upstream(cloud) as server:
        provider = {**BEDROCK, "api_base_url": f"{server.url}/model"}
        config = {"Providers": [provider], "Router": {"default": "aws,anthropic.claude-x-v1:0"}}
        with running_router(config, tmp_path, variables) as router:
            assert router.hear({**ASK, "model": "m"}).text == "hi there"
    assert server.only.path == "/model/anthropic.claude-x-v1:0/invoke-with-response-stream"
    assert cloud.services == ["bedrock"]


def test_a_key_of_bedrock_is_sent_as_it_is(tmp_path: Path) -> None:
    with Upstream([messages.stream(*SAID)]) as server:
        provider = {**BEDROCK, "api_base_url": server.url}
        config = {"Providers": [provider], "Router": {"default": "aws,anthropic.claude-x-v1:0"}}
        with running_router(config, tmp_path, {"AWS_BEARER_TOKEN_BEDROCK": "made-up-key"}) as router:
            assert router.hear({**ASK, "model": "m"}).text == "hi there"
    assert server.only.path == "/anthropic/v1/messages"
    assert server.only.headers["authorization"] == "Bearer made-up-key"


def test_who_has_no_credentials_is_told_what_to_run(tmp_path: Path) -> None:
    with Upstream() as server:
        provider = {**VERTEX, "api_base_url": f"{server.url}/v1/projects/p/locations/l"}
        config = {"Providers": [provider], "Router": {"default": "vertex,claude-x"}}
        variables = {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "nothing.json")}
        with running_router(config, tmp_path, variables) as router:
            answer = router.messages({**ASK, "model": "m"})
    assert answer.status_code == 424
    assert "gcloud auth application-default login" in answer.json()["error"]["message"]
    assert server.requests == []
