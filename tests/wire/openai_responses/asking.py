"""Requests of Responses clients, and the stream that answers them."""

import json
from typing import Any

from ccr.messages.events import Event
from ccr.messages.request import Request
from ccr.wire.openai_responses import ResponsesClient

CLIENT = ResponsesClient(lambda: 1700000000.5)


def asked(*items: object, **more: object) -> Request:
    """The request with these input items."""
    return CLIENT.decode(json.dumps({"model": "m", "input": items, **more}).encode())


def offering(*tools: object, **more: object) -> Request:
    return asked({"role": "user", "content": "hi"}, tools=tools, **more)


def frames(*written: Event, request: Request | None = None) -> list[Any]:
    """The events that a client reads, each checked for its name and number."""
    writer = CLIENT.writer(request or asked({"role": "user", "content": "hi"}))
    return read(b"".join(map(writer.write, written)))


def read(data: bytes) -> list[Any]:
    found = []
    for text in data.decode().split("\n\n")[:-1]:
        name, body = text.split("\n")
        found.append(json.loads(body.removeprefix("data: ")))
        assert name == f"event: {found[-1]['type']}"
    assert [event["sequence_number"] for event in found] == list(range(len(found)))
    return found
