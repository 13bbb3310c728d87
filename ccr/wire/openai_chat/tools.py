"""Tools and tool choice -> functions."""

from collections.abc import Iterator, Mapping

from ccr.messages.json import Json, JsonObject
from ccr.messages.request import BuiltinTool, Request, Tool
from ccr.wire.names import shortened
from ccr.wire.openai_chat.differences import Differences
from ccr.wire.taught import closed, parameters, taught


def tools(request: Request, differences: Differences) -> JsonObject:
    """The fields that offer tools; none where there are none, since a choice without tools is refused."""
    choice = request.tool_choice
    hidden = (
        choice is not None and choice.mode == "none" and not differences.tool_choice
    )  # what it cannot be told to leave
    functions = {} if hidden else {function["name"]: function for function in _all(request, differences)}
    fields: dict[str, Json] = {}
    if functions:
        fields["tools"] = [{"type": "function", "function": function} for function in functions.values()]
        fields |= _choice(request, functions, differences)
    if differences.web_search and searches(request):
        fields[differences.web_search] = [{"id": "web"}] if differences.web_search == "plugins" else {}
    return fields


def searches(request: Request) -> bool:
    return any(isinstance(tool, BuiltinTool) and tool.type.startswith("web_search") for tool in request.tools)


def nudge(request: Request, offered: JsonObject, differences: Differences) -> list[JsonObject]:
    """To call a tool is asked for in words, where the host knows no other way.
    https://platform.kimi.ai/docs/guide/migrating-from-openai-to-kimi
    """
    choice = request.tool_choice
    if differences.forced_tools or "tools" not in offered or choice is None or choice.mode not in ("any", "tool"):
        return []
    which = f"the tool {shortened(choice.name)}" if choice.name else "one of the tools"
    return [{"role": "user", "content": f"Answer with a call of {which}."}]


def _all(request: Request, differences: Differences) -> Iterator[dict[str, Json]]:
    for tool in request.tools:
        for function in _functions(tool):
            schema = function["parameters"]
            if not differences.dollar_schema and isinstance(schema, dict):
                function = {**function, "parameters": {k: v for k, v in schema.items() if k != "$schema"}}
            yield dict(function)


def _functions(tool: Tool | BuiltinTool) -> Iterator[JsonObject]:
    match tool:
        case Tool(name, description, schema, strict):
            described: JsonObject = {"description": description} if description else {}
            typed = parameters(schema)
            strictly: JsonObject = {} if strict is None else {"strict": strict and closed(typed)}
            yield {"name": shortened(name), **described, "parameters": typed, **strictly}
        case BuiltinTool():
            if known := taught(tool):
                yield from _functions(known)


def _choice(request: Request, functions: Mapping[Json, JsonObject], differences: Differences) -> JsonObject:
    choice = request.tool_choice
    if choice is None or not differences.tool_choice:
        return {}
    parallel: JsonObject = {} if choice.parallel else {"parallel_tool_calls": False}
    name = shortened(choice.name or "")
    match choice.mode:
        case "auto" | "none":
            return {"tool_choice": choice.mode, **parallel}
        case "any" if differences.forced_tools:
            return {"tool_choice": "required", **parallel}
        case "tool" if differences.forced_tools and not differences.named_tools:
            return {"tool_choice": "required", **parallel}
        case "tool" if differences.forced_tools and name in functions:
            return {"tool_choice": {"type": "function", "function": {"name": name}}, **parallel}
        case "any" | "tool":
            return parallel
