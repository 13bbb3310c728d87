"""Tools and tool choice -> functions."""

from collections.abc import Iterator

from ccr.messages.json import Json, JsonObject
from ccr.messages.request import BuiltinTool, Request, Tool
from ccr.wire.openai_chat.differences import Differences
from ccr.wire.openai_chat.names import shortened

_TEXT: JsonObject = {"type": "string"}
_NUMBER: JsonObject = {"type": "integer"}
_EDITING: dict[str, Json] = {
    "path": {"type": "string", "description": "The file or directory."},
    "file_text": {"type": "string", "description": "For create: the whole content."},
    "old_str": {"type": "string", "description": "For str_replace: the text to replace. It must occur exactly once."},
    "new_str": {"type": "string", "description": "For str_replace: what to put in its place."},
    "insert_line": {"type": "integer", "description": "For insert: the line after which the text goes; 0: the top."},
    "insert_text": {"type": "string", "description": "For insert: the text."},
    "view_range": {"type": "array", "items": _NUMBER, "description": "For view: first and last line; -1: the end."},
}


def _schema(required: str, **properties: Json) -> JsonObject:
    return {"type": "object", "properties": properties, "required": [required]}


def _commands(*names: str) -> JsonObject:
    return {"type": "string", "enum": names}


# Tools that the client runs, but whose schema only Anthropic's models know: family -> what it does, what it takes.
_TAUGHT: dict[str, tuple[str, JsonObject]] = {
    "bash": (
        "Run a command in a shell that stays open between calls.",
        _schema("command", command=_TEXT, restart={"type": "boolean", "description": "Start a new shell."}),
    ),
    "text_editor": (
        "View, create and edit text files.",
        _schema("command", command=_commands("view", "create", "str_replace", "insert"), **_EDITING),
    ),
    "memory": (
        "Keep notes in files under /memories that outlast this conversation.",
        _schema(
            "command",
            command=_commands("view", "create", "str_replace", "insert", "delete", "rename"),
            old_path=_TEXT,
            new_path=_TEXT,
            **_EDITING,
        ),
    ),
}


def tools(request: Request, differences: Differences) -> JsonObject:
    """The fields that offer tools; none where there are none, since a choice without tools is refused."""
    functions = {function["name"]: function for tool in request.tools for function in _functions(tool)}
    fields: dict[str, Json] = {}
    if functions:
        fields["tools"] = [{"type": "function", "function": function} for function in functions.values()]
        fields |= _choice(request, functions, differences)
    if differences.web_search and any(tool.type.startswith("web_search") for tool in _builtin(request)):
        fields[differences.web_search] = [{"id": "web"}] if differences.web_search == "plugins" else {}
    return fields


def _builtin(request: Request) -> Iterator[BuiltinTool]:
    return (tool for tool in request.tools if isinstance(tool, BuiltinTool))


def _functions(tool: Tool | BuiltinTool) -> Iterator[JsonObject]:
    match tool:
        case Tool(name, description, schema, strict):
            described: JsonObject = {"description": description} if description else {}
            strictly: JsonObject = {} if strict is None else {"strict": strict}
            yield {"name": shortened(name), **described, "parameters": parameters(schema), **strictly}
        case BuiltinTool(type, name):
            family = type.rpartition("_")[0]
            if family in _TAUGHT and name:
                does, takes = _TAUGHT[family]
                yield {"name": shortened(name), "description": does, "parameters": takes}


def parameters(schema: JsonObject) -> JsonObject:
    """OpenAI: "object schema missing properties"."""
    typed = schema if schema.get("type") else {"type": "object", **{k: v for k, v in schema.items() if k != "type"}}
    if typed["type"] == "object" and not typed.keys() & {"properties", "$ref", "anyOf", "oneOf", "allOf"}:
        return {**typed, "properties": {}}
    return typed


def _choice(request: Request, functions: dict[Json, JsonObject], differences: Differences) -> JsonObject:
    choice = request.tool_choice
    if choice is None:
        return {}
    parallel: JsonObject = {} if choice.parallel else {"parallel_tool_calls": False}
    name = shortened(choice.name or "")
    match choice.mode:
        case "auto" | "none":
            return {"tool_choice": choice.mode, **parallel}
        case "any" if differences.forced_tools:
            return {"tool_choice": "required", **parallel}
        case "tool" if differences.forced_tools and name in functions:
            return {"tool_choice": {"type": "function", "function": {"name": name}}, **parallel}
        case "any" | "tool":
            return parallel
