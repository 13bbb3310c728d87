import json

import pytest

from ccr.config.parse import parse
from ccr.config.pool import pool
from ccr.config.problems import Place, Report
from ccr.config.schema import Config, Key, Secret
from ccr.config.show import settings, text
from ccr.messages.json import Json


def found(api_key: Json, field: str = "api_key", **env: str) -> Config:
    entry: Json = {"name": "p", "api_base_url": "https://p.test/v1", "models": ["m"], field: api_key}
    return parse({"Providers": [entry]}, env)


def read(api_key: Json) -> tuple[list[tuple[str, str]], Report]:
    report = Report()
    written = pool(Place(api_key, "api_key", report), {}, "p")
    return [(key.name, key.secret.reveal()) for key in written], report


@pytest.mark.parametrize("field", ["api_key", "keys", "apiKeys", "api_keys", "key"])
def test_a_text_is_one_key_and_a_list_several(field: str) -> None:
    (one,) = found("sk-1", field).providers
    assert one.keys == (Key(Secret("sk-1"), "1"),)
    (two,) = found(["sk-1", {"key": "sk-2"}], field).providers
    assert [(key.name, key.secret.reveal()) for key in two.keys] == [("1", "sk-1"), ("2", "sk-2")]
    assert (two.key, two.key_source, two.key_missing) == (Secret("sk-1"), None, False)


def test_a_key_has_a_name_a_weight_and_limits() -> None:
    said: Json = {
        "api_key": "$SPARE",
        "name": "spare",
        "weight": 0.5,
        "priority": 2,
        "rpm": 60,
        "tpm": 9,
        "concurrency": 3,
    }
    (provider,) = found(said, SPARE="sk-1").providers
    assert provider.keys == (Key(Secret("sk-1"), "spare", "SPARE", 0.5, 2, 60, 9, 3),)


def test_a_text_or_a_variable_may_hold_several() -> None:
    assert read(" sk-1, sk-2,")[0] == [("1", "sk-1"), ("2", "sk-2")]
    (provider,) = found(["$MANY", {"key": "${MORE}", "name": "more"}], MANY="a1\nb2\n", MORE="c3,d4").providers
    assert [(key.name, key.secret.reveal(), key.source) for key in provider.keys] == [
        ("1", "a1", "MANY"),
        ("2", "b2", "MANY"),
        ("more.1", "c3", "MORE"),
        ("more.2", "d4", "MORE"),
    ]


def test_a_key_whose_variable_is_not_set_is_left_out_and_the_others_keep_their_names() -> None:
    config = found(["$ONE", "$TWO", {"key": "$THREE", "name": "three"}], TWO="sk-2")
    (provider,) = config.providers
    assert [(key.name, key.source) for key in provider.keys] == [("2", "TWO")]
    assert [(key.name, key.source) for key in provider.unset] == [("1", "ONE"), ("three", "THREE")]
    assert (provider.key_missing, provider.key_source) == (False, "TWO")
    assert [str(notice) for notice in config.notices if "key" in notice.path] == [
        "Providers[0].api_key[0]: ONE is not set, so this key is left out",
        "Providers[0].api_key[2].key: THREE is not set, so this key is left out",
    ]


def test_of_several_in_one_text_one_may_be_not_set() -> None:
    (provider,) = found("$ONE,${TWO}", TWO="sk-2").providers
    assert [(key.name, key.secret.reveal()) for key in provider.keys] == [("2", "sk-2")]
    assert [key.source for key in provider.unset] == ["ONE"]


def test_where_none_is_left_the_provider_cannot_be_asked() -> None:
    config = found(["$ONE", "$TWO"])
    (provider,) = config.providers
    assert (provider.key, provider.key_source, provider.key_missing) == (None, "ONE", True)
    assert "ONE is not set, so p cannot be asked until it is" in str(config.notices[0])


def test_a_key_that_is_there_twice_is_used_once() -> None:
    keys, report = read(["sk-1", {"key": "sk-1", "name": "other"}, "sk-2"])
    assert keys == [("1", "sk-1"), ("2", "sk-2")]
    assert [str(notice) for notice in report.notices] == [
        "api_key[1].key: is the same key as api_key[0]; it is used once"
    ]
    assert len(read(["***", "***"])[0]) == 2  # what `config show` says of them


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ([{"key": "a", "name": "x"}, {"key": "b", "name": "x"}], 'api_key[1].key: "x" is the name of the key at api_key[0]'),
        ([{"key": "a", "weight": 0}], "api_key[0].weight: expected a weight, more than 0, not 0"),
        ([{"key": "a", "name": "the spare\n"}], "api_key[0].name: a key's name has up to 40 letters"),
        ([{"key": "a", "rpm": 1.5}], "api_key[0].rpm: expected a whole number"),
        (["a", None], "api_key[1]: missing; expected a key, or $NAME of a variable"),
        ([{"name": "x"}], "api_key[0].key: missing; expected a key"),
        ({"rpm": 3}, "api_key.key: missing; expected a key"),
        (["a b"], "api_key[0]: has spaces or characters that no key has"),
        ([["a"]], "api_key[0]: expected text in quotes, not a list"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(raw: Json, said: str) -> None:
    assert str(read(raw)[1].faults[0]).startswith(said)


def test_no_key_is_shown_and_what_is_shown_can_be_read_again() -> None:
    raw: Json = ["sk-hush-1", {"key": "sk-hush-2", "priority": 2}, {"key": "$SPARE", "name": "spare"}, "$MANY", "$GONE"]
    config = found(raw, SPARE="sk-hush-3", MANY="sk-hush-4,sk-hush-5")
    shown = settings(config)
    assert "hush" not in str(shown) + str(config)
    again = parse(shown, {"SPARE": "sk-hush-3", "MANY": "sk-hush-4,sk-hush-5"}).providers[0]
    assert json.loads(text(shown))["Providers"][0]["api_key"] == [
        "***",
        {"key": "***", "priority": 2},
        {"key": "$SPARE", "name": "spare"},
        "$MANY",
        "$GONE",
    ]
    assert [key.name for key in again.keys] == [key.name for key in config.providers[0].keys]
