"""Answers of a SearXNG server, in its JSON API's words: https://docs.searxng.org/dev/search_api.html

searxng.server(page("https://a.test", "A", "what it says"))   # a script for tests.support.upstream.Upstream
"""

from collections.abc import Mapping
from urllib.parse import parse_qs

from tests.support import upstream
from tests.support.upstream import Answer, Received

Json = dict[str, object]


def page(url: str, title: str, content: str = "", **others: object) -> Json:
    return {"url": url, "title": title, "content": content, "engine": "duckduckgo", "category": "general", **others}


def results(*pages: Mapping[str, object], **others: object) -> Json:
    lists: Json = {"answers": [], "corrections": [], "infoboxes": [], "suggestions": [], "unresponsive_engines": []}
    return {"query": "q", "number_of_results": 0, "results": list(pages), **lists, **others}


def server(*pages: Mapping[str, object], formats: tuple[str, ...] = ("html", "json")) -> "Server":
    return Server(pages, formats)


class Server:
    """Takes what a real one takes: a web form at /search, in a format that its settings.yml allows."""

    def __init__(self, pages: tuple[Mapping[str, object], ...], formats: tuple[str, ...]) -> None:
        self._pages = pages
        self._formats = formats

    def __call__(self, request: Received) -> Answer:
        form = asked(request)
        if (request.method, request.path) != ("POST", "/search"):
            return _html(404, "Page not found")
        if not form.get("q", "").strip():
            return _html(400, "Search query missing")
        if form.get("format", "html") not in self._formats:
            return _html(403, "Forbidden")
        if form["format"] == "html":
            return _html(200, "results")
        return upstream.reply(200, results(*self._pages, query=form["q"]))


def asked(request: Received) -> dict[str, str]:
    """The fields of the form; none where the body is no form."""
    if request.headers.get("content-type") != "application/x-www-form-urlencoded":
        return {}
    return {name: values[0] for name, values in parse_qs(request.body.decode()).items()}


def _html(status: int, title: str) -> Answer:
    text = f"<!doctype html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return upstream.reply(status, text.encode(), {"content-type": "text/html; charset=utf-8"})
