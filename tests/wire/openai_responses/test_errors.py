import pytest

from ccr.errors import (
    ContextOverflow,
    RequestProblem,
    UpstreamBusy,
    UpstreamFailed,
    UpstreamLimited,
    UpstreamRefused,
    UpstreamUnpaid,
)
from ccr.policy.failures import classify
from ccr.policy.remedies import remedy_of
from ccr.wire.openai_responses.errors import opened, refusal, reported
from ccr.wire.wording import plain
from tests.wire.openai_responses.reading import TARGET


@pytest.mark.parametrize(
    ("body", "message", "code"),
    [
        (b'{"error": {"message": "no", "type": "invalid_request_error", "code": null}}', "no", "invalid_request_error"),
        (b'{"error": {"message": "no", "type": "x", "code": "bad"}}', "no", "bad"),
        (b'{"error": "no"}', "no", ""),
        (b'{"type": "error", "code": "server_error", "message": "no"}', "no", "server_error"),
        (b'{"type": "error", "error": {"message": "no"}}', "no", ""),
        (b'{"type": "response.failed", "response": {"error": {"code": "c", "message": "no"}}}', "no", "c"),
        (b'[{"error": {"message": "no"}}]', "no", ""),
        (b'{"detail": "no"}', "no", ""),
        (
            b'{"error": {"message": "Upstream: {\\"error\\": {\\"message\\": \\"no\\", \\"code\\": \\"c\\"}}"}}',
            "no",
            "c",
        ),
        (b'{"error": {"message": "use {a} or {b}", "code": "c"}}', "use {a} or {b}", "c"),
        (b'{"error": {"message": "got {}"}}', "got {}", ""),
        (b'{"error": {"code": "only_a_code"}}', "only_a_code", "only_a_code"),
        (b"no", "no", ""),
        (b'"no"', "no", ""),
        (b"<html><head><title>502\nBad Gateway</title></head></html>", "a web page: 502 Bad Gateway", ""),
        (b"<html></html>", "a web page", ""),
        (b"", "status 500 without a message", ""),
        (b"{}", "status 500 without a message", ""),
        (b"7", "status 500 without a message", ""),
        (b"[]", "status 500 without a message", ""),
        (b'{"message": {"a": 1}}', "status 500 without a message", ""),
    ],
)
def test_an_error_is_read_in_any_form(body: bytes, message: str, code: str) -> None:
    said = refusal(body, 500)
    assert (said.message, said.code, said.status) == (message, code, 500)


def test_an_error_without_a_status_has_the_one_of_its_code() -> None:
    assert reported({"code": "rate_limit_exceeded", "message": "slow"}).status == 429
    assert reported({"code": "new", "message": "?"}).status is None
    assert reported({}).message == "an error without a message"
    assert reported({"code": " "}).message == "an error without a message"


@pytest.mark.parametrize(
    ("message", "seconds"),
    [("Please try again in 1.5s.", 1.5), ("Please try again in 20ms.", 0.02), ("Slow down.", None)],
)
def test_a_rate_limit_says_when_it_ends(message: str, seconds: float | None) -> None:
    assert reported({"code": "rate_limit_exceeded", "message": message}).retry_after == seconds
    assert reported({"code": "server_error", "message": message}).retry_after is None


def test_what_is_long_is_cut() -> None:
    assert len(plain("x " * 5000)) < 1100


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        ("rate_limit_exceeded", "Rate limit reached for gpt-5 on tokens per min (TPM)", UpstreamLimited),
        ("insufficient_quota", "You exceeded your current quota", UpstreamUnpaid),
        ("context_length_exceeded", "Your input exceeds the context window of this model.", ContextOverflow),
        ("server_error", "An error occurred while processing your request.", UpstreamFailed),
        ("server_is_overloaded", "Our servers are currently overloaded.", UpstreamBusy),
        ("invalid_prompt", "Invalid prompt: we've limited access to this content.", UpstreamRefused),
        ("image_parse_error", "The image could not be parsed.", UpstreamRefused),
    ],
)  # fmt: skip
def test_a_failed_answer_is_what_its_code_says(code: str, message: str, kind: type[RequestProblem]) -> None:
    failed = {"status": "failed", "error": {"code": code, "message": message}}
    assert type(classify(reported(failed), TARGET)) is kind


@pytest.mark.trap(62, 73, 104)
@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("invalid_encrypted_content", "The encrypted content gAAA...DQ== could not be verified."),
        ("", "The encrypted content for item rs_1 could not be verified. Reason: it could not be decrypted or parsed."),
        ("", "Item 'rs_1' of type 'reasoning' was provided without its required following item."),
        ("", "Item with id 'rs_1' not found. Items are not persisted when `store` is set to false."),
    ],
)
def test_claude_code_reads_that_thoughts_are_refused_in_the_words_that_make_it_drop_them(
    code: str, message: str
) -> None:
    body = {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code or None}}
    problem = classify(reported(body, 400), TARGET)
    assert isinstance(problem, UpstreamRefused)
    assert problem.message.startswith(f"Invalid signature in thinking block: {message}")
    assert remedy_of(problem).spent == "all"


def test_the_code_may_be_nothing_to_read() -> None:
    assert opened({"code": 7, "type": "error"}) == ("", "")
