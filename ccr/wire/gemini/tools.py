"""Tools and tool choice -> tools, toolConfig."""

from collections.abc import Iterator

from ccr.messages.json import Json, JsonObject
from ccr.messages.request import BuiltinTool, Request, Tool
from ccr.wire.gemini.names import called
from ccr.wire.gemini.schemas import parameters
from ccr.wire.taught import taught

# What Google runs itself, by the family of Anthropic's tool that does the like.
_HOSTED = {"web_search": "googleSearch", "web_fetch": "urlContext", "code_execution": "codeExecution"}


def tools(request: Request) -> JsonObject:
    """None where there are none: "Function calling config is set without function_declarations."

    Functions and hosted tools do not go together: "Tool use with function calling is unsupported" (2.x and Vertex),
    "Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function calling" (3, which
    then wants back parts of its own). A model can do without a search, but not without the functions of an agent.
    """
    functions = {function["name"]: function for tool in request.tools for function in _functions(tool)}
    if functions:
        return {"tools": [{"functionDeclarations": list(functions.values())}], **_choice(request, functions)}
    hosted = dict.fromkeys(name for tool in request.tools for name in _hosted(tool))
    return {"tools": [{name: {}} for name in hosted]} if hosted else {}


def searches(request: Request) -> bool:
    """Whether the answer is what a search found."""
    if any(isinstance(tool, Tool) or taught(tool) for tool in request.tools):
        return False
    return any("googleSearch" in _hosted(tool) for tool in request.tools)


def wishes(request: Request) -> str:
    """In words where to search: Google's tool takes no such settings."""
    said = [_wish(tool.raw) for tool in request.tools if isinstance(tool, BuiltinTool)] if searches(request) else []
    return "\n".join(filter(None, said))


def _wish(raw: JsonObject) -> str:
    match raw:
        case {"allowed_domains": [_, *_] as sites}:
            return f"Search only these sites: {', '.join(map(str, sites))}"
        case {"blocked_domains": [_, *_] as sites}:
            return f"Leave out what you find on these sites: {', '.join(map(str, sites))}"
        case _:
            return ""


def _hosted(tool: Tool | BuiltinTool) -> list[str]:
    return [name for family, name in _HOSTED.items() if isinstance(tool, BuiltinTool) and tool.type.startswith(family)]


def _functions(tool: Tool | BuiltinTool) -> Iterator[JsonObject]:
    """A declaration has no other fields: "Unknown name "input_examples" at 'tools[0].function_declarations[0]'"."""
    match tool:
        case Tool(name, description, schema):
            described: JsonObject = {"description": description} if description else {}
            takes = parameters(schema)
            yield {"name": called(name), **described, **({"parametersJsonSchema": takes} if takes else {})}
        case BuiltinTool():
            if known := taught(tool):
                yield from _functions(known)


def _choice(request: Request, functions: dict[Json, JsonObject]) -> JsonObject:
    choice = request.tool_choice
    if choice is None:
        return {}
    config: dict[str, Json] = {"mode": {"auto": "AUTO", "none": "NONE"}.get(choice.mode, "ANY")}
    if choice.mode == "tool":
        name = called(choice.name or "")
        if name not in functions:
            return {}
        config["allowedFunctionNames"] = [name]
    return {"toolConfig": {"functionCallingConfig": config}}
