"""Errors, told and understood."""

import json

import pytest

from ccr.errors import (
    BadRequest,
    ContextOverflow,
    Lack,
    RequestProblem,
    UpstreamBusy,
    UpstreamKeyRefused,
    UpstreamRefused,
    UpstreamUnpaid,
)
from ccr.wire.anthropic.errors import envelope, excerpt, refusal, said, words

MESSAGE = "prompt is too long: 9 tokens > 8 maximum"


def test_a_client_is_told_in_anthropics_envelope() -> None:
    assert json.loads(envelope(UpstreamBusy("try later"), "req_1")) == {
        "type": "error",
        "error": {"type": "overloaded_error", "message": "try later"},
        "request_id": "req_1",
    }


@pytest.mark.parametrize(
    "body",
    [
        {"type": "error", "error": {"type": "invalid_request_error", "message": MESSAGE}, "request_id": "r"},
        {"error": {"code": "invalid_request_error", "message": MESSAGE}},
        {"error": MESSAGE, "code": "invalid_request_error"},
        {"message": MESSAGE, "type": "invalid_request_error"},
        {"detail": MESSAGE, "type": "invalid_request_error"},
        {"detail": [{"msg": MESSAGE, "type": "invalid_request_error"}]},
        [{"error": {"status": "invalid_request_error", "message": MESSAGE}}],
        {"error": {"message": f'provider x: 400 {{"error":{{"message":"{MESSAGE}","type":"invalid_request_error"}}}}'}},
    ],
)
@pytest.mark.trap(104)
def test_the_innermost_words_are_found(body: object) -> None:
    found = refusal(400, json.dumps(body).encode())
    assert (found.message, found.status, found.code) == (MESSAGE, 400, "invalid_request_error")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"out of\n order", "out of order"),
        (b"<html><head><title> 502 Bad\nGateway </title>", "a web page: 502 Bad Gateway"),
        (b"<html><p>secret markup", "a web page"),
        (b"", "status 502 without a message"),
        (b"{}", "status 502 without a message"),
        (b"null", "status 502 without a message"),
        (b"[]", "status 502 without a message"),
        (b'{"message":"use {braces} well"}', "use {braces} well"),
        (b'{"message":"an { alone"}', "an { alone"),
        (b'{"message":"empty {}"}', "empty {}"),
        (b"\xff", "\ufffd"),
    ],
)
def test_any_body_gives_readable_words(body: bytes, message: str) -> None:
    assert refusal(502, body).message == message


@pytest.mark.parametrize(
    ("type", "status"),
    [
        ("invalid_request_error", 400),
        ("authentication_error", 401),
        ("billing_error", 402),
        ("permission_error", 403),
        ("not_found_error", 404),
        ("conflict_error", 409),
        ("request_too_large", 413),
        ("rate_limit_error", 429),
        ("timeout_error", 504),
        ("overloaded_error", 529),
        ("api_error", 500),
        ("a_new_one", 500),
    ],
)
def test_inside_a_stream_the_type_says_the_status(type: str, status: int) -> None:
    assert said({"type": "error", "error": {"type": type, "message": "x"}}).status == status


def test_an_excerpt_is_short() -> None:
    assert len(excerpt(b"x" * 10_000)) == 301


def test_what_the_client_did_wrong_is_told_too() -> None:
    assert json.loads(envelope(BadRequest("model: missing"), "r"))["error"]["type"] == "invalid_request_error"


def test_errors_in_errors_without_end_are_one_error() -> None:
    value: object = "deep"
    for _ in range(2000):
        value = {"error": value}
    assert said(value, 400).message == "an error that is nested too deeply"


@pytest.mark.parametrize("piece", [b"<title ", b"<title>", b"<script "])
def test_a_page_of_broken_markup_is_read_at_once(piece: bytes) -> None:
    assert refusal(502, piece * 200_000).message == "a web page"


def test_a_blank_message_is_none() -> None:
    assert said({"error": {"message": " "}}).message == "status 500 without a message"


@pytest.mark.parametrize(
    ("lack", "lead"),
    [
        (Lack("system"), "role 'system' is not supported: "),
        (Lack("cache"), "cache_control: Extra inputs are not permitted: "),
        (Lack("signature"), "Invalid signature in thinking block: "),
        (Lack("thinking", "adaptive"), "thinking.type: adaptive is not supported: "),
        (Lack("structured"), "output_config.format: Extra inputs are not permitted: "),
        (Lack("effort"), "This model does not support the effort parameter: "),
        (Lack("images"), "Could not process image: "),
        (Lack("image"), "Could not process image: "),
        (Lack("document"), "Could not process PDF: "),
        (Lack("beta", "x-2025"), "Unexpected value(s) `x-2025` for the `anthropic-beta` header: "),
        (Lack("output", limit=8192), "input length and `max_tokens` exceed context limit: 0 + 9193 > 9192: "),
        # Claude Code would say that the prompt is too long.
        (Lack("output", limit=2048), ""),
    ],
)
def test_the_words_by_which_claude_code_heals_come_first(lack: Lack, lead: str) -> None:
    assert words(UpstreamRefused("they said so [a,b]", lack=lack)) == f"{lead}they said so [a,b]"


def test_words_that_are_there_are_not_said_twice() -> None:
    message = "messages.3.content.0.image: could not process image [a,b]"
    assert words(UpstreamRefused(message, lack=Lack("image"))) == message


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ContextOverflow("no [a,b]", had=9, limit=8), "prompt is too long: 9 tokens > 8 maximum: no [a,b]"),
        (ContextOverflow("no [a,b]", limit=8), "prompt is too long: no [a,b]"),
        (ContextOverflow("Prompt is too long for me"), "Prompt is too long for me"),
        (
            ContextOverflow("no", had=5, asked=4, limit=8),
            "input length and `max_tokens` exceed context limit: 5 + 4 > 8: no",
        ),
    ],
)
@pytest.mark.trap(95)
def test_an_overflow_is_said_in_the_words_that_make_claude_code_compact(error: ContextOverflow, told: str) -> None:
    assert words(error) == told


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (UpstreamKeyRefused("invalid X-API-Key [a,b]"), "invalid API key [a,b]"),
        (UpstreamUnpaid("Your credit balance is too low"), "Your balance does not suffice"),
    ],
)
def test_words_that_make_claude_code_speak_of_another_account_are_changed(error: RequestProblem, told: str) -> None:
    assert words(error) == told


def test_of_the_callers_own_login_they_are_not() -> None:
    error = UpstreamUnpaid("Your credit balance is too low")
    error.told = {"anthropic-ratelimit-unified-status": "rejected"}
    assert words(error) == "Your credit balance is too low"
