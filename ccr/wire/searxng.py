"""A SearXNG server as an upstream that answers web searches: https://docs.searxng.org/dev/search_api.html

It answers requests whose only tool is `web_search`, in the blocks of Anthropic's server tool. What a model reads is the
text behind them: the titles, addresses and snippets that were found.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from ccr.errors import BadRequest, UpstreamGarbled, UpstreamSaid
from ccr.ids import Target
from ccr.messages.blocks import Text
from ccr.messages.events import BlockStart, BlockStop, End, Event, Finish, Start, TextDelta
from ccr.messages.json import Json, JsonObject, read
from ccr.messages.reply import Usage
from ccr.messages.request import BuiltinTool, Request
from ccr.wire.callids import digest
from ccr.wire.dialect import Payload, Reader
from ccr.wire.searching import Hit, question, searched

MOST_HITS = 10
MOST_DOMAINS = 8  # that are named in the query; the others only filter what was found
LONGEST_QUERY = 400
LONGEST_TEXT = 600  # of a snippet, an answer, a title
LARGEST = 16 * 1024 * 1024  # bytes of an answer

_MARKUP = re.compile(r"<[^<>]*>")

# "Requesting an unset format will return a 403 Forbidden error": the documentation, address above.
_NO_JSON = 'SearXNG gives no JSON: add json to "search: formats:" in its settings.yml and restart it'
_LIMITED = "SearXNG's limiter refuses the router: add its address to botdetection.ip_lists.pass_ip in limiter.toml"
_ELSEWHERE = (
    "SearXNG's address leads to another one, and the router does not follow: set api_base_url to where it leads"
)
_SAID: dict[int, str] = {403: _NO_JSON, 429: _LIMITED, **dict.fromkeys((301, 302, 303, 307, 308), _ELSEWHERE)}


class SearchUpstream:
    name: Literal["search"] = "search"
    verbatim = False
    searches = True

    def endpoint(self, url: str) -> str:
        there = urlsplit(url)
        path = there.path.rstrip("/")
        return urlunsplit(there._replace(path=path if path.endswith("/search") else f"{path}/search"))

    def address(self, endpoint: str, target: Target, *, stream: bool) -> str:
        return endpoint

    def encode(self, request: Request, target: Target) -> Payload:
        query = " ".join((wanted(request), *domains(request).terms()))
        return Payload({"q": query, "format": "json"}, {"accept": "application/json"}, form=True)

    def reader(self, request: Request, target: Target) -> Reader:
        return SearchReader(wanted(request), domains(request), target)

    def refusal(self, status: int, body: bytes) -> UpstreamSaid:
        if status in _SAID:  # as a request that is refused: another try would end the same
            return UpstreamSaid(_SAID[status], status=400)
        said = _plain(body.decode(errors="replace"))
        return UpstreamSaid(said or f"status {status} without a message", status=status)


class SearchReader:
    def __init__(self, query: str, domains: "Domains", target: Target) -> None:
        self._query = query
        self._domains = domains
        self._target = target
        self._pieces: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> Iterator[Event]:
        self._size += len(data)
        if self._size > LARGEST:
            raise UpstreamGarbled(f"search results of more than {LARGEST} bytes")
        self._pieces.append(data)
        return iter(())

    def close(self) -> Iterator[Event]:
        data = b"".join(self._pieces)
        answer = _object(data)
        hits = tuple(_hits(answer, self._domains))[:MOST_HITS]
        id = digest(self._query + data.decode(errors="replace"))[:24]
        yield Start(f"search-{id}", self._target.model)
        yield from searched(id, self._query, hits)
        yield BlockStart(Text(""))
        yield TextDelta("\n\n".join(_said(self._query, answer, hits)))
        yield BlockStop()
        yield Finish("end_turn", usage=Usage(extra={"server_tool_use": _ONE_SEARCH}))
        yield End()


_ONE_SEARCH: JsonObject = {"web_search_requests": 1, "web_fetch_requests": 0}


@dataclass(frozen=True, slots=True)
class Domains:
    """Where hits may come from: `example.com` with all below it, `example.com/blog` a part of it."""

    allowed: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()

    def terms(self) -> Iterator[str]:
        """For the engines that know `site:`."""
        if allowed := [f"site:{domain}" for domain in self.allowed[:MOST_DOMAINS]]:
            yield allowed[0] if len(allowed) == 1 else f"({' OR '.join(allowed)})"
        yield from (f"-site:{domain}" for domain in self.blocked[:MOST_DOMAINS])

    def admit(self, url: str) -> bool:
        if self.allowed and not any(_under(url, domain) for domain in self.allowed):
            return False
        return not any(_under(url, domain) for domain in self.blocked)


def domains(request: Request) -> Domains:
    for tool in request.tools:
        if isinstance(tool, BuiltinTool) and tool.type.startswith("web_search"):
            return Domains(*(_names(tool.raw.get(name)) for name in ("allowed_domains", "blocked_domains")))
    return Domains()


def wanted(request: Request) -> str:
    if query := question(request):
        return _short(query, LONGEST_QUERY)
    raise BadRequest("messages: there is nothing to search for: no user turn has text")


def _names(value: object) -> tuple[str, ...]:
    names = (name for name in value if isinstance(name, str)) if isinstance(value, list) else ()
    bare = (name.rpartition("://")[2].strip().strip("/").lower() for name in names)
    return tuple(name for name in bare if name and not name.split()[1:])


def _under(url: str, domain: str) -> bool:
    there = urlsplit(url)
    host, _, path = domain.partition("/")
    name = there.hostname or ""
    inside = not path or f"{there.path.lower()}/".startswith(f"/{path}/")
    return inside and (name == host or name.endswith(f".{host}"))


def _object(data: bytes) -> JsonObject:
    if data.lstrip().startswith(b"<"):
        raise UpstreamSaid(_NO_JSON, status=400)
    try:
        value = read(data)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise UpstreamGarbled(f"search results that are no JSON object: {_plain(data[:1000].decode(errors='replace'))}")
    return value


def _hits(answer: JsonObject, domains: Domains) -> Iterator[Hit]:
    seen: set[str] = set()
    for result in _objects(answer, "results"):
        url = result.get("url")
        if isinstance(url, str) and _is_page(url) and url not in seen and domains.admit(url):
            seen.add(url)
            date = _text(result, "publishedDate").partition("T")[0]
            yield Hit(url, _text(result, "title") or url, _text(result, "content"), date or None)


def _is_page(url: str) -> bool:
    try:
        return urlsplit(url).scheme in ("http", "https")
    except ValueError:
        return False


def _said(query: str, answer: JsonObject, hits: tuple[Hit, ...]) -> Iterator[str]:
    """What was found, in words."""
    if not hits:
        yield f'No pages were found for "{query}".'
        if silent := [_short(name) for name in _silent(answer)]:
            yield f"These search engines gave no answer: {', '.join(silent)}."
    yield from _answers(answer)
    for number, hit in enumerate(hits, 1):
        head = f"{number}. {hit.title}" + (f" ({hit.age})" if hit.age else "")
        yield "\n".join(filter(None, (head, hit.url, hit.text)))
    if others := [_short(other) for other in _list(answer, "suggestions") if isinstance(other, str)]:
        yield f"Related searches: {'; '.join(others[:MOST_HITS])}"


def _answers(answer: JsonObject) -> Iterator[str]:
    """What the server says by itself, beside the pages."""
    for found in _list(answer, "answers")[:MOST_HITS]:
        match found:
            case str(text) | {"answer": str(text)} if text.strip():
                yield f"Answer: {_short(text)}"
            case _:
                pass
    for box in _objects(answer, "infoboxes")[:MOST_HITS]:
        if text := _text(box, "content"):
            yield f"{_text(box, 'infobox')}: {text}".removeprefix(": ")


def _silent(answer: JsonObject) -> Iterator[str]:
    for engine in _list(answer, "unresponsive_engines")[:MOST_HITS]:
        match engine:
            case [str(name), *_]:
                yield name
            case _:
                pass


def _list(answer: JsonObject, name: str) -> list[Json]:
    value = answer.get(name)
    return value if isinstance(value, list) else []


def _objects(answer: JsonObject, name: str) -> list[JsonObject]:
    return [value for value in _list(answer, name) if isinstance(value, dict)]


def _text(value: JsonObject, name: str) -> str:
    text = value.get(name)
    return _short(text) if isinstance(text, str) else ""


def _plain(text: str) -> str:
    return _short(_MARKUP.sub(" ", text))


def _short(text: str, longest: int = LONGEST_TEXT) -> str:
    """In one line, without what would not print."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text[: longest * 4]).split())
    return line if len(line) <= longest else line[:longest].rstrip() + "…"
