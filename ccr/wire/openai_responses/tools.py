"""Tools and tool choice. Functions are flat here; a search is the host's own tool."""

from collections.abc import Iterator, Mapping

from ccr.messages.json import Json, JsonObject
from ccr.messages.request import AnyTool, BuiltinTool, Request, Tool
from ccr.wire.names import shortened
from ccr.wire.taught import closed, parameters, taught

_SEARCH = "web_search"


def tools(request: Request, web_search: str | None) -> JsonObject:
    """The fields that offer tools; none where there are none, since a choice without tools is refused."""
    found = {json["name"]: json for tool in request.tools for json in _functions(tool)}
    offered: list[Json] = [*found.values(), *_hosted(request, web_search)]
    if not offered:
        return {}
    return {"tools": offered, **_choice(request, found)}


def searching(request: Request, web_search: str | None) -> bool:
    return web_search is not None and any(map(is_search, request.tools))


def is_search(tool: AnyTool) -> bool:
    return isinstance(tool, BuiltinTool) and tool.type.startswith(_SEARCH)


def _functions(tool: AnyTool) -> Iterator[JsonObject]:
    match tool:
        case Tool(name, description, schema, strict):
            described: JsonObject = {"description": description} if description else {}
            # Left out, it would be true, and refuse schemas that leave anything open.
            typed = parameters(schema)
            takes: JsonObject = {"parameters": typed, "strict": bool(strict) and closed(typed)}
            yield {"type": "function", "name": shortened(name), **described, **takes}
        case BuiltinTool():
            if known := taught(tool):
                yield from _functions(known)


def _hosted(request: Request, web_search: str | None) -> Iterator[JsonObject]:
    """What the host runs: one search, and what a client of this wire asks it for."""
    search = next(filter(is_search, request.tools), None)
    if isinstance(search, BuiltinTool) and web_search:
        yield {"type": web_search, **_limits(search.raw)}
    for tool in request.tools:
        if isinstance(tool, BuiltinTool) and request.dialect == "responses" and not is_search(tool):
            yield tool.raw


def _limits(raw: JsonObject) -> JsonObject:
    """Where a search may look, and from where: as Anthropic's tool says it. Blocked domains have no form here."""
    found: dict[str, Json] = {}
    if domains := raw.get("allowed_domains"):
        found["filters"] = {"allowed_domains": domains}
    if isinstance(place := raw.get("user_location"), Mapping):
        found["user_location"] = place
    return found


def _choice(request: Request, functions: Mapping[Json, JsonObject]) -> JsonObject:
    choice = request.tool_choice
    if choice is None:
        return {}
    parallel: JsonObject = {} if choice.parallel else {"parallel_tool_calls": False}
    name = shortened(choice.name or "")
    match choice.mode:
        case "auto" | "none":
            return {"tool_choice": choice.mode, **parallel}
        case "tool" if name in functions:
            return {"tool_choice": {"type": "function", "name": name}, **parallel}
        case "tool" if functions:
            return parallel  # it is not offered, and others would be forced instead
        case "any" | "tool":
            return {"tool_choice": "required", **parallel}
