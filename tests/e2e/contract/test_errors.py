"""A provider that fails: what the client does next, and what the user reads."""

from collections.abc import Iterator
from datetime import UTC, timedelta
from email.utils import format_datetime, localtime
from typing import Any

import pytest

from tests.support import chat, messages
from tests.support.clients import Client
from tests.support.parts import text, usage
from tests.support.running import Router, free_port, running_router
from tests.support.upstream import FIN, Answer, Received, Upstream, raw, reply

OLD = (2, 1, 197)
MIDDLE = (2, 1, 260)
CHAT = ("--model", "chat,m")
ASK = ("-p", "say hello", *CHAT)
MANY = {"CLAUDE_CODE_MAX_RETRIES": "10"}  # what a user has
DONE = chat.stream(text("done"), usage(9, 9))


def always(answer: Answer) -> Any:
    return lambda request: answer


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    """A router with nothing but mistakes in its configuration."""
    with Upstream(always(reply(308, {}, {"location": "https://elsewhere.test/"}))) as moved:
        addresses = {
            "nowhere": "https://nowhere.invalid/v1",
            "moved": moved.url,
            "down": f"http://127.0.0.1:{free_port()}/v1",
        }
        providers = [
            {"name": name, "api_base_url": url, "api_key": "some-key", "models": ["m"]}
            for name, url in addresses.items()
        ]
        providers.append(
            {"name": "keyless", "api_base_url": moved.url, "api_key": "$THE_KEY_OF_KEYLESS", "models": ["m"]}
        )
        config = {"Providers": providers, "Router": {"default": "down,m"}}
        with running_router(config, tmp_path_factory.mktemp("broken")) as router:
            yield router


@pytest.mark.contract("6", "a provider refuses the router's key (401, 403)")
@pytest.mark.parametrize("status", [401, 403])
def test_the_client_fails_at_once_and_shows_whose_key_it_is(
    client: Client, router: Router, chat_upstream: Upstream, status: int
) -> None:
    chat_upstream.play(always(chat.error(status, "Incorrect API key provided: sk-abc****wxyz.")))
    ran = client.claude(*ASK, url=router.url, **MANY)
    assert (ran.code, len(chat_upstream.requests)) == (1, 1)
    assert ran.out == (
        "API Error: 424 Incorrect API key provided: *** [chat,m]: chat refused the key; "
        "check the api_key of provider chat\n"
    )


@pytest.mark.contract("6", "Anthropic refuses the router's key, and names the header")
def test_the_client_does_not_ask_for_a_login(client: Client, router: Router, messages_upstream: Upstream) -> None:
    messages_upstream.play(always(messages.error(401, "authentication_error", "invalid x-api-key")))
    ran = client.claude("-p", "say hello", "--model", "claude,opus", url=router.url, **MANY)
    assert (ran.code, len(messages_upstream.requests)) == (1, 1)
    assert "/login" not in ran.out
    assert "check the api_key of provider claude" in ran.out


@pytest.mark.contract("6", "a provider has no key at all")
def test_the_client_shows_what_to_set(client: Client, broken: Router) -> None:
    ran = client.claude("-p", "say hello", "--model", "keyless,m", url=broken.url, **MANY)
    assert ran.code == 1
    assert "provider keyless has no key: set THE_KEY_OF_KEYLESS" in ran.out
    assert "/login" not in ran.out


@pytest.mark.contract("6", "the account at the provider is empty (402, or other statuses that say so)")
@pytest.mark.parametrize(
    ("status", "words"),
    [
        (402, "Insufficient Balance"),
        (400, "Your credit balance is too low to access the API."),
        (429, "You exceeded your current quota, please check your plan and billing details."),
    ],
)
def test_the_client_fails_at_once_and_shows_whose_account_it_is(
    client: Client, router: Router, chat_upstream: Upstream, status: int, words: str
) -> None:
    chat_upstream.play(always(chat.error(status, words)))
    ran = client.claude(*ASK, url=router.url, **MANY)
    assert (ran.code, len(chat_upstream.requests)) == (1, 1)
    assert ran.out.startswith("API Error: 402 ")
    assert "the account at chat has no balance" in ran.out


@pytest.mark.contract("6", "the provider does not know the model (404)")
def test_the_client_asks_once_and_shows_the_providers_words(
    client: Client, router: Router, chat_upstream: Upstream
) -> None:
    chat_upstream.play(always(chat.error(404, "The model `m` does not exist", "model_not_found")))
    ran = client.claude(*ASK, url=router.url, **MANY)
    assert (ran.code, len(chat_upstream.requests)) == (1, 1)
    assert "The model `m` does not exist [chat,m]: chat does not know this model" in ran.out


@pytest.mark.contract("6", "the same, with --fallback-model")
def test_the_client_goes_on_with_the_other_model(client: Client, router: Router, chat_upstream: Upstream) -> None:
    gone = chat.error(404, "The model `m` does not exist", "model_not_found")
    chat_upstream.play(lambda request: gone if request.json["model"] == "m" else DONE)
    ran = client.claude(*ASK, "--fallback-model", "chat/cheap", url=router.url)
    assert (ran.code, ran.out) == (0, "done\n")
    assert [request.json["model"] for request in chat_upstream.requests] == ["m", "cheap"]


@pytest.mark.contract("6", "the provider has nothing at the address (404, a web page)")
def test_the_client_shows_that_the_address_is_wrong(client: Client, router: Router, chat_upstream: Upstream) -> None:
    page = b"<html><head><title>404 Not Found</title></head><body>nginx</body></html>"
    chat_upstream.play(always(reply(404, page, {"content-type": "text/html"})))
    ran = client.claude(*ASK, url=router.url, **MANY)
    assert (ran.code, len(chat_upstream.requests)) == (1, 1)
    assert "404 Not Found [chat,m]: chat has nothing at this address; check its api_base_url" in ran.out
    assert "<" not in ran.out


@pytest.mark.contract("6", "the request is too large for the provider (413), and there is nothing to leave out")
def test_the_client_says_what_makes_it_large(client: Client, router: Router, chat_upstream: Upstream) -> None:
    chat_upstream.play(always(chat.error(413, "Request Entity Too Large")))
    ran = client.claude(*ASK, url=router.url, **MANY)
    assert (ran.code, len(chat_upstream.requests)) == (1, 1)
    assert "Request too large" in ran.out


@pytest.mark.contract("6", "a request is refused for a reason that nobody heals (400, 418, 422)")
@pytest.mark.parametrize("status", [400, 418, 422])
def test_the_client_shows_the_reason(client: Client, router: Router, chat_upstream: Upstream, status: int) -> None:
    chat_upstream.play(always(chat.error(status, "the weather is too bad")))
    ran = client.claude(*ASK, url=router.url, **MANY)
    assert (ran.code, ran.out) == (1, "API Error: 400 the weather is too bad [chat,m]\n")
    # Newer ones try with fewer betas, in case that heals it.
    most = 1 if client.version == OLD else 2 if client.version == MIDDLE else 6
    assert len(chat_upstream.requests) <= most


@pytest.mark.contract("6", "a failure that passes (408, 409, 429, 500, 502, 503, 504, 529)")
@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
def test_the_client_asks_again_and_goes_on(
    client: Client, router: Router, chat_upstream: Upstream, status: int
) -> None:
    chat_upstream.play([chat.error(status, "try later"), DONE])
    ran = client.claude(*ASK, url=router.url, **MANY)
    assert (ran.code, ran.out) == (0, "done\n")


@pytest.mark.contract("6", "a failure that does not pass (500, 529)")
@pytest.mark.parametrize("status", [500, 529])
def test_the_client_shows_whose_failure_it_is(
    client: Client, router: Router, chat_upstream: Upstream, status: int
) -> None:
    chat_upstream.play(always(chat.error(status, "out of steam")))
    ran = client.claude(*ASK, url=router.url)
    assert (ran.code, len(chat_upstream.requests)) == (1, 2)
    assert "out of steam [chat,m]" in ran.out


@pytest.mark.contract("6", "a web page instead of an error (502)")
def test_the_client_shows_its_title(client: Client, router: Router, chat_upstream: Upstream) -> None:
    page = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
    chat_upstream.play(always(reply(502, page, {"content-type": "text/html"})))
    ran = client.claude(*ASK, url=router.url)
    assert "502 Bad Gateway [chat,m]" in ran.out
    assert "<" not in ran.out


@pytest.mark.contract(
    "6", "a rate limit that says when it ends (retry-after in seconds, in milliseconds, as a date), within a minute"
)
@pytest.mark.parametrize("form", ["seconds", "milliseconds", "date"])
def test_the_client_waits_for_so_long(client: Client, router: Router, chat_upstream: Upstream, form: str) -> None:
    def limited(request: Received) -> Answer:
        if len(chat_upstream.requests) > 1:
            return DONE
        forms = {
            "seconds": {"retry-after": "2"},
            "milliseconds": {"retry-after-ms": "1800"},
            "date": {"retry-after": format_datetime((localtime() + timedelta(seconds=3)).astimezone(UTC), usegmt=True)},
        }
        return chat.error(429, "slow down", headers=forms[form])

    chat_upstream.play(limited)
    ran = client.claude(*ASK, url=router.url)
    assert (ran.code, ran.out) == (0, "done\n")
    first, second = chat_upstream.requests
    assert second.arrived - first.arrived > 1.5, "it waits for half a second by itself"


@pytest.mark.contract("6", "a rate limit that ends in hours")
def test_the_client_fails_at_once_and_shows_when(client: Client, router: Router, chat_upstream: Upstream) -> None:
    chat_upstream.play(always(chat.error(429, "daily limit", headers={"retry-after": "14400"})))
    # Its model is its own: it rests for hours.
    ran = client.claude("-p", "say hello", "--model", "chat,daily", url=router.url, **MANY)
    assert (ran.code, len(chat_upstream.requests)) == (1, 1)
    assert "daily limit [chat,daily]; it asks to be left alone for 4 hours" in ran.out


@pytest.mark.contract("6", "the connection is closed before any byte")
def test_the_client_tries_again_and_goes_on(client: Client, router: Router, chat_upstream: Upstream) -> None:
    chat_upstream.play([raw(FIN), DONE])
    ran = client.claude(*ASK, url=router.url)
    assert (ran.code, ran.out) == (0, "done\n")


@pytest.mark.contract("6", "nobody is at the provider's address, or it is no address")
@pytest.mark.parametrize(
    ("name", "cause", "remedy"),
    [
        ("nowhere", "its host name is not known", "; check api_base_url"),
        ("down", "it refuses", "; start it, or check api_base_url"),
    ],
)
def test_the_client_shows_what_is_wrong_with_the_address(
    client: Client, broken: Router, name: str, cause: str, remedy: str
) -> None:
    ran = client.claude("-p", "say hello", "--model", f"{name},m", url=broken.url)
    assert ran.code == 1
    assert ran.out.find(cause) < ran.out.find(remedy)
    assert cause in ran.out
    assert name in ran.out


@pytest.mark.contract("6", "the provider redirects (308)")
def test_the_client_fails_at_once_and_shows_it(client: Client, broken: Router) -> None:
    ran = client.claude("-p", "say hello", "--model", "moved,m", url=broken.url, **MANY)
    assert ran.code == 1
    assert "moved redirects; check its api_base_url" in ran.out


@pytest.mark.contract("0", "x-should-retry: false on an error that is usually asked again")
def test_the_client_obeys(client: Client, messages_upstream: Upstream) -> None:
    error = messages.error(500, "api_error", "for good", {"x-should-retry": "false"})
    messages_upstream.play(always(error))
    ran = client.claude("-p", "say hello", url=messages_upstream.url, **MANY)
    assert (ran.code, len(messages_upstream.requests)) == (1, 1)
