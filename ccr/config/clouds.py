"""What an entry for a cloud leaves to the environment: where the models are, and how requests are signed.

`"transformer": {"use": ["vertex-claude"]}` and these variables are what CCR's users have.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from ccr.config.problems import Place, folded
from ccr.config.schema import DialectName, Key, Provider, QuirkUse, Secret

VERTEX: Mapping[str, DialectName] = {"vertexgemini": "vertex-gemini", "vertexclaude": "vertex-claude"}
CLOUDS = frozenset({*VERTEX.values(), "bedrock-claude"})

# The first that is set counts. The second ones are Claude Code's own.
PROJECT = ("GOOGLE_CLOUD_PROJECT", "ANTHROPIC_VERTEX_PROJECT_ID")
LOCATION = ("GOOGLE_CLOUD_LOCATION", "CLOUD_ML_REGION")
REGION = ("AWS_REGION", "AWS_DEFAULT_REGION")
KEY = "AWS_BEARER_TOKEN_BEDROCK"

_NAME = re.compile(r"[a-z0-9][a-z0-9:.-]*")  # of a project (with a domain in old ones), a location, a region


def cloud(dialect: str | None, uses: tuple[QuirkUse, ...]) -> DialectName | None:
    """The cloud that an entry names, by its dialect or by a transformer."""
    if dialect:
        return next((each for each in CLOUDS if each == dialect), None)
    return next((VERTEX[folded(use.name)] for use in uses if folded(use.name) in VERTEX), None)


def completed(provider: Provider, cloud: DialectName, env: Mapping[str, str], url: Place) -> Provider:
    """The provider with what its entry does not say."""
    provider = replace(provider, dialect=cloud, url=provider.url or _address(cloud, env, url))
    if provider.auth:
        return provider
    if cloud in VERTEX.values():
        return replace(provider, auth="google")  # also where a key is written, as examples for CCR have it
    if provider.key is None and not provider.key_missing and (key := env.get(KEY)):
        provider = replace(provider, keys=(Key(Secret(key), "1", KEY),))
    return replace(provider, auth="bearer" if provider.key or provider.key_missing else "aws")


def _address(cloud: DialectName, env: Mapping[str, str], url: Place) -> str:
    if cloud == "bedrock-claude":
        region = _named(REGION, env, url, "the region")
        return f"https://bedrock-mantle.{region}.api.aws"
    project = _named(PROJECT, env, url, "the project")
    location = _named(LOCATION, env, url, "the location") if any(env.get(name) for name in LOCATION) else "global"
    return f"https://{_host(location)}/v1/projects/{project}/locations/{location}"


def _host(location: str) -> str:
    """https://cloud.google.com/vertex-ai/generative-ai/docs/learn/locations"""
    match location:
        case "global":
            return "aiplatform.googleapis.com"
        case "us" | "eu":
            return f"aiplatform.{location}.rep.googleapis.com"
        case _:
            return f"{location}-aiplatform.googleapis.com"


def _named(variables: tuple[str, ...], env: Mapping[str, str], url: Place, what: str) -> str:
    variable = next((name for name in variables if env.get(name)), None)
    if variable is None:
        url.fault(f"missing; set {variables[0]} to {what}, or write the whole address")
        return ""
    if not _NAME.fullmatch(env[variable]):
        url.fault(f"{variable} does not hold the name of a {what.removeprefix('the ')}")
    return env[variable]
