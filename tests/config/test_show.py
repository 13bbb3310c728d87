import json

import pytest

from ccr.config.parse import parse
from ccr.config.show import is_secret, show, text, ways
from ccr.messages.json import JsonObject


def test_no_secret_is_shown() -> None:
    provider: JsonObject = {
        "name": "p",
        "url": "https://p.test",
        "api_key": "sk-hush",
        "models": ["m"],
        "headers": {"X-Api-Key": "sk-hush", "X-Team": "blue"},
        "transformer": {"use": [["customparams", {"list": [{"token": "sk-hush"}], "max_tokens": 5}]]},
        "proxy": "http://me:sk-hush@proxy.test:8080",
    }
    file: JsonObject = {"path": "mine.py", "options": {"token": "sk-hush"}}
    raw: JsonObject = {"APIKEY": "sk-hush", "PROXY_URL": "http://x:sk-hush@p.test", "Providers": [provider]}
    shown = show(parse({**raw, "transformers": [file]}, {}))
    assert "sk-hush" not in shown
    assert json.loads(shown)["transformers"] == [{"path": "mine.py", "options": {"token": "***"}}]
    (there,) = json.loads(shown)["Providers"]
    assert there["headers"] == {"X-Api-Key": "***", "X-Team": "blue"}
    assert there["transformer"]["use"] == [["customparams", {"list": [{"token": "***"}], "max_tokens": 5}]]
    assert there["proxy"] == "http://***@proxy.test:8080"


@pytest.mark.parametrize(
    ("name", "secret"), [("API_KEY", True), ("max_tokens", False), ("authorization", True), ("n", False)]
)
def test_names_tell_secrets(name: str, secret: bool) -> None:
    assert is_secret(name) is secret


def test_text_is_indented_and_keeps_its_letters() -> None:
    assert text({"a": ["ü"]}) == '{\n  "a": [\n    "ü"\n  ]\n}\n'


def test_several_targets_read_as_they_are_written() -> None:
    equal: JsonObject = {"balance": "fastest", "targets": ["p,a", {"target": "p,b", "weight": 2.0}]}
    raw: JsonObject = {
        "Providers": [{"name": "p", "api_base_url": "https://p.test/v1"}],
        "Router": {"default": ["p,a", "p,b"], "think": equal, "agents": {"Explore": [equal, "p,c"], "Plan": "p,a"}},
        "aliases": {"one": "p,a", "two": ["p,a", "p,b"]},
        "fallback": {"default": ["p,c"]},
    }
    config = parse(raw, {})
    shown = json.loads(show(config))
    assert shown["Router"].pop("longContextThreshold")
    assert {name: shown[name] for name in ("Router", "aliases", "fallback")} == {
        name: raw[name] for name in ("Router", "aliases", "fallback")
    }
    assert parse(shown, {}).groups == config.groups


def test_a_route_is_a_line_with_all_that_it_names() -> None:
    equal: JsonObject = {"balance": "least_busy", "targets": ["p,a", {"target": "p,b", "weight": 2.5}]}
    raw: JsonObject = {
        "Providers": [{"name": "p", "api_base_url": "https://p.test/v1"}],
        "Router": {"default": "p,a | p,b", "think": equal, "image": "p,d", "agents": {"Explore": [equal, "p,c"]}},
    }
    assert ways(parse(raw, {})) == {
        "default": "p,a | p,b",
        "think": "(least_busy: p,a; 2.5 x p,b)",
        "image": "p,d",
        "agents.Explore": "(least_busy: p,a; 2.5 x p,b) | p,c",
    }


def test_limits_read_as_they_are_written() -> None:
    limits: JsonObject = {"m": {"context": 9, "output": 5, "price": {"input": 1.0, "output": 2.0}}, "*": {"context": 7}}
    provider: JsonObject = {"name": "p", "api_base_url": "https://p.test/v1", "models": ["m"], "limits": limits}
    shown = json.loads(show(parse({"Providers": [provider]}, {})))
    assert shown["Providers"][0]["limits"] == limits
