import json
from typing import Any, get_args

import pytest

from ccr.errors import (
    BadRequest,
    ContextOverflow,
    ErrorKind,
    RequestProblem,
    Unauthorized,
    UnknownTarget,
    UpstreamBusy,
    UpstreamLimited,
    UpstreamModelUnknown,
)
from ccr.wire.openai_errors import BY_KIND, envelope, refusal, reported

WRAPPED = 'Error from provider(x: 400): {"error":{"message":"prompt too long","code":"context_length_exceeded"}}'


@pytest.mark.parametrize(
    ("body", "message", "code"),
    [
        ({"error": {"message": "no", "type": "invalid_request_error", "code": "x"}}, "no", "x"),
        ({"error": {"message": "no", "type": "invalid_request_error", "code": None}}, "no", "invalid_request_error"),
        ({"error": {"message": "no", "code": 429, "status": "RESOURCE_EXHAUSTED"}}, "no", "RESOURCE_EXHAUSTED"),
        ([{"error": {"message": "no"}}], "no", ""),
        ({"error": "no such model"}, "no such model", ""),
        ({"error": {"error": {"message": "deep", "code": "c"}}}, "deep", "c"),
        ({"errors": [{"message": "first"}, {"message": "second"}]}, "first", ""),
        ({"detail": "not found"}, "not found", ""),
        ({"detail": [{"loc": ["body"], "msg": "field required", "type": "missing"}]}, "field required", "missing"),
        ({"object": "error", "message": "bad", "type": "BadRequestError", "code": 400}, "bad", "BadRequestError"),
        ({"type": "error", "error": {"type": "overloaded_error"}}, "overloaded_error", "overloaded_error"),
        ({"title": "Gone", "status": 410}, "Gone", ""),
        ({"error": {"message": WRAPPED}}, "prompt too long", "context_length_exceeded"),
        ({"error": {"message": "odd {braces}"}}, "odd {braces}", ""),
        ({"error": {"message": 'odd {"a": 1}'}}, 'odd {"a": 1}', ""),
        (
            {"error": {"message": "Provider returned error", "metadata": {"raw": '{"error":{"message":"inner"}}'}}},
            "inner",
            "",
        ),
        ({"error": {"message": "outer", "metadata": {"raw": " "}}}, "outer", ""),
        ({}, "status 400 without a message", ""),
        ([], "status 400 without a message", ""),
        (None, "status 400 without a message", ""),
        (17, "status 400 without a message", ""),
    ],
)
def test_a_refusal_is_read_in_any_form(body: object, message: str, code: str) -> None:
    said = refusal(json.dumps(body).encode(), 400)
    assert (said.message, said.code, said.status) == (message, code, 400)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("upstream  connect\nerror", "upstream connect error"),
        ("", "status 502 without a message"),
        ("<html><head><title>502 Bad Gateway</title></head><body>…</body></html>", "a web page: 502 Bad Gateway"),
        ("<!DOCTYPE html><script>x</script><p>Sorry</p>", "a web page: Sorry"),
        ("<html><title> </title>Sorry</html>", "a web page: Sorry"),
        ("x" * 2000, "x" * 1000 + "…"),
    ],
)
def test_other_text_is_made_short_and_readable(text: str, message: str) -> None:
    assert refusal(text.encode(), 502).message == message


def test_bytes_that_are_no_text_are_survived() -> None:
    assert refusal(b"\xff\xfe", 500).message


def test_googles_delay_is_kept() -> None:
    details: list[Any] = [{"@type": "Help"}, {"retryDelay": "12.5s"}]
    assert refusal(json.dumps([{"error": {"message": "m", "details": details}}]).encode(), 429).retry_after == 12.5
    assert (
        refusal(json.dumps({"error": {"message": "m", "details": [{"retryDelay": "soon"}]}}).encode()).retry_after
        is None
    )


@pytest.mark.parametrize(
    ("error", "status"),
    [({"code": 502}, 502), ({"code": "429"}, 429), ({"status_code": 503}, 503), ({"code": 7}, None)],
)
def test_an_error_within_an_answer_may_name_its_status(error: dict[str, object], status: int | None) -> None:
    assert refusal(json.dumps({"error": {"message": "m", **error}}).encode()).status == status


def test_an_error_without_words_still_has_a_message() -> None:
    assert refusal(b"{}").message == "an error without a message"


@pytest.mark.parametrize(
    ("error", "type", "code"),
    [
        (BadRequest("m"), "invalid_request_error", None),
        (ContextOverflow("m"), "invalid_request_error", "context_length_exceeded"),
        (UnknownTarget("m"), "invalid_request_error", "model_not_found"),
        (UpstreamModelUnknown("m"), "invalid_request_error", "model_not_found"),
        (Unauthorized("m"), "invalid_request_error", "invalid_api_key"),
        (UpstreamLimited("m"), "rate_limit_error", "rate_limit_exceeded"),
        (UpstreamBusy("m"), "server_error", "overloaded"),
    ],
)
def test_a_client_is_told_in_openais_words(error: RequestProblem, type: str, code: str | None) -> None:
    inner = {"message": "m", "type": type, "param": None, "code": code}
    assert json.loads(envelope(error, "req_1")) == {"error": inner, "request_id": "req_1"}


def test_every_kind_of_error_has_its_words() -> None:
    assert BY_KIND.keys() == set(get_args(ErrorKind))


@pytest.mark.parametrize("status", ["²²²", "4²9", "٤٢٩", "0429"])
def test_a_status_in_odd_digits_is_none(status: str) -> None:
    assert refusal(json.dumps({"message": "no", "code": status}).encode()).status is None


def test_errors_in_errors_without_end_are_one_error() -> None:
    value: object = "deep"
    for _ in range(2000):
        value = {"error": value}
    assert reported(value, 400).message == "an error that is nested too deeply"


@pytest.mark.parametrize("piece", ["<script ", "<title ", "<title>", "<style", "<"])
def test_a_page_of_broken_markup_is_read_at_once(piece: str) -> None:
    assert refusal(("<html>" + piece * 200_000).encode(), 502).message.startswith("a web page")


def test_markup_that_is_cut_does_not_show() -> None:
    assert refusal(b"<html><p>Busy</p><script>let a = 1;", 502).message == "a web page: Busy"
    assert refusal(b'<html><p>Busy</p><a href="x', 502).message == "a web page: Busy"


def test_a_blank_code_is_no_message() -> None:
    assert reported({"error": {"code": " ", "message": " "}}).message == "an error without a message"
