"""Hub -> Gemini, and the answer back."""

from dataclasses import dataclass

from ccr.errors import UpstreamSaid
from ccr.ids import Target
from ccr.messages.request import Request
from ccr.wire.dialect import DialectName, Payload, Reader
from ccr.wire.gemini.addresses import action, models


@dataclass(frozen=True, slots=True)
class GeminiUpstream:
    """Google AI, or a Vertex project: same words, other addresses."""

    vertex: bool = False

    @property
    def name(self) -> DialectName:
        return "gemini"

    @property
    def verbatim(self) -> bool:
        return False

    @property
    def searches(self) -> bool:
        return True

    def endpoint(self, url: str) -> str:
        """The folder of the models: the model is part of the path."""
        return models(url, vertex=self.vertex)

    def address(self, endpoint: str, target: Target, *, stream: bool) -> str:
        return action(endpoint, target.model, stream=stream)

    def encode(self, request: Request, target: Target) -> Payload:
        raise NotImplementedError

    def reader(self, request: Request, target: Target) -> Reader:
        raise NotImplementedError

    def refusal(self, status: int, body: bytes) -> UpstreamSaid:
        raise NotImplementedError
