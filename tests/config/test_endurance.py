import pytest

from ccr.config.parse import parse
from ccr.config.schema import Breaker, Config, Timeouts
from ccr.config.show import settings
from ccr.errors import ConfigInvalid
from ccr.messages.json import Json, JsonObject

PROVIDER: Json = {"name": "p", "api_base_url": "https://p.test/v1", "models": ["m"]}


def test_what_is_not_said_is_as_usual() -> None:
    config, usual = parse({"Providers": [PROVIDER]}, {}), Config()
    for name in ("retries", "breaker", "recovery", "concurrency", "queue", "timeouts"):
        assert getattr(config, name) == getattr(usual, name)
    assert (config.providers[0].retries, config.providers[0].concurrency) == (None, None)


def test_what_is_said_holds_and_is_shown_as_it_can_be_read_again() -> None:
    said: dict[str, Json] = {
        "retries": 0,
        "recovery": "Continue",
        "concurrency": 8,
        "queue": 0,
        "breaker": {"failures": 2, "pause": 5},
    }
    config = parse({**said, "Providers": [{**PROVIDER, "retries": 2, "concurrency": 1}]}, {})  # type: ignore[dict-item]
    assert (config.retries, config.recovery, config.concurrency, config.queue) == (0, "continue", 8, 0)
    assert config.breaker == Breaker(failures=2, pause=5)
    assert (config.providers[0].retries, config.providers[0].concurrency) == (2, 1)
    again = parse(settings(config), {})
    assert settings(again) == settings(config)


@pytest.mark.parametrize(("said", "failures"), [(False, 0), (True, 5), (None, 5), ({}, 5), ({"failures": 0}, 0)])
def test_a_breaker_can_be_turned_off(said: Json, failures: int) -> None:
    config = parse({"Providers": [PROVIDER], "breaker": said}, {})
    assert config.breaker.failures == failures
    assert settings(config).get("breaker") == (None if failures else False)


def test_a_models_times_are_its_own_then_its_providers_then_the_files() -> None:
    times: Json = {"idle": 60, "models": {"slow": {"first_byte": 600}}}
    raw: dict[str, Json] = {
        "timeouts": {"connect": 3, "failover": 100},
        "Providers": [{**PROVIDER, "timeouts": times}],  # type: ignore[dict-item]
    }
    config = parse(raw, {})
    (provider,) = config.providers
    assert provider.timeouts == Timeouts(connect=3, idle=60, failover=100)
    assert provider.model_timeouts == {"slow": Timeouts(connect=3, idle=60, first_byte=600, failover=100)}
    assert parse(settings(config), {}).providers == config.providers


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("retries", 11, "retries: expected a whole number from 0 to 10"),
        ("concurrency", 0, "concurrency: expected a whole number from 1 to"),
        ("queue", -1, "queue: expected seconds, or 0 for none, not -1"),
        ("recovery", "on", 'recovery: expected one of error, continue, not "on"'),
        ("breaker", "no", "breaker: expected an object, not text"),
        ("breaker", {"share": 50}, "breaker.share: expected a share, more than 0 and up to 1, not 50"),
        ("breaker", {"pause": 0}, "breaker.pause: expected seconds, more than 0, not 0"),
        ("breaker", {"failures": 1.5}, "breaker.failures: expected a whole number from 0 to 100000, not 1.5"),
        ("breaker", {"window": "1m"}, 'breaker.window: expected a number, not "1m"'),
        ("retries", True, "retries: expected a number, not true or false"),
        ("recovery", True, "recovery: expected text in quotes, not true or false"),
        ("timeouts", {"failover": "soon"}, "timeouts.failover: expected a number, not text"),
        ("timeouts", 30, "timeouts: expected an object, not a number"),
    ],
)
def test_what_cannot_be_is_a_fault_with_its_place(setting: str, value: Json, said: str) -> None:
    with pytest.raises(ConfigInvalid) as fault:
        parse({"Providers": [PROVIDER], setting: value}, {})
    assert fault.value.message.startswith(said)


IGNORED = "is not a setting and is ignored; did you mean"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"retrys": 2}, f'retrys: {IGNORED} "retries"?'),
        ({"concurency": 2}, f'concurency: {IGNORED} "concurrency"?'),
        ({"queu": 2}, f'queu: {IGNORED} "queue"?'),
        ({"num_retries": 2}, 'num_retries: is ignored here; write "retries"'),
        ({"cooldown": 2}, 'cooldown: is ignored here; write "breaker": {"pause": …}'),
        ({"allowed_fails": 2}, 'allowed_fails: is ignored here; write "breaker": {"failures": …}'),
        ({"fallbacks": {}}, f'fallbacks: {IGNORED} "fallback"?'),
        ({"breakers": {}}, f'breakers: {IGNORED} "breaker"?'),
        ({"breaker": {"failure": 2}}, f'breaker.failure: {IGNORED} "failures"?'),
        ({"timeouts": {"fist_byte": 2}}, f'timeouts.fist_byte: {IGNORED} "first_byte"?'),
        (
            {"timeouts": {"first_byte": 120_000}},
            "timeouts.first_byte: is 33 hours: it counts in seconds, not in milliseconds",
        ),
    ],
)
def test_a_slip_is_told_with_what_was_meant(raw: JsonObject, said: str) -> None:
    assert said in map(str, parse({"Providers": [PROVIDER], "Router": {"default": "p,m"}, **raw}, {}).notices)


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"timeouts": {"models": {"m": {"ilde": 2}}}}, f'timeouts.models.m.ilde: {IGNORED} "idle"?'),
        (
            {"timeouts": {"failover": 2}},
            "timeouts.failover: is ignored here; it belongs into the file's own timeouts: ",
        ),
        ({"timeouts": {"models": {"m": {"head": 2}}}}, "timeouts.models.m.head: is ignored here; it belongs into"),
        ({"rpm": 60}, 'rpm: is ignored here; it belongs to a key: "api_key": [{"key": "$NAME", "rpm": …}]'),
        ({"api_key": [{"key": "k-123456", "wieght": 2}]}, f'api_key[0].wieght: {IGNORED} "weight"?'),
    ],
)
def test_a_slip_at_a_provider_is_told_with_what_was_meant(own: JsonObject, said: str) -> None:
    notices = parse({"Providers": [{**PROVIDER, **own}], "Router": {"default": "p,m"}}, {}).notices  # type: ignore[dict-item]
    assert [str(each).startswith(f"Providers[0].{said}") for each in notices] == [True]
