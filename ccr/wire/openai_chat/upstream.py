"""Hub -> Chat Completions, and the answer back."""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

from ccr.errors import UpstreamSaid
from ccr.ids import Target
from ccr.messages.json import Json, JsonObject
from ccr.messages.request import Request
from ccr.wire.callids import digest
from ccr.wire.dialect import DialectName, Payload
from ccr.wire.efforts import wanted
from ccr.wire.openai_chat.differences import Differences
from ccr.wire.openai_chat.history import messages
from ccr.wire.openai_chat.reader import ChatReader
from ccr.wire.openai_chat.thinking import thinking
from ccr.wire.openai_chat.tools import nudge, tools
from ccr.wire.openai_errors import refusal

_ENDPOINT = "/chat/completions"
_DEPLOYMENTS = re.compile(r"/openai/deployments(/[^/]+)?(/chat/completions)?")
_MODEL = "{model}"  # in a configured address: the model goes there
_API_VERSION = "2024-10-21"  # https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle


@dataclass(frozen=True, slots=True)
class ChatUpstream(Differences):
    """A host that speaks Chat Completions."""

    # What holds for models whose names have this in them; the first that fits counts.
    models: tuple[tuple[str, Differences], ...] = ()

    def for_model(self, model: str) -> Differences:
        name = model.lower()
        return next((differences for pattern, differences in self.models if re.search(pattern, name)), self)

    @property
    def name(self) -> DialectName:
        return "openai"

    @property
    def verbatim(self) -> bool:
        return True

    @property
    def searches(self) -> bool:
        return self.web_search is not None

    def endpoint(self, url: str) -> str:
        """A URL without a path gets /v1/chat/completions, one with a path gets /chat/completions; the endpoint itself
        stays as it is, and so does the query. Azure's deployments are the models, if none is named."""
        there = urlsplit(url)
        path, query = there.path.rstrip("/"), there.query
        if found := _DEPLOYMENTS.fullmatch(path):
            path = f"/openai/deployments{found[1] or f'/{_MODEL}'}"
            query = query or f"api-version={_API_VERSION}"
        if not path.endswith(_ENDPOINT):
            path = (path or "/v1") + _ENDPOINT
        return urlunsplit(there._replace(path=path, query=query))

    def address(self, endpoint: str, target: Target, *, stream: bool) -> str:
        return endpoint.replace(_MODEL, quote(target.model, safe=""))

    def encode(self, request: Request, target: Target) -> Payload:
        differences = self.for_model(target.model)
        offered = tools(request, differences)
        spoken = [*messages(request, target, differences), *nudge(request, offered, differences)]
        body: dict[str, Json] = {"model": target.model, "messages": spoken, **offered}
        body |= _limits(request, differences)
        body |= thinking(request, differences)
        body |= _format(request, differences)
        body |= _whose(request, differences)
        body |= differences.extras
        if request.dialect == self.name:
            body |= {name: value for name, value in request.extra.items() if name != "stream_options"}
        if request.stream:
            body["stream"] = True
            body |= {"stream_options": {"include_usage": True}} if differences.include_usage else {}
            body |= {"tool_stream": True} if differences.tool_stream and "tools" in body else {}
        headers = dict.fromkeys(differences.session_headers, session(request)) if request.session else {}
        return Payload(body, headers)

    def reader(self, request: Request, target: Target) -> ChatReader:
        return ChatReader(request, target)

    def refusal(self, status: int, body: bytes) -> UpstreamSaid:
        return refusal(body, status)


def _limits(request: Request, differences: Differences) -> JsonObject:
    fields: dict[str, Json] = {}
    if request.max_tokens is not None:
        most = differences.most_tokens or request.max_tokens
        fields[differences.max_tokens_field] = min(request.max_tokens, most)
    if differences.stops and (stop := [text for text in request.stop if text][:4]):
        fields["stop"] = stop
    silent = differences.reasoning is None or wanted(request) in (None, "none")
    if differences.sampling and silent:  # models that are told to think refuse them
        fields |= {} if request.temperature is None else {"temperature": request.temperature}
        fields |= {} if request.top_p is None else {"top_p": request.top_p}
    return fields


def _whose(request: Request, differences: Differences) -> JsonObject:
    fields: dict[str, Json] = {}
    if request.user:
        # OpenAI refuses more than 64 characters; Claude Code's user_id is a long piece of JSON.
        user = request.user if len(request.user) <= 64 else digest(request.user)
        fields |= dict.fromkeys(differences.user_fields, user)
    if request.session:
        fields |= dict.fromkeys(differences.session_fields, session(request))
    return fields


def session(request: Request) -> str:
    """The same for all of a conversation, and tells nothing else."""
    return digest(request.session or "")[:32]


def _format(request: Request, differences: Differences) -> JsonObject:
    if request.format is None or differences.format is None:
        return {}
    if differences.format_alone and (request.stream or request.tools):
        return {}
    if request.format.schema is None or differences.format == "json_object":
        return {"response_format": {"type": "json_object"}}
    schema: dict[str, Json] = {"name": request.format.name or "answer", "schema": request.format.schema}
    if request.format.strict is not None:
        schema["strict"] = request.format.strict
    return {"response_format": {"type": "json_schema", "json_schema": schema}}
