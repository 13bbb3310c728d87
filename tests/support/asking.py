"""Requests and answers that the gateway's tests share."""

import json

from ccr.gateway.inbound import Answer
from ccr.providers.resolve import Upstream
from ccr.wire.openai_chat import ChatUpstream
from tests.support import chat, messages
from tests.support.parts import text, usage
from tests.support.wiring import upstream_at

ASKED = {"model": "claude-opus", "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}]}
STREAMED = ASKED | {"stream": True}
HI = messages.body(text("hi there"), usage(10, 3), model="claude-opus")
CHAT_HI = chat.body(text("hi there"), usage(10, 3))


def openai(name: str = "acme") -> Upstream:
    return upstream_at("http://acme.test/v1/chat/completions", ChatUpstream(), name)


def error_of(answer: Answer) -> tuple[int, str, str]:
    assert isinstance(answer.body, bytes)
    error = json.loads(answer.body)["error"]
    return answer.status, error["type"], error["message"]


def chat_frames() -> list[bytes]:
    return [frame + b"\n\n" for frame in CHAT_HI.split(b"\n\n") if frame]
