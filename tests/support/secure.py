"""TLS on the server's side: a context for a certificate, and a web page under one that nobody has signed."""

import contextlib
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.support.certificates import certificate

HOST = "127.0.0.1"


def serving(chain: Path) -> ssl.SSLContext:
    """The certificate and its key in one file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context


@contextlib.contextmanager
def secure_page(text: str, folder: Path) -> Iterator[str]:
    """Gives its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = text.encode()
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.send_header("content-length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            pass

    context = serving(certificate(folder, by_itself=True).chain)
    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"https://{HOST}:{server.server_port}/page"
        finally:
            server.shutdown()
            thread.join(5)
