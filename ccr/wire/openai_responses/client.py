"""What a client of Responses sends, and how it is answered."""

from collections.abc import Callable
from dataclasses import dataclass

from ccr.errors import RequestProblem
from ccr.messages.reply import Reply
from ccr.messages.request import Request
from ccr.wire.dialect import DialectName
from ccr.wire.openai_errors import envelope
from ccr.wire.openai_responses.decode import decode
from ccr.wire.openai_responses.writer import ResponsesWriter, answer


def _long_ago() -> float:
    return 0.0


@dataclass(frozen=True, slots=True)
class ResponsesClient:
    """`clock` gives Unix seconds, for the field `created_at`; the core has no clock of its own."""

    clock: Callable[[], float] = _long_ago

    @property
    def name(self) -> DialectName:
        return "responses"

    def decode(self, body: bytes) -> Request:
        return decode(body)

    def writer(self, request: Request) -> ResponsesWriter:
        return ResponsesWriter(request, int(self.clock()))

    def reply(self, reply: Reply, request: Request) -> bytes:
        return answer(reply, request, int(self.clock()))

    def error(self, error: RequestProblem, request_id: str) -> bytes:
        return envelope(error, request_id)
