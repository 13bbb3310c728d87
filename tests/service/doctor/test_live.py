from dataclasses import replace

import pytest

from ccr.config.schema import Config
from ccr.ids import ModelName, ProviderName, Target
from ccr.service.configured import Configured
from ccr.service.doctor import live
from tests.service.doctor.conftest import Seen, acme
from tests.support import chat, messages
from tests.support.pages import KEY, Pages
from tests.support.parts import Call, Say, Used
from tests.support.upstream import HANG, Upstream, raw, reply

TARGET = Target(ProviderName("acme"), ModelName("m"))


def test_a_provider_that_answers_is_told_with_its_figures(seen: Seen, scripted: Upstream) -> None:
    scripted.play([chat.stream(Say("OK"), Used(12, 1))])
    limits = {"m": {"price": {"input": 1.0, "output": 2.0}}}
    (found,) = live.live(seen(acme(f"{scripted.url}/v1", limits=limits)))
    assert (found.state, found.title) == ("ok", "acme,m")
    assert "12 + 1 tokens" in found.seen
    assert found.also["cost"] == pytest.approx(14e-6)
    assert isinstance(found.also["first_token"], float)
    assert scripted.only.json["model"] == "m"


def test_a_price_that_is_not_known_is_none(seen: Seen, scripted: Upstream) -> None:
    scripted.play([chat.stream(Say("OK"), Used(12, 1))])
    (found,) = live.live(seen(acme(f"{scripted.url}/v1")))
    assert (found.also["cost"], "price not known" in found.seen) == (None, True)


def test_a_refused_key_is_a_problem_in_words_without_the_key(seen: Seen, scripted: Upstream) -> None:
    scripted.play([chat.error(401, "Incorrect API key: sk-acme-0123456789")])
    (found,) = live.live(seen(acme(f"{scripted.url}/v1")))
    assert found.state == "problem"
    assert "acme" in found.seen
    assert "sk-acme" not in found.seen
    assert found.remedy == "check the api_key of provider acme"


def test_a_model_that_is_not_there_is_a_problem(seen: Seen, scripted: Upstream) -> None:
    scripted.play([chat.error(404, "The model `m` does not exist", "model_not_found")] * 3)
    (found,) = live.live(seen(acme(f"{scripted.url}/v1")))
    assert (found.state, found.remedy) == ("problem", "check its models and api_base_url")


def test_an_answer_that_does_not_come_is_not_waited_for(
    seen: Seen, scripted: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "WITHIN", 0.1)
    scripted.play([raw(HANG)])
    (found,) = live.live(seen(acme(f"{scripted.url}/v1")))
    assert (found.state, found.seen) == ("problem", "no whole answer within 0.1 s")
    assert found.remedy.startswith("try again later")


@pytest.mark.parametrize(
    ("status", "remedy"), [(402, "top it up"), (429, "wait, or have"), (500, "try again later"), (400, "compare its")]
)
def test_every_failure_has_a_remedy(seen: Seen, scripted: Upstream, status: int, remedy: str) -> None:
    scripted.play(lambda request: chat.error(status, "it failed; we are sorry"))
    (found,) = live.live(seen(acme(f"{scripted.url}/v1")))
    assert "it failed; we are sorry" in found.seen
    assert found.remedy.startswith(remedy)


def test_nothing_is_tried_elsewhere_when_a_provider_fails(seen: Seen, scripted: Upstream) -> None:
    scripted.play(lambda request: chat.error(400, "no"))
    config = {**acme(f"{scripted.url}/v1"), "fallback": {"default": ["acme,other"], "acme,m": ["acme,other"]}}
    (found,) = live.live(seen(config))
    assert found.state == "problem"
    assert {request.json["model"] for request in scripted.requests} == {"m"}


def test_a_provider_without_its_key_is_not_asked(seen: Seen) -> None:
    assert [each.state for each in live.live(seen(acme(api_key="$ACME_KEY")))] == ["skipped"]
    assert [each.state for each in live.live(seen())] == ["skipped"]


def test_who_wants_the_callers_login_is_told_as_not_asked(seen: Seen) -> None:
    first, *_ = live.live(seen(acme(auth="client", dialect="anthropic", api_key=None)))
    assert (first.state, first.title, first.seen) == ("skipped", "acme", "wants the caller's own Claude login")


def test_a_tool_that_is_called_is_well(seen: Seen, scripted: Upstream) -> None:
    scripted.play([chat.stream(Call("weather", {"city": "Paris"}, "call_1"), Used(80, 9))])
    (asked,) = live.ask_all(seen(acme(f"{scripted.url}/v1")), [(TARGET, live.CALLING)])
    assert live.tooled("t", asked).state == "ok"
    assert scripted.only.json["tools"][0]["function"]["name"] == "weather"


def test_text_instead_of_a_call_is_a_warning(seen: Seen, scripted: Upstream) -> None:
    scripted.play([chat.stream(Say("It is sunny."), Used(80, 9))])
    (asked,) = live.ask_all(seen(acme(f"{scripted.url}/v1")), [(TARGET, live.CALLING)])
    found = live.tooled("t", asked)
    assert (found.state, "choose another model" in found.remedy) == ("warning", True)


def test_a_refused_tool_is_a_problem(seen: Seen, scripted: Upstream) -> None:
    scripted.play(lambda request: chat.error(400, "m does not support tools"))
    (asked,) = live.ask_all(seen(acme(f"{scripted.url}/v1")), [(TARGET, live.CALLING)])
    assert live.tooled("t", asked).state == "problem"


def test_a_router_elsewhere_is_asked_with_its_key_as_the_provider(seen: Seen, pages: Pages) -> None:
    pages.router()
    (found,) = live.live(seen(CCR_ROUTER=pages.address, CCR_API_KEY=KEY))
    assert found.title == "or,a"
    assert found.state == "problem"  # these pages answer GET alone: what matters is that they were asked
    assert KEY not in found.seen


def test_the_request_log_is_not_written(seen: Seen, scripted: Upstream) -> None:
    scripted.play([chat.stream(Say("OK"), Used(12, 1))])
    here = seen(acme(f"{scripted.url}/v1"))
    list(live.live(here))
    assert not (here.folder / ".claude-code-router" / "logs").exists()


def test_litellm_is_asked_for_a_model_by_its_name(seen: Seen, scripted: Upstream) -> None:
    scripted.play(
        lambda request: reply(200, {"data": [{"id": "big"}]}) if request.method == "GET" else messages.stream(Say("OK"))
    )
    here = seen(CCR_ROUTER=scripted.url, CCR_API_KEY=KEY)
    here = replace(here, configured=Configured(Config(), KEY, scripted.url, None, models=("big",)))
    (found,) = live.live(here)
    assert (found.state, found.title) == ("ok", "litellm,big")
    assert scripted.requests[-1].json["model"] == "big"
