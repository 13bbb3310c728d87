import pytest

from ccr.errors import ServiceProblem
from ccr.service.doctor import trial
from tests.service.doctor.conftest import Seen, acme
from tests.support import chat
from tests.support.pages import KEY, Pages
from tests.support.parts import Call, Say, Used
from tests.support.upstream import Received, Upstream


def test_a_provider_is_told_with_what_it_speaks(seen: Seen) -> None:
    (told,) = trial.told(seen(acme("https://acme.invalid/v1?key=secret", models=["m", "n"])).env)
    assert told.as_json() == {
        "name": "acme",
        "dialect": "openai",
        "vendor": None,
        "url": "https://acme.invalid/v1/chat/completions",
        "key": "set",
        "models": ("m", "n"),
    }


def test_a_known_vendor_is_named_and_a_missing_key_too(seen: Seen) -> None:
    here = seen({"Providers": [{"name": "groq", "api_key": "$NO_KEY", "models": ["m"]}]})
    (told,) = trial.told(here.env)
    assert (told.vendor, told.key) == ("groq", "missing: NO_KEY")


def test_a_router_elsewhere_tells_which_keys_are_set(seen: Seen, pages: Pages) -> None:
    pages.router()
    (told,) = trial.told(seen(CCR_ROUTER=pages.address, CCR_API_KEY=KEY).env)
    assert (told.name, told.key) == ("or", "set")


def tried(here: Seen, config: dict[str, object], *models: str, all_models: bool = False) -> list[tuple[str, str]]:
    seen = here(config)
    chosen = trial.chosen(seen, "ACME", models, all_models=all_models)
    return [(each.state, part) for part, look in trial.parts(chosen) for each in look(seen)]


def answered(request: Received) -> object:
    if request.json.get("tools"):
        return chat.stream(Call("weather", {"city": "Paris"}, "call_1"), Used(80, 9))
    return chat.stream(Say("OK"), Used(12, 1))


def test_connection_text_and_tools_are_tried(seen: Seen, scripted: Upstream) -> None:
    scripted.play(lambda request: answered(request) if request.method == "POST" else chat.error(404, "no"))  # type: ignore[arg-type, return-value]
    found = tried(seen, acme(f"{scripted.url}/v1", models=["m", "n"]))
    assert found == [("ok", "connection"), ("ok", "m"), ("ok", "m")]
    assert len(tried(seen, acme(f"{scripted.url}/v1", models=["m", "n"]), all_models=True)) == 5
    assert tried(seen, acme(f"{scripted.url}/v1"), "other")[1:] == [("ok", "other"), ("ok", "other")]


def test_each_key_is_tried_by_its_name(seen: Seen, scripted: Upstream) -> None:
    def with_key(request: Received) -> object:
        if request.headers.get("authorization") == "Bearer sk-second-0123":
            return chat.error(401, "no such key")
        return answered(request) if request.method == "POST" else chat.error(404, "no")

    scripted.play(with_key)  # type: ignore[arg-type]
    several = ["sk-first-01234", {"key": "sk-second-0123", "name": "spare"}]
    config = acme(f"{scripted.url}/v1", api_key=several)
    assert tried(seen, config) == [
        ("ok", "connection"),
        ("ok", "m with key 1"),
        ("ok", "m with key 1"),
        ("problem", "m with key spare"),
    ]


@pytest.mark.parametrize("models", [(), ("m",)])
def test_a_provider_that_wants_the_callers_login_is_not_asked(
    seen: Seen, scripted: Upstream, models: tuple[str, ...]
) -> None:
    config = acme(f"{scripted.url}/v1", auth="client", dialect="anthropic", api_key=None)
    assert tried(seen, config, *models)[-1] == ("skipped", "model")
    assert {request.method for request in scripted.requests} <= {"GET"}


@pytest.mark.parametrize(
    ("config", "name", "said"),
    [
        ("{", "a", "config.json"),
        (None, "a", "there is no provider yet"),
        (acme(), "b", "there is no provider b; there are acme"),
        (acme(api_key="$NO_KEY"), "acme", "provider acme has no key: set NO_KEY"),
    ],
)
def test_what_cannot_be_tried_is_said(seen: Seen, config: dict[str, object] | str | None, name: str, said: str) -> None:
    with pytest.raises(ServiceProblem, match=said):
        trial.chosen(seen(config), name, (), all_models=False)


def test_the_network_of_a_router_elsewhere_is_not_tried_from_here(seen: Seen, pages: Pages) -> None:
    pages.router()
    here = seen(CCR_ROUTER=pages.address, CCR_API_KEY=KEY)
    ((part, look), *_) = trial.parts(trial.chosen(here, "or", (), all_models=False))
    assert (part, list(look(here))) == ("connection", [])


def test_a_clouds_own_door_and_credentials_are_told_as_such(seen: Seen) -> None:
    here = seen({"Providers": [{"name": "b", "dialect": "bedrock-claude", "models": ["m"]}]}, AWS_REGION="eu-west-1")
    (told,) = trial.told(here.env)
    assert (told.dialect, told.key) == ("bedrock-claude", "this machine's")
