import json

import pytest

from ccr.errors import ContextOverflow, UpstreamKeyRefused, UpstreamLimited, UpstreamSaid
from ccr.policy.failures import classify
from ccr.wire.gemini.errors import refusal
from tests.wire.gemini.reading import PRO

QUOTA = "You exceeded your current quota, please check your plan and billing details."


def google(status: int, message: str, name: str = "", **more: object) -> bytes:
    return json.dumps({"error": {"code": status, "message": message, "status": name, **more}}).encode()


def violated(quota: str) -> dict[str, object]:
    return {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": quota}, "?"]}


def facts(said: UpstreamSaid) -> tuple[str, int | None, str, float | None]:
    return said.message, said.status, said.code, said.retry_after


def test_an_envelope_is_opened() -> None:
    answer = google(400, "Bad thing.", "INVALID_ARGUMENT")
    assert facts(refusal(400, answer)) == ("Bad thing.", 400, "INVALID_ARGUMENT", None)


def test_so_is_one_in_a_list() -> None:
    answer = b"[" + google(503, "The model is overloaded.", "UNAVAILABLE") + b"]"
    assert facts(refusal(503, answer)) == ("The model is overloaded.", 503, "UNAVAILABLE", None)


@pytest.mark.trap(104)
def test_one_that_a_proxy_quotes_comes_first() -> None:
    quoted = "GeminiException - " + google(400, "Inner words.", "INVALID_ARGUMENT").decode()
    assert refusal(400, json.dumps({"error": {"message": quoted, "type": "x"}}).encode()).message == "Inner words."


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "status 502 without a message"),
        (b"{}", "status 502 without a message"),
        (b"[]", "status 502 without a message"),
        (b'{"error": "no"}', "no"),
        (b'{"error": {"status": "INTERNAL"}}', "INTERNAL"),
        (b'{"message": "Use {braces}"}', "Use {braces}"),
        (b'{"message": "ends in {}"}', "ends in {}"),
        (b"<html><title>Bad\n gateway</title>", "a web page: Bad gateway"),
        (b"<html>", "a web page"),
        (b"plain  text", "plain text"),
    ],
)
def test_every_refusal_has_a_message(body: bytes, message: str) -> None:
    assert refusal(502, body).message == message


def test_a_long_message_is_cut_and_nested_ones_are_opened_only_so_deep() -> None:
    assert refusal(500, b"x" * 5000).message == "x" * 1000 + "…"
    error: object = "deep"
    for _ in range(50):
        error = {"error": error}
    assert refusal(500, json.dumps(error).encode()).message == "status 500 without a message"


def test_the_time_to_wait_is_googles() -> None:
    retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "12.5s"}
    said = refusal(429, google(429, QUOTA, "RESOURCE_EXHAUSTED", details=[violated("XPerMinute"), retry, "?"]))
    assert facts(said) == (QUOTA, 429, "rate_limit_exceeded", 12.5)
    assert refusal(503, google(503, "Busy.", details=[retry])).retry_after == 12.5


def test_a_limit_is_not_a_debt_though_its_words_say_so() -> None:
    assert isinstance(classify(refusal(429, google(429, QUOTA, "RESOURCE_EXHAUSTED")), PRO), UpstreamLimited)


def test_a_quota_of_the_day_is_not_back_in_seconds() -> None:
    details = [violated("GenerateRequestsPerDayPerProjectPerModel-FreeTier"), {"retryDelay": "12s"}]
    assert refusal(429, google(429, QUOTA, "RESOURCE_EXHAUSTED", details=details)).retry_after == 3600


@pytest.mark.parametrize(
    "answer",
    [
        google(400, "API key not valid. Please pass a valid API key.", "INVALID_ARGUMENT"),
        google(400, "No.", "INVALID_ARGUMENT", details=[{"reason": "API_KEY_INVALID"}]),
    ],
)
def test_a_wrong_key_comes_as_400_and_is_the_keys_fault(answer: bytes) -> None:
    assert isinstance(classify(refusal(400, answer), PRO), UpstreamKeyRefused)


@pytest.mark.trap(95)
def test_an_overflow_is_known() -> None:
    words = "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."
    problem = classify(refusal(400, google(400, words, "INVALID_ARGUMENT")), PRO)
    assert isinstance(problem, ContextOverflow)
    assert (problem.had, problem.limit) == (1200000, 1048576)


def test_a_cache_that_is_too_small_is_explained() -> None:
    words = "Cached content is too small. total_token_count=9, min_total_token_count=4096"
    assert refusal(400, google(400, words)).message == f"{words}; " + (
        "take cachedContent out of the provider's options, Gemini caches by itself"
    )
