"""Everything that an upstream can do wrong, as a table to walk: fault x dialect x place.

    for fault in FAULTS:
        for speech in SPEECHES:
            for place in fault.places(speech):
                with faulty(fault, speech, tmp_path, place) as url:
                    ...                             # point a provider of that dialect at url

A fault that happens at a border between two events has as many places as the reference stream has borders; every other
one has one place. Certificates are issued by tmp_path/issuer.pem, which a client has to trust to get that far.
"""

import asyncio
import contextlib
import gzip
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.support import chat, gemini, messages, responses
from tests.support.certificates import certificate
from tests.support.parts import text, usage
from tests.support.running import free_port
from tests.support.secure import serving
from tests.support.tunnel import pump
from tests.support.upstream import (
    FIN,
    HANG,
    LAST_CHUNK,
    RST,
    SHUT,
    Answer,
    Endless,
    Step,
    Upstream,
    chunk,
    dripped,
    gzipped,
    head,
    raw,
    reply,
)

WORDS = "alpha beta gamma delta epsilon zeta"  # what the reference answer says
SAID = (text(WORDS), usage(10, 3))


@dataclass(frozen=True, slots=True)
class Speech:
    """A dialect as an upstream speaks it."""

    name: str
    stream: Answer  # the reference: a head, one step for each event, the end
    whole: Answer
    ping: bytes
    empty: bytes  # an event that says nothing, to stand among the text's
    error: bytes  # an event
    refusal: object  # the body of an error

    @property
    def begins(self) -> int:
        """The place before the first content."""
        return next(place for place, step in enumerate(self.stream.steps) if b"alpha" in bytes_of(step))

    @property
    def ends(self) -> int:
        """The place behind the last event, before the end of the HTTP body."""
        return len(self.stream.steps) - 1

    @property
    def events(self) -> bytes:
        """The reference stream without its chunks."""
        return b"".join(unchunked(step) for step in self.stream.steps[1:-1])


def bytes_of(step: Step) -> bytes:
    assert isinstance(step, bytes)
    return step


def unchunked(step: Step) -> bytes:
    return bytes_of(step).partition(b"\r\n")[2].removesuffix(b"\r\n")


OVERLOADED = {"type": "overloaded_error", "message": "we are overloaded"}
UNAVAILABLE: dict[str, object] = {"error": {"code": 503, "message": "we are overloaded", "status": "UNAVAILABLE"}}

SPEECHES = (
    Speech(
        "anthropic",
        messages.stream(*SAID),
        messages.reply(*SAID),
        messages.frame({"type": "ping"}),
        messages.frame({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": ""}}),
        messages.frame({"type": "error", "error": OVERLOADED}),
        {"type": "error", "error": OVERLOADED},
    ),
    Speech(
        "openai-chat",
        chat.stream(*SAID),
        chat.reply(*SAID),
        b": keep-alive\n\n",
        chat.frame(chat.delta(content="")),
        chat.frame({"error": {"message": "we are overloaded", "code": 503}}),
        {"error": {"message": "we are overloaded", "type": "server_error", "code": "503"}},
    ),
    Speech(
        "openai-responses",
        responses.stream(*SAID),
        responses.reply(*SAID),
        b": keep-alive\n\n",
        responses.frame({"type": "response.in_progress", "response": {}}),
        responses.frame({"type": "error", "code": "server_error", "message": "we are overloaded", "param": None}),
        {"error": {"message": "we are overloaded", "type": "server_error", "code": "server_error"}},
    ),
    Speech(
        "gemini",
        gemini.stream(*SAID),
        gemini.reply(*SAID),
        b": keep-alive\n\n",
        gemini.frame(gemini.candidate([{"text": ""}])),
        gemini.frame(UNAVAILABLE),
        UNAVAILABLE,
    ),
)

Where = Literal[
    "everyday",  # what any provider says now and then
    "connect",  # there is no connection, or nothing comes of it
    "tls",
    "upload",  # while the request's body is on its way
    "reuse",  # a connection that has served before
    "head",
    "status",  # a whole answer that is not the one that was asked for
    "body",  # the HTTP around the events is wrong
    "event",  # at one of the borders between events
]


@dataclass(frozen=True, slots=True)
class Fault:
    name: str
    where: Where
    spoil: Callable[[Speech, int], Answer] | None = None  # what is answered in place of the reference
    listen: Callable[[Speech, Path], AbstractContextManager[str]] | None = None  # an upstream of its own; its URL
    inside: bool = False  # in the middle of the event behind the border

    def places(self, speech: Speech) -> range:
        """Where in the reference stream: 1 is behind the head, `speech.ends` behind the last event."""
        if self.where != "event":
            return range(1)
        return range(1, speech.ends + (0 if self.inside else 1))

    def script(self, speech: Speech, place: int = 0) -> tuple[Answer, ...]:
        """With what has to come before it."""
        assert self.spoil
        spoiled = self.spoil(speech, place)
        return (speech.stream, spoiled) if self.where == "reuse" else (spoiled,)


@contextlib.contextmanager
def faulty(fault: Fault, speech: Speech, folder: Path, place: int = 0) -> Iterator[str]:
    """Its URL. It answers well after the fault, so that a second try is answered."""
    if fault.listen:
        with fault.listen(speech, folder) as url:
            yield url
    else:
        script = iter(fault.script(speech, place))
        with Upstream(lambda request: next(script, speech.stream)) as upstream:
            yield upstream.url


@contextlib.contextmanager
def refusing(speech: Speech, folder: Path) -> Iterator[str]:
    yield f"http://127.0.0.1:{free_port()}"


@contextlib.contextmanager
def unknown(speech: Speech, folder: Path) -> Iterator[str]:
    yield "http://nowhere.invalid"


@contextlib.contextmanager
def crowded(speech: Speech, folder: Path) -> Iterator[str]:
    """Nobody accepts, and the queue of those that wait for it is full: the next one's SYN is not answered."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def greeting(*first: Step, scheme: str = "http") -> Callable[[Speech, Path], AbstractContextManager[str]]:
    """Does this with each connection, whatever is asked."""

    @contextlib.contextmanager
    def listen(speech: Speech, folder: Path) -> Iterator[str]:
        with Upstream(lambda request: speech.stream, first=first) as upstream:
            yield upstream.url.replace("http:", f"{scheme}:")

    return listen


def unread(*answer: Step) -> Callable[[Speech, Path], AbstractContextManager[str]]:
    """Answers without having read the request's body."""

    @contextlib.contextmanager
    def listen(speech: Speech, folder: Path) -> Iterator[str]:
        with Upstream(lambda request: raw(*answer), early=True) as upstream:
            yield upstream.url

    return listen


def secured(
    *, ends: int = 90, host: str = "127.0.0.1", by_itself: bool = False, scheme: str = "https"
) -> Callable[[Speech, Path], AbstractContextManager[str]]:
    @contextlib.contextmanager
    def listen(speech: Speech, folder: Path) -> Iterator[str]:
        shown = certificate(folder, begins=-30, ends=ends, host=host, by_itself=by_itself)
        with Upstream(lambda request: speech.stream, tls=serving(shown.chain)) as upstream:
            yield upstream.url.replace("https:", f"{scheme}:")

    return listen


class Dripping(Upstream):
    """Passes on to a port, and what that says first, which is its part of a TLS handshake, comes in pieces."""

    def __init__(self, port: int, seconds: float) -> None:
        super().__init__()
        self._there, self._seconds = port, seconds

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self.host, self._there)
        ways = [asyncio.create_task(pump(reader, back)), asyncio.create_task(self._drip(there, writer))]
        with contextlib.closing(writer), contextlib.closing(back):
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for each in ways:
                    each.cancel()

    async def _drip(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(65_536)
        size = len(first) // PIECES + 1
        with contextlib.suppress(OSError):
            for start in range(0, len(first), size):
                await asyncio.sleep(self._seconds / PIECES)
                writer.write(first[start : start + size])
                await writer.drain()
        await pump(reader, writer)


def slowly(seconds: float) -> Callable[[Speech, Path], AbstractContextManager[str]]:
    """Its certificate is good for who trusts TRUSTED."""

    @contextlib.contextmanager
    def listen(speech: Speech, folder: Path) -> Iterator[str]:
        chain = folder / "slow" / "server.pem"
        if not chain.exists():
            chain.parent.mkdir()
            certificate(chain.parent)
        with (
            Upstream(lambda request: speech.stream, tls=serving(chain)) as upstream,
            Dripping(upstream.port, seconds) as dripping,
        ):
            yield dripping.url.replace("http:", "https:")

    return listen


def always(*steps: Step) -> Callable[[Speech, int], Answer]:
    return lambda speech, place: raw(*steps)


def answered(status: int, body: object, **headers: str) -> Callable[[Speech, int], Answer]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda speech, place: reply(status, body, named)


def saying(status: int, words: str, **headers: str) -> Callable[[Speech, int], Answer]:
    return answered(status, {"error": {"message": words}}, **headers)


def in_head(how: Step) -> Callable[[Speech, int], Answer]:
    def spoil(speech: Speech, place: int) -> Answer:
        block = bytes_of(speech.stream.steps[0])
        return raw(block[: len(block) // 2], how)

    return spoil


def at_border(*instead: Step) -> Callable[[Speech, int], Answer]:
    """The reference up to there, and then this."""
    return lambda speech, place: Answer((*speech.stream.steps[:place], *instead))


def inside(*instead: Step) -> Callable[[Speech, int], Answer]:
    """The reference up to the middle of the event behind the border, in a chunk that is whole, and then this."""

    def spoil(speech: Speech, place: int) -> Answer:
        event = unchunked(speech.stream.steps[place])
        return Answer((*speech.stream.steps[:place], chunk(event[: len(event) // 2]), *instead))

    return spoil


def inserted(frame: Callable[[Speech], bytes]) -> Callable[[Speech, int], Answer]:
    """The whole reference, and in it this event."""

    def spoil(speech: Speech, place: int) -> Answer:
        steps = speech.stream.steps
        return Answer((*steps[:place], chunk(frame(speech)), *steps[place:]))

    return spoil


def for_ever(frame: Callable[[Speech], bytes]) -> Callable[[Speech, int], Answer]:
    return lambda speech, place: Answer((*speech.stream.steps[:place], Endless(chunk(frame(speech)))))


def failing(how: Step) -> Callable[[Speech, int], Answer]:
    """The error event, and then this."""
    return lambda speech, place: Answer((*speech.stream.steps[:place], chunk(speech.error), how))


def unframed(how: Step) -> Callable[[Speech, int], Answer]:
    """Neither chunks nor a length: the answer's end is the connection's."""

    def spoil(speech: Speech, place: int) -> Answer:
        events = map(unchunked, speech.stream.steps[1:place])
        return raw(head(200, {"content-type": "text/event-stream", "connection": "close"}), *events, how)

    return spoil


def sized(longer: int, how: Step | None = None) -> Callable[[Speech, int], Answer]:
    """A content-length that is not the content's."""

    def spoil(speech: Speech, place: int) -> Answer:
        length = str(len(speech.events) + longer)
        fields = {"content-type": "text/event-stream", "content-length": length}
        return raw(head(200, fields), speech.events, *([how] if how else []))

    return spoil


def framed(fields: dict[str, str], *after: Step) -> Callable[[Speech, int], Answer]:
    """The reference with other headers, and with this behind it."""
    return lambda speech, place: Answer(
        (head(200, {"content-type": "text/event-stream", **fields}), *speech.stream.steps[1:], *after)
    )


def encoded(made: Callable[[bytes], bytes], name: str = "gzip") -> Callable[[Speech, int], Answer]:
    """The events as a body in this encoding."""

    def spoil(speech: Speech, place: int) -> Answer:
        fields = {"content-type": "text/event-stream", "content-encoding": name, "transfer-encoding": "chunked"}
        return raw(head(200, fields), chunk(made(speech.events)), LAST_CHUNK)

    return spoil


CHUNKED = {"transfer-encoding": "chunked"}
SECOND = head(200, {"content-length": "2"}) + b"{}"
TRUSTED = Path("slow", "issuer.pem")  # in the folder that a fault is given
PIECES = 8
HTML = b"<!doctype html><html><title>Sign in</title><body>Please sign in to the network.</body></html>"
GARBAGE = bytes(range(128, 256)) * 8

EVERYDAY: tuple[tuple[str, int, str, dict[str, str]], ...] = (
    ("401, key refused", 401, "Incorrect API key provided", {}),
    ("402, no money left", 402, "Insufficient credits", {}),
    ("403, not allowed", 403, "You are not allowed to use this", {}),
    ("404, no such model", 404, "The model `m` does not exist", {}),
    ("429, limited", 429, "Rate limit reached", {}),
    ("429, limited for 2 s (`retry-after`)", 429, "Rate limit reached", {"retry_after": "2"}),
    ("429, limited for 10 min (`retry-after`)", 429, "Rate limit reached", {"retry_after": "600"}),
    ("500, failed", 500, "Internal server error", {}),
    ("529, overloaded", 529, "Overloaded", {}),
    ("400, prompt too long", 400, "This model's maximum context length is 8192 tokens. Your messages have 9000.", {}),
)

FAULTS: tuple[Fault, ...] = (
    *(Fault(name, "everyday", saying(status, words, **headers)) for name, status, words, headers in EVERYDAY),
    Fault("connection refused", "everyday", listen=refusing),
    Fault("no answer", "everyday", always(HANG)),
    Fault("no such host", "connect", listen=unknown),
    Fault("connection not answered", "connect", listen=crowded),
    Fault("closed when accepted", "connect", listen=greeting(FIN)),
    Fault("reset when accepted", "connect", listen=greeting(RST)),
    Fault("accepted and never read", "connect", listen=greeting(HANG)),
    Fault("TLS handshake hangs", "tls", listen=greeting(HANG, scheme="https")),
    Fault("TLS handshake is slow, within `connect`", "tls", listen=slowly(0.15)),
    Fault("TLS handshake is slow, beyond `connect`", "tls", listen=slowly(3.0)),
    Fault("TLS handshake is closed", "tls", listen=greeting(FIN, scheme="https")),
    Fault("TLS handshake is reset", "tls", listen=greeting(RST, scheme="https")),
    Fault("TLS handshake is garbage", "tls", listen=greeting(GARBAGE, FIN, scheme="https")),
    Fault("plain HTTP at a TLS port", "tls", listen=greeting(reply(400, HTML).steps[0], FIN, scheme="https")),
    Fault("TLS at a plain port", "tls", listen=secured(scheme="http")),
    Fault("certificate expired", "tls", listen=secured(ends=-1)),
    Fault("certificate of another name", "tls", listen=secured(host="127.0.0.9")),
    Fault("certificate signed by itself", "tls", listen=secured(by_itself=True)),
    Fault("body never read", "upload", listen=unread(HANG)),
    Fault("refused before the body is read", "upload", listen=unread(*reply(413, {"error": "too big"}).steps, FIN)),
    Fault("closed before the body is read", "upload", listen=unread(FIN)),
    Fault("reset before the body is read", "upload", listen=unread(RST)),
    Fault("idle connection closed when used again", "reuse", always(FIN)),
    Fault("idle connection reset when used again", "reuse", always(RST)),
    Fault("closed before the head", "head", always(FIN)),
    Fault("reset before the head", "head", always(RST)),
    Fault("half closed before the head", "head", always(SHUT)),
    Fault("hangs in the head", "head", in_head(HANG)),
    Fault("closed in the head", "head", in_head(FIN)),
    Fault("reset in the head", "head", in_head(RST)),
    Fault("not HTTP", "head", always(b"SSH-2.0-OpenSSH_9.6\r\n", FIN)),
    Fault("not HTTP, and hangs", "head", always(b"SSH-2.0-OpenSSH_9.6\r\n", HANG)),
    Fault("HTTP/0.9", "head", always(HTML, FIN)),
    Fault("garbage in place of a head", "head", always(GARBAGE, FIN)),
    Fault("a status that is none", "head", always(b"HTTP/1.1 abc OK\r\n\r\n", FIN)),
    Fault("a head without end", "head", always(b"HTTP/1.1 200 OK\r\n", Endless(b"x-y: %s\r\n" % (b"z" * 8000), 0.0))),
    Fault("a header without end", "head", always(b"HTTP/1.1 200 OK\r\nx-y: ", Endless(b"z" * 8000, 0.0))),
    Fault("100 Continue and no more", "head", always(head(100, {}), HANG)),
    Fault("100 Continue for ever", "head", always(Endless(head(100, {})))),
    Fault("103 first", "head", lambda speech, place: Answer((head(103, {"link": "<x>"}), *speech.stream.steps))),
    Fault("101 that nobody asked for", "head", always(head(101, {"upgrade": "websocket"}), HANG)),
    Fault("204", "status", always(head(204, {}))),
    Fault("204 with a body", "status", always(head(204, {"content-length": "2"}) + b"{}")),
    Fault("an empty 200", "status", answered(200, b"")),
    Fault("an empty stream", "status", answered(200, b"", content_type="text/event-stream")),
    Fault("an HTML page", "status", answered(200, HTML, content_type="text/html")),
    Fault("an HTML page as an event stream", "status", answered(200, HTML, content_type="text/event-stream")),
    Fault("plain words", "status", answered(200, b"OK", content_type="text/plain")),
    Fault("JSON in place of a stream", "status", lambda speech, place: speech.whole),
    Fault("a stream in place of JSON", "status", lambda speech, place: speech.stream),
    Fault("other JSON", "status", answered(200, {"status": "ok"})),
    Fault("an error in a 200", "status", lambda speech, place: reply(200, speech.refusal)),
    Fault(
        "an error in a 200's stream",
        "status",
        lambda speech, place: Answer((speech.stream.steps[0], chunk(speech.error), LAST_CHUNK)),
    ),
    *(Fault(f"a redirect {status}", "status", answered(status, b"", location="/")) for status in (301, 302, 307, 308)),
    Fault("500 with a page", "status", answered(500, HTML, content_type="text/html")),
    Fault("503 whose body hangs", "status", always(head(503, CHUNKED), chunk(b"{"), HANG)),
    Fault("503 whose body is cut", "status", always(head(503, CHUNKED), chunk(b"{"), FIN)),
    Fault("401 whose body is reset", "status", always(head(401, CHUNKED), chunk(b"{"), RST)),
    Fault("content-length too long, closed", "body", sized(10, FIN)),
    Fault("content-length too long, hangs", "body", sized(10, HANG)),
    Fault("content-length too short by little", "body", sized(-3)),
    Fault("content-length too short by much", "body", sized(-150)),
    Fault("content-length and chunks", "body", framed({**CHUNKED, "content-length": "5"})),
    Fault("two content-lengths", "body", framed({"content-length": "5", "Content-Length": "6"})),
    Fault("chunks that are none", "body", lambda speech, place: raw(head(200, CHUNKED), speech.events, FIN)),
    Fault("gzip that is none", "body", encoded(lambda data: data)),
    Fault("gzip that is cut", "body", encoded(lambda data: gzip.compress(data)[:-30])),
    Fault("gzip with more behind it", "body", encoded(lambda data: gzip.compress(data) + GARBAGE)),
    Fault("gzip that swells", "body", encoded(lambda data: gzip.compress(b": \n\n" * 3_000_000))),
    Fault("gzip, and well", "body", lambda speech, place: gzipped(speech.events)),
    Fault("an encoding that is none", "body", encoded(lambda data: data, "rot13")),
    Fault("brotli that is none", "body", encoded(lambda data: data, "br")),
    Fault("garbage behind the answer", "body", framed(CHUNKED, GARBAGE)),
    Fault("a second answer behind the answer", "body", framed(CHUNKED, SECOND)),
    Fault("closed behind the answer", "body", framed(CHUNKED, FIN)),
    Fault("byte by byte", "body", lambda speech, place: dripped(speech.stream, 1, 0.0)),
    Fault("closed", "event", at_border(FIN)),
    Fault("reset", "event", at_border(RST)),
    Fault("half closed", "event", at_border(SHUT)),
    Fault("hangs", "event", at_border(HANG)),
    Fault("ended", "event", at_border(LAST_CHUNK)),
    Fault("a chunk's size is garbage", "event", at_border(b"zz\r\n", FIN)),
    Fault("a chunk's size is negative", "event", at_border(b"-5\r\nabcde\r\n", FIN)),
    Fault("a chunk's size is beyond measure", "event", at_border(b"f" * 40 + b"\r\n", HANG)),
    Fault("closed without lengths", "event", unframed(FIN)),
    Fault("reset without lengths", "event", unframed(RST)),
    Fault("pings for ever", "event", for_ever(lambda speech: speech.ping)),
    Fault("comments for ever", "event", for_ever(lambda speech: b": still here\n\n")),
    Fault("spaces for ever", "event", for_ever(lambda speech: b"\n")),
    Fault("empty events for ever", "event", for_ever(lambda speech: speech.empty)),
    Fault("an error, then the end", "event", failing(LAST_CHUNK)),
    Fault("an error, then closed", "event", failing(FIN)),
    Fault("an error, then hangs", "event", failing(HANG)),
    Fault("JSON that is none", "event", inserted(lambda speech: b'data: {"a":\n\n')),
    Fault("bytes that are no text", "event", inserted(lambda speech: b"data: " + GARBAGE + b"\n\n")),
    Fault("an event from nowhere", "event", inserted(lambda speech: b'event: news\ndata: {"type": "news"}\n\n')),
    Fault("closed in an event", "event", inside(FIN), inside=True),
    Fault("reset in an event", "event", inside(RST), inside=True),
    Fault("hangs in an event", "event", inside(HANG), inside=True),
    Fault("ended in an event", "event", inside(LAST_CHUNK), inside=True),
)
