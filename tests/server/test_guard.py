import pytest

from ccr.errors import Forbidden, Unauthorized
from ccr.server.guard import check_key, check_origin

KEY = "ccr-0123456789"


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": f"Bearer {KEY}"},
        {"authorization": f"bearer  {KEY}"},
        {"x-api-key": KEY},
        {"x-api-key": KEY, "authorization": "Bearer another"},
        {"x-api-key": "another", "authorization": f"Bearer {KEY}"},
        {"x-ccr-key": KEY, "authorization": "Bearer a login"},
    ],
)
def test_the_key_opens(headers: dict[str, str]) -> None:
    assert check_key(headers, KEY) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({}, "missing"),
        ({"authorization": f"Basic {KEY}"}, "not right"),
        ({"authorization": "Bearer "}, "not right"),
        ({"x-api-key": KEY[:-1]}, "not right"),
        ({"x-api-key": "schlüssel"}, "not right"),
        ({"x-ccr-key": KEY[1:]}, "not right"),
    ],
)
def test_anything_else_does_not(headers: dict[str, str], words: str) -> None:
    with pytest.raises(Unauthorized, match=words) as raised:
        check_key(headers, KEY)
    assert raised.value.retry is False
    assert KEY not in raised.value.message


@pytest.mark.parametrize(
    "host", ["127.0.0.1:3456", "localhost", "[::1]:3456", "ccr.localhost:1", "host.docker.internal:3456", ""]
)
def test_this_machine_by_its_names_may_enter(host: str) -> None:
    assert check_origin({"host": host}, "127.0.0.1") is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:3456", "[::1:3456", "10.0.0.1"])
def test_a_name_that_was_rebound_to_this_machine_may_not(host: str) -> None:
    with pytest.raises(Forbidden, match="this machine only"):
        check_origin({"host": host}, "127.0.0.1")


def test_a_router_that_listens_to_the_network_takes_any_name() -> None:
    assert check_origin({"host": "router.lan:3456"}, "0.0.0.0") is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:9999", "http://[", "//["])
def test_a_web_page_of_another_origin_may_not_enter(origin: str) -> None:
    with pytest.raises(Forbidden, match="web pages"):
        check_origin({"host": "127.0.0.1:3456", "origin": origin}, "127.0.0.1")


def test_a_page_of_our_own_may_enter() -> None:
    headers = {"host": "127.0.0.1:3456", "origin": "http://127.0.0.1:3456"}
    assert check_origin(headers, "127.0.0.1") is None  # type: ignore[func-returns-value]
