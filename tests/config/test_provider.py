import pytest

from ccr.config.problems import Place, Report
from ccr.config.provider import address, providers
from ccr.config.schema import Provider, QuirkUse, Timeouts
from ccr.messages.json import Json


def only(**entry: Json) -> tuple[Provider, Report]:
    report = Report()
    place = Place([{"name": "p", "url": "https://p.test/v1", **entry}], "Providers", report)
    (found,) = providers(place, {}, Timeouts(), 3456)
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
