import base64
import contextlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr.errors import RequestProblem, UpstreamCut, UpstreamGarbled, UpstreamSaid
from ccr.ids import ModelName, ProviderName, Target
from ccr.messages.blocks import Text
from ccr.messages.events import End, Event
from ccr.messages.fold import fold
from ccr.messages.request import Request, Turn
from ccr.wire.anthropic import BedrockClaude, BedrockRuntimeClaude
from tests.support import messages
from tests.support.clouds import chunk, exception, message
from tests.support.cuts import CUTS, Cut
from tests.support.parts import text, thinking, tool, usage

MANTLE, RUNTIME = BedrockClaude(), BedrockRuntimeClaude()
HERE = Target(ProviderName("bedrock"), ModelName("anthropic.claude-haiku-4-5-20251001-v1:0"))
HI = Request("x", (Turn("user", (Text("hi"),)),), max_tokens=10, stream=True, betas=("context-1m-2025-08-07", "other"))
SAID = (thinking("hm", "EqQB"), text("hi"), tool("Bash", {"command": "ls"}, "toolu_1"), usage(10, 3))
STREAM = b"".join(chunk(event) for event in messages.events(*SAID))


@pytest.mark.parametrize("tail", ["", "/", "/anthropic", "/anthropic/v1", "/anthropic/v1/messages"])
def test_mantle_is_asked_as_anthropic_is(tail: str) -> None:
    endpoint = MANTLE.endpoint("https://bedrock-mantle.us-east-1.api.aws" + tail)
    assert endpoint == "https://bedrock-mantle.us-east-1.api.aws/anthropic/v1/messages"
    assert MANTLE.address(endpoint, HERE, stream=True) == endpoint
    payload = MANTLE.encode(HI, HERE)
    assert payload.body["model"] == HERE.model
    assert payload.headers == {"anthropic-version": "2023-06-01", "anthropic-beta": "context-1m-2025-08-07"}
    assert MANTLE.encode(replace(HI, betas=()), HERE).headers == {"anthropic-version": "2023-06-01"}


@pytest.mark.parametrize("tail", ["", "/model", "/model/x/invoke"])
def test_the_older_door_has_the_model_in_the_path(tail: str) -> None:
    base = "https://bedrock-runtime.us-east-1.amazonaws.com"
    endpoint = RUNTIME.endpoint(base + tail)
    path = f"{base}/model/anthropic.claude-haiku-4-5-20251001-v1:0"
    assert RUNTIME.address(endpoint, HERE, stream=False) == f"{path}/invoke"
    assert RUNTIME.address(endpoint, HERE, stream=True) == f"{path}/invoke-with-response-stream"
    profile = replace(HERE, model=ModelName("arn:aws:bedrock:eu:1:profile/a"))
    assert RUNTIME.address(endpoint, profile, stream=False) == f"{base}/model/arn:aws:bedrock:eu:1:profile%2Fa/invoke"


def test_the_older_door_has_version_and_betas_in_the_body() -> None:
    payload = RUNTIME.encode(HI, HERE)
    assert json.loads(json.dumps(payload.body)) == {
        "anthropic_version": "bedrock-2023-05-31",
        "anthropic_beta": ["context-1m-2025-08-07"],
        "max_tokens": 10,
        "messages": [{"role": "user", "content": "hi"}],
    }
    assert payload.headers == {}
    assert "anthropic_beta" not in RUNTIME.encode(replace(HI, betas=()), HERE).body


def read(*pieces: bytes) -> list[Event]:
    reader = RUNTIME.reader(HI, HERE)
    return [event for piece in pieces for event in reader.feed(piece)] + list(reader.close())


@pytest.mark.parametrize("cut", CUTS)
def test_a_binary_stream_reads_as_anthropics_own_does(cut: Cut) -> None:
    plain = MANTLE.reader(HI, HERE)
    expected = [*plain.feed(messages.body(*SAID)), *plain.close()]
    told, own = fold(read(*cut(STREAM))), fold(expected)
    assert (told.content, told.stop_reason, told.usage) == (own.content, own.stop_reason, own.usage)


def test_a_whole_answer_reads_as_well() -> None:
    whole = b'{"type": "message", "content": [{"type": "text", "text": "hi"}], "stop_reason": "end_turn", "usage": {}}'
    assert read(b"", whole)[-1] == End()


def test_line_ends_within_an_event_mean_nothing() -> None:
    spread = json.dumps(messages.events(*SAID)[0], indent=1).replace("\n", "\r\n").encode()
    first = json.dumps({"bytes": base64.b64encode(spread).decode()}).encode()
    rest = b"".join(chunk(event) for event in messages.events(*SAID)[1:])
    assert read(message({":message-type": "event", ":event-type": "chunk"}, first) + rest)[-1] == End()


@given(st.binary(max_size=60), st.sampled_from(["event", "exception", "error", "other"]))
def test_whatever_a_message_holds_comes_to_events_or_a_clear_fault(payload: bytes, kind: str) -> None:
    chunked = json.dumps({"bytes": base64.b64encode(payload).decode()}).encode()
    for body in (payload, chunked):
        with contextlib.suppress(RequestProblem):
            read(message({":message-type": kind, ":event-type": "chunk", ":exception-type": "x"}, body))


def test_messages_of_other_kinds_are_passed_over() -> None:
    other = message({":message-type": "event", ":event-type": "initial-response"}, b"{}") + message({}, b"")
    assert read(other + STREAM)[-1] == End()


@pytest.mark.parametrize(
    ("kind", "status"), [("throttlingException", 429), ("validationException", 400), ("newException", 500)]
)
def test_an_exception_in_the_stream_is_what_the_provider_said(kind: str, status: int) -> None:
    with pytest.raises(UpstreamSaid, match="Too many tokens") as said:
        read(chunk(messages.events(*SAID)[0]), exception(kind, "Too many tokens"))
    assert (said.value.status, said.value.code) == (status, kind)


def test_so_is_an_error_of_the_transport() -> None:
    headers = {":message-type": "error", ":error-code": "internalServerException", ":error-message": "gone"}
    with pytest.raises(UpstreamSaid, match="gone") as said:
        read(message(headers, b""))
    assert said.value.status == 500
    with pytest.raises(UpstreamSaid, match="no JSON"):
        read(message({":message-type": "exception", ":exception-type": "x"}, b"no JSON"))


@pytest.mark.parametrize("payload", [b"{}", b'{"bytes": "%"}', b"no JSON"])
def test_a_chunk_that_cannot_be_read_is_a_fault(payload: bytes) -> None:
    with pytest.raises(UpstreamGarbled, match="a chunk that cannot be read"):
        read(message({":message-type": "event", ":event-type": "chunk"}, payload))


@pytest.mark.trap(112)
def test_a_stream_that_ends_early_is_cut() -> None:
    with pytest.raises(UpstreamCut, match="ended before its end"):
        read(STREAM[: len(STREAM) // 2])


def test_half_a_message_behind_the_reason_of_an_end_is_no_matter() -> None:
    assert read(STREAM[:-5]) == read(STREAM)


def test_refusals_are_understood_and_nothing_is_copied() -> None:
    assert RUNTIME.refusal(403, b'{"message": "no access"}').message == "no access"
    assert (RUNTIME.name, RUNTIME.verbatim, RUNTIME.searches) == ("anthropic", False, False)
