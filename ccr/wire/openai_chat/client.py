"""What an OpenAI client sends, and how it is answered."""

from collections.abc import Callable
from dataclasses import dataclass

from ccr.errors import RequestProblem
from ccr.messages.reply import Reply
from ccr.messages.request import Request
from ccr.wire.dialect import DialectName
from ccr.wire.openai_chat.decode import decode
from ccr.wire.openai_chat.writer import ChatWriter, completion
from ccr.wire.openai_errors import envelope


def _long_ago() -> float:
    return 0.0


@dataclass(frozen=True, slots=True)
class ChatClient:
    """`clock` gives Unix seconds, for the field `created`; the core has no clock of its own."""

    clock: Callable[[], float] = _long_ago

    @property
    def name(self) -> DialectName:
        return "openai"

    def decode(self, body: bytes) -> Request:
        return decode(body)

    def writer(self, request: Request) -> ChatWriter:
        return ChatWriter(request, int(self.clock()))

    def reply(self, reply: Reply, request: Request | None = None) -> bytes:
        return completion(reply, int(self.clock()))

    def error(self, error: RequestProblem, request_id: str) -> bytes:
        return envelope(error, request_id)
