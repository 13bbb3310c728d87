"""An upstream that speaks Anthropic Messages."""

import re
from typing import Literal

from ccr.errors import UpstreamSaid
from ccr.ids import Target
from ccr.messages.request import Request
from ccr.wire.anthropic.errors import refusal
from ccr.wire.anthropic.reader import AnswerReader
from ccr.wire.anthropic.request import encode_request
from ccr.wire.dialect import Payload, Reader

_VERSIONED = re.compile(r"/v\d+$")


class AnthropicUpstream:
    name: Literal["anthropic"] = "anthropic"
    verbatim = True
    searches = True

    def endpoint(self, url: str) -> str:
        base, mark, query = url.partition("?")
        base = base.rstrip("/")
        if not base.endswith("/messages"):
            base += "/messages" if _VERSIONED.search(base) else "/v1/messages"
        return base + mark + query

    def address(self, endpoint: str, target: Target, *, stream: bool) -> str:
        return endpoint

    def encode(self, request: Request, target: Target) -> Payload:
        return encode_request(request, target)

    def reader(self, request: Request, target: Target) -> Reader:
        return AnswerReader(request, target)

    def refusal(self, status: int, body: bytes) -> UpstreamSaid:
        return refusal(status, body)
