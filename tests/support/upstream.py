"""A scripted upstream: an HTTP/1.1 server (on loopback, usually) whose every byte, pause and break is the test's to say.

    with Upstream([chat.stream(text("hi"), usage(10, 3))]) as upstream:
        ...                         # anything that speaks HTTP to upstream.url
    assert upstream.requests[0].json["model"] == "m"

It runs in a thread of its own, so tests with and without an event loop, and processes, can use it alike. A script is
a list of answers or a function of the request. When the list has ended, further requests get a 400 that says so.
"""

import asyncio
import contextlib
import gzip
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Literal, Self


@dataclass(frozen=True, slots=True)
class Wait:
    """A pause between two writes."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Gate:
    """Holds the answer until the test opens it, or the client goes."""

    opened: threading.Event = field(default_factory=threading.Event)

    def open(self) -> None:
        self.opened.set()


@dataclass(frozen=True, slots=True)
class Endless:
    """The same bytes again and again, until the client goes."""

    data: bytes
    every: float = 0.02  # seconds


Break = Literal["FIN", "RST", "SHUT", "HANG"]
FIN: Break = "FIN"
RST: Break = "RST"
SHUT: Break = "SHUT"  # half a close: nothing more is written, and what the client sends is taken until it goes
HANG: Break = "HANG"  # nothing more, until the client goes
BREAKS: frozenset[object] = frozenset({FIN, RST, SHUT, HANG})

Step = bytes | Wait | Gate | Endless | Break


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes over the wire, each piece of bytes as one write. A Break ends it and the connection."""

    steps: tuple[Step, ...]


def raw(*steps: Step) -> Answer:
    return Answer(steps)


def reply(status: int, body: object, headers: Mapping[str, str] | None = None) -> Answer:
    """A whole answer with its length; what is not bytes goes out as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"content-type": "application/json", "content-length": str(len(data)), **(headers or {})}
    return Answer((head(status, fields) + data,))


def stream(*pieces: Step, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """A chunked answer: each piece is one chunk and one write. It ends well unless a Break is among the pieces."""
    fields = {"content-type": "text/event-stream", "transfer-encoding": "chunked", **(headers or {})}
    steps = (head(status, fields), *map(chunked_step, pieces))
    return Answer(steps if BREAKS & set(pieces) else (*steps, LAST_CHUNK))


def chunked_step(step: Step) -> Step:
    match step:
        case bytes():
            return chunk(step)
        case Endless(data):
            return replace(step, data=chunk(data))
        case _:
            return step


def gzipped(data: bytes, headers: Mapping[str, str] | None = None) -> Answer:
    """An event stream, compressed, in one piece."""
    return stream(gzip.compress(data), headers={"content-encoding": "gzip", **(headers or {})})


def head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"


@dataclass(slots=True)
class Received:
    """One request as it arrived. `gone` is set when the client leaves before the answer's end."""

    method: str = ""
    target: str = ""
    headers: dict[str, str] = field(default_factory=dict)  # lower-case names; the last of a repeated one
    body: bytes = b""
    arrived: float = 0.0
    gone: threading.Event = field(default_factory=threading.Event)
    gone_at: float = 0.0

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Script = Iterable[Answer] | Callable[[Received], Answer]


class Upstream:
    """`first` is done with a connection before any request is read; a Break ends it. `early`: an answer does not wait
    for its request's body; the connection ends with it, and what still comes is thrown away."""

    def __init__(
        self,
        script: Script = (),
        host: str = "127.0.0.1",
        *,
        tls: ssl.SSLContext | None = None,
        first: tuple[Step, ...] = (),
        early: bool = False,
    ) -> None:
        self.host = host
        self.tls = tls
        self.first = first
        self.early = early
        self.requests: list[Received] = []  # all but HEAD, which is answered with an empty 200
        self.port = 0
        self.connections = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="scripted upstream", daemon=True)
        self._ready = threading.Event()
        self._stopped = asyncio.Event()
        self._arrival = threading.Condition()
        self.play(script)

    def play(self, script: Script) -> None:
        """A new script; what was received so far is forgotten."""
        self.requests.clear()
        if callable(script):
            self._answer = script
        else:
            answers = iter(script)
            self._answer = lambda request: next(answers, None) or unexpected(request)

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"

    @property
    def only(self) -> Received:
        (request,) = self.requests
        return request

    def wait_for(self, count: int, seconds: float = 5.0) -> list[Received]:
        """Blocks until so many requests have arrived."""
        with self._arrival:
            assert self._arrival.wait_for(lambda: len(self.requests) >= count, seconds), (
                f"{len(self.requests)} of {count} requests after {seconds} s"
            )
        return self.requests

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(5), "the scripted upstream did not start"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(5)

    def _serve(self) -> None:
        with contextlib.closing(self._loop):
            self._loop.run_until_complete(self._listen())

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._accept, self.host, 0, limit=1 << 20, ssl=self.tls)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopped.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A task of our own: the one that asyncio makes complains when it is cancelled.
        task = asyncio.create_task(self._converse(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            if self.first and not await send(Answer(self.first), Received(), reader, writer):
                return None
            while request := await receive(reader, writer, early=self.early):
                if request.method == "HEAD":
                    writer.write(head(200, {"content-length": "0"}))
                    continue
                with self._arrival:
                    self.requests.append(request)
                    self._arrival.notify_all()
                if not await send(self._answer(request), request, reader, writer):
                    return None
                if self.early:
                    return await lingering(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


def unexpected(request: Received) -> Answer:
    message = f"the script has ended: {request.method} {request.target} was not expected"
    body = {"type": "error", "error": {"type": "invalid_request_error", "message": message}}
    return reply(400, body, {"x-should-retry": "false"})


async def receive(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, early: bool = False
) -> Received | None:
    try:
        block = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = block.decode("latin-1").strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if headers.get("expect") == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    if early:
        body = b""
    elif headers.get("transfer-encoding") == "chunked":
        body = await chunked(reader)
    else:
        body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Received(method, target, headers, body, time.monotonic())


async def chunked(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body


async def send(answer: Answer, request: Received, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Says whether the connection goes on. Stops at once when the client goes."""
    sending = asyncio.ensure_future(perform(answer, writer))
    leaving = asyncio.ensure_future(left(reader))
    try:
        await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not sending.done() or sending.exception():
            request.gone_at = time.monotonic()
            request.gone.set()
            return False
        return sending.result()
    finally:
        for task in (sending, leaving):
            task.cancel()
        await asyncio.gather(sending, leaving, return_exceptions=True)


async def lingering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """To close what has not been read is a reset, by which the other side may lose the answer."""
    if writer.can_write_eof():
        writer.write_eof()
    while await reader.read(1 << 16):
        pass


async def left(reader: asyncio.StreamReader) -> None:
    # Not by reading: a client that keeps the connection may send its next request early.
    await until(lambda: reader.at_eof() or reader.exception() is not None)


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.005)


async def perform(answer: Answer, writer: asyncio.StreamWriter) -> bool:
    for step in answer.steps:
        match step:
            case bytes():
                writer.write(step)
                await writer.drain()
            case Wait(seconds):
                await asyncio.sleep(seconds)
            case Gate(opened):
                await until(opened.is_set)
            case Endless(data, every):
                while True:
                    writer.write(data)
                    await writer.drain()
                    await asyncio.sleep(every)
            case "HANG":
                await asyncio.Event().wait()
            case "SHUT":
                if writer.can_write_eof():  # TLS has no such thing
                    writer.write_eof()
                await asyncio.Event().wait()
            case "FIN":
                return False
            case "RST":
                await asyncio.sleep(0.05)  # what was written shall arrive before the reset overtakes it
                linger: socket.socket = writer.get_extra_info("socket")
                linger.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
                return False
    return True


def dripped(answer: Answer, size: int = 1, every: float = 0.0005) -> Answer:
    """The same bytes, so many at a time."""
    steps: list[Step] = []
    for step in answer.steps:
        if isinstance(step, bytes):
            for start in range(0, len(step), size):
                steps += [step[start : start + size], Wait(every)]
        else:
            steps.append(step)
    return Answer(tuple(steps))


def slowly(answer: Answer, seconds: float) -> Answer:
    """The same answer with a pause before each piece but the head."""
    first, *rest = answer.steps
    return replace(answer, steps=(first, *(step for piece in rest for step in (Wait(seconds), piece))))
