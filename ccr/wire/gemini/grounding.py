"""What Google's search found -> a search's blocks, and the text with its sources."""

from collections.abc import Iterator

from ccr.messages.blocks import Text
from ccr.messages.events import BlockStart, BlockStop, Event, OpaqueDelta, TextDelta
from ccr.messages.json import Json, JsonObject
from ccr.wire.callids import digest
from ccr.wire.searching import Hit, cited, searched


class Grounding:
    """The metadata come with the last response of a stream, or grow from one to the next."""

    def __init__(self) -> None:
        self._queries: list[str] = []
        self._pages: list[Hit] = []
        self._supports: list[JsonObject] = []

    def add(self, metadata: object) -> None:
        if not isinstance(metadata, dict):
            return
        self._queries = [each for each in _list(metadata, "webSearchQueries") if isinstance(each, str)] or self._queries
        self._pages = [_page(each) for each in _list(metadata, "groundingChunks")] or self._pages
        found: list[JsonObject] = [each for each in _list(metadata, "groundingSupports") if isinstance(each, dict)]
        self._supports = found or self._supports

    def told(self, answer: str, text: str) -> Iterator[Event]:
        """`text` is what was held back for its sources, so that the search comes first."""
        if self._queries or self._pages:
            yield from searched(digest(answer)[:24], "; ".join(self._queries), [hit for hit in self._pages if hit.url])
        done = 0
        data = text.encode()
        for start, end, sources in self._cited(data):
            if start >= done:
                yield from _said(data[done:start], [])
                yield from _said(data[start:end], sources)
                done = end
        yield from _said(data[done:], [])

    def _cited(self, data: bytes) -> list[tuple[int, int, list[Hit]]]:
        """Where a text is supported. The places count bytes."""
        found = []
        for support in self._supports:
            match support:
                case {"segment": {"text": str(text)} as segment, "groundingChunkIndices": [*indices]} if (
                    text and isinstance(segment, dict)
                ):
                    start = _start(data, text.encode(), segment.get("startIndex"))
                    sources = [self._pages[n] for n in indices if isinstance(n, int) and 0 <= n < len(self._pages)]
                    if start >= 0:
                        found.append((start, start + len(text.encode()), [hit for hit in sources if hit.url]))
                case _:
                    pass
        return sorted(found, key=lambda each: (each[0], -each[1]))


def _start(data: bytes, text: bytes, start: object) -> int:
    """As it is told, if the text is there; of an answer in several parts the place counts within its part."""
    first = start if isinstance(start, int) else 0
    return first if data[first:].startswith(text) else data.find(text)


def _said(data: bytes, sources: list[Hit]) -> Iterator[Event]:
    text = data.decode(errors="ignore")
    if not text.strip():
        return
    yield BlockStart(Text("", {"citations": []} if sources else {}))
    yield TextDelta(text)
    for hit in sources:
        yield OpaqueDelta(cited(hit.url, hit.title, text))
    yield BlockStop()


def _page(chunk: Json) -> Hit:
    """One without an address keeps its place: supports count by it."""
    match chunk:
        case {"web": {"uri": str(uri), **rest}} | {"maps": {"uri": str(uri), **rest}}:
            return Hit(uri, str(rest.get("title") or uri))
        case _:
            return Hit("", "")


def _list(raw: JsonObject, name: str) -> list[Json]:
    value = raw.get(name)
    return value if isinstance(value, list) else []
