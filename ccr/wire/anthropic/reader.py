"""An upstream's answer -> events, from Anthropic and its many lookalikes.

Lookalikes leave out `event:` lines, message_start, content_block_stop, message_stop, usage and signatures, put text and
tool input into content_block_start, interleave blocks, and end by `[DONE]`. All of that is read. What has neither an
end mark nor a stop reason is cut, and what is neither a stream nor JSON is no answer.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Literal

from ccr.errors import UpstreamCut, UpstreamGarbled
from ccr.ids import Target
from ccr.messages.blocks import Block, ToolUse
from ccr.messages.events import Event
from ccr.messages.fold import unfold
from ccr.messages.json import read
from ccr.messages.request import Request
from ccr.wire.anthropic.errors import HEAD, excerpt, said
from ccr.wire.anthropic.reply import decode_reply
from ccr.wire.anthropic.stream import Stream
from ccr.wire.sse import MAX_FRAME, Frame, Frames
from ccr.wire.toolids import ToolIds

BLANK = b"\xef\xbb\xbf \t\r\n"

Form = Literal["stream", "json", "other"]
# How the lines of a stream begin: event, data, id, retry, a comment.
FORMS: dict[bytes, Form] = {b"{": "json", **dict.fromkeys((b"e", b"d", b"i", b"r", b":"), "stream")}


class AnswerReader:
    def __init__(self, request: Request, target: Target) -> None:
        self._target = target
        self._ids = ToolIds(block.id for turn in request.turns for block in turn.content if isinstance(block, ToolUse))
        self._form: Form | None = None
        self._head = b""
        self._whole: list[bytes] = []
        self._size = 0
        self._frames = Frames()
        self._stream = Stream(target.model, self._ids)

    def feed(self, data: bytes) -> Iterator[Event]:
        if self._form is None:
            data = data.lstrip(BLANK)
            if not data:
                return
            self._form = FORMS.get(data[:1], "other")
        if len(self._head) < HEAD:
            self._head = (self._head + data)[:HEAD]
        match self._form:
            case "stream":
                for frame in self._frames.feed(data):
                    yield from self._read(frame)
            case "json":
                self._whole.append(data)
                self._size += len(data)
                if self._size > MAX_FRAME:
                    raise UpstreamGarbled(f"an answer of more than {MAX_FRAME} bytes")
            case _:
                if len(self._head) == HEAD:
                    raise self._strange()

    def close(self) -> Iterator[Event]:
        match self._form:
            case None:
                raise UpstreamCut("the answer is empty")
            case "json":
                yield from self._read_whole(b"".join(self._whole))
            case _:
                try:
                    for frame in self._frames.close():
                        yield from self._read(frame)
                except UpstreamGarbled:  # half a frame, which may be one after the answer's end
                    if not self._stream.finished:
                        raise
                if not self._stream.started:
                    raise self._strange()
                if not self._stream.done:
                    yield from self._stream.end(marked=False)

    def _read(self, frame: Frame) -> Iterable[Event]:
        if self._stream.done:
            return ()
        try:
            raw = read(frame.data)
        except ValueError:
            return self._read_words(frame)
        if not isinstance(raw, dict):
            raise UpstreamGarbled(f"a frame that is not a JSON object: {excerpt(frame.data)}")
        return self._stream.read(raw.get("type") or frame.event, raw)

    def _read_words(self, frame: Frame) -> Iterable[Event]:
        """A frame that is not JSON."""
        match excerpt(frame.data):
            case "":
                return ()
            case "[DONE]":
                return self._stream.end(marked=True)
            case words if frame.event == "error":
                raise said(words)
            case words:
                raise UpstreamGarbled(f"a frame that is not JSON: {words}")

    def _read_whole(self, body: bytes) -> Iterator[Event]:
        try:
            raw = read(body)
        except ValueError as broken:
            raise UpstreamGarbled(f"an answer that is not JSON ({broken}): {excerpt(body)}") from None
        match raw:
            case dict() if isinstance(raw.get("content"), list):
                reply = decode_reply(raw, self._target.model)
                yield from unfold(replace(reply, content=tuple([self._fitted(block) for block in reply.content])))
            case {"error": _} | {"type": "error"}:
                raise said(raw)
            case _:
                raise self._strange()

    def _fitted(self, block: Block) -> Block:
        return replace(block, id=self._ids.fit(block.id)) if isinstance(block, ToolUse) else block

    def _strange(self) -> UpstreamGarbled:
        return UpstreamGarbled(f"not an answer of the Messages API: {excerpt(self._head)}")
