"""Stands in for the router: answers /health and writes the state file. `python stand_in.py MODE`."""

import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from ccr import env
from ccr.service import state


class Door(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status = 503 if "unwell" in sys.argv else 200
        body = b'{"status":"draining"}' if "draining" in sys.argv else b'{"status":"ok"}'
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def end(home: Path) -> None:
    (home / "whole").touch()
    os._exit(0)


def main() -> None:
    home = Path(env.current()["CCR_HOME"])
    if "broken" in sys.argv:
        sys.exit("something before\nccr: Providers[0].name: missing\nRouter.default: missing")
    if "silent" in sys.argv:
        time.sleep(60)
    if "stubborn" in sys.argv:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with state.claim(home), HTTPServer(("127.0.0.1", 0), Door) as server:
        here = state.State(
            pid=os.getpid(),
            born=state.born(os.getpid()),
            host="127.0.0.1",
            port=server.server_port,
            started=0.0,
            config="built in",
            version="0",
            for_sessions="for-sessions" in sys.argv,
            keeper=state.Process(2**22 + 1, None) if "left" in sys.argv else None,  # no process has this pid
        )
        state.write(home, here)
        if "left" in sys.argv or "draining" in sys.argv:
            threading.Timer(0.4, end, [home]).start()
        server.serve_forever()


main()
