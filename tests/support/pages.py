"""A server that answers GET with the pages that it is given, and keeps who asked for what."""

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = "test-key"
SETTINGS: Mapping[str, object] = {
    "HOST": "0.0.0.0",
    "PORT": 3000,
    "APIKEY": "***",
    "API_TIMEOUT_MS": 4321,
    "CLAUDE_PATH": "/nowhere/claude",
    "Providers": [{"name": "or", "api_base_url": "http://127.0.0.1:9/v1", "api_key": "$OR_KEY", "models": ["a", "b"]}],
    "Router": {"default": "or,a", "background": "or,b"},
}
TOLD: Mapping[str, object] = {
    "pid": 7,
    "started": 40.0,
    "config": "/var/lib/ccr/config.json",
    "rejected": None,
    "routes": {"default": "or,a", "background": "or,b"},
    "providers": [{"name": "or", "url": "http://127.0.0.1:9/v1", "key": "set", "models": ["a", "b"]}],
    "notices": ["Router.think: unused"],
    "settings": SETTINGS,
}


class Pages:
    """`open` pages are for anybody, `kept` ones are added to them for those who have the key."""

    def __init__(self) -> None:
        self.open: dict[str, object] = {}
        self.kept: dict[str, Mapping[str, object]] = {}
        self.refused: set[str] = set()  # 401 without the key
        self.unwell = False
        self.asked: list[str] = []
        self.address = ""

    def router(self, **changes: object) -> None:
        """As a router of ours."""
        self.open = {"/health": {"status": "ok", "version": "1.2.3"}}
        self.kept = {"/health": {**TOLD, **changes}}

    def litellm(self, *models: str) -> None:
        self.open = {"/health/liveliness": "I'm alive!", "/v1/models": {"data": [{"id": name} for name in models]}}
        self.refused = {"/health", "/v1/models"}

    def answer(self, path: str, authorization: str | None) -> tuple[int, object]:
        self.asked.append(path)
        known = authorization == f"Bearer {KEY}"
        if path in self.refused and not known:
            return 401, {"error": "no"}
        if path not in self.open:
            return 404, {"error": "not here"}
        page = self.open[path]
        whole = {**page, **self.kept.get(path, {})} if known and isinstance(page, dict) else page
        return 503 if self.unwell else 200, whole


@contextlib.contextmanager
def serving(pages: Pages) -> Iterator[Pages]:
    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, page = pages.answer(self.path, self.headers["authorization"])
            body = json.dumps(page).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        pages.address = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield pages
        finally:
            server.shutdown()
