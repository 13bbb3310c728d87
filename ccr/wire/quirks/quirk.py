"""What a quirk is."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ccr.ids import Target
from ccr.messages.json import JsonObject
from ccr.messages.request import Request
from ccr.wire.dialect import DialectName, Payload
from ccr.wire.stages import MakesStage


def _same_request(request: Request, target: Target) -> Request:
    return request


def _same_chat(body: JsonObject, request: Request) -> JsonObject:
    return body


def _same_body(body: JsonObject) -> JsonObject:
    return body


def _same_payload(payload: Payload, request: Request, target: Target) -> Payload:
    return payload


@dataclass(frozen=True, slots=True)
class Quirk:
    """Adjusts the request before it is encoded, what it was encoded to, or the answer's events."""

    name: str
    request: Callable[[Request, Target], Request] = _same_request
    chat: Callable[[JsonObject, Request], JsonObject] = _same_chat  # a body of Chat Completions, and what it says
    body: Callable[[JsonObject], JsonObject] = _same_body  # a body of any dialect
    payload: Callable[[Payload, Request, Target], Payload] = _same_payload  # the last word, on headers too
    stage: MakesStage | None = None
    notes: tuple[str, ...] = ()  # what was written beside its name and has no effect

    def finished(self, payload: Payload, request: Request, target: Target, dialect: DialectName) -> Payload:
        """What goes out, once the dialect has put the request into its words."""
        body = self.chat(payload.body, request) if dialect == "openai" else payload.body
        return self.payload(replace(payload, body=self.body(body)), request, target)
