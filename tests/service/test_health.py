from ccr.messages.json import JsonObject
from ccr.service import health
from ccr.service.health import Details


def test_details_are_what_health_says() -> None:
    said: JsonObject = {
        "pid": 1,
        "routes": {"default": "a,b"},
        "providers": [{"name": "a", "key": "set", "more": 1}],
        "new": 1,
    }
    found = health.details(said)
    assert found.routes == {"default": "a,b"}
    assert found.providers[0].key == "set"


def test_details_of_another_shape_are_none() -> None:
    assert health.details({"pid": "x"}) == Details()


def test_where_nothing_answers_nothing_is_described() -> None:
    assert health.described("http://127.0.0.1:1", "key") == Details()
