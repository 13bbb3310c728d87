import pytest

from ccr.config.exposure import exposed, is_loopback, is_near
from ccr.config.schema import Secret, Server


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "ccr.localhost"])
def test_loopback_is_recognised(host: str) -> None:
    assert is_loopback(host)
    assert exposed(Server(host=host)) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "devbox", ""])
def test_other_addresses_need_a_key(host: str) -> None:
    assert not is_loopback(host)
    assert "needs a key:" in (exposed(Server(host=host)) or "")
    assert exposed(Server(host=host, key=Secret("a-long-key-of-ones-own"))) is None


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "192.168.1.2", "localhost", "ollama", "host.docker.internal"])
def test_what_is_on_this_machine_or_beside_it_is_near(host: str) -> None:
    assert is_near(host)


@pytest.mark.parametrize("host", ["8.8.8.8", "api.anthropic.com", ""])
def test_the_internet_is_not_near(host: str) -> None:
    assert not is_near(host)


@pytest.mark.parametrize("key", ["test", "sk-1234", "ChangeMe"])
def test_a_key_that_everybody_knows_is_none(key: str) -> None:
    assert "published default" in (exposed(Server(host="0.0.0.0", key=Secret(key))) or "")


def test_who_insists_may() -> None:
    assert exposed(Server(host="0.0.0.0", allow_insecure=True)) is None
