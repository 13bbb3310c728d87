from collections.abc import Iterator

import pytest

from ccr.service.doctor.configuration import configuration, keys
from ccr.service.doctor.finding import Finding
from tests.service.doctor.conftest import Seen, acme
from tests.support.pages import KEY, Pages


def told(findings: Iterator[Finding]) -> list[tuple[str, str]]:
    return [(each.state, f"{each.title}: {each.seen}") for each in findings]


def test_a_home_with_nothing_configured_is_told_the_next_step(seen: Seen) -> None:
    (found,) = configuration(seen())
    assert (found.state, found.seen) == ("warning", "there is no provider yet")
    assert found.remedy.startswith("`ccr config init` asks for one; or set a key (")
    assert [each.state for each in keys(seen())] == ["skipped"]


def test_each_fault_of_the_file_is_a_problem_with_its_place(seen: Seen) -> None:
    found = told(configuration(seen({"PORT": "x", "Providers": [{"name": "a", "api_base_url": "nonsense"}]})))
    assert [state for state, _ in found] == ["problem", "problem"]
    assert "PORT: " in found[0][1]
    assert "Providers[0].api_base_url" in found[1][1]


def test_a_note_of_the_file_is_a_warning(seen: Seen) -> None:
    found = told(configuration(seen({**acme(), "PROT": 1})))
    assert found[0][1].endswith("config.json is valid")
    assert found[1] == ("warning", 'configuration: PROT: is not a setting and is ignored; did you mean "PORT"?')


def test_a_router_that_is_badly_named_is_a_problem(seen: Seen) -> None:
    (found,) = configuration(seen(CCR_ROUTER="nonsense"))
    assert (found.state, found.title) == ("problem", "environment")


def test_a_router_elsewhere_that_does_not_answer_is_a_problem(seen: Seen) -> None:
    (found,) = configuration(seen(CCR_ROUTER="http://127.0.0.1:1"))
    assert "does not answer" in found.seen


def test_a_router_elsewhere_tells_its_configuration_and_its_keys(seen: Seen, pages: Pages) -> None:
    pages.router(providers=[{"name": "or", "key": "missing: OR_KEY"}, {"name": "b", "key": "set"}])
    here = seen(CCR_ROUTER=pages.address, CCR_API_KEY=KEY)
    assert told(configuration(here))[0][0] == "ok"
    assert told(keys(here)) == [("problem", "key of or: OR_KEY is not set"), ("ok", "key of b: set")]


def test_litellm_tells_its_models_alone(seen: Seen, pages: Pages) -> None:
    pages.litellm("a", "b")
    (found,) = configuration(seen(CCR_ROUTER=pages.address, CCR_API_KEY=KEY))
    assert found.seen == "LiteLLM offers 2 models and tells nothing more"


@pytest.mark.parametrize(
    ("key", "lack"),
    [
        ('"sk-abcdefgh"', "the key in api_key has quotes around it"),
        ("sk-xxxxxxxx", "the key in api_key is the placeholder of an example"),
        ("your_api_key", "the key in api_key is the placeholder of an example"),
        ("sk-abc", "the key in api_key has 6 characters: that is no key"),
        ("{{KEY_HERE_PLEASE}}", "the key in api_key is the name of a variable that was not filled in"),
    ],
)
def test_a_key_that_looks_wrong_is_a_problem(seen: Seen, key: str, lack: str) -> None:
    assert told(keys(seen(acme(api_key=key)))) == [("problem", f"key of acme: {lack}")]


def test_a_key_of_another_vendor_is_a_problem(seen: Seen) -> None:
    config = {"Providers": [{"name": "openrouter", "api_key": "sk-ant-0123456789", "models": ["m"]}]}
    assert told(keys(seen(config))) == [
        ("problem", "key of openrouter: the key in api_key begins as those of anthropic do")
    ]


def test_a_server_on_this_machine_takes_any_key(seen: Seen) -> None:
    assert told(keys(seen(acme("http://127.0.0.1:9/v1", api_key="x")))) == [("ok", "key of acme: set")]


def test_a_variable_that_is_not_set_is_named(seen: Seen) -> None:
    (found,) = keys(seen(acme(api_key="$ACME_KEY")))
    assert (found.state, found.seen, found.remedy) == (
        "problem",
        "ACME_KEY is not set",
        "export ACME_KEY=… and `ccr restart`",
    )
    assert told(configuration(seen(acme(api_key="$ACME_KEY"))))[1:] == []


def test_a_variable_that_is_set_is_named(seen: Seen) -> None:
    assert told(keys(seen(acme(api_key="$ACME_KEY"), ACME_KEY="sk-0123456789"))) == [
        ("ok", "key of acme: set, from ACME_KEY")
    ]


def test_a_vendor_that_wants_a_key_and_has_none_is_a_warning(seen: Seen) -> None:
    (found,) = keys(seen({"Providers": [{"name": "groq", "models": ["m"]}]}))
    assert (found.state, found.seen) == ("warning", "none, and Groq wants one")


def test_who_is_asked_with_each_callers_login_lacks_no_key(seen: Seen) -> None:
    found = told(keys(seen({"Providers": [{"name": "claude", "auth": "client", "models": ["m"]}]})))
    assert found == [("ok", "key of claude: each caller's own login; `claude /login`")]


def test_the_credentials_of_a_cloud_are_the_machines(seen: Seen) -> None:
    config = {"Providers": [{"name": "b", "dialect": "bedrock-claude", "models": ["m"]}]}
    found = told(keys(seen(config, AWS_REGION="eu-west-1")))
    assert found == [("ok", "key of b: credentials of this machine (aws); --live tries them")]


def test_one_key_for_two_hosts_is_a_warning(seen: Seen) -> None:
    first = acme()["Providers"]
    assert isinstance(first, list)
    second = {**first[0], "name": "other", "api_base_url": "https://other.invalid/v1"}
    found = told(keys(seen({"Providers": [*first, second]})))
    assert found[-1] == ("warning", "key of other: the same as that of acme, which is somebody else")


def test_a_providers_key_that_clients_send_is_a_warning(seen: Seen) -> None:
    found = told(keys(seen({**acme(), "APIKEY": "sk-acme-0123456789"})))
    assert found[-1][0] == "warning"
    assert "that of provider acme" in found[-1][1]


def test_a_key_of_the_router_that_cannot_be_kept_is_a_problem(seen: Seen) -> None:
    (found,) = configuration(seen(CCR_HOME="/proc/nothing"))
    assert (found.state, "the router's own key cannot be kept there" in found.seen) == ("problem", True)


def test_each_key_of_several_is_looked_at_by_its_name(seen: Seen) -> None:
    several = ["sk-0123456789", {"key": "$SPARE_KEY", "name": "spare"}, "sk-0123456789", "xxxx"]
    here = seen(acme(api_key=several))
    assert told(keys(here)) == [
        ("ok", "key 1 of acme: set"),
        ("problem", "key 3 of acme: the key in api_key is the placeholder of an example"),
        ("warning", "key spare of acme: SPARE_KEY is not set"),
    ]
    assert told(configuration(here))[1:] == [
        (
            "warning",
            "configuration: Providers[0].api_key[2]: is the same key as Providers[0].api_key[0]; it is used once",
        )
    ]
