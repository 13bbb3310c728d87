"""A request to Anthropic's models at a cloud's own door: Anthropic's words, less what the door does not let through."""

from typing import cast

from ccr.ids import Target
from ccr.messages.json import JsonObject
from ccr.messages.request import Request
from ccr.wire.anthropic.differences import Differences
from ccr.wire.anthropic.doors import Door, admitted, marked
from ccr.wire.anthropic.request import encode_request

GENUINE = Differences()


def hosted(request: Request, target: Target, door: Door) -> tuple[JsonObject, tuple[str, ...]]:
    """The body as Anthropic itself would get it, and the betas that go with it."""
    request = admitted(request, door)
    body = encode_request(request, target, GENUINE).body
    return cast(JsonObject, marked(body)), request.betas
