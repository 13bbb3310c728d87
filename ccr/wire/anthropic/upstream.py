"""An upstream that speaks Anthropic Messages."""

import re
from dataclasses import dataclass

from ccr.errors import UpstreamSaid
from ccr.ids import Target
from ccr.messages.request import Request
from ccr.wire.anthropic.differences import Differences
from ccr.wire.anthropic.errors import refusal
from ccr.wire.anthropic.lookalike import Renaming
from ccr.wire.anthropic.reader import AnswerReader
from ccr.wire.anthropic.request import encode_request
from ccr.wire.anthropic.thoughts import Tagging
from ccr.wire.dialect import DialectName, Payload, Reader
from ccr.wire.stages import staged

_VERSIONED = re.compile(r"/v\d+$")


@dataclass(frozen=True, slots=True)
class AnthropicUpstream(Differences):
    @property
    def name(self) -> DialectName:
        return "anthropic"

    @property
    def verbatim(self) -> bool:
        return self.genuine

    @property
    def searches(self) -> bool:
        return self.genuine or self.web_search

    def endpoint(self, url: str) -> str:
        base, mark, query = url.partition("?")
        base = base.rstrip("/")
        if not base.endswith("/messages"):
            base += "/messages" if _VERSIONED.search(base) else "/v1/messages"
        return base + mark + query

    def address(self, endpoint: str, target: Target, *, stream: bool) -> str:
        return endpoint

    def encode(self, request: Request, target: Target) -> Payload:
        return encode_request(request, target, self)

    def reader(self, request: Request, target: Target) -> Reader:
        reader = AnswerReader(request, target)
        return reader if self.genuine else staged(reader, [Tagging(target), Renaming(request)])

    def refusal(self, status: int, body: bytes) -> UpstreamSaid:
        return refusal(status, body)
