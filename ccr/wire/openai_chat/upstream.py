"""Hub -> Chat Completions, and the answer back."""

from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from ccr.errors import UpstreamSaid
from ccr.ids import Target
from ccr.messages.json import Json, JsonObject
from ccr.messages.request import Effort, Request
from ccr.wire.callids import digest
from ccr.wire.dialect import DialectName, Payload
from ccr.wire.openai_chat.differences import Differences
from ccr.wire.openai_chat.history import messages
from ccr.wire.openai_chat.reader import ChatReader
from ccr.wire.openai_chat.tools import tools
from ccr.wire.openai_errors import refusal

_ENDPOINT = "/chat/completions"
_EFFORTS: tuple[Effort, ...] = ("minimal", "low", "medium", "high", "xhigh", "max")


@dataclass(frozen=True, slots=True)
class ChatUpstream(Differences):
    """A host that speaks Chat Completions."""

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
        stays as it is, and so does the query."""
        there = urlsplit(url)
        path = there.path.rstrip("/")
        if not path.endswith(_ENDPOINT):
            path = (path or "/v1") + _ENDPOINT
        return urlunsplit(there._replace(path=path))

    def address(self, endpoint: str, target: Target, *, stream: bool) -> str:
        return endpoint

    def encode(self, request: Request, target: Target) -> Payload:
        thinks = wanted(request) is not None
        body: dict[str, Json] = {"model": target.model, "messages": messages(request, target, self)}
        body |= tools(request, self)
        if request.max_tokens is not None:
            body[self.max_tokens_field] = request.max_tokens
        if stop := [text for text in request.stop if text][:4]:
            body["stop"] = stop
        if not thinks:  # models that think refuse them
            body |= {} if request.temperature is None else {"temperature": request.temperature}
            body |= {} if request.top_p is None else {"top_p": request.top_p}
        body |= self._reasoning(request)
        body |= self._format(request)
        if request.user:
            # OpenAI refuses more than 64 characters; Claude Code's user_id is a long piece of JSON.
            user = request.user if len(request.user) <= 64 else digest(request.user)
            body |= dict.fromkeys(self.user_fields, user)
        if request.dialect == self.name:
            body |= {name: value for name, value in request.extra.items() if name != "stream_options"}
        if request.stream:
            body["stream"] = True
            body |= {"stream_options": {"include_usage": True}} if self.include_usage else {}
        return Payload(body)

    def reader(self, request: Request, target: Target) -> ChatReader:
        return ChatReader(request, target)

    def refusal(self, status: int, body: bytes) -> UpstreamSaid:
        return refusal(body, status)

    def _reasoning(self, request: Request) -> JsonObject:
        effort = wanted(request)
        if effort is None:
            off = request.effort == "none" or (request.reasoning is not None and request.reasoning.mode == "disabled")
            return self._off() if off and self.says_off else {}
        match self.reasoning:
            case "reasoning_effort":
                return {"reasoning_effort": self._known(effort)}
            case "reasoning":
                budget = request.reasoning.budget if request.reasoning else None
                # It takes one of the two.
                return {"reasoning": {"max_tokens": budget} if budget else {"effort": self._known(effort)}}
            case "thinking":
                return {"thinking": {"type": "enabled"}}
            case None:
                return {}

    def _off(self) -> JsonObject:
        match self.reasoning:
            case "reasoning_effort":
                return {"reasoning_effort": "none"}
            case "reasoning":
                return {"reasoning": {"effort": "none"}}
            case "thinking":
                return {"thinking": {"type": "disabled"}}
            case None:
                return {}

    def _known(self, effort: Effort) -> Effort:
        """The highest that the host knows and that is not above the wish."""
        below = [known for known in self.efforts if _EFFORTS.index(known) <= _EFFORTS.index(effort)]
        return below[-1] if below else self.efforts[0]

    def _format(self, request: Request) -> JsonObject:
        if request.format is None or self.format is None:
            return {}
        if request.format.schema is None or self.format == "json_object":
            return {"response_format": {"type": "json_object"}}
        schema: dict[str, Json] = {"name": request.format.name or "answer", "schema": request.format.schema}
        if request.format.strict is not None:
            schema["strict"] = request.format.strict
        return {"response_format": {"type": "json_schema", "json_schema": schema}}


def wanted(request: Request) -> Effort | None:
    """How much the model shall think; None: not at all, or as it pleases."""
    reasoning = request.reasoning
    if (reasoning and reasoning.mode == "disabled") or request.effort == "none":
        return None
    if request.effort or reasoning is None:
        return request.effort
    if reasoning.budget is None:
        return "medium"
    if reasoning.budget < 4096:
        return "low"
    return "medium" if reasoning.budget < 16384 else "high"
