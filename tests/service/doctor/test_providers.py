import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ccr.service.doctor.finding import Finding
from ccr.service.doctor.network import Way
from ccr.service.doctor.providers import connection, local, providers
from tests.service.doctor.conftest import Seen, acme
from tests.support.certificates import certificate, tls_server
from tests.support.pages import Pages
from tests.support.upstream import Upstream, reply
from tests.support.wiring import upstream_at


def told(findings: Iterator[Finding]) -> list[tuple[str, str]]:
    return [(each.state, f"{each.title}: {each.seen}") for each in findings]


def test_a_provider_that_cannot_be_reached_is_a_problem_with_its_cause(seen: Seen) -> None:
    assert told(providers(seen(acme()))) == [
        ("problem", "acme: https://acme.invalid: the name acme.invalid is not known (Name or service not known)")
    ]


def test_a_proxy_of_the_environment_is_gone_through_unless_no_proxy_spares_the_host(
    seen: Seen, scripted: Upstream
) -> None:
    scripted.play([reply(403, b"")])
    ((_, what),) = told(providers(seen(acme(), HTTPS_PROXY=scripted.url)))
    assert "refuses the way to acme.invalid:443" in what
    ((_, what),) = told(providers(seen(acme(), HTTPS_PROXY=scripted.url, NO_PROXY="acme.invalid")))
    assert "the name acme.invalid is not known" in what


def test_a_proxy_or_an_authority_that_cannot_be_used_is_said(seen: Seen) -> None:
    for name, value in (("ALL_PROXY", "socks5://127.0.0.1:1"), ("NODE_EXTRA_CA_CERTS", "/nowhere/ca.pem")):
        (found,) = providers(seen(acme(), **{name: value}))
        assert found.state == "problem"
        assert value.split("127")[0] in found.seen
        assert "PEM file" in str(found.remedy) or "PROXY_URL" in str(found.remedy)


def test_an_authority_of_ones_own_is_believed(seen: Seen, tmp_path: Path) -> None:
    shown = certificate(tmp_path)
    with tls_server(shown) as port:
        there, trusting = upstream_at(f"https://127.0.0.1:{port}/v1"), seen(NODE_EXTRA_CA_CERTS=str(shown.trusted))
        assert next(connection(there, trusting)).state == "ok"
        assert next(connection(there, seen())).state == "problem"


def test_the_proxy_of_the_configuration_is_gone_through(seen: Seen, scripted: Upstream) -> None:
    scripted.play([reply(403, b"")])
    ((_, what),) = told(providers(seen({**acme(), "PROXY_URL": scripted.url})))
    assert "refuses the way" in what


def test_providers_of_a_router_elsewhere_are_not_looked_at_from_here(seen: Seen) -> None:
    assert [each.state for each in providers(seen(CCR_ROUTER="http://127.0.0.1:1"))] == ["skipped"]


def test_without_a_provider_there_is_nothing_to_reach(seen: Seen) -> None:
    assert [each.state for each in providers(seen())] == ["skipped"]
    assert [each.state for each in local(seen())] == ["skipped"]


def test_a_slow_provider_is_not_waited_for(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(way: Way, now: float) -> None:
        way.doing = "DNS"
        time.sleep(0.5)

    monkeypatch.setattr("ccr.service.doctor.providers.walk", slow)
    monkeypatch.setattr("ccr.service.doctor.providers.WITHIN", 0.01)
    assert told(providers(seen(acme()))) == [("problem", "acme: https://acme.invalid: no answer within 0.01 s (DNS)")]


@pytest.mark.parametrize(("ahead", "said"), [(600, "10 min ahead of"), (-900, "15 min behind")])
def test_a_clock_that_is_wrong_is_a_warning(
    seen: Seen, monkeypatch: pytest.MonkeyPatch, ahead: float, said: str
) -> None:
    def arrives(way: Way, now: float) -> None:
        way.skew = ahead

    monkeypatch.setattr("ccr.service.doctor.providers.walk", arrives)
    assert told(providers(seen(acme())))[1] == ("warning", f"clock: this machine's is {said} that of acme")


def test_a_certificate_that_ends_soon_is_a_warning(seen: Seen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = certificate(tmp_path, ends=3)
    monkeypatch.setenv("SSL_CERT_FILE", str(shown.trusted))
    with tls_server(shown) as port:
        found = told(local(seen(acme(f"https://127.0.0.1:{port}/v1"), now=time.time())))  # noqa: TID251
    assert found[0][1].endswith("; certificate by Test Issuer")
    assert found[1] == ("warning", "acme: its certificate ends in 3 days")


def at(pages: Pages, *models: str, name: str = "ollama") -> dict[str, object]:
    return {"Providers": [{"name": name, "api_base_url": f"{pages.address}/v1", "models": models}]}


def test_a_local_server_that_is_down_is_a_problem_with_how_to_start_it(seen: Seen) -> None:
    config = {"Providers": [{"name": "ollama", "api_base_url": "http://127.0.0.1:1/v1", "models": ["m"]}]}
    (found,) = local(seen(config))
    assert (found.seen, found.remedy) == ("nothing answers at http://127.0.0.1:1", "`ollama serve` starts it")


def test_a_model_that_the_server_has_is_well(seen: Seen, pages: Pages) -> None:
    pages.open = {"/v1/models": {"data": [{"id": "qwen3:latest"}, {"id": "b"}]}}
    assert told(local(seen(at(pages, "qwen3", "b")))) == [("ok", f"ollama: {pages.address} answers, with 2 models")]


def test_a_model_that_the_server_lacks_is_a_problem_with_how_to_get_it(seen: Seen, pages: Pages) -> None:
    pages.open = {"/v1/models": {"data": [{"id": "b"}]}}
    missing = list(local(seen(at(pages, "qwen3"))))[1]
    assert (missing.seen, missing.remedy) == ("it has no model qwen3", "`ollama pull qwen3`")


def test_models_that_a_server_does_not_list_are_one_warning_as_it_may_answer_all_the_same(
    seen: Seen, pages: Pages
) -> None:
    pages.open = {"/v1/models": {"data": [{"id": "b"}]}}
    _, missing = local(seen(at(pages, "x", "b", "y", name="mine")))
    assert (missing.state, missing.seen) == ("warning", "it does not list models x, y")
    assert missing.remedy == "load it, or correct its name; it lists b"


def test_a_server_that_knows_only_tags_is_asked_for_them(seen: Seen, pages: Pages) -> None:
    pages.open = {"/api/tags": {"models": [{"name": "m"}]}}
    assert told(local(seen(at(pages, "m")))) == [("ok", f"ollama: {pages.address} answers, with 1 model")]


def test_a_server_that_tells_no_models_is_well(seen: Seen, pages: Pages) -> None:
    ((state, what),) = told(local(seen(at(pages, "m"))))
    assert (state, what.endswith("it does not say which models it has")) == ("ok", True)


@pytest.mark.parametrize(
    "page",
    [
        {"/v1/models": {"data": [{"id": "m", "max_model_len": 8192}]}},
        {"/v1/models": {"data": [{"id": "m"}]}, "/api/ps": {"models": [{"name": "m", "context_length": 8192}]}},
        {
            "/v1/models": {"data": [{"id": "m"}]},
            "/api/v0/models": {"data": [{"id": "m", "loaded_context_length": 8192}]},
        },
    ],
)
def test_a_window_too_small_for_claude_code_is_a_warning(seen: Seen, pages: Pages, page: dict[str, object]) -> None:
    pages.open = page
    found = told(local(seen(at(pages, "m"))))[1]
    assert found[0] == "warning"
    assert "m is loaded with a window of 8192 tokens" in found[1]
