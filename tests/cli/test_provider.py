import json
from pathlib import Path

import pytest

from tests.cli.conftest import CONFIG, Ccr
from tests.support import chat
from tests.support.parts import Call, Say, Used
from tests.support.upstream import Answer, Received, Upstream, reply


@pytest.fixture(autouse=True)
def _no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading the tokenizer takes longer than all of this."""

    async def nothing(self: object) -> None:
        return

    monkeypatch.setattr("ccr.routing.counting.Counting.warm", nothing)


def at(config: Path, scripted: Upstream) -> None:
    provider = {"name": "or", "api_base_url": f"{scripted.url}/v1", "api_key": "sk-hidden-1", "models": ["a", "b"]}
    config.write_text(json.dumps({**CONFIG, "Providers": [provider]}))


def well(request: Received) -> Answer:
    if request.method == "GET":
        return reply(200, {"data": [{"id": "a"}]})
    if request.json.get("tools"):
        return chat.stream(Call("weather", {"city": "Paris"}, "call_1"), Used(80, 9))
    return chat.stream(Say("OK"), Used(12, 1))


def test_providers_are_listed_with_dialect_and_key(ccr: Ccr, config: Path) -> None:
    head, row = ccr("provider", "list").out.splitlines()
    assert head.split() == ["PROVIDER", "DIALECT", "VENDOR", "KEY", "ADDRESS", "MODELS"]
    assert row.split() == ["or", "openai", "-", "set", "http://127.0.0.1:9/v1/chat/completions", "a,", "b"]
    listed = ccr("provider", "list", "--json").json
    assert isinstance(listed, list)
    assert listed[0]["models"] == ["a", "b"]


def test_a_provider_that_is_well_is_told_part_by_part(ccr: Ccr, config: Path, scripted: Upstream) -> None:
    at(config, scripted)
    scripted.play(well)
    done = ccr("provider", "test", "or", "a")
    assert done.code == 0
    parts = [line.split(":")[0] for line in done.out.splitlines()[-3:]]
    assert parts == ["ok       or,a", "ok       or,a with tools", "all is well"]
    assert "calls them" in done.out
    assert "sk-hidden-1" not in done.out


def test_a_provider_that_refuses_its_key_is_a_problem(ccr: Ccr, config: Path, scripted: Upstream) -> None:
    at(config, scripted)
    scripted.play(lambda request: chat.error(401, "wrong key sk-hidden-1"))
    done = ccr("provider", "test", "or", "--json")
    assert done.code == 1
    assert isinstance(done.json, dict)
    last = done.json["findings"][-1]  # and no tool call after it
    assert (last["check"], last["title"], last["remedy"]) == ("a", "or,a", "check the api_key of provider or")
    assert "sk-hidden-1" not in done.out


def test_a_provider_that_is_none_is_one_line(ccr: Ccr, config: Path) -> None:
    done = ccr("provider", "test", "nobody")
    assert (done.code, done.err) == (1, "ccr: there is no provider nobody; there are or\n")


def test_the_group_alone_shows_its_help(ccr: Ccr) -> None:
    assert "list" in ccr("provider").out


def test_a_provider_that_cannot_be_asked_from_here_is_not_said_to_be_well(
    ccr: Ccr, config: Path, scripted: Upstream
) -> None:
    scripted.play(well)
    provider = {"name": "an", "api_base_url": scripted.url, "dialect": "anthropic", "auth": "client", "models": ["m"]}
    config.write_text(json.dumps({"Providers": [provider]}))
    done = ccr("provider", "test", "an")
    assert (done.code, done.out.splitlines()[-1]) == (0, "no model was asked")
