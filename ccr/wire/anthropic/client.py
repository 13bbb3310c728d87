"""A client that speaks Anthropic Messages."""

from typing import Literal

from ccr.errors import RequestProblem
from ccr.messages.reply import Reply
from ccr.messages.request import Request
from ccr.wire.anthropic.errors import envelope
from ccr.wire.anthropic.reply import encode_reply
from ccr.wire.anthropic.request import decode_request
from ccr.wire.anthropic.writer import StreamWriter
from ccr.wire.dialect import Writer


class AnthropicClient:
    name: Literal["anthropic"] = "anthropic"

    def decode(self, body: bytes) -> Request:
        return decode_request(body)

    def writer(self, request: Request) -> Writer:
        return StreamWriter()

    def reply(self, reply: Reply, request: Request | None = None) -> bytes:
        return encode_reply(reply)

    def error(self, error: RequestProblem, request_id: str) -> bytes:
        return envelope(error, request_id)
