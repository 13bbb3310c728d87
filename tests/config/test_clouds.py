from collections.abc import Mapping
from typing import Any

import pytest

from ccr.config.clouds import cloud
from ccr.config.parse import parse
from ccr.config.schema import Provider, QuirkUse, Secret
from ccr.errors import ConfigInvalid

GOOGLE = {"GOOGLE_CLOUD_PROJECT": "acme-1", "GOOGLE_CLOUD_LOCATION": "us-east5"}
VERTEX = {"name": "vertex", "models": ["claude-x"], "transformer": {"use": ["vertex-claude"]}}
BEDROCK = {"name": "aws", "models": ["anthropic.claude-x"], "dialect": "bedrock"}


def provider(env: Mapping[str, str], entry: Mapping[str, Any], **more: str) -> Provider:
    (found,) = parse({"Providers": [{**entry, **more}], "Router": {}}, env).providers
    return found


@pytest.mark.parametrize(
    ("dialect", "uses", "found"),
    [
        ("vertex-claude", (), "vertex-claude"),
        (None, (QuirkUse("Vertex_Gemini"),), "vertex-gemini"),
        (None, (QuirkUse("maxtoken"),), None),
        ("openai", (QuirkUse("vertex-gemini"),), None),
    ],
)
def test_a_cloud_is_named_by_dialect_or_transformer(
    dialect: str | None, uses: tuple[QuirkUse, ...], found: str | None
) -> None:
    assert cloud(dialect, uses) == found


@pytest.mark.parametrize(
    ("env", "url"),
    [
        (GOOGLE, "https://us-east5-aiplatform.googleapis.com/v1/projects/acme-1/locations/us-east5"),
        ({"GOOGLE_CLOUD_PROJECT": "p"}, "https://aiplatform.googleapis.com/v1/projects/p/locations/global"),
        (
            {"ANTHROPIC_VERTEX_PROJECT_ID": "p", "CLOUD_ML_REGION": "eu"},
            "https://aiplatform.eu.rep.googleapis.com/v1/projects/p/locations/eu",
        ),
    ],
)
def test_vertex_needs_no_address(env: Mapping[str, str], url: str) -> None:
    found = provider(env, VERTEX)
    assert (found.url, found.dialect, found.auth) == (url, "vertex-claude", "google")


def test_an_address_that_is_written_stays() -> None:
    found = provider({}, VERTEX, api_base_url="https://proxy.test/v1/projects/p/locations/l", api_key="sk-xxx")
    assert (found.url, found.auth) == ("https://proxy.test/v1/projects/p/locations/l", "google")
    assert provider({}, VERTEX, api_base_url="https://proxy.test/v1", auth="bearer").auth == "bearer"


def test_bedrock_is_signed_for_or_has_a_key() -> None:
    region = {"AWS_REGION": "eu-west-1"}
    found = provider(region, BEDROCK)
    assert (found.url, found.dialect, found.auth) == (
        "https://bedrock-mantle.eu-west-1.api.aws",
        "bedrock-claude",
        "aws",
    )
    keyed = provider({**region, "AWS_BEARER_TOKEN_BEDROCK": "made-up"}, BEDROCK)
    assert (keyed.key, keyed.key_source, keyed.auth) == (Secret("made-up"), "AWS_BEARER_TOKEN_BEDROCK", "bearer")
    own = provider({**region, "AWS_BEARER_TOKEN_BEDROCK": "made-up"}, BEDROCK, api_key="another")
    assert (own.key, own.auth) == (Secret("another"), "bearer")
    unset = provider({**region, "AWS_BEARER_TOKEN_BEDROCK": "made-up"}, BEDROCK, api_key="$NOWHERE")
    assert (unset.key, unset.auth, unset.key_missing) == (None, "bearer", True)


@pytest.mark.parametrize(
    ("entry", "env", "fault"),
    [
        (VERTEX, {}, "Providers[0].api_base_url: missing; set GOOGLE_CLOUD_PROJECT to the project, or write"),
        (BEDROCK, {}, "Providers[0].api_base_url: missing; set AWS_REGION to the region, or write the whole address"),
        (BEDROCK, {"AWS_REGION": "x/y"}, "Providers[0].api_base_url: AWS_REGION does not hold the name of a region"),
    ],
)
def test_what_is_missing_is_told_with_the_variable(
    entry: Mapping[str, Any], env: Mapping[str, str], fault: str
) -> None:
    with pytest.raises(ConfigInvalid) as invalid:
        provider(env, entry)
    assert fault in invalid.value.message
