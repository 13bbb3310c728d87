"""Hub -> Gemini, and the answer back."""

from dataclasses import dataclass

from ccr.errors import UpstreamSaid
from ccr.ids import Target
from ccr.messages.json import Json
from ccr.messages.request import Request
from ccr.wire.dialect import DialectName, Payload
from ccr.wire.gemini.addresses import action, models
from ccr.wire.gemini.configuration import configuration
from ccr.wire.gemini.errors import refusal
from ccr.wire.gemini.families import family
from ccr.wire.gemini.history import contents, instruction
from ccr.wire.gemini.reader import GeminiReader
from ccr.wire.gemini.tools import tools, wishes


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
        """What stays the same from turn to turn stands first."""
        kind = family(target.model)
        body: dict[str, Json] = {}
        if prompt := instruction(request.system, wishes(request)):
            body["systemInstruction"] = prompt
        body |= tools(request)
        body["contents"] = contents(request, target, kind)
        if settings := configuration(request, kind):
            body["generationConfig"] = settings
        return Payload(body)

    def reader(self, request: Request, target: Target) -> GeminiReader:
        return GeminiReader(request, target)

    def refusal(self, status: int, body: bytes) -> UpstreamSaid:
        return refusal(status, body)
