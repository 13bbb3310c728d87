"""Uvicorn's HTTP, with a bound on what a stranger may send before it is known what he wants."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# Claude Code sends some 2 KB of headers.
MOST_OF_A_HEAD = 256 * 1024


class BoundedHttp(HttpToolsProtocol):
    head: int | None = 0  # bytes of a head that has not ended; None: a body is under way

    def data_received(self, data: bytes) -> None:
        if self.head is not None:
            self.head += len(data)
        super().data_received(data)
        if self.head is not None and self.head > MOST_OF_A_HEAD and not self.transport.is_closing():
            self.send_400_response("the head of this request is too large")

    def on_headers_complete(self) -> None:
        self.head = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self.head = 0
        super().on_message_complete()
