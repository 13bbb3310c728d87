"""Named differences of vendors. Each is a function of the request or of the encoded body, and says where it was seen."""

from collections.abc import Callable
from dataclasses import dataclass

from ccr.messages.json import JsonObject
from ccr.messages.request import Request


def _same_request(request: Request) -> Request:
    return request


def _same_body(body: JsonObject) -> JsonObject:
    return body


@dataclass(frozen=True, slots=True)
class Quirk:
    """Adjusts the request before it is encoded, or the body after it was."""

    name: str
    request: Callable[[Request], Request] = _same_request
    body: Callable[[JsonObject], JsonObject] = _same_body
