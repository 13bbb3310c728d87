"""The scripted Gemini says what Google's API says; otherwise tests on it would prove nothing."""

import json

from tests.support import gemini
from tests.support.parts import text, thinking, tool, usage


def test_a_stream_ends_with_the_reason_and_the_usage() -> None:
    *_, last = gemini.chunks(text("hello"), usage(10, 3, cached=4))
    assert last["candidates"] == [
        {"content": {"role": "model", "parts": [{"text": ""}]}, "index": 0, "finishReason": "STOP"}
    ]
    assert last["usageMetadata"] == {
        "promptTokenCount": 10,
        "candidatesTokenCount": 3,
        "totalTokenCount": 13,
        "cachedContentTokenCount": 4,
    }


def test_thoughts_are_text_that_is_marked() -> None:
    assert gemini.contents(thinking("hm")) == [{"text": "hm", "thought": True}]


def test_the_first_call_carries_a_signature() -> None:
    first, second = gemini.signed([tool("Bash", {"command": "ls"}, "a"), tool("Read", {}, "b")], gemini.SCRIPTED)
    call = {"id": "a", "name": "Bash", "args": {"command": "ls"}}
    assert first == {"functionCall": call, "thoughtSignature": gemini.ANY_MODEL}
    assert second == {"functionCall": {"id": "b", "name": "Read", "args": {}}}


def test_a_signature_tells_its_model_and_its_part() -> None:
    part: gemini.Json = {"functionCall": {"name": "Bash", "args": {}}}
    signature = gemini.issued("gemini-3-pro", part)
    assert gemini.issued_for(signature, "gemini-3-pro", part)
    assert not gemini.issued_for(signature, "gemini-3-flash", part)
    assert not gemini.issued_for(signature, "gemini-3-pro", {"text": "hi"})


def test_a_whole_answer_says_the_same_as_the_stream() -> None:
    parts = (thinking("hm"), text("hello, this is more than one piece"), usage(10, 3))
    head, _, body = b"".join(step for step in gemini.reply(*parts).steps if isinstance(step, bytes)).partition(
        b"\r\n\r\n"
    )
    whole = json.loads(body)
    streamed = [piece for part in parts for piece in gemini.contents(part)]
    assert b"application/json" in head
    assert whole["candidates"][0] == {
        "content": {"role": "model", "parts": streamed},
        "index": 0,
        "finishReason": "STOP",
    }
