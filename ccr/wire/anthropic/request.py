"""Requests <-> JSON."""

from dataclasses import replace
from typing import cast, get_args

from ccr.errors import BadRequest
from ccr.ids import Target
from ccr.messages.blocks import RedactedThinking, Thinking, ToolUse
from ccr.messages.json import NOTHING, Json, JsonObject
from ccr.messages.request import (
    AnyTool,
    BuiltinTool,
    Effort,
    Format,
    Reasoning,
    Request,
    Role,
    Tool,
    ToolChoice,
    Turn,
)
from ccr.wire.anthropic.blocks import decode_content, encode_content, merged
from ccr.wire.anthropic.differences import Differences
from ccr.wire.anthropic.foreign import adapted
from ccr.wire.anthropic.lookalike import reduced
from ccr.wire.anthropic.thoughts import genuine, seen
from ccr.wire.conversation import mended, solid
from ccr.wire.dialect import Payload
from ccr.wire.fields import Fields, model_name, parse

VERSION = "2023-06-01"  # the one that lookalikes know; a client's own header outranks it
MAX_TOKENS = 32_000  # the API demands a figure; this is what Claude Code assumes for a model it does not know
LEAST_BUDGET = 1024

ROLES = frozenset(get_args(Role))
EFFORTS = frozenset(get_args(Effort))
KNOWN = frozenset(
    {
        "model", "messages", "system", "max_tokens", "tools", "tool_choice", "thinking", "output_config",
        "stop_sequences", "temperature", "top_p", "top_k", "stream", "metadata",
    }
)  # fmt: skip


def decode_request(body: bytes) -> Request:
    fields = parse(body)
    choice, choice_rest = _tool_choice(fields.maybe_object("tool_choice"))
    effort, format, output_rest = _output(fields.maybe_object("output_config"))
    user, metadata_rest = _metadata(fields.maybe_object("metadata"))
    rests = {"tool_choice": choice_rest, "output_config": output_rest, "metadata": metadata_rest}
    return Request(
        model=model_name(fields),
        turns=_turns(fields),
        system=decode_content(fields, "system"),
        max_tokens=fields.maybe_integer("max_tokens"),
        tools=tuple([_tool(tool) for tool in fields.objects("tools")]),
        tool_choice=choice,
        reasoning=_reasoning(fields.maybe_object("thinking")),
        effort=effort,
        format=format,
        stop=tuple(_strings(fields, "stop_sequences")),
        temperature=fields.maybe_number("temperature"),
        top_p=fields.maybe_number("top_p"),
        top_k=fields.maybe_integer("top_k"),
        stream=fields.maybe_boolean("stream") or False,
        user=user,
        extra={**fields.extra(KNOWN), **{name: rest for name, rest in rests.items() if rest}},
    )


def _turns(fields: Fields) -> tuple[Turn, ...]:
    turns = tuple([_turn(message) for message in fields.objects("messages")])
    if not turns:
        raise BadRequest("messages: expected a list of at least one message")
    return turns


def _turn(fields: Fields) -> Turn:
    role = fields.string("role")
    if role not in ROLES:
        raise BadRequest(f"{fields.at('role')}: expected user, assistant or system, not {role!r}")
    if not fields.has("content"):
        raise fields.wrong("content", "a string or a list")
    return Turn(cast(Role, role), decode_content(fields, "content"), fields.extra(("role", "content")))


def _tool(fields: Fields) -> AnyTool:
    type = fields.maybe_string("type")
    if type not in (None, "custom"):
        return BuiltinTool(type, fields.maybe_string("name") or "", fields.raw)
    return Tool(
        fields.string("name"),
        fields.maybe_string("description") or "",
        fields.mapping("input_schema"),
        fields.maybe_boolean("strict"),
        fields.extra(("name", "description", "input_schema", "strict")),
    )


def _tool_choice(fields: Fields | None) -> tuple[ToolChoice | None, JsonObject]:
    if fields is None:
        return None, NOTHING
    parallel = not fields.maybe_boolean("disable_parallel_tool_use")
    match fields.string("type"):
        case "auto" | "any" | "none" as mode:
            return ToolChoice(mode, None, parallel), fields.extra(("type", "disable_parallel_tool_use"))
        case "tool":
            rest = fields.extra(("type", "name", "disable_parallel_tool_use"))
            return ToolChoice("tool", fields.string("name"), parallel), rest
        case _:
            return None, fields.raw


def _reasoning(fields: Fields | None) -> Reasoning | None:
    if fields is None:
        return None
    budget = fields.maybe_integer("budget_tokens")
    match fields.string("type"):
        case "enabled" | "adaptive" | "disabled" as mode:
            return Reasoning(mode, budget, fields.extra(("type", "budget_tokens")))
        case _:  # a kind of thinking that is not known here; `extra` has its name
            return Reasoning("adaptive", budget, fields.extra(("budget_tokens",)))


def _output(fields: Fields | None) -> tuple[Effort | None, Format | None, JsonObject]:
    if fields is None:
        return None, None, NOTHING
    rest = dict(fields.extra(("effort", "format")))
    effort, format = fields.maybe_string("effort"), None
    if effort is not None and effort not in EFFORTS:
        rest["effort"], effort = effort, None
    if wanted := fields.maybe_object("format"):
        known: tuple[str, ...] = ()
        if wanted.string("type") == "json_schema":
            format, known = Format(wanted.object("schema").raw), ("type", "schema")
        if unknown := wanted.extra(known):
            rest["format"] = unknown
    return cast(Effort | None, effort), format, rest


def _metadata(fields: Fields | None) -> tuple[str | None, JsonObject]:
    if fields is None:
        return None, NOTHING
    return fields.maybe_string("user_id"), fields.extra(("user_id",))


def _strings(fields: Fields, name: str) -> list[str]:
    found = []
    for path, item in fields.items(name):
        if not isinstance(item, str):
            raise BadRequest(f"{path}: expected a string")
        found.append(item)
    return found


def encode_request(request: Request, target: Target, host: Differences) -> Payload:
    request = _suited(request, target, host)
    turns = mended(request.turns, _all)
    max_tokens = MAX_TOKENS if request.max_tokens is None else request.max_tokens
    thinking = _encode_reasoning(request.reasoning, max_tokens, turns, host)
    extra = request.extra
    if request.reasoning and thinking is None:
        extra = _without_clearing(extra)
    optional: dict[str, Json] = {
        "system": encode_content(solid(request.system, _all)) or None,
        "tools": [_encode_tool(tool) for tool in request.tools] or None,
        "tool_choice": _encode_choice(request.tool_choice),
        "thinking": thinking,
        "output_config": _encode_output(request),
        "stop_sequences": list(request.stop) or None,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "top_k": request.top_k,
        "metadata": None if request.user is None else {"user_id": request.user},
        "stream": request.stream or None,
    }
    body: dict[str, Json] = {
        "model": target.model,
        "max_tokens": max_tokens,
        **{name: value for name, value in optional.items() if value is not None},
        "messages": [_encode_turn(turn) for turn in turns],
    }
    return Payload(merged(body, extra), {"anthropic-version": VERSION})


def _suited(request: Request, target: Target, host: Differences) -> Request:
    if not host.genuine:
        return reduced(request, target, host)
    if request.dialect != "anthropic":
        request = adapted(request, target.model)
    return replace(request, turns=seen(request.turns, genuine))


def _all(thought: Thinking) -> bool:
    """What must not go out has been left out before."""
    return True


def _encode_turn(turn: Turn) -> JsonObject:
    return {"role": turn.role, "content": encode_content(turn.content), **turn.extra}


def _encode_tool(tool: AnyTool) -> JsonObject:
    if isinstance(tool, BuiltinTool):
        return tool.raw
    body: dict[str, Json] = {"name": tool.name}
    if tool.description:
        body["description"] = tool.description
    # Without a type: "input_schema.type: Field required".
    body["input_schema"] = tool.schema if "type" in tool.schema else {"type": "object", **tool.schema}
    if tool.strict is not None:
        body["strict"] = tool.strict
    return {**body, **tool.extra}


def _encode_choice(choice: ToolChoice | None) -> JsonObject | None:
    if choice is None:
        return None
    body: dict[str, Json] = {"type": choice.mode}
    if choice.name is not None:
        body["name"] = choice.name
    if not choice.parallel:
        body["disable_parallel_tool_use"] = True
    return body


def _encode_reasoning(
    reasoning: Reasoning | None, max_tokens: int, turns: tuple[Turn, ...], host: Differences
) -> JsonObject | None:
    if reasoning is None:
        return None
    budget = reasoning.budget
    if reasoning.mode == "enabled" and host.thinking != "switch":
        # "`max_tokens` must be greater than `thinking.budget_tokens`"
        budget = min(LEAST_BUDGET if budget is None else budget, max_tokens - 1)
        if budget < LEAST_BUDGET or (host.genuine and _began_without_thinking(turns)):
            return None
    body: dict[str, Json] = {"type": reasoning.mode}
    if budget is not None:
        body["budget_tokens"] = budget
    return {**body, **reasoning.extra}


def _began_without_thinking(turns: tuple[Turn, ...]) -> bool:
    """Whether a tool loop is under way whose first thoughts are missing, perhaps because another provider had them.

    "When `thinking` is enabled, a final `assistant` message must start with a thinking block"
    """
    last = next((place for place, turn in reversed(list(enumerate(turns))) if turn.role == "assistant"), None)
    if last is None or not any(isinstance(block, ToolUse) for block in turns[last].content):
        return False
    while last and turns[last - 1].role == "assistant":
        last -= 1
    return not isinstance(turns[last].content[0], Thinking | RedactedThinking)


def _without_clearing(extra: JsonObject) -> JsonObject:
    """Thoughts can be cleared only while thinking is on; anything else is a 400."""
    match extra.get("context_management"):
        case dict() as management if isinstance(edits := management.get("edits"), list):
            kept = [edit for edit in edits if not _clears_thoughts(edit)]
            others = {name: value for name, value in extra.items() if name != "context_management"}
            return {**others, "context_management": {**management, "edits": kept}} if kept else others
        case _:
            return extra


def _clears_thoughts(edit: object) -> bool:
    return isinstance(edit, dict) and str(edit.get("type")).startswith("clear_thinking")


def _encode_output(request: Request) -> JsonObject | None:
    body: dict[str, Json] = {}
    if request.effort is not None:
        body["effort"] = request.effort
    if request.format is not None and request.format.schema is not None:
        body["format"] = {"type": "json_schema", "schema": request.format.schema}
    return body or None
