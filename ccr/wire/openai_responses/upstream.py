"""Hub -> Responses, and the answer back."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from ccr.errors import UpstreamSaid
from ccr.ids import Target
from ccr.messages.blocks import Block
from ccr.messages.json import Json, JsonObject
from ccr.messages.request import Effort, Format, Request
from ccr.wire.callids import digest
from ccr.wire.dialect import DialectName, Payload
from ccr.wire.efforts import USUAL, fitting, known, wanted
from ccr.wire.names import shortened
from ccr.wire.openai_responses.content import texts_of
from ccr.wire.openai_responses.errors import refusal
from ccr.wire.openai_responses.history import items
from ccr.wire.openai_responses.reader import ResponsesReader
from ccr.wire.openai_responses.tools import searching, tools
from ccr.wire.wording import prompt

_ENDPOINT = "/responses"
_ENCRYPTED = "reasoning.encrypted_content"
_SOURCES = "web_search_call.action.sources"
# OpenAI says of fewer: "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16"
_FEWEST = 16


@dataclass(frozen=True, slots=True)
class ResponsesUpstream:
    """A host that speaks Responses. The fields are what hosts do not agree on; the defaults are OpenAI's."""

    efforts: tuple[Effort, ...] = USUAL  # of models whose names tell nothing; none: they cannot be told how much
    summary: bool = True  # whether a summary of the thoughts can be asked for
    encrypted: bool = True  # whether thoughts can be asked for in a form that can be sent back
    web_search: str | None = "web_search"  # the type of the host's own search tool
    sources: bool = True  # whether the pages that a search found can be asked for
    user_field: str | None = "safety_identifier"
    session_field: str | None = "prompt_cache_key"

    @property
    def name(self) -> DialectName:
        return "responses"

    @property
    def verbatim(self) -> bool:
        return True

    @property
    def searches(self) -> bool:
        return self.web_search is not None

    def endpoint(self, url: str) -> str:
        """A URL without a path gets /v1/responses, one with a path gets /responses; the endpoint itself stays as it is,
        and so does the query."""
        there = urlsplit(url)
        path = there.path.rstrip("/")
        if not path.endswith(_ENDPOINT):
            path = (path or "/v1") + _ENDPOINT
        return urlunsplit(there._replace(path=path))

    def address(self, endpoint: str, target: Target, *, stream: bool) -> str:
        return endpoint

    def encode(self, request: Request, target: Target) -> Payload:
        body: dict[str, Json] = {"model": target.model}
        if instructions := said(request.system):
            body["instructions"] = instructions
        body |= tools(request, self.web_search)
        body["input"] = items(request, target)
        body |= {"store": False}  # else the host keeps the conversation for a month
        if request.max_tokens is not None:
            body["max_output_tokens"] = max(request.max_tokens, _FEWEST)
        body |= self._thinking(request, target)
        if request.format:
            body["text"] = {"format": form(request.format)}
        body |= self._whose(request)
        if request.dialect == self.name:
            body |= carried(request.extra, body, thinks=known(target.model) != ())
        if request.stream:
            body["stream"] = True
        return Payload(body)

    def reader(self, request: Request, target: Target) -> ResponsesReader:
        return ResponsesReader(request, target)

    def refusal(self, status: int, body: bytes) -> UpstreamSaid:
        return refusal(body, status)

    def _thinking(self, request: Request, target: Target) -> JsonObject:
        """A model that does not think refuses to be asked for thoughts ("Encrypted content is not supported with this
        model."), one that does refuses a temperature."""
        efforts = known(target.model)
        wish = wanted(request)
        include: list[Json] = []
        found: dict[str, Json] = {}
        if efforts == () or (efforts is None and wish in (None, "none")):
            found |= {} if request.temperature is None else {"temperature": request.temperature}
            found |= {} if request.top_p is None else {"top_p": request.top_p}
        if efforts != ():
            found |= self._reasoning(request, wish, self.efforts if efforts is None else efforts)
            include += [_ENCRYPTED] if self.encrypted else []
        if self.sources and searching(request, self.web_search):
            include.append(_SOURCES)
        return found | ({"include": include} if include else {})

    def _reasoning(self, request: Request, wish: Effort | None, efforts: tuple[Effort, ...]) -> JsonObject:
        if wish is None:
            return {}
        if searching(request, self.web_search):
            # OpenAI says: "The following tools cannot be used with reasoning.effort 'minimal': web_search."
            efforts = tuple(effort for effort in efforts if effort != "minimal")
        reasoning: dict[str, Json] = {}
        if wish != "none":
            reasoning |= {"effort": fitting(wish, efforts)} if efforts else {}
            reasoning |= {"summary": "auto"} if self.summary else {}
        elif "none" in efforts or "minimal" in efforts:
            reasoning["effort"] = fitting("none", efforts)
        return {"reasoning": reasoning} if reasoning else {}

    def _whose(self, request: Request) -> JsonObject:
        """Hashed: Claude Code's user is a long piece of JSON, and names an account; 64 characters are the most."""
        fields: dict[str, Json] = {}
        if self.session_field and request.session:
            fields[self.session_field] = digest(request.session)
        if self.user_field and request.user:
            fields[self.user_field] = digest(request.user)
        return fields


def said(system: Iterable[Block]) -> str:
    return "\n\n".join(filter(None, (prompt(text) for block in system for text in texts_of(block))))


def form(format: Format) -> JsonObject:
    """OpenAI wants a name, and takes a schema with options of its own only where `strict` is off."""
    if format.schema is None:
        return {"type": "json_object"}
    strict = bool(format.strict)
    return {
        "type": "json_schema",
        "name": shortened(format.name or "answer"),
        "schema": format.schema,
        "strict": strict,
    }


def carried(extra: JsonObject, body: JsonObject, *, thinks: bool) -> JsonObject:
    """What a client of this wire asked for beyond what we know, beside what we ask for ourselves."""
    found = dict(extra)
    for name in ("reasoning", "text"):
        theirs, ours = extra.get(name), body.get(name)
        if isinstance(theirs, dict) and isinstance(ours, dict):
            found[name] = {**ours, **theirs}
    theirs, ours = extra.get("include"), body.get("include")
    if isinstance(theirs, list):
        ours = ours if isinstance(ours, list) else []
        found["include"] = [*ours, *(name for name in theirs if name not in ours and (thinks or name != _ENCRYPTED))]
    if not thinks:
        found.pop("reasoning", None)
    return found
