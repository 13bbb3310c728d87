"""Uvicorn's HTTP, with bounds on what a stranger may send, and on how long he may take for it."""

import asyncio
import contextlib
import resource
import sys
from typing import Any, ClassVar

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

# Claude Code sends some 2 KB of headers.
MOST_OF_A_HEAD = 256 * 1024
# Seconds for a head, and for the rest of a body that nobody waits for: it has been answered.
OWED = 30.0
# Seconds in which a client must take some of what is written to it. It holds a provider's connection all the while.
UNREAD = 300.0
# Of what the process may open, for other things than connections; of those a request has two.
SPARE = 64
# Seconds between two complaints.
TOLD = 60.0
BODIES = (b"content-length", b"transfer-encoding")
TOO_LARGE = "the head of this request is too large"
UPGRADE = "the router speaks HTTP/1.1 and nothing else: ask it without `Upgrade`"
MOST_FILES = 10_240  # macOS: OPEN_MAX in sys/syslimits.h


class BoundedHttp(HttpToolsProtocol):
    head: int | None = 0  # bytes of a head that has not ended; None: a body is under way
    fault = ""  # of a request, where the parser does not know it
    told: ClassVar[float] = float("-inf")  # when its owner was last told that it is crowded
    _rested = 0.0  # when its last answer had ended
    _owed: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _running: RequestResponseCycle | None = None  # of several requests at once, the one that is being answered

    @property
    def idle(self) -> float:
        """Seconds without a request."""
        busy = self.head != 0 or self._is_answering()
        return 0.0 if busy else self.loop.time() - self._rested

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._rested = self.loop.time()
        if len(self.connections) > most_connections():
            self._crowded()
        else:
            self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._expect(False)
        self.resume_writing()
        if (running := self._running) and not running.response_complete:  # super() knows the newest only
            running.disconnected = True
            running.message_event.set()

    def data_received(self, data: bytes) -> None:
        if self.head is not None:
            if not self._owed:
                self._expect()
            self.head += len(data)
        super().data_received(data)
        if self.head is not None and self.head > MOST_OF_A_HEAD and not self.transport.is_closing():
            self.send_400_response(TOO_LARGE)

    def on_headers_complete(self) -> None:
        if self.parser.should_upgrade() and any(name in BODIES and value != b"0" for name, value in self.headers):
            self.fault = UPGRADE  # its body would be taken for the other protocol's
        elif sum(len(name) + len(value) for name, value in self.headers) > MOST_OF_A_HEAD:
            self.fault = TOO_LARGE
        if self.fault:
            raise ValueError(self.fault)
        self.head = None
        self._expect(False)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self.head = 0
        self._expect(False)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._rested = self.loop.time()
        if self.head is None:
            self._expect()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self.loop.call_later(UNREAD, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unread:
            self._unread.cancel()
            self._unread = None

    def send_400_response(self, msg: str) -> None:
        self._refuse("400 Bad Request", "invalid_request_error", self.fault or msg)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _expect(self, more: bool = True) -> None:
        if self._owed:
            self._owed.cancel()
        self._owed = self.loop.call_later(OWED, self._too_slow) if more else None

    def _too_slow(self) -> None:
        if self._is_answering():
            self._expect()
        elif self.head:
            self._refuse("408 Request Timeout", "timeout_error", f"the request's head took longer than {OWED:g} s")
        else:
            self.transport.close()

    def _crowded(self) -> None:
        message = f"the router has {most_connections()} connections already; more files may be open with `ulimit -n`"
        self._refuse("503 Service Unavailable", "overloaded_error", message)
        if self.loop.time() >= BoundedHttp.told + TOLD:
            BoundedHttp.told = self.loop.time()
            self.logger.error(message)

    def _is_answering(self) -> bool:
        return bool(self._running and not self._running.response_complete)

    def _refuse(self, status: str, kind: str, message: str) -> None:
        """Closes the connection; says why, unless that would stand in the middle of an answer."""
        if not (self._is_answering() and self._running and self._running.response_started):
            body = msgspec.json.encode({"type": "error", "error": {"type": kind, "message": message}})
            fields = f"content-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close"
            self.transport.write(f"HTTP/1.1 {status}\r\n{fields}\r\n\r\n".encode() + body)
        self.transport.close()


def lift_limit() -> None:
    """As many open files as the system lets us have: by default it is 256 or 1,024, and not all know to ask for more."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for most in (hard, MOST_FILES):
        with contextlib.suppress(ValueError, OSError):  # macOS names no limit, and has one
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
            return


def most_connections() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else max(1, (soft - SPARE) // 2)
