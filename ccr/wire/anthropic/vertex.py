"""Claude on Google's Vertex AI. https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai"""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

from ccr.errors import UpstreamSaid
from ccr.ids import Target
from ccr.messages.request import Request
from ccr.wire.anthropic.doors import COMMON, TURNS_CONTROL, Door
from ccr.wire.anthropic.errors import refusal
from ccr.wire.anthropic.hosted import hosted
from ccr.wire.anthropic.reader import AnswerReader
from ccr.wire.dialect import DialectName, Payload, Reader

VERSION = "vertex-2023-10-16"
DOOR = Door(
    (
        *COMMON,
        "compact-2026-09-04",
        "interleaved-thinking-2025-05-14",
        TURNS_CONTROL,
        "web-search-2025-03-05",
    ),
    web_search=True,
)

_TAIL = re.compile(r"/publishers(/.*)?$")


@dataclass(frozen=True, slots=True)
class VertexClaude:
    @property
    def name(self) -> DialectName:
        return "anthropic"

    @property
    def verbatim(self) -> bool:
        return False  # the model and the version go another way

    @property
    def searches(self) -> bool:
        return True

    def endpoint(self, url: str) -> str:
        """The folder of the models, from a project's location or anything below it. A query stays."""
        there = urlsplit(url)
        path = _TAIL.sub("", there.path.rstrip("/"))
        return urlunsplit(there._replace(path=f"{path}/publishers/anthropic/models"))

    def address(self, endpoint: str, target: Target, *, stream: bool) -> str:
        there = urlsplit(endpoint)
        does = "streamRawPredict" if stream else "rawPredict"
        return urlunsplit(there._replace(path=f"{there.path}/{quote(target.model, safe='@')}:{does}"))

    def encode(self, request: Request, target: Target) -> Payload:
        body, betas = hosted(request, target, DOOR)
        fields = {name: value for name, value in body.items() if name != "model"}
        return Payload({"anthropic_version": VERSION, **fields}, {"anthropic-beta": ",".join(betas)} if betas else {})

    def reader(self, request: Request, target: Target) -> Reader:
        return AnswerReader(request, target)

    def refusal(self, status: int, body: bytes) -> UpstreamSaid:
        return refusal(status, body)
