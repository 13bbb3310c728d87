"""A web search that a host ran, as Anthropic's server tool shows it: the call, and what was found."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ccr.messages.blocks import Opaque, Text
from ccr.messages.events import BlockStart, BlockStop, Event, JsonDelta
from ccr.messages.json import Json
from ccr.messages.request import Request
from ccr.wire.wording import compact

# Claude Code's own words; what follows them is the query.
_ASKED = re.compile(r"\s*Perform a web search for the query:\s*(\S.*)", re.DOTALL)

PREFIX = "srvtoolu_ccr_"  # of the ids: Anthropic did not run these searches, and does not take them back


@dataclass(frozen=True, slots=True)
class Hit:
    url: str
    title: str
    text: str = ""  # what the page says of the matter, where that is known
    age: str | None = None


def searched(id: str, query: str, hits: Iterable[Hit]) -> Iterator[Event]:
    """The two blocks, as events. `id`: anything that is unlike the others of the conversation."""
    id = PREFIX + id
    yield BlockStart(Opaque({"type": "server_tool_use", "id": id, "name": "web_search", "input": {}}))
    yield JsonDelta(compact({"query": query}))
    yield BlockStop()
    found: list[Json] = [_result(hit) for hit in hits]
    yield BlockStart(Opaque({"type": "web_search_tool_result", "tool_use_id": id, "content": found}))
    yield BlockStop()


def cited(url: str, title: str, text: str) -> dict[str, Json]:
    """The delta that gives a text its source."""
    where: dict[str, Json] = {"type": "web_search_result_location", "url": url, "title": title}
    return {"type": "citations_delta", "citation": {**where, "encrypted_index": "", "cited_text": text}}


def question(request: Request) -> str:
    """The query: what Claude Code asks for, or else what the user said last."""
    said = _said_last(request)
    asked = _ASKED.fullmatch(said)
    return asked[1] if asked else said


def must_search(request: Request) -> bool:
    """Whether nothing but a search is asked for: in Claude Code's words, or by a forced choice. Who merely offers the
    tool has a question for the model."""
    choice = request.tool_choice
    forced = choice is not None and choice.mode in ("any", "tool")
    return forced or _ASKED.fullmatch(_said_last(request)) is not None


def _said_last(request: Request) -> str:
    for turn in reversed(request.turns):
        texts = [block.text for block in turn.content if isinstance(block, Text) and block.text.strip()]
        if turn.role == "user" and texts:
            return texts[-1]
    return ""


def is_searched_by_us(raw: Mapping[str, object]) -> bool:
    """Whether a block is one of `searched`."""
    match raw:
        case {"type": "server_tool_use", "id": str(id)} | {"type": "web_search_tool_result", "tool_use_id": str(id)}:
            return id.startswith(PREFIX)
        case _:
            return False


def searched_by_us(raw: Mapping[str, object]) -> Mapping[str, object]:
    """A block of a search that another host ran, with an id that says so."""
    match raw:
        case {"type": "server_tool_use", "id": str(id)} if not id.startswith(PREFIX):
            return {**raw, "id": PREFIX + id}
        case {"type": "web_search_tool_result", "tool_use_id": str(id)} if not id.startswith(PREFIX):
            return {**raw, "tool_use_id": PREFIX + id}
        case _:
            return raw


def is_cited_by_us(citation: object) -> bool:
    """Whether a citation is one of `cited`: Anthropic's own have an index, and it demands it back."""
    match citation:
        case {"type": "web_search_result_location", **others}:
            return not others.get("encrypted_index")
        case _:
            return False


def _result(hit: Hit) -> dict[str, Json]:
    return {
        "type": "web_search_result",
        "url": hit.url,
        "title": hit.title,
        "encrypted_content": "",
        "page_age": hit.age,
    }
