from typing import Any

import pytest

from ccr.config.litellm import translated
from ccr.messages.json import Json, JsonObject
from tests.config.test_litellm import deployment


def found(*several: JsonObject, strategy: str = "simple-shuffle") -> tuple[Any, Any]:
    """The keys of the first provider, and the alias, of deployments of one name."""
    deployments: list[Json] = [deployment("a", **{"model": "openai/x", "api_key": "k", **each}) for each in several]
    ours: Any = translated({"model_list": deployments, "router_settings": {"routing_strategy": strategy}})[0]
    return ours["Providers"][0]["api_key"], ours["aliases"]["a"]


def test_one_model_with_several_keys_is_one_target() -> None:
    assert found({"api_key": "k1"}, {"api_key": "k2"}, {"api_key": "k1"}) == (["k1", "k2"], "openai,x")


def test_a_key_has_the_limits_and_the_weight_of_its_deployment() -> None:
    first: JsonObject = {"api_key": "k1", "weight": 3, "rpm": 60, "tpm": 9000, "max_parallel_requests": 2}
    assert found(first, {"api_key": "k2", "weight": 1.5}) == (
        [{"key": "k1", "rpm": 60, "tpm": 9000, "concurrency": 2, "weight": 2.0}, "k2"],
        "openai,x",
    )


def test_the_order_of_keys_is_their_priority() -> None:
    keys, target = found({"api_key": "k1", "order": 2}, {"api_key": "k2", "order": 1}, {"api_key": "k3"})
    assert keys == [{"key": "k1", "priority": 2}, "k2", {"key": "k3", "priority": 3}]
    assert target == "openai,x"


Y: JsonObject = {"model": "openai/y"}
Z: JsonObject = {"model": "openai/z"}


@pytest.mark.parametrize(
    ("limits", "weights"),
    [
        (({"weight": 2}, {"weight": 6}, {}), [2.0, 6.0, 1]),
        (({"rpm": 10}, {"rpm": 20}, {"rpm": 10}), [1, 2.0, 1]),
        (({"tpm": 10, "rpm": 1}, {"tpm": 20}, {"tpm": 10}), [1, 2.0, 1]),
        (({"rpm": 10}, {}, {}), [1, 1, 1]),
    ],
)
def test_equals_are_drawn_as_litellm_draws(limits: tuple[JsonObject, ...], weights: list[float]) -> None:
    _, way = found(limits[0], {**Y, **limits[1]}, {**Z, **limits[2]})
    assert [each["weight"] if isinstance(each, dict) else 1 for each in way["targets"]] == weights


@pytest.mark.parametrize(
    ("strategy", "balance"),
    [("least-busy", "least_busy"), ("latency-based-routing", "fastest"), ("cost-based-routing", "weighted")],
)
def test_a_strategy_is_a_balance(strategy: str, balance: str) -> None:
    assert found({}, Y, strategy=strategy)[1] == {"balance": balance, "targets": ["openai,x", "openai,y"]}


def test_an_order_is_a_chain_and_what_weighs_nothing_is_its_end() -> None:
    assert found({"order": 2}, {**Y, "order": 1}, Z)[1] == ["openai,y", "openai,x", "openai,z"]
    assert found({"weight": 0}, {**Y, "weight": 1})[1] == ["openai,y", "openai,x"]


def test_keys_and_equals_come_together() -> None:
    first: JsonObject = {"api_key": "k1", "order": 1}
    keys, way = found(first, {"api_key": "k2", "order": 1}, {**Y, "order": 1}, {**Z, "order": 2})
    assert keys == ["k1", "k2"]
    assert way == [
        {"balance": "weighted", "targets": [{"target": "openai,x", "weight": 2.0}, "openai-2,y"]},
        "openai-2,z",
    ]
