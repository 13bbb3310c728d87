"""What Claude Code is told of windows."""

import pytest

from ccr.config.parse import parse
from ccr.config.schema import Config
from ccr.messages.json import Json
from ccr.service.windows import AUTO, MAX, SHARE, smallest, variables, warnings


def config(router: dict[str, Json], limits: dict[str, Json], **more: Json) -> Config:
    provider: Json = {"name": "p", "api_base_url": "http://localhost:9/v1", "models": ["m"], "limits": limits}
    return parse({"Providers": [provider], "Router": router, **more}, {})


def one(window: int | None) -> Config:
    return config({"default": "p,m"}, {"m": window} if window else {})


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (None, {}),
        (131_072, {AUTO: "131072", MAX: "131072"}),
        (100_000, {AUTO: "100000", MAX: "100000"}),
        (2_000_000, {AUTO: "1000000", MAX: "1000000"}),
        (65_536, {AUTO: "100000", MAX: "100000", SHARE: "57"}),
        (32_768, {}),
    ],
)
def test_the_client_is_told_a_window_as_it_takes_one(window: int | None, expected: dict[str, str]) -> None:
    assert variables(one(window), {}) == expected


@pytest.mark.parametrize("name", [AUTO, MAX, SHARE])
def test_what_the_user_says_of_it_holds(name: str) -> None:
    assert variables(one(131_072), {name: "200000"}) == {}


LIMITS: dict[str, Json] = {"small": 65_536, "large": 400_000, "huge": 1_000_000}


@pytest.mark.parametrize(
    ("router", "more", "expected"),
    [
        ({"default": "p,large", "think": "p,huge"}, {}, 400_000),
        ({"default": "p,large", "think": "p,unknown"}, {}, 400_000),
        ({"default": "p,large", "background": "p,small", "webSearch": "p,small"}, {}, 400_000),
        ({"default": "p,huge"}, {"fallback": {"default": ["p,large"]}}, 400_000),
        ({"default": "p,huge | p,large"}, {}, 400_000),
        ({"default": {"targets": ["p,huge", "p,large"]}}, {"fallback": {"default": ["p,small"]}}, 65_536),
        ({"default": "p,huge"}, {"fallback": {"p,huge": "p,small", "default": "p,large"}}, 65_536),
        ({"default": "p,small", "longContext": "p,large", "longContextThreshold": 40_000}, {}, 400_000),
        ({"default": "p,small", "longContext": "p,large"}, {}, 65_536),
        ({"default": "p,large", "longContext": "p,small", "longContextThreshold": 40_000}, {}, 65_536),
        ({"default": "p,huge", "image": "p,small", "longContext": "p,huge", "longContextThreshold": 9}, {}, 65_536),
        ({}, {}, None),
    ],
)
def test_the_smallest_counts_of_those_that_see_the_whole_conversation(
    router: dict[str, Json], more: dict[str, Json], expected: int | None
) -> None:
    assert smallest(config(router, LIMITS, **more)) == expected


def test_a_vendors_model_needs_no_limits() -> None:
    assert smallest(parse({"Providers": [{"name": "openai"}], "Router": {"default": "openai,gpt-5"}}, {})) == 272_000


def test_what_is_too_small_for_the_client_at_all_is_told_once() -> None:
    both = config({"default": "p,m", "think": "p,m", "tool": "p,large"}, {"m": 32_768, **LIMITS})
    (told,) = warnings(both)
    assert told.startswith("p,m takes 32,768 tokens, and Claude Code's own prompt has up to 20,000")
    assert list(warnings(one(65_536))) == []
