import json
from pathlib import Path

import pytest

from tests.cli.conftest import Ccr

REQUEST = {"model": "claude-opus-4-8", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}


@pytest.mark.usefixtures("config")
def test_every_rule_has_its_verdict(ccr: Ccr, tmp_path: Path) -> None:
    (tmp_path / "request.json").write_text(json.dumps({**REQUEST, "thinking": {"type": "adaptive"}}))
    done = ccr("route", "explain", str(tmp_path / "request.json"))
    lines = {line.split()[0]: line.split()[1:3] for line in done.out.splitlines()}
    assert done.code == 0
    assert lines["background"][0] == "passes"
    assert lines["think"] == ["answers", "or,b"]
    assert lines["default"] == ["(answers)", "or,a"]
    assert done.out.splitlines()[-1] == "or,b by think"


@pytest.mark.usefixtures("config")
def test_the_explanation_is_json_for_programs(ccr: Ccr) -> None:
    said = ccr("route", "explain", "-", "--json", said=json.dumps(REQUEST)).json
    assert isinstance(said, dict)
    assert said["decision"]["rule"] == "default"
    assert said["decision"]["target"] == {"provider": "or", "model": "a"}


def test_the_whole_chain_is_shown(ccr: Ccr, tmp_path: Path) -> None:
    equal = {"balance": "least_busy", "targets": ["or,a", "or,b"]}
    provider = {"name": "or", "api_base_url": "https://or.test/v1"}
    path = tmp_path / "pool.json"
    path.write_text(json.dumps({"Providers": [provider], "Router": {"default": [equal, "or,c"]}}))
    asked = ("route", "explain", "-", "--config", str(path))
    assert [line.split() for line in ccr(*asked, said=json.dumps(REQUEST)).out.splitlines()[-4:]] == [
        "or,a by default".split(),
        "or,a one of 2 equals (least busy)".split(),
        "or,b one of 2 equals (least busy)".split(),
        "or,c when those before it fail".split(),
    ]
    said = ccr(*asked, "--json", said=json.dumps(REQUEST)).json
    assert isinstance(said, dict)
    assert [link["target"]["model"] for link in said["chain"]] == ["a", "b", "c"]


@pytest.mark.usefixtures("config")
def test_headers_count(ccr: Ccr) -> None:
    done = ccr("route", "explain", "-", "--header", "X-CCR-Route: background", said=json.dumps(REQUEST))
    assert done.out.splitlines()[-1] == "or,b by route"
    assert "is not of the form 'name: value'" in ccr("route", "explain", "-", "-H", "x", said="{}").err


@pytest.mark.usefixtures("config")
def test_what_a_request_is_for_is_said(ccr: Ccr) -> None:
    hints = ("-H", "x-claude-code-request-class: subagent", "-H", "x-claude-code-agent-type: Explore")
    assert ccr("route", "explain", "-", *hints, said=json.dumps(REQUEST)).out.startswith(
        "claude-opus-4-8 (subagent Explore): "
    )


@pytest.mark.usefixtures("config")
@pytest.mark.parametrize(("dialect", "field"), [("openai", "messages"), ("responses", "input")])
def test_requests_of_openai_are_explained_too(ccr: Ccr, dialect: str, field: str) -> None:
    request = {"model": "or,b", field: [{"role": "system", "content": "s"}, {"role": "user", "content": "hi"}]}
    done = ccr("route", "explain", "-", "--dialect", dialect, said=json.dumps(request))
    assert done.out.splitlines()[-1] == "or,b by explicit"


@pytest.mark.usefixtures("config")
def test_a_request_that_goes_nowhere_is_an_error(ccr: Ccr) -> None:
    done = ccr("route", "explain", "-", said=json.dumps({**REQUEST, "model": "nowhere,x"}))
    assert done.code == 1
    assert "nowhere" in done.err


@pytest.mark.usefixtures("config")
@pytest.mark.parametrize("body", ["", "{", "[]", "{}"])
def test_what_is_no_request_is_one_line(ccr: Ccr, body: str) -> None:
    done = ccr("route", "explain", "-", said=body)
    assert done.code == 1
    assert done.err.count("\n") == 1


@pytest.mark.usefixtures("elsewhere")
def test_a_router_elsewhere_is_explained_by_what_it_tells(ccr: Ccr, home: Path) -> None:
    body = '{"model": "claude-haiku-4-5", "max_tokens": 1, "messages": [{"role": "user", "content": "hi"}]}'
    assert ccr("route", "explain", "-", said=body).out.splitlines()[-1] == "or,b by background"
    assert not home.exists()
