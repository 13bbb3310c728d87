"""Tools as models other than Anthropic's have to be taught them: with a schema, and one that every host takes."""

from ccr.messages.json import Json, JsonObject
from ccr.messages.request import BuiltinTool, Tool

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


def taught(tool: BuiltinTool) -> Tool | None:
    """As a tool with a schema; None for one that the API's host would have to run."""
    family = tool.type.rpartition("_")[0]
    if family not in _TAUGHT or not tool.name:
        return None
    does, takes = _TAUGHT[family]
    return Tool(tool.name, does, takes)


def parameters(schema: JsonObject) -> JsonObject:
    """OpenAI: "object schema missing properties"."""
    typed = schema if schema.get("type") else {"type": "object", **{k: v for k, v in schema.items() if k != "type"}}
    if typed["type"] == "object" and not typed.keys() & {"properties", "$ref", "anyOf", "oneOf", "allOf"}:
        return {**typed, "properties": {}}
    return typed
