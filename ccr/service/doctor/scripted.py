"""A provider with a script, on loopback: it has the client read a file, and says what it found there.

OpenAI Chat Completions, streamed, as most providers speak.
"""

import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from ccr.messages.json import Json, JsonObject

TOOL = "Read"
MOST_BYTES = 16 * 1024 * 1024


class Scripted(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, file: Path, word: str) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.file = file
        self.word = word  # what stands in the file
        self.requests = 0
        self.called = False  # the client was told to read it
        self.came_back: str | None = None  # what the client says of it
        self.offered: bool = False  # the client has the tool

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    @property
    def answer(self) -> str:
        return f"the file says {self.word}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self.server_close()

    def deltas(self, request: JsonObject) -> Iterator[JsonObject]:
        """What the model does next."""
        self.requests += 1
        results = [each for each in _objects(request.get("messages")) if each.get("role") == "tool"]
        tools = [each.get("function") for each in _objects(request.get("tools"))]
        if results:
            self.came_back = _text(results[-1].get("content"))
            yield from ({"content": piece} for piece in (self.answer[:4], self.answer[4:]))
        elif any(isinstance(tool, Mapping) and tool.get("name") == TOOL for tool in tools):
            self.offered = self.called = True
            arguments = json.dumps({"file_path": str(self.file)})
            yield _call(arguments[:5], id="call_1", name=TOOL)
            yield _call(arguments[5:])
        else:
            yield {"content": "OK"}


def _call(arguments: str, *, id: str | None = None, name: str | None = None) -> JsonObject:
    head: JsonObject = {"id": id, "type": "function"} if id else {}
    function: JsonObject = {"name": name, "arguments": arguments} if name else {"arguments": arguments}
    return {"tool_calls": [{"index": 0, **head, "function": function}]}


def _objects(entries: Json) -> list[JsonObject]:
    return [each for each in entries if isinstance(each, Mapping)] if isinstance(entries, list) else []


def _text(content: Json) -> str:
    if isinstance(content, str):
        return content
    return "".join(str(part.get("text") or "") for part in _objects(content))


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """The request's head is read; what comes is its body."""
        script = cast(Scripted, self.server)
        length = int(self.headers.get("content-length") or 0)
        request = json.loads(self.rfile.read(min(length, MOST_BYTES)))
        deltas = list(script.deltas(request))
        reason = "tool_calls" if any("tool_calls" in delta for delta in deltas) else "stop"
        if request.get("stream"):
            self._send("text/event-stream", b"".join(_stream(deltas, reason)))
        else:
            text = "".join(str(delta.get("content") or "") for delta in deltas)
            choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            self._send("application/json", json.dumps({**HEAD, "choices": [choice], "usage": USAGE}).encode())

    def _send(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is printed."""


HEAD: JsonObject = {"id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": "scripted"}
USAGE: JsonObject = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}


def _stream(deltas: list[JsonObject], reason: str) -> Iterator[bytes]:
    for number, delta in enumerate(deltas):
        role = {"role": "assistant"} if number == 0 else {}
        yield _chunk({"choices": [{"index": 0, "delta": {**role, **delta}, "finish_reason": None}]})
    yield _chunk({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
    yield _chunk({"choices": [], "usage": USAGE})
    yield b"data: [DONE]\n\n"


def _chunk(fields: Mapping[str, object]) -> bytes:
    return f"data: {json.dumps({**HEAD, 'object': 'chat.completion.chunk', **fields})}\n\n".encode()
