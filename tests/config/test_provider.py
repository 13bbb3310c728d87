import pytest

from ccr.config.parse import parse
from ccr.config.problems import Place, Report
from ccr.config.provider import address, providers
from ccr.config.schema import Provider, QuirkUse, Timeouts
from ccr.errors import ConfigInvalid
from ccr.messages.json import Json


def only(**entry: Json) -> tuple[Provider, Report]:
    report = Report()
    place = Place([{"name": "p", "url": "https://p.test/v1", **entry}], "Providers", report)
    (found,) = providers(place, {}, Timeouts(), 3456, {})
    return found, report


def test_no_key_is_a_keyless_provider() -> None:
    for key in ("", None):
        found, report = only(api_key=key)
        assert (found.key, found.key_missing, report.faults) == (None, False, [])


@pytest.mark.parametrize(
    ("uses", "expected"),
    [
        ("a", None),
        (["a"], (QuirkUse("a"),)),
        ([["a"]], (QuirkUse("a"),)),
        ([["a", {"n": 1}], "b"], (QuirkUse("a", {"n": 1}), QuirkUse("b"))),
    ],
)
def test_transformers_have_two_forms(uses: Json, expected: tuple[QuirkUse, ...] | None) -> None:
    found, report = only(transformer={"use": uses})
    assert found.quirks == (expected or ())
    assert bool(report.faults) == (expected is None)


def test_older_transformers_come_after_newer() -> None:
    found, _ = only(transformers=["Anthropic", "OpenAI"], transformer={"use": ["a"], "m": {"use": ["b"]}})
    assert [use.name for use in found.quirks] == ["a", "Anthropic", "OpenAI"]
    assert found.model_quirks == {"m": (QuirkUse("b"),)}


def test_timeouts_that_are_not_set_are_the_usual_ones() -> None:
    found, _ = only(timeouts={"idle": 9})
    assert found.timeouts == Timeouts(idle=9)
    assert only()[0].timeouts is None


def test_whose_login_is_sent_on_has_no_key_and_speaks_as_anthropic_does() -> None:
    found, report = only(auth="client", api_key="sk-1")
    assert (found.auth, found.dialect, found.key, report.faults) == ("client", "anthropic", None, [])
    assert "is not sent" in str(report.notices[0])
    assert not only(auth="client")[1].notices


def test_a_login_is_for_no_other_dialect() -> None:
    _, report = only(auth="client", dialect="openai")
    assert "no provider of dialect openai" in str(report.faults[0])


@pytest.mark.parametrize("key", ["sk-xxx", "your-api-key", "<key>", "sk-..."])
def test_a_placeholder_is_told(key: str) -> None:
    found, report = only(api_key=key)
    assert found.key is not None
    assert "placeholder" in str(report.notices[0])


@pytest.mark.parametrize("url", ["https://me:secret@[", "https://me:secret@h /x", "ftp://me:secret@h"])
def test_a_broken_url_is_told_without_its_password(url: str) -> None:
    report = Report()
    assert address(Place(url, "PROXY_URL", report), 3456, credentials=True) is None
    assert "secret" not in str(report.faults[0])


FORCED = QuirkUse("tooluse", {"first": True})


def test_the_block_form_is_said_in_transformers() -> None:
    block: Json = {"enableToolForcing": True, "maxTokens": 8192, "temperature": 0}
    capped, cool = QuirkUse("maxtoken", {"max_tokens": 8192}), QuirkUse("sampling", {"temperature": 0.0})
    for key in ("transformers", "transformer"):
        found, report = only(**{key: block})
        assert (found.quirks, found.model_quirks, report.notices) == ((FORCED, capped, cool), {}, [])
    assert only(transformers={"enable_tool_forcing": False, "maxTokens": None})[0].quirks == ()


def test_the_block_form_has_models_and_names_too() -> None:
    found, _ = only(
        transformers={"use": ["deepseek"], "maxTokens": 9, "big": {"enableToolForcing": True}, "old": ["groq"]},
        transformer={"big": {"use": ["reasoning"]}},
    )
    assert found.quirks == (QuirkUse("deepseek"), QuirkUse("maxtoken", {"max_tokens": 9}))
    assert found.model_quirks == {"big": (QuirkUse("reasoning"), FORCED), "old": (QuirkUse("groq"),)}


def test_a_list_is_what_use_says() -> None:
    assert only(transformer=["OpenAI", ["maxtoken", {"max_tokens": 5}]])[0].quirks == (
        QuirkUse("OpenAI"),
        QuirkUse("maxtoken", {"max_tokens": 5}),
    )


@pytest.mark.parametrize(
    ("block", "fault"),
    [
        ({"maxTokens": "many"}, "Providers[0].transformers.maxTokens: expected a number, not text"),
        ({"maxTokens": 0}, "Providers[0].transformers.maxTokens: expected a whole number from 1"),
        ({"temperature": []}, "Providers[0].transformers.temperature: expected a number, not a list"),
        ({"enableToolForcing": 3}, "Providers[0].transformers.enableToolForcing: expected true or false"),
        ("deepseek", "Providers[0].transformers: expected an object, not text"),
    ],
)
def test_a_block_that_cannot_be_meant_is_a_fault(block: Json, fault: str) -> None:
    assert str(only(transformers=block)[1].faults[0]).startswith(fault)


def test_an_option_that_nobody_knows_is_told() -> None:
    found, report = only(transformers={"caching": True, "maxTokens": 9})
    assert (len(found.quirks), report.faults) == (1, [])
    assert str(report.notices[0]) == (
        'Providers[0].transformers.caching: is not a setting and is ignored; a model has {"use": […]}'
    )


@pytest.mark.parametrize(
    ("proxy", "said"),
    [
        ("socks5://me:secret@host:1", 'SOCKS is not spoken: "socks5://***@host:1"; expected such as http://host:3128'),
        ("host:3128", 'not a URL: "host:3128"; expected such as http://host:3128'),
    ],
)
def test_a_proxy_that_cannot_be_used_is_told_with_one_that_can(proxy: str, said: str) -> None:
    with pytest.raises(ConfigInvalid) as fault:
        parse({"PROXY_URL": proxy}, {})
    assert fault.value.message == f"PROXY_URL: {said}"
