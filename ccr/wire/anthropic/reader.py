"""An upstream's answer -> events. Anthropic's own stream, and those of its many lookalikes.

Lookalikes leave out `event:` lines, message_start, content_block_stop, message_stop, usage and signatures, put text and
tool input into content_block_start, interleave blocks, and end by `[DONE]`. All of that is read. An answer without a
stop reason and without an end mark is cut.
"""

from collections.abc import Iterator, Mapping

from ccr.errors import UpstreamCut, UpstreamGarbled
from ccr.ids import Target
from ccr.messages.blocks import Opaque, Text, Thinking, ToolResult, ToolUse
from ccr.messages.events import (
    BlockStart,
    BlockStop,
    Delta,
    End,
    Event,
    Finish,
    JsonDelta,
    OpaqueDelta,
    Ping,
    SignatureDelta,
    Start,
    TextDelta,
    ThinkingDelta,
)
from ccr.messages.fold import unfold
from ccr.messages.json import JsonObject, read
from ccr.messages.reply import Usage
from ccr.messages.request import Request
from ccr.wire.anthropic.errors import excerpt, said
from ccr.wire.anthropic.reply import MESSAGE, decode_reply, decode_usage, stop_reason
from ccr.wire.anthropic.seats import Seats
from ccr.wire.sse import MAX_FRAME, Frames

