"""Claude on Amazon Bedrock, at either of its doors.

bedrock-mantle speaks as Anthropic does: https://platform.claude.com/docs/en/build-with-claude/claude-in-amazon-bedrock
bedrock-runtime has the model in the path, betas in the body, and streams in AWS's own form:
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html
"""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

from ccr.errors import UpstreamGarbled, UpstreamSaid
from ccr.ids import Target
from ccr.messages.events import Event
from ccr.messages.json import Json, read
from ccr.messages.request import Request
from ccr.wire.anthropic.doors import CHANGES_TOOLS, COMMON, TURNS_CONTROL, TURNS_EFFORT, Door
from ccr.wire.anthropic.errors import refusal, said
from ccr.wire.anthropic.eventstream import EventStream, Message
from ccr.wire.anthropic.hosted import hosted
from ccr.wire.anthropic.reader import AnswerReader
from ccr.wire.anthropic.request import VERSION
from ccr.wire.dialect import DialectName, Payload, Reader

RUNTIME_VERSION = "bedrock-2023-05-31"
BOTH = (*COMMON, "effort-2025-11-24", "fine-grained-tool-streaming-2025-05-14")
RUNTIME_DOOR = Door((*BOTH, TURNS_EFFORT, CHANGES_TOOLS))
MANTLE_DOOR = Door(
    (
        *BOTH,
        "claude-code-20250219",
        "interleaved-thinking-2025-05-14",
        "output-128k-2025-02-19",
        TURNS_CONTROL,
        "structured-outputs-2025-11-13",
        "token-efficient-tools-2025-02-19",
        "tool-examples-2025-10-29",
    ),
    format=True,
)
STATUSES = {
    "throttlingException": 429,
    "validationException": 400,
    "modelTimeoutException": 504,
    "serviceUnavailableException": 503,
    "modelStreamErrorException": 500,
    "internalServerException": 500,
}


@dataclass(frozen=True, slots=True)
class BedrockClaude:
    @property
    def name(self) -> DialectName:
        return "anthropic"

    @property
    def verbatim(self) -> bool:
        return False

    @property
    def searches(self) -> bool:
        return False

    def endpoint(self, url: str) -> str:
        """bedrock-mantle's endpoint for messages."""
        there = urlsplit(url)
        path = there.path.rstrip("/").removesuffix("/messages").removesuffix("/v1").removesuffix("/anthropic")
        return urlunsplit(there._replace(path=f"{path}/anthropic/v1/messages"))

    def address(self, endpoint: str, target: Target, *, stream: bool) -> str:
        return endpoint

    def encode(self, request: Request, target: Target) -> Payload:
        body, betas = hosted(request, target, MANTLE_DOOR)
        named = {"anthropic-beta": ",".join(betas)} if betas else {}
        return Payload(body, {"anthropic-version": VERSION, **named})

    def reader(self, request: Request, target: Target) -> Reader:
        return AnswerReader(request, target)

    def refusal(self, status: int, body: bytes) -> UpstreamSaid:
        return refusal(status, body)


@dataclass(frozen=True, slots=True)
class BedrockRuntimeClaude(BedrockClaude):
    """The older door."""

    def endpoint(self, url: str) -> str:
        """The folder of the models."""
        there = urlsplit(url)
        path = there.path.rstrip("/").partition("/model/")[0].removesuffix("/model")
        return urlunsplit(there._replace(path=f"{path}/model"))

    def address(self, endpoint: str, target: Target, *, stream: bool) -> str:
        there = urlsplit(endpoint)
        does = "invoke-with-response-stream" if stream else "invoke"
        return urlunsplit(there._replace(path=f"{there.path}/{quote(target.model, safe=':')}/{does}"))

    def encode(self, request: Request, target: Target) -> Payload:
        body, betas = hosted(request, target, RUNTIME_DOOR)
        fields = {name: value for name, value in body.items() if name not in ("model", "stream")}
        named: dict[str, Json] = {"anthropic_beta": betas} if betas else {}
        return Payload({"anthropic_version": RUNTIME_VERSION, **named, **fields})

    def reader(self, request: Request, target: Target) -> Reader:
        return RuntimeReader(AnswerReader(request, target))


class RuntimeReader:
    """Unpacks the events of a binary stream; a JSON answer reads as well."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._binary: bool | None = None  # not known before the first byte
        self._messages = EventStream()

    def feed(self, data: bytes) -> Iterator[Event]:
        if self._binary is None and data:
            self._binary = data[0] == 0  # the length of no message fills its first byte
        if not self._binary:
            yield from self._reader.feed(data)
            return
        for message in self._messages.feed(data):
            if event := _unpacked(message):
                yield from self._reader.feed(b"data: " + event + b"\n\n")

    def close(self) -> Iterator[Event]:
        return self._reader.close()  # which knows whether the answer was whole before half a message


def _unpacked(message: Message) -> bytes:
    """One event as Anthropic wrote it; nothing for a message of another kind."""
    headers = message.headers
    match headers.get(":message-type"):
        case "event":
            return _chunk(message.payload) if headers.get(":event-type") == "chunk" else b""
        case "exception":
            raise _exception(headers.get(":exception-type", ""), _json(message.payload))
        case "error":
            raise _exception(headers.get(":error-code", ""), headers.get(":error-message", ""))
        case _:
            return b""


def _chunk(payload: bytes) -> bytes:
    match _json(payload):
        case {"bytes": str(encoded)}:
            try:
                # A frame of Anthropic's stream is one line.
                return b" ".join(base64.b64decode(encoded, validate=True).splitlines())
            except binascii.Error:
                pass
        case _:
            pass
    raise UpstreamGarbled("an event stream with a chunk that cannot be read")


def _exception(kind: str, told: object) -> UpstreamSaid:
    found = said(told, STATUSES.get(kind, 500))
    return UpstreamSaid(found.message, status=found.status, code=kind)


def _json(payload: bytes) -> object:
    try:
        return read(payload)
    except ValueError:
        return payload.decode(errors="replace")
