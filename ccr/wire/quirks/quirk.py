"""What a quirk is."""

from collections.abc import Callable
from dataclasses import dataclass

from ccr.messages.json import JsonObject
from ccr.messages.request import Request
from ccr.wire.stages import MakesStage


def _same_request(request: Request) -> Request:
    return request


def _same_body(body: JsonObject) -> JsonObject:
    return body


@dataclass(frozen=True, slots=True)
class Quirk:
    """Adjusts the request before it is encoded, the body after it was, or the answer's events."""

    name: str
    request: Callable[[Request], Request] = _same_request
    body: Callable[[JsonObject], JsonObject] = _same_body
    stage: MakesStage | None = None
