"""Reads the Anthropic stream that a client got, strictly: the order of events, one open block, JSON that is whole.

Every stream that leaves the router passes `heard`, also one that ends in an error: what is before the error must fit.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

TOOL_ID = re.compile(r"^[a-zA-Z0-9_-]+$")

EMPTY: dict[str, Json] = {
    "text": {"text": ""},
    "thinking": {"thinking": "", "signature": ""},
    "tool_use": {"input": {}},
    "server_tool_use": {"input": {}},
}

FITS = {
    "text_delta": {"text"},
    "citations_delta": {"text"},
    "thinking_delta": {"thinking"},
    "signature_delta": {"thinking"},
    "input_json_delta": {"tool_use", "server_tool_use"},
}


@dataclass(slots=True)
class Heard:
    """An answer as a client has it after the last byte."""

    events: list[Json]
    id: str = ""
    model: str = ""
    blocks: list[Json] = field(default_factory=list)
    stop_reason: str | None = None
    stop_sequence: str | None = None
    usage: Json = field(default_factory=dict)
    started_with: Json = field(default_factory=dict)  # the usage in message_start
    pings: int = 0
    error: Json | None = None
    whole: bool = False  # message_stop has come

    @property
    def text(self) -> str:
        return "".join(block["text"] for block in self.blocks if block["type"] == "text")

    @property
    def thoughts(self) -> str:
        return "".join(block["thinking"] for block in self.blocks if block["type"] == "thinking")

    @property
    def calls(self) -> list[Json]:
        return [block for block in self.blocks if block["type"] == "tool_use"]


def frames(body: bytes) -> list[tuple[str, Json]]:
    """Event names and data. Strict in what Anthropic's own stream looks like: named events, one data line, LF."""
    text = body.decode()
    assert text.endswith("\n\n"), f"the stream ends inside a frame: …{text[-80:]!r}"
    found = []
    for frame in text.removesuffix("\n\n").split("\n\n"):
        lines = [line for line in frame.split("\n") if not line.startswith(":")]
        if not lines:
            continue
        assert len(lines) == 2, f"not an event line and a data line: {frame!r}"
        assert lines[0].startswith("event: "), frame
        assert lines[1].startswith("data: "), frame
        found.append((lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: "))))
    return found


def heard(body: bytes) -> Heard:
    """A whole stream; one that is neither finished nor ended by an error is refused."""
    listener = Listener()
    for name, data in frames(body):
        assert data["type"] == name, f"event {name!r} holds {data['type']!r}"
        listener.hear(data)
    answer = listener.answer
    assert answer.whole or answer.error, f"the stream stops after {[e['type'] for e in answer.events][-3:]}"
    return answer


class Listener:
    def __init__(self) -> None:
        self.answer = Heard([])
        self.open: Json | None = None
        self.written = ""  # the open tool's input so far
        self.finished = False

    def hear(self, event: Json) -> None:
        answer = self.answer
        assert not answer.whole, f"{event['type']} after message_stop"
        assert answer.error is None, f"{event['type']} after an error"
        answer.events.append(event)
        match event["type"]:
            case "ping":
                answer.pings += 1
            case "error":
                self.failed(event)
            case "message_start":
                self.start(event["message"])
            case "content_block_start":
                self.block(event)
            case "content_block_delta":
                self.delta(event)
            case "content_block_stop":
                self.stop(event)
            case "message_delta":
                self.finish(event)
            case "message_stop":
                assert self.finished, "message_stop without message_delta"
                answer.whole = True
            case other:
                raise AssertionError(f"an event {other!r}")

    def failed(self, event: Json) -> None:
        error = event["error"]
        assert isinstance(error["type"], str)
        assert isinstance(error["message"], str)
        assert error["message"], "an error without a message"
        self.answer.error = error

    def start(self, message: Json) -> None:
        assert len([e for e in self.answer.events if e["type"] != "ping"]) == 1, "message_start is not the first event"
        assert message["type"] == "message"
        assert message["role"] == "assistant"
        assert message["content"] == []
        assert message["stop_reason"] is None
        assert message["stop_sequence"] is None
        assert message["id"], "a message without an id"
        assert isinstance(message["usage"]["input_tokens"], int)
        assert isinstance(message["usage"]["output_tokens"], int)
        self.answer.id, self.answer.model = message["id"], message["model"]
        self.answer.started_with = message["usage"]
        self.answer.usage = dict(message["usage"])

    def block(self, event: Json) -> None:
        block = event["content_block"]
        assert self.answer.id, "a block before message_start"
        assert self.open is None, f"block {event['index']} starts inside another"
        assert not self.finished, "a block after message_delta"
        assert event["index"] == len(self.answer.blocks), f"index {event['index']} is out of order"
        for name, value in EMPTY.get(block["type"], {}).items():
            assert block[name] == value, f"a {block['type']} block starts with {name}={block[name]!r}"
        if block["type"] == "tool_use":
            assert TOOL_ID.match(block["id"]), f"tool id {block['id']!r}"
            assert block["name"], "a tool without a name"
            assert block["id"] not in {call["id"] for call in self.answer.calls}, f"tool id {block['id']} twice"
        self.open, self.written = block, ""
        self.answer.blocks.append(block)

    def delta(self, event: Json) -> None:
        delta, block = event["delta"], self.open
        assert block is not None, "a delta outside of a block"
        assert event["index"] == len(self.answer.blocks) - 1, f"a delta for block {event['index']}, which is not open"
        home = FITS.get(delta["type"])
        assert home is None or block["type"] in home, f"{delta['type']} in a {block['type']} block"
        match delta["type"]:
            case "text_delta":
                block["text"] += delta["text"]
            case "thinking_delta":
                assert not block["signature"], "a thought after its signature"
                block["thinking"] += delta["thinking"]
            case "signature_delta":
                assert not block["signature"], "two signatures in a block"
                block["signature"] = delta["signature"]
            case "input_json_delta":
                self.written += delta["partial_json"]
            case _:
                pass

    def stop(self, event: Json) -> None:
        assert self.open is not None, "content_block_stop without a block"
        assert event["index"] == len(self.answer.blocks) - 1
        if self.open["type"] in {"tool_use", "server_tool_use"}:
            self.open["input"] = json.loads(self.written or "{}")
            assert isinstance(self.open["input"], dict), f"a tool input that is no object: {self.written}"
        self.open = None

    def finish(self, event: Json) -> None:
        assert self.open is None, "message_delta inside a block"
        assert self.answer.id, "message_delta before message_start"
        assert isinstance(event["usage"]["output_tokens"], int), "message_delta without output_tokens"
        delta = event["delta"]
        assert not self.finished, "two stop reasons"
        if delta.get("stop_reason") is not None:  # without one it is a sign of life
            self.answer.stop_reason = delta["stop_reason"]
            self.answer.stop_sequence = delta["stop_sequence"]
            assert self.answer.stop_reason, "an empty stop reason"
            self.finished = True
        self.answer.usage |= {name: value for name, value in event["usage"].items() if value is not None}
